package secmail

import (
	"context"

	"postroom/internal/desk"
)

// What a rule wants of its mails' signature or encryption, as its action has it.
const (
	Always  = "always"  // where it is possible
	Discard = "discard" // no mail goes out otherwise
)

// ForRule decides how the mail of a rule is protected. It says no when the rule wants no such mail.
func (s *Safe) ForRule(ctx context.Context, sign, encrypt, from string, recipients []string) (desk.Security, bool, error) {
	best, allowed := desk.Security{}, sign != Discard && encrypt != Discard
	if !wants(sign) && !wants(encrypt) {
		return best, true, nil
	}
	for _, way := range []string{desk.SecuritySMIME, desk.SecurityPGP} {
		if !s.Uses(way) {
			continue
		}
		signing, err := s.Signing(ctx, way, from)
		if err != nil {
			return best, false, err
		}
		encryption, err := s.Encryption(ctx, way, recipients)
		if err != nil {
			return best, false, err
		}
		if sign == Discard && !signing.Possible || encrypt == Discard && !encryption.Possible {
			continue
		}
		found := desk.Security{Type: way}
		found.Sign.Success, found.Encryption.Success = wants(sign) && signing.Possible, wants(encrypt) && encryption.Possible
		if !allowed || halves(found) > halves(best) {
			best, allowed = found, true
		}
	}
	return best, allowed, nil
}

func wants(choice string) bool { return choice == Always || choice == Discard }

func halves(s desk.Security) (n int) {
	for _, half := range []desk.Protection{s.Sign, s.Encryption} {
		if half.Success {
			n++
		}
	}
	return n
}
