package uploads_test

import (
	"bytes"
	"fmt"
	"mime/multipart"
	"net/http"
	"os"
	"strings"
	"testing"

	"postroom/api/apitest"
)

func upload(o *apitest.Office, who, path, name, content string) apitest.Answer {
	o.T.Helper()
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	if name != "" {
		part, err := form.CreateFormFile("File", name)
		if err != nil {
			o.T.Fatal(err)
		}
		_, _ = part.Write([]byte(content))
	}
	_ = form.WriteField("form_id", "4711")
	_ = form.Close()
	req := o.Request(http.MethodPost, "/api/v1"+path, body.String())
	req.Header.Set("Content-Type", form.FormDataContentType())
	req.Header.Set("Authorization", "Token token=token of "+who)
	return o.Send(req)
}

func TestFilesWaitForTheirForm(t *testing.T) {
	t.Parallel()
	o := apitest.Open(t)
	data := upload(o, "emma", "/attachments", "a.txt", "first").Is(200).Object()["data"].(map[string]any)
	if data["filename"] != "a.txt" || data["size"] != "5" {
		t.Errorf("uploaded %v", data)
	}
	second := upload(o, "emma", "/upload_caches/4711", "b.txt", "second").Is(200).Object()["data"].(map[string]any)
	upload(o, "reader", "/attachments", "foreign.txt", "of another").Is(200)
	upload(o, "emma", "/attachments", "", "").Refuses(422, "The required part 'File' is missing.")
	o.Get("emma", fmt.Sprintf("/attachments/%v", data["id"])).Is(200)
	o.Get("reader", fmt.Sprintf("/attachments/%v", data["id"])).Is(404)
	o.Del("reader", fmt.Sprintf("/attachments/%v", data["id"])).Is(404)
	o.Del("emma", fmt.Sprintf("/upload_caches/4711/items/%v", second["id"])).Is(200).Same(t, `{"success":true}`)

	ticket := o.NewTicket(1, "david", "With files")
	article := o.Post("emma", "/ticket_articles", fmt.Sprintf(`{"ticket_id": %d, "body": "here", "form_id": "4711"}`, ticket)).Is(201).Object()
	files := article["attachments"].([]any)
	if len(files) != 1 || files[0].(map[string]any)["filename"] != "a.txt" {
		t.Errorf("the article has %v, want a.txt", files)
	}
	var left int
	if o.One(&left, `SELECT count(*) FROM attachments WHERE object = 'UploadCache'`); left != 1 {
		t.Errorf("%d files wait, want that of the other", left)
	}
	o.Del("reader", "/attachments/destroy_form/4711").Is(200).Same(t, `{"success":true}`)
	if o.One(&left, `SELECT count(*) FROM attachments WHERE object = 'UploadCache'`); left != 0 {
		t.Errorf("%d files wait", left)
	}
}

// TestUploadsLeaveNothingBehind is not parallel: it sets the folder for temporary files.
func TestUploadsLeaveNothingBehind(t *testing.T) {
	o := apitest.Open(t)
	dir := t.TempDir()
	t.Setenv("TMPDIR", dir)
	upload(o, "emma", "/attachments", "large.txt", strings.Repeat("large ", 1<<19)).Is(200)
	o.Eventually("no temporary file is left", func() bool { // the answer may be here before the request is over
		left, err := os.ReadDir(dir)
		return len(left) == 0 && err == nil
	})
}
