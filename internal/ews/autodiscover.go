package ews

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"

	"postroom/internal/desk"
)

// errNowhere says that nobody knows where a mailbox is.
var errNowhere = errors.New("no server of the domain knows where the mailbox is: enter the endpoint by hand")

const discovery = `<?xml version="1.0" encoding="utf-8"?>
<Autodiscover xmlns="http://schemas.microsoft.com/exchange/autodiscover/outlook/requestschema/2006"><Request>
<EMailAddress>%s</EMailAddress>
<AcceptableResponseSchema>http://schemas.microsoft.com/exchange/autodiscover/outlook/responseschema/2006a</AcceptableResponseSchema>
</Request></Autodiscover>`

// Discover asks the servers of a mail address's domain where its mailbox is (Autodiscover, POX). Only
// encrypted connections are used: the password goes along.
func Discover(ctx context.Context, client *http.Client, address, password string) (endpoint string, err error) {
	_, domain, ok := strings.Cut(strings.TrimSpace(address), "@")
	if !ok || domain == "" || strings.ContainsAny(domain, "/?#\\@ ") {
		return "", &desk.InvalidError{Field: "user", Reason: "the user is to be a mail address"}
	}
	refused := false
	for _, host := range []string{"autodiscover." + domain, domain} {
		endpoint, err := ask(ctx, client, "https://"+host+"/autodiscover/autodiscover.xml", address, password)
		if ctx.Err() != nil {
			return "", ctx.Err()
		}
		if err == nil && endpoint != "" {
			return endpoint, nil
		}
		refused = refused || errors.Is(err, ErrRefused)
	}
	if refused {
		return "", ErrRefused
	}
	return "", errNowhere
}

func ask(ctx context.Context, client *http.Client, at, address, password string) (string, error) {
	name, err := escaped(address)
	if err != nil {
		return "", err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, at, strings.NewReader(fmt.Sprintf(discovery, name)))
	if err != nil {
		return "", err
	}
	request.Header.Set("Content-Type", "text/xml; charset=utf-8")
	request.SetBasicAuth(address, password)
	response, err := client.Do(request)
	if err != nil {
		return "", err
	}
	defer response.Body.Close()
	if response.StatusCode == http.StatusUnauthorized {
		return "", ErrRefused
	}
	const mostSaid = 1 << 20 // bytes
	answer, err := read(io.LimitReader(response.Body, mostSaid))
	if err != nil {
		return "", err
	}
	return answer.textOf("EwsUrl"), nil
}
