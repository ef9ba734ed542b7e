package desk

// EmailAccount is a mail account that was tried and found working: what becomes of it is a
// channel, one of our addresses, and the address of a group.
type EmailAccount struct {
	ChannelID ChannelID // 0: a new channel
	GroupID   GroupID   // of new tickets
	Inbound   map[string]any
	Outbound  map[string]any
	Realname  string
	Email     string
	ForGroup  bool           // the group sends from this address from now on
	AddressID EmailAddressID // that the group sends from instead; 0: the account's own
	By        UserID
}
