package files_test

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"image"
	"image/png"
	"testing"

	"postroom/api/apitest"
)

func TestPicturesAreSentAsWideAsTheyAreShown(t *testing.T) {
	t.Parallel()
	o := apitest.Open(t)
	var wide bytes.Buffer
	if err := png.Encode(&wide, image.NewGray(image.Rect(0, 0, 2000, 20))); err != nil {
		t.Fatal(err)
	}
	body := fmt.Sprintf(`{"ticket_id": %d, "body": "see", "attachments": [{"filename": "wide.png", "mime-type": "image/png", "data": %q}]}`,
		o.NewTicket(1, "david", "Picture"), base64.StdEncoding.EncodeToString(wide.Bytes()))
	article := o.Post("emma", "/ticket_articles", body).Is(201).Object()
	file := article["attachments"].([]any)[0].(map[string]any)["id"]
	at := fmt.Sprintf("/ticket_attachment/%v/%v/%v", article["ticket_id"], article["id"], file)
	for view, want := range map[string]int{"": 2000, "?view=inline": 1800, "?view=preview": 200, "?view=else": 2000} {
		for _, path := range []string{at, fmt.Sprintf("/attachments/%v", file)} {
			answer := o.Get("emma", path+view).Is(200)
			size, err := png.DecodeConfig(bytes.NewReader(answer.Body))
			if err != nil || size.Width != want {
				t.Errorf("%s: %d pixels wide, want %d, %v", path+view, size.Width, want, err)
			}
			if want != 2000 && answer.Header.Get("Content-Security-Policy") != "default-src 'none'" {
				t.Errorf("%s: %v", path+view, answer.Header)
			}
		}
	}
}
