package main

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"postroom/internal/config"
	"postroom/internal/credential"
	"postroom/internal/store/arrivals"
	"postroom/spool"
)

func TestConfigVerb(t *testing.T) {
	t.Parallel()
	s := shell{t, []string{"DATA_DIR=/srv/desk", "POSTGRESQL_PASS=hunter2", "LOG_LEVEL=warn"}}
	var variables []config.Variable
	if err := json.Unmarshal([]byte(s.ok("config", "--json")), &variables); err != nil || len(variables) < 50 {
		t.Errorf("config --json: %d variables, %v", len(variables), err)
	}
	table := s.ok("config")
	wantIn(t, "config", table, "LOG_LEVEL", "warn", "environment", "/srv/desk/spool", "default")
	if strings.Contains(table, "hunter2") {
		t.Error("config shows a password")
	}
	wantIn(t, "config --markdown", s.ok("config", "--markdown"), "| `WORKERS_DELIVER` | `8` |")
	wantIn(t, "version", s.ok("version"), "API 6.")
}

func TestConfigVerbShowsWhatVerbsFind(t *testing.T) {
	t.Parallel()
	installed, conn := newShell(t)
	database, _ := strings.CutPrefix(installed.environ[0], "DATABASE_URL=")
	stack, err := json.Marshal(map[string]string{"database_url": database})
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "stack.json"), stack, 0o600); err != nil {
		t.Fatal(err)
	}
	find := func(s shell) (found config.Variable) {
		t.Helper()
		var variables []config.Variable
		if err := json.Unmarshal([]byte(s.ok("config", "--json")), &variables); err != nil {
			t.Fatal(err)
		}
		for _, v := range variables {
			if v.Name == "DATABASE_URL" {
				found = v
			}
		}
		return found
	}
	if v := find(shell{t, []string{"DATA_DIR=" + dir}}); v.Source != config.FromStack || !strings.Contains(v.Value, value(t, conn, `current_database()`)) {
		t.Errorf("DATABASE_URL = %q from %s, want that of the stack that runs in the folder", v.Value, v.Source)
	}
	if v := find(shell{t, []string{"DATA_DIR=" + dir, "POSTGRESQL_HOST=db"}}); v.Source != config.FromDefault || v.Value != "" {
		t.Errorf("DATABASE_URL = %q from %s, although POSTGRESQL_HOST counts", v.Value, v.Source)
	}
}

func TestSettingsVerbs(t *testing.T) {
	t.Parallel()
	s, conn := newInstallation(t, "ZAMMAD_FQDN=help.example.org")
	wantIn(t, "fqdn", s.ok("settings", "get", "fqdn"), `"help.example.org"`)
	s.ok("settings", "set", "fqdn", "desk.example.org")
	s.ok("settings", "set", "ticket_number_increment", `{"checksum":true,"min_size":6}`)
	s.ok("settings", "set", "ticket_subject_size", "90") // a text that looks like a number
	s.ok("settings", "set", "user_create_account", "false")
	s.ok("settings", "set", "es_password", "hunter2")
	wantIn(t, "es_password", s.ok("settings", "get", "es_password"), `"hunter2"`)
	for name, want := range map[string]string{
		"fqdn": `{"value": "desk.example.org"}`, "ticket_number_increment": `{"value": {"checksum": true, "min_size": 6}}`,
		"ticket_subject_size": `{"value": "90"}`, "user_create_account": `{"value": false}`,
	} {
		if got := value(t, conn, `SELECT state_current FROM settings WHERE name = $1`, name); got != want {
			t.Errorf("%s = %s, want %s", name, got, want)
		}
	}
	list := s.ok("settings", "list")
	wantIn(t, "settings list", list, "fqdn", "desk.example.org", "es_password")
	if strings.Contains(list, "hunter2") || strings.Contains(value(t, conn, `SELECT state_current FROM settings WHERE name = 'es_password'`), "hunter2") {
		t.Error("a secret setting is shown, or kept in clear")
	}
	s.fails(1, `no setting "nosuch"`, "settings", "get", "nosuch")
	s.fails(1, `no setting "nosuch"`, "settings", "set", "nosuch", "1")
	for name, wrong := range map[string][2]string{
		"http_type": {"gopher", "one of these is: http, https"}, "user_create_account": {"maybe", "true or false"},
		"ticket_number_increment": {"7", "a JSON object"}, "password_min_size": {"3", "not allowed"}, "cti_customer_last_activity": {"x", "a number"},
		"postmaster_follow_up_search_in": {`["body", "air"]`, `"air" is not allowed`}, "es_attachment_ignore": {".png", "a JSON list"},
	} {
		s.fails(1, wrong[1], "settings", "set", name, wrong[0])
	}
	s.fails(1, "known are DB and File", "settings", "set", "storage_provider", "S3") // offered, and not built yet
	s.ok("settings", "set", "storage_provider", "File")
	s.ok("settings", "set", "password_min_size", "12")
	s.ok("settings", "set", "postmaster_follow_up_search_in", `["body"]`)
	s.ok("settings", "set", "postmaster_sender_based_on_reply_to", "as_sender_of_email") // one, although it is shipped as a list
}

func TestUserAndTokenVerbs(t *testing.T) {
	t.Parallel()
	s, conn := newInstallation(t)
	made := s.ok("user", "create", "Ann@Example.com", "--firstname", "Ann", "--role", "Agent", "--group", "Users=read,create")
	wantIn(t, "user create", made, "user 3 created", "password: ")
	_, password, _ := strings.Cut(strings.TrimSpace(made), "password: ")
	hash := func() string { return value(t, conn, `SELECT password FROM users WHERE id = 3`) }
	if !credential.VerifyPassword(hash(), password) {
		t.Errorf("password %q does not fit", password)
	}
	for sql, want := range map[string]string{
		`SELECT login || email || firstname FROM users WHERE id = 3`:                         "ann@example.comann@example.comAnn",
		`SELECT array_agg(role_id) FROM roles_users WHERE user_id = 3`:                       "{2}",
		`SELECT string_agg(access, ',' ORDER BY access) FROM groups_users WHERE user_id = 3`: "create,read",
		`SELECT state_current->>'value' FROM settings WHERE name = 'system_init_done'`:       "false",
	} {
		if got := value(t, conn, sql); got != want {
			t.Errorf("%s = %s, want %s", sql, got, want)
		}
	}
	s.fails(1, "already exists", "user", "create", "ann@example.com")
	s.fails(1, "there is no Pilot in roles", "user", "create", "bob", "--role", "Pilot")
	s.fails(1, "access is one of", "user", "create", "bob", "--group", "Users=all")

	s.okWith("correct horse\n", "user", "set-password", "ann@example.com", "--password-stdin")
	if !credential.VerifyPassword(hash(), "correct horse") {
		t.Error("the password from standard input does not fit")
	}
	if _, err := conn.Exec(t.Context(), `UPDATE users SET login_failed = 9 WHERE id = 3`); err != nil {
		t.Fatal(err)
	}
	s.ok("user", "unlock", "ann@example.com")
	if n := value(t, conn, `SELECT login_failed FROM users WHERE id = 3`); n != "0" {
		t.Errorf("login_failed = %s after unlock", n)
	}
	s.ok("user", "set", "ann@example.com", "--email", "Ann.Adams@example.com")
	wantIn(t, "user set", s.ok("user", "set", "ann.adams@example.com", "--login", "Ann"), "user 3: login ann, mail address ann.adams@example.com")
	s.fails(1, "Invalid email 'nowhere'", "user", "set", "ann", "--email", "nowhere")
	s.fails(1, "say what to change", "user", "set", "ann")
	s.ok("user", "set", "ann", "--login", "ann@example.com")
	if _, err := conn.Exec(t.Context(), `UPDATE users SET login_failed = 6 WHERE id = 3`); err != nil {
		t.Fatal(err)
	}
	wantIn(t, "user show", s.ok("user", "show", "3"), "ann.adams@example.com", "Agent", "Users=create,read", "6 of 5: locked", "never", "set")
	s.ok("user", "clear-password", "ann@example.com")
	wantIn(t, "user show", s.ok("user", "show", "ann@example.com"), "none")
	if got := value(t, conn, `SELECT coalesce(password, 'none') FROM users WHERE id = 3`); got != "none" {
		t.Errorf("password after clear-password: %s", got)
	}
	s.ok("user", "grant", "ann@example.com", "--role", "Admin", "--group", "Users")
	if got := value(t, conn, `SELECT count(*) FROM groups_users WHERE user_id = 3 AND access = 'full'`) + value(t, conn, `SELECT count(*) FROM roles_users WHERE user_id = 3`); got != "12" {
		t.Errorf("after grant: full access and roles = %s, want 1 and 2", got)
	}
	s.fails(1, "there is no user \"ghost\"\n", "user", "unlock", "ghost")

	token := strings.TrimSpace(s.ok("token", "create", "ann@example.com", "--name", "bot", "--permission", "ticket.agent"))
	if got := value(t, conn, `SELECT preferences->'permission' FROM tokens WHERE token_hash = $1 AND name = 'bot'`, credential.HashToken(token)); got != `["ticket.agent"]` {
		t.Errorf("permissions of the token = %s", got)
	}
	s.fails(1, "does not have ticket.customer", "token", "create", "ann@example.com", "--permission", "ticket.customer")
}

func TestMailShowVerb(t *testing.T) {
	t.Parallel()
	s, conn := newInstallation(t)
	if _, err := conn.Exec(t.Context(), `
		WITH blob AS (INSERT INTO blobs (sha256, size, place, data) VALUES (sha256('raw'), 3, 'DB', 'raw') RETURNING id)
		INSERT INTO attachments (object, o_id, filename, size, blob_id, created_by_id)
		SELECT 'Ticket::Article::Mail', 7, 'mail.eml', 3, id, 1
		FROM blob`); err != nil {
		t.Fatal(err)
	}
	if got := s.ok("mail", "show", "7"); got != "raw" {
		t.Errorf("mail show: %q, want the bytes of the mail alone", got)
	}
	s.fails(1, "there is no mail of an article 8", "mail", "show", "8")
	s.fails(1, `"seven" is no id of an article`, "mail", "show", "seven")
}

const mail = "From: Ann <ann@example.com>\r\nTo: help@example.org\r\nSubject: It broke\r\nMessage-ID: <1@example.com>\r\n\r\nPlease help.\r\n"

func TestMailIngestVerb(t *testing.T) {
	t.Parallel()
	s, conn := newInstallation(t)
	s.okWith(mail, "mail", "ingest", "--group", "Users", "--trusted")
	s.okWith(mail, "mail", "ingest")
	if got := value(t, conn, `SELECT count(*) FROM inbound_messages WHERE external_id LIKE 'sha256:%' AND channel_kind = 'email'`); got != "1" {
		t.Errorf("%s messages after the same mail came twice, want 1", got)
	}
	if got := value(t, conn, `SELECT options FROM inbound_messages`); !strings.Contains(got, `"trusted": true`) || !strings.Contains(got, `"group_id": 1`) {
		t.Errorf("options = %s, want trusted and group 1", got)
	}
	if got := value(t, conn, `SELECT count(*) FROM outbox`); got != "1" {
		t.Errorf("%s pieces of work, want 1", got)
	}
	s.failsWith("", 65, "no mail on standard input", "mail", "ingest")
	s.failsWith(mail, 64, "unknown flag", "mail", "ingest", "--sideways")
	s.failsWith(mail, 64, "unknown command", "mail", "ingest", "now")
	s.failsWith(mail, 64, "unknown command", "mail", "ingset")
	s.failsWith(mail, 75, `no group "Nowhere"`, "mail", "ingest", "--group", "Nowhere")
	away := shell{t, append([]string{}, "DATABASE_URL=postgres://127.0.0.1:1/none", "DATA_DIR="+t.TempDir())}
	away.failsWith(mail, 75, "unavailable", "mail", "ingest")
	nowhere := shell{t, []string{"DATA_DIR=" + t.TempDir()}}
	nowhere.failsWith(mail, 75, "DATABASE_URL", "mail", "ingest")
	wrong := shell{t, append(s.environ, "LOG_LEVEL=loud")}
	wrong.failsWith(mail, 75, "LOG_LEVEL", "mail", "ingest")
}

func TestJobsVerbs(t *testing.T) {
	t.Parallel()
	s, conn := newInstallation(t)
	wantIn(t, "jobs list", s.ok("jobs", "list"), "no work is dead or failing")
	_, err := conn.Exec(t.Context(), `
		INSERT INTO outbox (id, queue, kind, payload, attempts, last_error, dead_at)
		VALUES (101, 'deliver', 'article.deliver', '{"article_id": 1}', 5, 'server said
no', now()), (102, 'deliver', 'article.deliver', '{"article_id": 2}', 5, 'no', now()), (103, 'inbound', 'message.received', '{"inbound_id": 1}', 2, 'busy', NULL)`)
	if err != nil {
		t.Fatal(err)
	}
	wantIn(t, "jobs list", s.ok("jobs", "list"), "101", "dead", "server said no", "103", "failing", "busy", "postroom jobs retry")
	s.fails(1, "name the ids", "jobs", "retry")
	s.fails(1, `"x" is not an id`, "jobs", "retry", "x")
	wantIn(t, "jobs retry", s.ok("jobs", "retry", "101"), "1 will be done again")
	s.fails(1, "neither dead nor failing", "jobs", "retry", "999")
	wantIn(t, "jobs retry", s.ok("jobs", "retry", "103"), "1 will be done again")
	wantIn(t, "jobs drop", s.ok("jobs", "drop", "102"), "1 dropped")
	if got := value(t, conn, `SELECT string_agg(id::text, ',' ORDER BY id) FROM outbox WHERE dead_at IS NULL`); got != "101,103" {
		t.Errorf("living work = %s, want 101 and 103", got)
	}
}

func TestSpoolVerbs(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s, conn := newInstallation(t, "SPOOL_DIR="+dir)
	wantIn(t, "spool list", s.ok("spool", "list"), "the spool is empty")
	const id = "0123456789abcdef0123456789abcdef"
	path := filepath.Join(dir, "unprocessable_mail", id+".eml")
	put := func() {
		t.Helper()
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(mail), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	put()
	wantIn(t, "spool list", s.ok("spool", "list"), id, "unprocessable_mail")
	wantIn(t, "spool show", s.ok("spool", "show", id), "reason", "Please help.")
	if got := s.ok("spool", "show", "--raw", id); got != mail {
		t.Errorf("raw mail = %q", got)
	}
	const hostile = "fedcba9876543210fedcba9876543210"
	hostilePath := filepath.Join(filepath.Dir(path), hostile+".eml")
	if err := os.WriteFile(hostilePath, []byte("Subject: \x1b]0;title\a\x1b[2J\u009b31m\r\n\r\n\tGr\xfc\u00df\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if got := s.ok("spool", "show", hostile); strings.ContainsAny(got, "\x1b\a\r\u009b") || !strings.Contains(got, "\n\n\tGr\ufffd\u00df\n") {
		t.Errorf("the terminal gets %q of a hostile mail", got)
	}
	s.ok("spool", "drop", hostile)
	s.ok("spool", "retry", id)
	if _, err := os.Stat(path); !os.IsNotExist(err) {
		t.Errorf("the mail is still in the spool after its retry: %v", err)
	}
	if got := value(t, conn, `SELECT count(*) FROM inbound_messages WHERE state = 'received'`); got != "1" {
		t.Errorf("%s messages wait to be processed, want 1", got)
	}
	put()
	s.ok("spool", "drop", id)
	s.fails(1, "postroom spool list", "spool", "show", id)
	s.fails(1, "postroom spool list", "spool", "drop", id)
	s.fails(1, "name the ids", "spool", "retry")
	s.ok("spool", "retry", "--all")

	// Mail that was too large is kept apart, and becomes a ticket when somebody says so.
	large, err := spool.New(dir).Put(spool.Oversized, []byte("X-Large: yes\r\n"+mail), spool.Entry{Reason: "too large"})
	if err != nil {
		t.Fatal(err)
	}
	wantIn(t, "spool list", s.ok("spool", "list"), large, "oversized_mail", "too large")
	s.fails(1, "--kind goes with --all", "spool", "retry", "--kind", "oversized_mail", large)
	s.fails(1, "--kind goes with --all", "spool", "retry", "--all", "--kind", "large")
	s.ok("spool", "retry", "--all", "--kind", "unprocessable_mail")
	wantIn(t, "spool show", s.ok("spool", "show", large), "oversized_mail")
	s.ok("spool", "retry", "--all", "--kind", "oversized_mail")
	wantIn(t, "spool list", s.ok("spool", "list"), "the spool is empty")
	if got := value(t, conn, `SELECT count(*) FROM inbound_messages WHERE state = 'received'`); got != "2" {
		t.Errorf("%s messages wait to be processed, want the large one, too", got)
	}
	put()
	s.ok("spool", "delete", id)
	wantIn(t, "spool list", s.ok("spool", "list"), "the spool is empty")
}

func TestMailThatFailsAgainIsKnownInTheSpool(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s, conn := newInstallation(t, "SPOOL_DIR="+dir)
	s.okWith(mail, "mail", "ingest")
	box := spool.New(dir)
	fail := func() spool.Entry {
		t.Helper()
		message := arrivals.Message{ID: 1}
		if err := conn.QueryRow(t.Context(), `UPDATE inbound_messages SET state = 'failed' WHERE id = 1 RETURNING options`).Scan(&message.Options); err != nil {
			t.Fatal(err)
		}
		if err := keepIn(box)([]byte(mail), message, errors.New("no sender")); err != nil {
			t.Fatal(err)
		}
		entries, err := box.List()
		if err != nil || len(entries) != 1 {
			t.Fatalf("spool = %v, %v, want one mail", entries, err)
		}
		return entries[0]
	}
	first := fail()
	s.ok("spool", "retry", first.ID)
	wantIn(t, "spool list", s.ok("spool", "list"), "the spool is empty")
	if state := value(t, conn, `SELECT state FROM inbound_messages`); state != "received" {
		t.Errorf("state = %s, want received", state)
	}
	if again := fail(); again.Attempts != 2 || !again.FirstAt.Equal(first.FirstAt) || again.LastAt.Equal(first.LastAt) {
		t.Errorf("entry = %+v, want two attempts since %s", again, first.FirstAt)
	}
	// Killed between the commit and the spool: the mail is in both, and retried once more in one.
	if _, err := conn.Exec(t.Context(), `UPDATE inbound_messages SET state = 'processed' WHERE id = 1`); err != nil {
		t.Fatal(err)
	}
	s.ok("spool", "retry", "--all")
	wantIn(t, "spool list", s.ok("spool", "list"), "the spool is empty")
	if n := value(t, conn, `SELECT count(*) FROM inbound_messages`); n != "1" {
		t.Errorf("%s messages, want 1", n)
	}
}

func TestChannelVerbs(t *testing.T) {
	t.Parallel()
	s, conn := newInstallation(t)
	wantIn(t, "channel list", s.ok("channel", "list"), "postroom channel add email --help")
	s.fails(64, "required flag", "channel", "add", "email", "--imap-host", "imap.example.org")
	secret := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(secret, []byte("hunter2\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	add := func(more ...string) []string {
		return append([]string{"channel", "add", "email", "--address", "Help@example.org", "--name", "Help", "--group", "users",
			"--imap-host", "127.0.0.1", "--imap-port", "1", "--imap-ssl", "off", "--imap-user", "help", "--imap-password-file", secret, "--keep-on-server"}, more...)
	}
	s.fails(1, "look at: host, port, encryption", add("--sendmail")...)
	s.fails(1, `encryption "tls": allowed is`, add("--sendmail", "--imap-ssl", "tls")...)
	s.fails(1, "no mail address", add("--sendmail", "--address", "help")...)
	wantIn(t, "channel add", s.ok(add("--smtp-host", "127.0.0.1", "--no-check")...), "channel 3: mail to Help@example.org becomes tickets of group users")
	for sql, want := range map[string]string{
		`SELECT options->'inbound'->'options'->>'keep_on_server' FROM channels WHERE id = 3`:                                                                           "true",
		`SELECT (options->'outbound'->'options'->>'user') || (options->'outbound'->'options'->>'port') FROM channels WHERE id = 3`:                                     "help587",
		`SELECT options->'inbound'->'options'->>'password' LIKE 'sealed:%' AND options->'outbound'->'options'->>'password' LIKE 'sealed:%' FROM channels WHERE id = 3`: "true",
		`SELECT email || name FROM email_addresses WHERE channel_id = 3`:                                                                                               "help@example.orgHelp",
		`SELECT email_address_id IS NOT NULL FROM groups WHERE id = 1`:                                                                                                 "true",
	} {
		if got := value(t, conn, sql); got != want {
			t.Errorf("%s = %s, want %s", sql, got, want)
		}
	}
	wantIn(t, "channel list", s.ok("channel", "list"), "help@example.org", "Users", "help@127.0.0.1", "never")
	s.fails(1, "channel 3 fetches this mailbox already", add("--sendmail", "--no-check", "--address", "more@example.org", "--folder", "INBOX")...)
	s.fails(1, "belongs to channel 3 already", add("--sendmail", "--no-check", "--imap-user", "other")...)
	s.fails(1, "1 of 1 mailboxes could not be fetched", "channel", "fetch")
	s.ok("channel", "disable", "3")
	s.fails(1, "no mail account is connected and active", "channel", "fetch")
	s.ok("channel", "enable", "3")
	s.fails(1, "no mail account with channel id 2", "channel", "delete", "2") // not a mail account
	s.ok("channel", "delete", "3")
	if got := value(t, conn, `SELECT count(*) FROM channels WHERE id = 3`) + value(t, conn, `SELECT active FROM email_addresses`); got != "0false" {
		t.Errorf("after delete: channels and active address = %s", got)
	}
}

func TestDoctorVerb(t *testing.T) {
	t.Parallel()
	s, conn := newInstallation(t)
	status, out, _ := s.run("", "doctor")
	wantIn(t, "doctor without Redis", out, "ok     database", "WRONG  Redis", "REDIS_URL", "work           none waits")
	if status != 1 {
		t.Errorf("exit %d although Redis is missing", status)
	}
	if _, err := conn.Exec(t.Context(), `INSERT INTO outbox (queue, kind, payload, dead_at) VALUES ('deliver', 'article.deliver', '{}', now())`); err != nil {
		t.Fatal(err)
	}
	_, out, _ = s.run("", "doctor")
	wantIn(t, "doctor with dead work", out, "WRONG  work deliver", "postroom jobs list")
	for attempts, want := range []string{"WRONG  work deliver", "ok     work deliver"} { // never tried: nobody is there; tried: somebody is
		_, err := conn.Exec(t.Context(), `UPDATE outbox SET dead_at = NULL, created_at = now() - interval '1 hour', attempts = $1`, attempts)
		if err != nil {
			t.Fatal(err)
		}
		_, out, _ = s.run("", "doctor")
		wantIn(t, "doctor with work an hour old", out, want)
	}
	away := shell{t, []string{"DATABASE_URL=postgres://127.0.0.1:1/none", "DATA_DIR=" + t.TempDir(), "BLOB_DIR=/proc/nowhere"}}
	_, out, _ = away.run("", "doctor")
	wantIn(t, "doctor without a database", out, "WRONG  database", "DATABASE_URL", "WRONG  BLOB_DIR", "ok     DATA_DIR")
	bad := shell{t, []string{"LOG_LEVEL=loud"}}
	_, out, _ = bad.run("", "doctor")
	wantIn(t, "doctor with bad configuration", out, "WRONG  configuration", "LOG_LEVEL")
}

func TestDoctorTellsMailLeftBehindFromAServerThatFails(t *testing.T) {
	t.Parallel()
	s, conn := newInstallation(t)
	s.ok("channel", "add", "email", "--address", "help@example.org", "--imap-host", "127.0.0.1", "--imap-user", "help", "--sendmail", "--no-check")
	for log, want := range map[string]string{
		"- ignore message 1/2 - because message is too large (is:12.32 MB/max:10.00 MB)": "postmaster_max_size",
		"imap: connect: connection refused":                                              "tried again by itself",
	} {
		if _, err := conn.Exec(t.Context(), `UPDATE channels SET status_in = 'error', last_log_in = $1 WHERE id = 3`, log); err != nil {
			t.Fatal(err)
		}
		_, out, _ := s.run("", "doctor")
		wantIn(t, "doctor", out, "help@127.0.0.1: "+log, want)
	}
}

func TestFetchLeavesAMailboxToWhomeverPollsIt(t *testing.T) {
	t.Parallel()
	s, conn := newInstallation(t)
	s.ok("channel", "add", "email", "--address", "help@example.org", "--imap-host", "127.0.0.1", "--imap-user", "help", "--sendmail", "--no-check")
	if _, err := conn.Exec(t.Context(), `INSERT INTO channel_leases (channel_id, holder, expires_at) VALUES (3, 'another', now() + interval '1 hour')`); err != nil {
		t.Fatal(err)
	}
	wantIn(t, "channel fetch", s.ok("channel", "fetch", "3"), "left to the process that keeps fetching it")
}
