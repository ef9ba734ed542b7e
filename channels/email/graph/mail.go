package graph

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"postroom/internal/desk"
)

// Message is a message as a folder's list shows it.
type Message struct {
	ID   string
	Size int64 // bytes, about; -1: the server didn't say
}

const (
	pageSize = 500
	maxPages = 1000 // of a list; a page may be empty and have a next one
	// sizeProperty is PidTagMessageSize: Graph has no field of its own for it.
	sizeProperty = "Long 0xe08"
	inboxFolder  = "inbox" // a name that every mailbox knows, whatever its language
)

func (c *Client) folder(id string) string {
	if id == "" {
		id = inboxFolder
	}
	return c.box + "/mailFolders/" + url.PathEscape(id)
}

// Messages shows the messages of a folder, oldest first, until there are no more or show returns
// false. unread: those alone that nobody has read.
func (c *Client) Messages(ctx context.Context, folder string, unread bool, show func(Message) bool) error {
	query := url.Values{
		"$select": {"id"}, "$orderby": {"receivedDateTime asc"}, "$top": {strconv.Itoa(pageSize)},
		"$expand": {"singleValueExtendedProperties($filter=id eq 'Long 0xE08')"},
	}
	if unread {
		// What is sorted by has to be filtered by, too, and first.
		query.Set("$filter", "receivedDateTime ge 1900-01-01T00:00:00Z and isRead eq false")
	}
	address := c.folder(folder) + "/messages?" + strings.ReplaceAll(query.Encode(), "+", "%20")
	for pages := 0; address != "" && pages < maxPages; pages++ {
		var page struct {
			Value []struct {
				ID         string `json:"id"`
				Properties []struct {
					ID    string `json:"id"`
					Value string `json:"value"`
				} `json:"singleValueExtendedProperties"`
			} `json:"value"`
			Next string `json:"@odata.nextLink"`
		}
		if err := c.get(ctx, address, &page); err != nil {
			return fmt.Errorf("list messages: %w", err)
		}
		for _, item := range page.Value {
			message := Message{ID: item.ID, Size: -1}
			for _, property := range item.Properties {
				if size, err := strconv.ParseInt(property.Value, 10, 64); err == nil && strings.EqualFold(property.ID, sizeProperty) {
					message.Size = size
				}
			}
			if message.ID != "" && !show(message) {
				return nil
			}
		}
		next, err := c.next(page.Next)
		if err != nil {
			return err
		}
		if next == address {
			return fmt.Errorf("list messages: the next page is the same one")
		}
		address = next
	}
	return nil
}

func (c *Client) message(id string) string { return c.box + "/messages/" + url.PathEscape(id) }

// Raw returns a message as it came. One of more than maxSize bytes is a *TooLargeError; 0 means that
// none is.
func (c *Client) Raw(ctx context.Context, id string, maxSize int64) ([]byte, error) {
	if maxSize <= 0 {
		maxSize = 1 << 30
	}
	return c.do(ctx, request{method: http.MethodGet, url: c.message(id) + "/$value", max: maxSize})
}

// MarkRead marks a message as read.
func (c *Client) MarkRead(ctx context.Context, id string) error {
	_, err := c.do(ctx, request{method: http.MethodPatch, url: c.message(id), body: []byte(`{"isRead":true}`), media: "application/json"})
	return err
}

// Delete deletes a message.
func (c *Client) Delete(ctx context.Context, id string) error {
	_, err := c.do(ctx, request{method: http.MethodDelete, url: c.message(id)})
	return err
}

// Send sends a message, to whom its headers name: Bcc is one of them, and goes to nobody else.
func (c *Client) Send(ctx context.Context, raw []byte) error {
	_, err := c.do(ctx, request{method: http.MethodPost, url: c.box + "/sendMail", body: encoded(raw), media: "text/plain", once: true})
	return err
}

// Count returns how many messages are in a folder.
func (c *Client) Count(ctx context.Context, folder string) (int, error) {
	var found struct {
		Total int `json:"totalItemCount"`
	}
	err := c.get(ctx, c.folder(folder)+"?$select=id,totalItemCount", &found)
	return found.Total, err
}

// Bounds of a tree of folders.
const (
	maxFolders = 2000
	maxDepth   = 10
)

// Folders returns the folders of the mailbox, with those in them.
func (c *Client) Folders(ctx context.Context) ([]desk.MailFolder, error) {
	left := maxFolders
	return c.folders(ctx, c.box+"/mailFolders", 1, &left)
}

func (c *Client) folders(ctx context.Context, address string, depth int, left *int) (all []desk.MailFolder, err error) {
	address += "?$top=100&$select=id,displayName,childFolderCount"
	for pages := 0; address != "" && pages < maxPages; pages++ {
		var page struct {
			Value []struct {
				ID       string `json:"id"`
				Name     string `json:"displayName"`
				Children int    `json:"childFolderCount"`
			} `json:"value"`
			Next string `json:"@odata.nextLink"`
		}
		if err := c.get(ctx, address, &page); err != nil {
			return nil, fmt.Errorf("list folders: %w", err)
		}
		for _, item := range page.Value {
			if *left--; *left < 0 {
				return all, nil
			}
			folder := desk.MailFolder{ID: item.ID, Name: item.Name}
			if item.Children > 0 && depth < maxDepth {
				if folder.Children, err = c.folders(ctx, c.folder(item.ID)+"/childFolders", depth+1, left); err != nil {
					return nil, err
				}
			}
			all = append(all, folder)
		}
		if address, err = c.next(page.Next); err != nil {
			return nil, err
		}
	}
	return all, nil
}
