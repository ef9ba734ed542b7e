package library_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"mime/multipart"
	"strings"
	"testing"

	"postroom/api/apitest"
)

// imported is the answer to an import.
type imported struct {
	Try     bool
	Result  string
	Stats   *struct{ Created, Updated int }
	Records []map[string]any
	Errors  []string
}

func importModules(o *apitest.Office, data string, more ...string) (answer imported) {
	o.T.Helper()
	body := map[string]any{"data": data}
	for i := 0; i < len(more); i += 2 {
		body[more[i]] = more[i+1]
	}
	encoded, err := json.Marshal(body)
	if err != nil {
		o.T.Fatal(err)
	}
	o.Post("boss", "/text_modules/import", string(encoded)).Is(200).Into(&answer)
	return answer
}

func TestTextModulesAreImported(t *testing.T) {
	t.Parallel()
	o := apitest.Open(t)
	existing := o.Post("boss", "/text_modules", `{"name": "Hello", "content": "Hi", "keywords": "old", "note": "kept"}`).Is(201)
	got := importModules(o, "id;name;keywords;content;note;groups;active;\n"+
		fmt.Sprintf("%d;Hello you;\"\";\"Hi <b>you</b>\nthere\";;;false;\n", existing.ID())+
		";Bye;b,c;\"1 < 2\";;Users~~~Sales;;\n", "col_sep", ";")
	if got.Try || got.Result != "success" || got.Stats.Created != 1 || got.Stats.Updated != 1 || len(got.Records) != 2 || len(got.Errors) != 0 {
		t.Fatalf("imported %+v", got)
	}
	if facts(got.Records[0]["name"], got.Records[1]["name"], got.Records[1]["content"]) != "Hello you Bye 1 &lt; 2" {
		t.Errorf("records are %v", got.Records)
	}
	changed := o.Get("boss", fmt.Sprintf("/text_modules/%d?expand=true", existing.ID())).Object()
	if got := facts(changed["name"], changed["keywords"], changed["note"], changed["active"], changed["created_by"], changed["updated_by"]); got !=
		"Hello you  kept false boss -" {
		t.Errorf("changed to %s", got)
	}
	made := o.Get("boss", fmt.Sprintf("/text_modules/%v?expand=true", got.Records[1]["id"])).Object()
	if got := facts(made["groups"], made["keywords"], made["active"], made["created_by"]); got != "[Users Sales] b,c true -" {
		t.Errorf("made %s", got)
	}
}

func TestTryKeepsNothing(t *testing.T) {
	t.Parallel()
	o := apitest.Open(t)
	o.Post("boss", "/text_modules", `{"name": "Hello", "content": "Hi"}`).Is(201)
	got := importModules(o, "name,content\nHello,other\nNew,x\n", "try", "true")
	if !got.Try || got.Result != "success" || got.Stats.Created != 1 || got.Stats.Updated != 1 ||
		facts(got.Records[0]["content"], got.Records[1]["id"], got.Records[1]["name"]) != "other <nil> New" {
		t.Errorf("tried %+v", got)
	}
	if list := o.Get("boss", "/text_modules").List(); len(list) != 1 || list[0]["content"] != "Hi" {
		t.Errorf("a try left %v", list)
	}
}

func TestImportWithFaultsKeepsNothing(t *testing.T) {
	t.Parallel()
	o := apitest.Open(t)
	got := importModules(o, "id,name,content,groups,colour,created_by\n"+
		",Good,x,,,\n"+
		"99,Unknown,x,,,\n"+
		",Good,again,,,\n"+
		",NoContent,,,,\n"+
		",Nowhere,x,Nowhere,,\n"+
		",Red,x,,red,\n"+
		",Whose,x,,,nobody\n"+
		",Mine,x,Sales,,emma\n")
	want := []string{
		"Line 2: unknown TextModule with id '99'.",
		"Line 3: duplicate record found.",
		"Line 4: Unable to create record - Content can't be blank",
		`Line 5: Unable to create record - No lookup value found for 'groups': "Nowhere"`,
		"Line 6: unknown attribute 'colour' for TextModule.",
		`Line 7: Unable to create record - No lookup value found for 'created_by': "nobody"`,
	}
	if got.Result != "failed" || fmt.Sprint(got.Errors) != fmt.Sprint(want) {
		t.Errorf("result %s\n got %q\nwant %q", got.Result, got.Errors, want)
	}
	if list := o.Get("boss", "/text_modules").List(); len(list) != 0 {
		t.Errorf("faults left %v", list)
	}
}

func TestImportReplacesTextModules(t *testing.T) {
	t.Parallel()
	o := apitest.Open(t)
	o.Post("boss", "/text_modules", `{"name": "Old", "content": "x", "group_ids": [1]}`).Is(201)
	id := o.Post("boss", "/text_modules", `{"name": "Stays", "content": "x"}`).Is(201).ID()
	if got := importModules(o, "name,content\nNew,\n", "delete", "true"); got.Result != "failed" {
		t.Errorf("imported %+v, want a fault", got)
	}
	if got := names(o.Get("boss", "/text_modules")); got != "Old Stays" {
		t.Errorf("after a fault there are %s", got)
	}
	got := importModules(o, fmt.Sprintf("id,name,content\n%d,Stays,y\n,New,z\n", id), "delete", "true")
	if got.Result != "success" || got.Stats.Created != 2 || got.Stats.Updated != 0 {
		t.Errorf("imported %+v", got)
	}
	if got := names(o.Get("boss", "/text_modules")); got != "Stays New" {
		t.Errorf("there are %s, want those of the file alone", got)
	}
}

func TestFilesOfTextModulesThatCannotBeUsed(t *testing.T) {
	t.Parallel()
	o := apitest.Open(t)
	for _, body := range []string{``, `{}`, `{"data": ""}`, `{"file": "name"}`} {
		o.Post("boss", "/text_modules/import", body).Refuses(422, "No source data submitted!")
	}
	o.Post("boss", "/text_modules/import", `{"data": "name", "col_sep": ";;"}`).Refuses(422, `Invalid value for param 'col_sep': ";;"`)
	got := importModules(o, "content\nx\n")
	if got.Result != "failed" || got.Stats != nil || fmt.Sprint(got.Errors) != "[No lookup column like id,name for TextModule found.]" {
		t.Errorf("imported %+v", got)
	}
	o.Post("emma", "/text_modules/import", `{}`).Refuses(403, "User authorization failed.")
}

func TestExampleOfTextModulesCanBeImported(t *testing.T) {
	t.Parallel()
	o := apitest.Open(t)
	o.Post("boss", "/text_modules", `{"name": "Two, lines", "content": "a\nb \"quoted\"", "keywords": null, "group_ids": [1, 2]}`).Is(201)
	example := o.Get("boss", "/text_modules/import_example").Is(200)
	if got := example.Header.Get("Content-Type"); got != "text/csv" {
		t.Errorf("type %q", got)
	}
	if got := example.Header.Get("Content-Disposition"); got != `attachment; filename="text_module-example.csv"` {
		t.Errorf("disposition %q", got)
	}
	const want = "id,name,keywords,content,note,active,groups\n" + `1,"Two, lines",,"a<br>b ""quoted""",,true,Users~~~Sales` + "\n"
	if string(example.Body) != want {
		t.Errorf("example is %q, want %q", example.Body, want)
	}
	before := o.Get("boss", "/text_modules/1").Object()
	if got := importModules(o, string(example.Body)); got.Result != "success" || got.Stats.Updated != 1 {
		t.Errorf("imported %+v", got)
	}
	after := o.Get("boss", "/text_modules/1").Object()
	for key, value := range before {
		if !strings.HasPrefix(key, "updated_") && fmt.Sprint(after[key]) != fmt.Sprint(value) {
			t.Errorf("%s became %v, want %v", key, after[key], value)
		}
	}
	o.Get("emma", "/text_modules/import_example").Refuses(403, "User authorization failed.")
}

func TestFileOfTextModulesIsUploaded(t *testing.T) {
	t.Parallel()
	o := apitest.Open(t)
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	file, err := form.CreateFormFile("file", "modules.csv")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := file.Write([]byte("name;content\nGru\xdf;x\n")); err != nil { // Windows-1252
		t.Fatal(err)
	}
	if err := form.WriteField("col_sep", ";"); err != nil {
		t.Fatal(err)
	}
	if err := form.Close(); err != nil {
		t.Fatal(err)
	}
	req := o.Request("POST", "/api/v1/text_modules/import", body.String())
	req.Header.Set("Content-Type", form.FormDataContentType())
	req.Header.Set("Authorization", "Token token=token of boss")
	var got imported
	o.Send(req).Is(200).Into(&got)
	if got.Result != "success" || got.Stats.Created != 1 || got.Records[0]["name"] != "Gruß" {
		t.Errorf("imported %+v", got)
	}
}
