package automation

import (
	_ "embed"
	"math"
	"strings"
	"time"
)

// zoneNames are the names of the IANA time zone database that countries use (its file zone.tab,
// which is in the public domain), and UTC. The standard library knows the zones but not which there are.
//
//go:embed zones.txt
var zoneNames string

// timezones are the time zones of the world with their difference from UTC at a time, in whole
// hours, rounded down as clients expect it.
func timezones(at time.Time) map[string]int {
	offsets := map[string]int{}
	for name := range strings.FieldsSeq(zoneNames) {
		location, err := time.LoadLocation(name)
		if err != nil {
			continue // newer than this program's data
		}
		_, seconds := at.In(location).Zone()
		offsets[name] = int(math.Floor((time.Duration(seconds) * time.Second).Hours()))
	}
	return offsets
}

// feeds are public calendars of holidays by the name that Google gives them.
var feeds = map[string]string{
	"de.austrian": "Austria", "en.australian": "Australia", "nl.be": "Belgium", "pt.brazilian": "Brazil", "bg.bulgarian": "Bulgaria",
	"en.canadian": "Canada", "es.cl": "Chile", "zh.china": "China", "hr.croatian": "Croatia", "cs.czech": "Czech Republic",
	"da.danish": "Denmark", "et.ee": "Estonia", "fi.finnish": "Finland", "fr.french": "France", "de.german": "Germany",
	"el.greek": "Greece", "zh_tw.hong_kong": "Hong Kong", "hu.hungarian": "Hungary", "is.is": "Iceland", "en.indian": "India",
	"id.indonesian": "Indonesia", "en.irish": "Ireland", "iw.jewish": "Israel", "it.italian": "Italy", "ja.japanese": "Japan",
	"lv.latvian": "Latvia", "lt.lithuanian": "Lithuania", "fr.lu": "Luxembourg", "en.malaysia": "Malaysia", "es.mexican": "Mexico",
	"nl.dutch": "Netherlands", "en.new_zealand": "New Zealand", "no.norwegian": "Norway", "en.philippines": "Philippines",
	"pl.polish": "Poland", "pt.portuguese": "Portugal", "ro.romanian": "Romania", "ru.russian": "Russia", "en.singapore": "Singapore",
	"sk.slovak": "Slovakia", "sl.slovenian": "Slovenia", "en.sa": "South Africa", "ko.south_korea": "South Korea",
	"es.spain": "Spain", "sv.swedish": "Sweden", "de.ch": "Switzerland", "zh_tw.taiwan": "Taiwan", "tr.turkish": "Turkey",
	"uk.ukrainian": "Ukraine", "en.uk": "United Kingdom", "en.usa": "United States", "vi.vietnamese": "Vietnam",
}

// holidayFeeds are the addresses of public calendars and what they are for.
func holidayFeeds() map[string]string {
	all := make(map[string]string, len(feeds))
	for name, country := range feeds {
		all["https://www.google.com/calendar/ical/"+name+"%23holiday%40group.v.calendar.google.com/public/basic.ics"] = country
	}
	return all
}
