package directory_test

import (
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"postroom/api/apitest"
	"postroom/internal/desk"
	"postroom/internal/directorysync"
)

const envelope = `<?xml version="1.0" encoding="utf-8"?><s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body>
<m:%[1]sResponse xmlns:m="http://schemas.microsoft.com/exchange/services/2006/messages" xmlns:t="http://schemas.microsoft.com/exchange/services/2006/types">
<m:ResponseMessages><m:%[1]sResponseMessage ResponseClass="Success"><m:ResponseCode>NoError</m:ResponseCode>%[2]s</m:%[1]sResponseMessage></m:ResponseMessages>
</m:%[1]sResponse></s:Body></s:Envelope>`

const folders = `<m:RootFolder IncludesLastItemInRange="true"><t:Folders>
<t:Folder><t:FolderId Id="inbox"/><t:ParentFolderId Id="root"/><t:FolderClass>IPF.Note</t:FolderClass><t:DisplayName>Inbox</t:DisplayName></t:Folder>
<t:ContactsFolder><t:FolderId Id="contacts"/><t:ParentFolderId Id="root"/><t:FolderClass>IPF.Contact</t:FolderClass><t:DisplayName>Contacts</t:DisplayName></t:ContactsFolder>
<t:ContactsFolder><t:FolderId Id="sales&amp;co"/><t:ParentFolderId Id="contacts"/><t:FolderClass>IPF.Contact</t:FolderClass><t:DisplayName>Sales</t:DisplayName></t:ContactsFolder>
</t:Folders></m:RootFolder>`

// exchange is a mailbox with contacts in folder sales&co. It speaks as Exchange documents it.
func exchange(t *testing.T, contacts int) *httptest.Server {
	t.Helper()
	contact := func(id string) string {
		return fmt.Sprintf(`<t:Contact><t:ItemId Id="%[1]s" ChangeKey="k"/><t:Body BodyType="Text">secret</t:Body><t:GivenName>Nina</t:GivenName><t:Surname>No%[1]s</t:Surname>
			<t:EmailAddresses><t:Entry Key="EmailAddress1">SMTP:nina%[1]s@example.org</t:Entry></t:EmailAddresses>
			<t:PhysicalAddresses><t:Entry Key="Business"><t:City>Berlin</t:City></t:Entry></t:PhysicalAddresses></t:Contact>`, id)
	}
	number := func(body, name string) int {
		n, err := strconv.Atoi(regexp.MustCompile(name + `="(\d+)"`).FindStringSubmatch(body)[1])
		if err != nil {
			t.Error(err)
		}
		return n
	}
	server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		user, password, _ := r.BasicAuth()
		known := strings.HasPrefix(user, "nina@") && strings.HasSuffix(":"+password, ":s3cret") // the port in the address has a colon, too
		if !known && r.Header.Get("Authorization") != "Bearer the token" {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		if r.URL.Path == "/autodiscover/autodiscover.xml" {
			fmt.Fprintf(w, `<Autodiscover><Response><Account><Protocol><Type>EXPR</Type><EwsUrl>https://%s/EWS/Exchange.asmx</EwsUrl></Protocol></Account></Response></Autodiscover>`, r.Host)
			return
		}
		data, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		body, answer := string(data), ""
		_, operation, _ := strings.Cut(strings.Trim(r.Header.Get("SOAPAction"), `"`), "messages/")
		switch {
		case operation == "FindFolder":
			answer = folders
		case operation == "FindItem" && strings.Contains(body, `Id="sales&amp;co"`):
			most, offset := number(body, "MaxEntriesReturned"), number(body, "Offset")
			for i := offset; i < min(offset+most, contacts); i++ {
				answer += fmt.Sprintf(`<t:Contact><t:ItemId Id="%d"/></t:Contact>`, i)
			}
			answer = fmt.Sprintf(`<m:RootFolder IncludesLastItemInRange="%t"><t:Items>%s</t:Items></m:RootFolder>`, offset+most >= contacts, answer)
		case operation == "GetItem":
			for _, id := range regexp.MustCompile(`ItemId Id="(\d+)"`).FindAllStringSubmatch(body, -1) {
				answer += `<m:Items>` + contact(id[1]) + `</m:Items>`
			}
		default:
			fmt.Fprintf(w, `<s:Envelope xmlns:s="x"><s:Body><m:R xmlns:m="y"><m:ResponseMessages><m:M ResponseClass="Error"><m:MessageText>The specified folder could not be found.</m:MessageText><m:ResponseCode>ErrorFolderNotFound</m:ResponseCode></m:M></m:ResponseMessages></m:R></s:Body></s:Envelope>`)
			return
		}
		fmt.Fprintf(w, envelope, operation, answer)
	}))
	t.Cleanup(server.Close)
	return server
}

func TestLookingIntoExchange(t *testing.T) {
	t.Parallel()
	o, server := apitest.Open(t), exchange(t, 3)
	base, host := "/integration/exchange/", strings.TrimPrefix(server.URL, "https://")
	typed := map[string]any{"endpoint": server.URL + "/EWS/Exchange.asmx", "user": "nina@" + host, "password": "s3cret", "disable_ssl_verify": true}
	says := func(path string, more map[string]any, want string) {
		t.Helper()
		all := map[string]any{}
		for _, values := range []map[string]any{typed, more} {
			for key, value := range values {
				all[key] = value
			}
		}
		if got := fmt.Sprint(o.Post("boss", base+path, body(t, all)).Is(200).Object()); !strings.Contains(got, want) {
			t.Errorf("%s %v: %s, want %s", path, more, got, want)
		}
	}
	says("autodiscover", nil, "endpoint:"+server.URL+"/EWS/Exchange.asmx result:ok")
	says("autodiscover", map[string]any{"password": "wrong"}, "message:the mailbox refuses the user, the password or the token result:failed")
	says("autodiscover", map[string]any{"user": "nina"}, "message:the user is to be a mail address result:failed")
	says("folders", nil, "folders:map[contacts:Contacts sales&co:Contacts -> Sales] result:ok")
	says("folders", map[string]any{"disable_ssl_verify": false}, "certificate")
	says("folders", map[string]any{"password": "wrong"}, "result:failed")
	says("folders", map[string]any{"endpoint": "https://10.255.255.1/"}, "OUTGOING_ALLOW")
	says("folders", map[string]any{"endpoint": "ftp://x"}, "begins with https://")
	says("folders", map[string]any{"auth_type": "oauth"}, "no access token")
	says("mapping", nil, "Please select at least one folder.")
	says("mapping", map[string]any{"folders": []string{"x"}}, "The specified folder could not be found. (ErrorFolderNotFound)")
	says("mapping", map[string]any{"folders": []string{"sales&co"}}, "email_addresses.EmailAddress1:email_addresses.EmailAddress1 (e. g. SMTP:nina")
	says("mapping", map[string]any{"folders": []string{"sales&co"}}, "physical_addresses.Business.city:physical_addresses.Business.city (e. g. Berlin)")

	o.Setting("exchange_oauth", map[string]any{"access_token": "the token"})
	says("folders", map[string]any{"auth_type": "oauth", "user": "", "password": ""}, "sales&co")
	if got := o.Get("boss", base+"index").Is(200).Object(); !strings.Contains(fmt.Sprint(got["oauth"]), "****") || strings.Contains(fmt.Sprint(got), "the token") {
		t.Errorf("index: %v", got)
	}
	o.Del("boss", base+"oauth").Is(200)
	says("folders", map[string]any{"auth_type": "oauth"}, "no access token")
	o.Get("emma", base+"index").Is(403)
	o.Post("emma", base+"folders", `{}`).Is(403)
}

func TestContactsOfExchangeBecomeUsers(t *testing.T) {
	t.Parallel()
	const many = 150 // more than a page
	o, server := apitest.Open(t), exchange(t, many)
	o.Exec(`UPDATE users SET email = 'nina7@example.org' WHERE login = 'david'`)
	config := map[string]any{
		"endpoint": server.URL + "/EWS/Exchange.asmx", "user": "nina@example.org", "password": "s3cret", "disable_ssl_verify": true,
		"folders":    []string{"sales&co"},
		"attributes": map[string]any{"given_name": "firstname", "surname": "lastname", "email_addresses.EmailAddress1": "email", "physical_addresses.Business.city": "city"},
	}
	o.Post("boss", "/integration/exchange/job_try", body(t, config)).Is(200)
	job, err := o.Store.LastImportJob(t.Context(), desk.ImportExchange, true, false)
	if err != nil {
		t.Fatal(err)
	}
	if job, err = o.Store.ImportJob(t.Context(), job.ID); err != nil {
		t.Fatal(err)
	}
	service := directorysync.New(o.Store, beside, nil, slog.New(slog.DiscardHandler))
	read := func(job desk.ImportJob, created, updated, unchanged int) {
		t.Helper()
		o.Store.ForgetCatalog()
		result, err := service.Read(t.Context(), job, func(directorysync.Result) error { return nil })
		if err != nil || result.Counts["created"] != created || result.Counts["updated"] != updated || result.Counts["unchanged"] != unchanged {
			t.Errorf("%v, want %d created, %d updated, %d unchanged (%v)", result.Counts, created, updated, unchanged, err)
		}
	}
	read(job, many-1, 1, 0)
	o.Setting("exchange_config", config)
	real := desk.ImportJob{Name: desk.ImportExchange}
	read(real, many-1, 1, 0)
	read(real, 0, 0, many)
	var known string
	o.One(&known, `SELECT firstname || ' ' || lastname || ' ' || city || ' ' || source FROM users WHERE email = 'nina7@example.org'`)
	if known != "Nina No7 Berlin Exchange" {
		t.Errorf("david, who has the address of a contact, is now %q", known)
	}
	o.Exec(`UPDATE users SET email = 'david@elsewhere.org' WHERE login = 'david'`)
	read(real, 0, 0, many)
	o.One(&known, `SELECT email FROM users WHERE login = 'david'`)
	if known != "david@elsewhere.org" {
		t.Errorf("a contact changed the address of a user to %q", known)
	}
	o.Setting("exchange_config", map[string]any{})
	if _, err := service.Read(t.Context(), real, nil); err == nil {
		t.Error("without a folder nothing is wrong")
	}
}
