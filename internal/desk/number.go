package desk

import (
	"strconv"
	"strings"
	"time"
)

// Generators of ticket numbers, as setting ticket_number names them.
const (
	NumberIncrement = "Ticket::Number::Increment"
	NumberDate      = "Ticket::Number::Date"
)

// NumberFormat says how ticket numbers are built.
type NumberFormat struct {
	ByDate   bool // the day in front, and a counter that starts anew each day
	SystemID string
	MinSize  int // of the whole number, where it has no day
	Checksum bool
}

// NumberFormat reads the settings that shape ticket numbers.
func (c *Catalog) NumberFormat() NumberFormat {
	format := NumberFormat{ByDate: c.Settings.String("ticket_number") == NumberDate, SystemID: c.Settings.String("system_id")}
	var options struct {
		Checksum bool `json:"checksum"`
		MinSize  *int `json:"min_size"`
	}
	name := "ticket_number_increment"
	if format.ByDate {
		name = "ticket_number_date"
	}
	c.Settings.Into(name, &options)
	format.Checksum, format.MinSize = options.Checksum, 4
	if options.MinSize != nil {
		format.MinSize = *options.MinSize
	}
	return format
}

// maxZeros bounds the zeros that fill up a number, whatever min_size says.
const maxZeros = 99

// Number builds the ticket number for a counter's value. day counts in the system's time zone.
func (f NumberFormat) Number(counter int64, day time.Time) string {
	digits := strconv.FormatInt(counter, 10)
	number := ""
	if f.ByDate {
		number = day.Format("20060102") + f.SystemID + zeros(4-len(digits)) + digits
	} else {
		size := f.MinSize
		if f.Checksum {
			size--
		}
		number = f.SystemID + zeros(size-len(f.SystemID)-len(digits)) + digits
	}
	if f.Checksum {
		number += Checksum(number)
	}
	return number
}

func zeros(n int) string { return strings.Repeat("0", min(max(n, 0), maxZeros)) }

// Checksum returns the check digit of a number: its digits times 1, 2, 3, 1, 2, 3 … from the left,
// and what their sum lacks to the next ten. A lack of ten gives 1.
func Checksum(number string) string {
	sum := 0
	for i, digit := range []byte(number) {
		sum += int(digit-'0') * (i%3 + 1)
	}
	return strconv.Itoa(10 - sum%10)[:1]
}
