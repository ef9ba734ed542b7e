// Package ews reads address books from Microsoft Exchange by Exchange Web Services (SOAP).
//
// In goes how a mailbox is reached, out come its folders and what its contacts say of people. It
// decides nothing about users and stores nothing.
package ews

import (
	"bytes"
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"text/template"

	"postroom/internal/desk"
)

// Mailbox is how a mailbox is reached.
type Mailbox struct {
	Endpoint string // https://…/EWS/Exchange.asmx
	User     string
	Password string
	// Token gives an OAuth access token in place of both; nil: nobody does. A long reading asks for several.
	Token func(context.Context) (string, error)
}

// Client speaks to a mailbox.
type Client struct {
	http *http.Client
	at   Mailbox
}

// ErrRefused says that a mailbox lets nobody in with these credentials.
var ErrRefused = errors.New("the mailbox refuses the user, the password or the token")

// New returns a Client whose requests go by another.
func New(client *http.Client, at Mailbox) (*Client, error) {
	where, err := url.Parse(at.Endpoint)
	if err != nil || where.Scheme != "https" && where.Scheme != "http" || where.Host == "" {
		return nil, &desk.InvalidError{Field: "endpoint", Reason: "the endpoint of the mailbox begins with https://"}
	}
	return &Client{client, at}, nil
}

// mostAnswered is how much of an answer is read, in bytes: a page of contacts with all they say.
const mostAnswered = 32 << 20

// The requests. What goes in is escaped for XML.
var requests = template.Must(template.New("").Funcs(template.FuncMap{"xml": escaped}).Parse(`
{{- define "head"}}<?xml version="1.0" encoding="utf-8"?>
<soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/"
	xmlns:t="http://schemas.microsoft.com/exchange/services/2006/types"
	xmlns:m="http://schemas.microsoft.com/exchange/services/2006/messages">
<soap:Header><t:RequestServerVersion Version="Exchange2010_SP2"/></soap:Header>
<soap:Body>{{end}}
{{- define "tail"}}</soap:Body></soap:Envelope>{{end}}

{{- define "FindFolder"}}{{template "head"}}<m:FindFolder Traversal="Deep">
<m:FolderShape><t:BaseShape>Default</t:BaseShape><t:AdditionalProperties>
<t:FieldURI FieldURI="folder:ParentFolderId"/><t:FieldURI FieldURI="folder:FolderClass"/></t:AdditionalProperties></m:FolderShape>
<m:IndexedPageFolderView MaxEntriesReturned="{{.Most}}" Offset="0" BasePoint="Beginning"/>
<m:ParentFolderIds><t:DistinguishedFolderId Id="msgfolderroot"/></m:ParentFolderIds>
</m:FindFolder>{{template "tail"}}{{end}}

{{- define "FindItem"}}{{template "head"}}<m:FindItem Traversal="Shallow">
<m:ItemShape><t:BaseShape>IdOnly</t:BaseShape></m:ItemShape>
<m:IndexedPageItemView MaxEntriesReturned="{{.Most}}" Offset="{{.Offset}}" BasePoint="Beginning"/>
<m:ParentFolderIds><t:FolderId Id="{{xml .Folder}}"/></m:ParentFolderIds>
</m:FindItem>{{template "tail"}}{{end}}

{{- define "GetItem"}}{{template "head"}}<m:GetItem>
<m:ItemShape><t:BaseShape>AllProperties</t:BaseShape></m:ItemShape>
<m:ItemIds>{{range .IDs}}<t:ItemId Id="{{xml .}}"/>{{end}}</m:ItemIds>
</m:GetItem>{{template "tail"}}{{end}}`))

func escaped(text string) (string, error) {
	var b strings.Builder
	err := xml.EscapeText(&b, []byte(text))
	return b.String(), err
}

// call asks a mailbox, and returns what is in the body of its answer.
func (c *Client) call(ctx context.Context, operation string, about any) (*element, error) {
	var body bytes.Buffer
	if err := requests.ExecuteTemplate(&body, operation, about); err != nil {
		return nil, err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, c.at.Endpoint, &body)
	if err != nil {
		return nil, err
	}
	request.Header.Set("Content-Type", "text/xml; charset=utf-8")
	request.Header.Set("SOAPAction", `"http://schemas.microsoft.com/exchange/services/2006/messages/`+operation+`"`)
	if c.at.Token == nil {
		request.SetBasicAuth(c.at.User, c.at.Password)
	} else {
		token, err := c.at.Token(ctx)
		if err != nil {
			return nil, err
		}
		request.Header.Set("Authorization", "Bearer "+token)
	}
	response, err := c.http.Do(request)
	if err != nil {
		return nil, fmt.Errorf("ask mailbox: %w", err)
	}
	defer response.Body.Close()
	if response.StatusCode == http.StatusUnauthorized || response.StatusCode == http.StatusForbidden {
		return nil, ErrRefused
	}
	answer, err := read(io.LimitReader(response.Body, mostAnswered))
	if err != nil {
		return nil, fmt.Errorf("the mailbox answers %s: %w", response.Status, err)
	}
	if fault := answer.find("faultstring"); fault != nil {
		return nil, fmt.Errorf("the mailbox answers: %s", desk.Cut(fault.text, longestFault))
	}
	for _, message := range answer.all("ResponseMessages") {
		for _, one := range message.children {
			if one.attributes["ResponseClass"] == "Error" {
				return nil, fmt.Errorf("the mailbox answers: %s", desk.Cut(one.textOf("MessageText")+" ("+one.textOf("ResponseCode")+")", longestFault))
			}
		}
	}
	return answer, nil
}

// longestFault is how much of what a server says is shown, in characters.
const longestFault = 300
