package rest

// DecodeJSON is what a JSON body becomes.
func DecodeJSON(body []byte) (map[string]any, error) {
	p := Params{}
	err := p.addJSON(body)
	return p, err
}
