package parser

// Addresses reads an address header as Message holds it, groups taken apart. An error says that it
// is no list of addresses; its text may still mean something to people.
func Addresses(header string) ([]Address, error) {
	list, err := addressList(header)
	if err != nil {
		return nil, err
	}
	var addresses []Address
	for _, m := range flat(list) {
		if m.address != "" {
			addresses = append(addresses, Address{Name: m.name, Email: m.address})
		}
	}
	return addresses, nil
}
