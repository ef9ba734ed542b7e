package automation_test

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"math/big"
	"mime/multipart"
	"net/http"
	"strings"
	"testing"
	"time"

	"postroom/api/apitest"
)

func TestOrdersToForget(t *testing.T) {
	t.Parallel()
	o := apitest.Open(t)
	david, boss := o.UserID("david"), o.UserID("boss")
	o.NewTicket(1, "david", "lost")
	order := func(kind string, id int) apitest.Answer {
		return o.Post("boss", "/data_privacy_tasks", fmt.Sprintf(`{"deletable_type": %q, "deletable_id": "%d", "preferences": {"sure": "DELETE", "delete_organization": "true", "user": {"email": "x"}}}`, kind, id))
	}
	made := order("User", david).Is(201)
	path := at("data_privacy_tasks", made.ID())
	got := made.Object()
	preferences := got["preferences"].(map[string]any)
	if facts(got["state"], got["deletable_type"], got["deletable_id"], preferences["sure"], preferences["user"], len(preferences["customer_tickets"].([]any))) !=
		facts("in process", "User", david, "DELETE", "map[email:david@example.com firstname:David lastname:Bell organization:Acme]", 1) {
		t.Errorf("made %s", made.Body)
	}
	order("User", david).Refuses(422, "Deletable has an existing DataPrivacyTask queued")
	order("User", boss).Refuses(422, "Deletable is your current account")
	order("User", 1).Refuses(422, "Deletable is undeletable system User with ID 1")
	order("User", 4711).Refuses(422, "Invalid value for param 'deletable_id': 4711")
	order("Group", 1).Refuses(422, "Deletable type is not included in the list")
	o.Post("boss", "/data_privacy_tasks", `{"deletable_type": "User", "deletable_id": "x"}`).Refuses(422, `Invalid value for param 'deletable_id': "x"`)
	ticket := order("Ticket", 1).Is(201)

	o.Put("boss", path, `{"deletable_id": 1, "state": "completed"}`).Is(200)
	if got := o.Get("boss", path).Object(); facts(got["deletable_id"], got["state"]) != facts(david, "in process") {
		t.Errorf("an order could be changed: %v", got)
	}
	o.Exec(`UPDATE data_privacy_tasks SET state = 'failed', preferences = preferences || '{"error": "no"}' WHERE id = $1`, made.ID())
	byState := o.Get("boss", "/data_privacy_tasks/by_state").Is(200).Object()
	if got := fmt.Sprint(byState["record_ids"]); got != fmt.Sprintf("map[completed:[] failed:[%d] in_process:[%d]]", made.ID(), ticket.ID()) {
		t.Errorf("by state: %s", got)
	}
	assets := byState["assets"].(map[string]any)
	if users := assets["User"].(map[string]any); users[fmt.Sprint(david)] == nil || users[fmt.Sprint(boss)] == nil || len(assets["DataPrivacyTask"].(map[string]any)) != 2 {
		t.Errorf("assets are %v", assets)
	}
	again := o.Put("boss", path, `{"state": "in process"}`).Is(200).Object()
	if facts(again["state"], again["preferences"].(map[string]any)["error"]) != "in process <nil>" {
		t.Errorf("put in process again: %v", again)
	}
	var announced int
	o.One(&announced, `SELECT count(*) FROM outbox WHERE kind = 'data_privacy.forget' AND payload @> jsonb_build_object('data_privacy_task_id', $1::bigint)`, made.ID())
	if announced < 2 {
		t.Errorf("the work is announced %d times, want again", announced)
	}
	o.Del("boss", path).Is(200)
	o.Get("boss", path).Refuses(404, fmt.Sprintf("Couldn't find DataPrivacyTask with 'id'=%d", made.ID()))
}

// certificate makes one that signed itself.
func certificate(t *testing.T, name string) string {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name, Organization: []string{"Example"}},
		NotBefore: time.Date(2024, 1, 2, 3, 4, 5, 0, time.UTC), NotAfter: time.Date(2034, 1, 2, 3, 4, 5, 0, time.UTC),
		IsCA: true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))
}

func TestSSLCertificates(t *testing.T) {
	t.Parallel()
	o := apitest.Open(t)
	text := certificate(t, "ca.example.com")
	body, err := json.Marshal(map[string]string{"certificate": "for your eyes\n" + text})
	if err != nil {
		t.Fatal(err)
	}
	made := o.Post("boss", "/ssl_certificates", string(body)).Is(201)
	got := made.Object()
	if facts(got["subject"], got["not_before"], got["not_after"], got["ca"], got["certificate"], len(fmt.Sprint(got["fingerprint"]))) !=
		facts("CN=ca.example.com,O=Example", "2024-01-02T03:04:05.000Z", "2034-01-02T03:04:05.000Z", true, text, 40) {
		t.Errorf("made %s", made.Body)
	}
	o.Post("boss", "/ssl_certificates", string(body)).Refuses(422, "This object already exists.")
	for _, none := range []string{"", "no certificate", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", strings.ReplaceAll(text, "CERTIFICATE", "PRIVATE KEY")} {
		body, _ := json.Marshal(map[string]string{"certificate": none})
		o.Post("boss", "/ssl_certificates", string(body)).Refuses(422, "This is not a valid X509 certificate. Please check the certificate format.")
	}
	path := at("ssl_certificates", made.ID())
	file := o.Get("boss", path+"/download").Is(200)
	if string(file.Body) != text || file.Header.Get("Content-Disposition") != fmt.Sprintf(`attachment; filename="%s.crt"`, got["fingerprint"]) {
		t.Errorf("downloaded %s as %s", file.Body, file.Header.Get("Content-Disposition"))
	}
	o.Get("emma", path+"/download").Refuses(403, "User authorization failed.")
	o.Get("boss", "/ssl_certificates/4711/download").Refuses(404, "Couldn't find SSLCertificate with 'id'=4711")
	if list := o.Get("boss", "/ssl_certificates").Is(200).List(); len(list) != 1 {
		t.Errorf("list is %v", list)
	}
	o.Del("boss", path).Is(200)
	o.Del("boss", path).Refuses(404, fmt.Sprintf("Couldn't find SSLCertificate with 'id'=%d", made.ID()))
}

func TestSSLCertificateAsFile(t *testing.T) {
	t.Parallel()
	o := apitest.Open(t)
	var form bytes.Buffer
	writer := multipart.NewWriter(&form)
	file, err := writer.CreateFormFile("file", "ca.pem")
	if err != nil {
		t.Fatal(err)
	}
	fmt.Fprint(file, certificate(t, "file.example.com"))
	if err := writer.Close(); err != nil {
		t.Fatal(err)
	}
	req := o.Request(http.MethodPost, "/api/v1/ssl_certificates", form.String())
	req.Header.Set("Content-Type", writer.FormDataContentType())
	req.Header.Set("Authorization", "Token token=token of boss")
	if got := o.Send(req).Is(201).Object()["subject"]; got != "CN=file.example.com,O=Example" {
		t.Errorf("subject = %v", got)
	}
}

func TestStuckOrderIsReported(t *testing.T) {
	t.Parallel()
	o := apitest.Open(t)
	stuck := o.Post("boss", "/data_privacy_tasks", `{"deletable_type": "Ticket", "deletable_id": 1}`).Is(201).ID()
	issue := fmt.Sprintf("Stuck data privacy task (ID %d) detected.", stuck)
	reported := func() bool {
		return strings.Contains(fmt.Sprint(o.Get("boss", "/monitoring/health_check").Is(200).Object()["issues"]), issue)
	}
	if reported() {
		t.Error("an order that was just given is stuck")
	}
	o.Exec(`UPDATE data_privacy_tasks SET updated_at = now() - interval '31 minutes'`)
	if !reported() {
		t.Errorf("%q is not reported", issue)
	}
	o.Exec(`UPDATE data_privacy_tasks SET state = 'failed'`)
	if reported() {
		t.Error("an order that failed is stuck")
	}
}
