package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"postroom/internal/desk"
)

func TestChannelSetKeepsWhatIsNotNamed(t *testing.T) {
	t.Parallel()
	s, conn := newInstallation(t)
	if _, err := conn.Exec(t.Context(), `INSERT INTO groups (name, name_last, updated_by_id, created_by_id) VALUES ('Sales', 'Sales', 1, 1)`); err != nil {
		t.Fatal(err)
	}
	s.ok("channel", "add", "email", "--address", "help@example.org", "--name", "Help", "--imap-host", "127.0.0.1", "--imap-port", "1", "--imap-user", "help",
		"--imap-password", "old", "--smtp-host", "127.0.0.1", "--keep-on-server", "--no-check")
	s.ok("channel", "disable", "3")
	before := value(t, conn, `SELECT options #- '{inbound,options,password}' #- '{outbound,options,password}' FROM channels WHERE id = 3`)
	sealed := value(t, conn, `SELECT options #> '{inbound,options,password}' FROM channels WHERE id = 3`)
	secret := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(secret, []byte("new\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	s.fails(1, "look at: host, port, encryption", "channel", "set", "3", "--imap-password-file", secret)
	if now := value(t, conn, `SELECT options #> '{inbound,options,password}' FROM channels WHERE id = 3`); now != sealed {
		t.Error("a password was changed although the server could not be tried")
	}
	wantIn(t, "channel set", s.ok("channel", "set", "3", "--imap-password-file", secret, "--no-check"), "channel 3 changed")
	if after := value(t, conn, `SELECT options #- '{inbound,options,password}' #- '{outbound,options,password}' FROM channels WHERE id = 3`); after != before {
		t.Errorf("options = %s, want but for the passwords %s", after, before)
	}
	if passwords := s.passwords(3); passwords != "new new" {
		t.Errorf("passwords = %s, want both new: they are one account's", passwords)
	}
	if kept := value(t, conn, `SELECT active FROM channels WHERE id = 3`); kept != "false" {
		t.Error("the channel is active again")
	}
	s.ok("channel", "set", "3", "--imap-password", "newer", "--smtp-password", "other", "--smtp-ssl", "ssl", "--no-check")
	s.ok("channel", "set", "3", "--imap-password", "newest", "--folder", "In", "--keep-on-server=false", "--no-check")
	if passwords := s.passwords(3); passwords != "newest other" {
		t.Errorf("passwords = %s, want newest other: they have nothing in common any more", passwords)
	}
	s.ok("channel", "set", "3", "--name", "Sales", "--group", "sales") // no server is tried for that
	for sql, want := range map[string]string{
		`SELECT (options #>> '{outbound,options,ssl}') || (options #>> '{outbound,options,port}') FROM channels WHERE id = 3`:                                                              "ssl465",
		`SELECT (options #>> '{inbound,options,folder}') || (options #>> '{inbound,options,keep_on_server}') FROM channels WHERE id = 3`:                                                   "Infalse",
		`SELECT e.email || e.name || g.name FROM channels c JOIN groups g ON g.id = c.group_id JOIN email_addresses e ON e.id = g.email_address_id AND e.channel_id = c.id WHERE c.id = 3`: "help@example.orgSalesSales",
		`SELECT string_agg(value, ' ') FROM channels, jsonb_path_query(options, '$.**.password') AS p(p), LATERAL (SELECT left(p #>> '{}', 7) AS value) v WHERE id = 3`:                    "sealed: sealed:",
	} {
		if got := value(t, conn, sql); got != want {
			t.Errorf("%s = %s, want %s", sql, got, want)
		}
	}
}

func TestChannelSetChangesTheWayOut(t *testing.T) {
	t.Parallel()
	s, conn := newInstallation(t)
	s.ok("channel", "add", "email", "--address", "help@example.org", "--imap-host", "127.0.0.1", "--imap-user", "help", "--imap-password", "secret", "--sendmail", "--no-check")
	s.ok("channel", "add", "email", "--address", "more@example.org", "--imap-host", "127.0.0.1", "--imap-user", "more", "--sendmail", "--no-check")
	s.fails(1, "name the server with --smtp-host", "channel", "set", "3", "--smtp-port", "25")
	s.ok("channel", "set", "3", "--smtp-host", "smtp.example.org", "--no-check")
	const way = `SELECT concat_ws(' ', options #>> '{outbound,adapter}', o->>'host', o->>'port', o->>'ssl', o->>'user') FROM channels, LATERAL (SELECT options #> '{outbound,options}' AS o) o WHERE id = 3`
	if got := value(t, conn, way); got != "smtp smtp.example.org 587 starttls help" {
		t.Errorf("way out = %s", got)
	}
	if passwords := s.passwords(3); passwords != "secret secret" {
		t.Errorf("passwords = %s, want that of the mailbox for both", passwords)
	}
	s.ok("channel", "set", "3", "--smtp-user", "", "--no-check")
	if passwords := s.passwords(3); passwords != "secret " {
		t.Errorf("passwords = %q, want none for the way out", passwords)
	}
	s.ok("channel", "set", "3", "--sendmail", "--no-check")
	if got := value(t, conn, way); got != "sendmail" {
		t.Errorf("way out = %s", got)
	}
	s.fails(1, "channel 4 fetches this mailbox already", "channel", "set", "3", "--imap-user", "more", "--no-check")
	s.fails(1, "say what to change", "channel", "set", "3")
	s.fails(1, "say what to change", "channel", "set", "3", "--no-check")
	s.fails(1, `encryption "tls": allowed is`, "channel", "set", "3", "--imap-ssl", "tls")
	s.fails(1, `no group "Nowhere"`, "channel", "set", "3", "--group", "Nowhere")
	s.fails(1, "no mail account with channel id 9", "channel", "set", "9", "--name", "x")
	s.fails(64, "ID is missing", "channel", "set")
}

func TestChannelIsFetchedByPOP3(t *testing.T) {
	t.Parallel()
	s, conn := newInstallation(t)
	add := func(more ...string) []string {
		return append([]string{"channel", "add", "email", "--address", "help@example.org", "--sendmail", "--no-check", "--pop3-host", "pop.example.org"}, more...)
	}
	s.fails(64, "pop3-user", add()...)
	s.fails(64, "imap-host", add("--pop3-user", "help", "--imap-host", "imap.example.org")...)
	s.fails(1, "--folder", add("--pop3-user", "help", "--folder", "In")...)
	s.ok(add("--pop3-user", "help", "--pop3-password", "secret", "--pop3-ssl", "starttls", "--keep-on-server")...)
	const way = `SELECT concat_ws(' ', options #>> '{inbound,adapter}', o->>'host', o->>'port', o->>'ssl', o->>'user', o->>'folder', o->>'keep_on_server') FROM channels, LATERAL (SELECT options #> '{inbound,options}' AS o) o WHERE id = 3`
	if got := value(t, conn, way); got != "pop3 pop.example.org starttls help true" {
		t.Errorf("way in = %s", got)
	}
	s.fails(1, "is fetched by POP3: use --pop3-port", "channel", "set", "3", "--imap-port", "143")
	s.fails(1, "--folder", "channel", "set", "3", "--folder", "In")
	s.ok("channel", "set", "3", "--pop3-port", "1110", "--keep-on-server=false", "--no-check")
	if got := value(t, conn, way); got != "pop3 pop.example.org 1110 starttls help false" {
		t.Errorf("way in = %s", got)
	}
	s.ok("channel", "set", "3", "--imap-host", "imap.example.org", "--imap-ssl", "ssl", "--folder", "In", "--no-check")
	if got := value(t, conn, way); got != "imap imap.example.org ssl help In false" {
		t.Errorf("way in = %s", got)
	}
	if passwords := s.passwords(3); passwords != "secret " {
		t.Errorf("passwords = %q, want that of the mailbox kept", passwords)
	}
	s.fails(1, "is fetched by IMAP", "channel", "set", "3", "--pop3-user", "x")
}

// passwords returns those of both sides of a channel, in clear.
func (s shell) passwords(id int64) string {
	s.t.Helper()
	p := &program{environ: s.environ, err: &strings.Builder{}}
	h, err := p.open(s.t.Context())
	if err != nil {
		s.t.Fatal(err)
	}
	defer h.close()
	channel, err := h.store.Channel(s.t.Context(), desk.ChannelID(id))
	if err != nil {
		s.t.Fatal(err)
	}
	of := func(side string) string {
		server, _ := channel.Options[side].(map[string]any)
		options, _ := server["options"].(map[string]any)
		password, _ := options["password"].(string)
		return password
	}
	return of("inbound") + " " + of("outbound")
}
