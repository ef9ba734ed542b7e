package graph

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"postroom/channels"
)

const (
	// MaxMessage is how long a message may be that goes in one request, in bytes: a request may have
	// 4 MB, and a message becomes a third longer in it.
	MaxMessage = 4_000_000 / 4 * 3
	// fewBytes is how large a file may be that goes in one request. Larger ones go in pieces, and
	// smaller ones must not.
	fewBytes = 3 << 20
	piece    = 10 * 320 << 10 // bytes: the server wants multiples of 320 KiB
	cleanup  = 20 * time.Second
)

// What an answer lacks.
var (
	errNoDraft   = errors.New("answer of Microsoft Graph names no draft")
	errNoAddress = errors.New("answer of Microsoft Graph names no address to send a file to")
)

// SendWith sends a message as a draft to which files were added. raw is the message without them. When
// that fails there is no draft left, as far as the server can be reached.
func (c *Client) SendWith(ctx context.Context, raw []byte, files []channels.File) error {
	var draft struct{ ID string }
	made, err := c.do(ctx, request{
		method: http.MethodPost, url: c.box + "/messages", body: encoded(raw), media: "text/plain", once: true,
	})
	if err == nil {
		err = json.Unmarshal(made, &draft)
	}
	if err == nil && draft.ID == "" {
		err = errNoDraft
	}
	if err != nil {
		return err
	}
	for _, file := range files {
		if err = c.attach(ctx, draft.ID, file); err != nil {
			break
		}
	}
	if err == nil {
		_, err = c.do(ctx, request{method: http.MethodPost, url: c.message(draft.ID) + "/send", once: true})
	}
	if err != nil {
		last, cancel := context.WithTimeout(context.WithoutCancel(ctx), cleanup)
		defer cancel()
		_ = c.Delete(last, draft.ID) // the failure that counts is another
	}
	return err
}

func encoded(raw []byte) []byte {
	body := make([]byte, base64.StdEncoding.EncodedLen(len(raw)))
	base64.StdEncoding.Encode(body, raw)
	return body
}

// attach adds a file to a draft.
func (c *Client) attach(ctx context.Context, draft string, file channels.File) error {
	facts := map[string]any{"name": file.Filename, "contentType": file.ContentType, "isInline": file.Inline}
	if file.ContentID != "" {
		facts["contentId"] = file.ContentID
	}
	address := c.message(draft) + "/attachments"
	if len(file.Data) < fewBytes {
		facts["@odata.type"], facts["contentBytes"] = "#microsoft.graph.fileAttachment", file.Data
		_, err := c.post(ctx, address, facts)
		return err
	}
	facts["attachmentType"], facts["size"] = "file", len(file.Data)
	answer, err := c.post(ctx, address+"/createUploadSession", map[string]any{"AttachmentItem": facts})
	if err != nil {
		return err
	}
	var session struct {
		URL string `json:"uploadUrl"`
	}
	if err := json.Unmarshal(answer, &session); err != nil {
		return fmt.Errorf("answer of Microsoft Graph is no JSON: %w", err)
	}
	return c.upload(ctx, session.URL, file.Data)
}

func (c *Client) post(ctx context.Context, address string, value map[string]any) ([]byte, error) {
	body, err := json.Marshal(value)
	if err != nil {
		return nil, err
	}
	return c.do(ctx, request{method: http.MethodPost, url: address, body: body, media: "application/json"})
}

// upload sends a file in pieces, one after the other, to where the server wants it: that address alone
// opens the door, a token is for nobody else.
func (c *Client) upload(ctx context.Context, address string, data []byte) error {
	ours, err := url.Parse(c.base)
	if err != nil {
		return err
	}
	if theirs, err := url.Parse(address); err != nil || theirs.Host == "" || theirs.Scheme != ours.Scheme {
		return errNoAddress
	}
	for start := 0; start < len(data); start += piece {
		end := min(start+piece, len(data))
		_, err := c.do(ctx, request{
			method: http.MethodPut, url: address, body: data[start:end], media: "application/octet-stream",
			span: fmt.Sprintf("bytes %d-%d/%d", start, end-1, len(data)), apart: true,
		})
		if err != nil {
			return err
		}
	}
	return nil
}
