package desk

import "regexp"

// usuallyUnanswered are the addresses that setting send_no_auto_response_reg_exp names as shipped.
// They count where the setting can't be read.
const usuallyUnanswered = `(mailer-daemon|postmaster|abuse|root|noreply|noreply.+?|no-reply|no-reply.+?)@.+?`

// NoAutoResponse reports whether no machine of ours may write to an address: there is a machine at
// the other end, too.
func (c *Catalog) NoAutoResponse(address string) bool {
	text := c.Settings.String("send_no_auto_response_reg_exp")
	pattern, err := regexp.Compile("(?i)" + text)
	if err != nil || text == "" {
		pattern = regexp.MustCompile("(?i)" + usuallyUnanswered)
	}
	return pattern.MatchString(address)
}
