// Package sla knows working time: what calendars mean and which of them can be used.
//
// In come calendars as clients write them, out come hours and holidays. It asks neither the clock
// nor the database.
package sla
