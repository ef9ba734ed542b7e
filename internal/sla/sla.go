// Package sla knows working time and the deadlines that follow from it: what calendars mean, which
// promise is for a ticket, and when it has to be kept.
//
// In come calendars and promises as administrators write them and tickets as they are, out come
// times. It asks neither the clock nor the database: whatever it needs to know is handed in.
package sla
