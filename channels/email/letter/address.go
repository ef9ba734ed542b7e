package letter

import (
	"net/mail"
	"slices"
	"strings"

	"golang.org/x/net/idna"

	"postroom/internal/desk"
)

// Addresses reads an address list as people and programs write them. field names it in errors.
func Addresses(field, list string) ([]*mail.Address, error) {
	if strings.TrimSpace(list) == "" {
		return nil, nil
	}
	if strings.ContainsAny(list, "\r\n\x00") {
		return nil, &desk.InvalidError{Field: field, Reason: "Line breaks are not allowed in '" + field + "'."}
	}
	addresses, err := mail.ParseAddressList(list)
	if err != nil {
		addresses = looseAddresses(list)
	}
	if len(addresses) == 0 {
		return nil, &desk.InvalidError{Field: field, Reason: "No valid address in '" + field + "'."}
	}
	for _, address := range addresses {
		local, domain := Split(address.Address)
		ascii, err := ASCIIDomain(domain)
		if err != nil || local == "" || strings.ContainsAny(address.Address, " <>\"") {
			return nil, &desk.InvalidError{Field: field, Reason: "The address '" + address.Address + "' is not valid."}
		}
		address.Address = local + "@" + ascii
	}
	return addresses, nil
}

// looseAddresses splits a list that is not quite in order, such as one with names that should
// have been quoted. What has no address is dropped.
func looseAddresses(list string) (addresses []*mail.Address) {
	quoted, bracketed := false, false
	items := strings.FieldsFunc(list, func(r rune) bool {
		switch r {
		case '"':
			quoted = !quoted
		case '<':
			bracketed = true
		case '>':
			bracketed = false
		}
		return (r == ',' || r == ';') && !quoted && !bracketed
	})
	for _, item := range items {
		name, address := "", strings.TrimSpace(item)
		if open := strings.LastIndexByte(item, '<'); open >= 0 {
			name = strings.Trim(strings.TrimSpace(item[:open]), `"`)
			address, _, _ = strings.Cut(item[open+1:], ">")
			address = strings.TrimSpace(address)
		}
		if local, domain := Split(address); local != "" && domain != "" {
			addresses = append(addresses, &mail.Address{Name: name, Address: address})
		}
	}
	return addresses
}

// Split returns the parts of an address before and behind its last @; without one both are empty.
func Split(address string) (local, domain string) {
	at := strings.LastIndexByte(address, '@')
	if at < 0 {
		return "", ""
	}
	return address[:at], address[at+1:]
}

// ASCIIDomain writes an international domain name as DNS has it.
func ASCIIDomain(domain string) (string, error) {
	if isASCII(domain) { // also [192.0.2.1] and names with underscores, as they are
		return domain, nil
	}
	return idna.Lookup.ToASCII(domain)
}

func isASCII(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return r >= 0x80 })
}

// envelope lists every recipient once.
func envelope(lists ...[]*mail.Address) (recipients []string) {
	for _, list := range lists {
		for _, address := range list {
			if !slices.ContainsFunc(recipients, func(r string) bool { return strings.EqualFold(r, address.Address) }) {
				recipients = append(recipients, address.Address)
			}
		}
	}
	return recipients
}
