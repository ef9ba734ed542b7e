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
	AddressID EmailAddressID // the address to take; 0: the one with this text, or a new one
	ForGroup  bool           // the group sends from this address from now on
	By        UserID
}
