package ews

import (
	"encoding/xml"
	"errors"
	"io"
	"strings"
)

// element is a piece of XML without its namespaces: what a server has to say is known by its names.
type element struct {
	name       string
	attributes map[string]string
	text       string
	children   []*element
}

// deepest is how deep elements may be nested; answers of Exchange are nested about ten deep.
const deepest = 100

var errTooDeep = errors.New("XML is nested too deep")

// read reads a document.
func read(r io.Reader) (*element, error) {
	decoder, root := xml.NewDecoder(r), &element{}
	open := []*element{root}
	for {
		token, err := decoder.Token()
		if errors.Is(err, io.EOF) && len(root.children) > 0 {
			return root, nil
		}
		if err != nil {
			return nil, err
		}
		inner := open[len(open)-1]
		switch token := token.(type) {
		case xml.StartElement:
			if len(open) > deepest {
				return nil, errTooDeep
			}
			child := &element{name: token.Name.Local, attributes: map[string]string{}}
			for _, attribute := range token.Attr {
				child.attributes[attribute.Name.Local] = attribute.Value
			}
			inner.children, open = append(inner.children, child), append(open, child)
		case xml.EndElement:
			inner.text = strings.TrimSpace(inner.text)
			open = open[:len(open)-1]
		case xml.CharData:
			inner.text += string(token)
		}
	}
}

// all returns the elements of a name, wherever they are but not within each other.
func (e *element) all(name string) []*element {
	var found []*element
	for _, child := range e.children {
		if child.name == name {
			found = append(found, child)
		} else {
			found = append(found, child.all(name)...)
		}
	}
	return found
}

// find returns the first element of a name, or nil.
func (e *element) find(name string) *element {
	if all := e.all(name); len(all) > 0 {
		return all[0]
	}
	return nil
}

func (e *element) textOf(name string) string {
	if found := e.find(name); found != nil {
		return found.text
	}
	return ""
}
