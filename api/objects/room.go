// Package objects answers what is asked about the attributes of records: their definitions, and the
// values that other systems offer for them.
package objects

import (
	"postroom/api/rest"
	"postroom/internal/datasource"
)

// Room answers requests about attributes of records.
type Room struct {
	*rest.House
	sources *datasource.Client
}

// New returns a Room of a house.
func New(house *rest.House) *Room { return &Room{house, datasource.New(house.Egress)} }
