package rest

import (
	"net/http"

	"postroom/internal/desk"
	"postroom/internal/live"
)

// countryHeaders are where proxies that know it tell from which country a request comes.
var countryHeaders = [...]string{"X-Country-Code", "CF-IPCountry"}

// FromPage is the page that makes a request, apart from its id.
func (s *House) FromPage(r *http.Request) live.From {
	from := live.From{Who: Caller(r), IP: s.ClientIP(r), Origin: r.Header.Get("Origin")}
	if !s.FromProxy(r) {
		return from
	}
	for _, header := range countryHeaders {
		if country := r.Header.Get(header); len(country) == len("XX") {
			from.Country = country
			break
		}
	}
	return from
}

// ParseJSON reads an object that a page sent outside of a request.
func ParseJSON(body []byte) (Params, error) {
	p := Params{}
	return p, p.addJSON(body)
}

// WhoAmI tells a page who is signed in.
func WhoAmI(who *desk.Caller) Record {
	if who == nil {
		return Record{{"message", "Nobody is signed in."}}
	}
	return Record{{"message", "You are user " + IDText(who.User.ID) + "."}}
}
