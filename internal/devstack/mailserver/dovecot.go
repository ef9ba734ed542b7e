package mailserver

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
	"unicode"

	"postroom/internal/devstack/host"
)

// A Server is a Dovecot of our own: real IMAP and POP3 before Maildirs that we can read and
// write as files. It runs without rights, also when we are root.
type Server struct {
	IMAPPort  int // plain, STARTTLS offered
	IMAPSPort int // TLS from the start
	POP3Port  int // plain, STLS offered
	POP3SPort int // TLS from the start

	dir     string
	place   host.Place
	binary  string
	process *host.Process
	quick   bool // a crash may lose mail

	introspection string // where access tokens are asked for; empty: none is taken

	mu    sync.Mutex
	users []mailUser
	last  time.Time // of the newest delivery: names in a Maildir must differ and sort
}

type mailUser struct{ name, password string }

// New returns a mail server that belongs to this test alone. The test is left out where
// Dovecot is not installed.
func New(t testing.TB) *Server {
	t.Helper()
	return dovecot(t, "")
}

// WithTokens is New, and takes access tokens (XOAUTH2, OAUTHBEARER) too: it asks at the
// address whose they are (RFC 7662), and takes member email of the answer for the user's name.
func WithTokens(t testing.TB, introspection string) *Server {
	t.Helper()
	return dovecot(t, introspection)
}

func dovecot(t testing.TB, introspection string) *Server {
	t.Helper()
	if _, err := host.Look("dovecot"); err != nil {
		host.LeaveOut(t, "Dovecot", "dovecot-imapd dovecot-pop3d")
	}
	place := host.TempPlace(t)
	s := &Server{dir: place.Dir, place: place, quick: true, introspection: introspection}
	if err := s.start(context.Background()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		s.Stop()
		if log, err := os.ReadFile(filepath.Join(s.dir, "log")); err == nil && t.Failed() {
			t.Logf("end of Dovecot's log:\n%s", log[max(0, len(log)-8000):])
		}
	})
	return s
}

// start starts a new server: somebody may take a free port before Dovecot does.
func (s *Server) start(ctx context.Context) (err error) {
	for range 3 {
		if err = s.Start(ctx); err == nil || ctx.Err() != nil {
			break
		}
		s.IMAPPort, s.IMAPSPort, s.POP3Port, s.POP3SPort = 0, 0, 0, 0
	}
	return err
}

// Start starts a mail server with its data below dir, as durable as Dovecot is by default.
func Start(ctx context.Context, dir string) (*Server, error) {
	place, err := host.OpenPlace(dir)
	if err != nil {
		return nil, err
	}
	s := &Server{dir: filepath.Join(place.Home, "dovecot"), place: place}
	return s, s.start(ctx)
}

// Host is the address of all ports.
func (s *Server) Host() string { return host.Localhost }

// CertificateFile holds the self-signed certificate of the TLS ports, in PEM.
func (s *Server) CertificateFile() string { return filepath.Join(s.dir, "certificate.pem") }

// Start starts the server. After a Stop it has the same ports, users and mails again.
func (s *Server) Start(ctx context.Context) error {
	if err := s.prepare(); err != nil {
		return fmt.Errorf("prepare Dovecot: %w", err)
	}
	config, err := s.config(ctx)
	if err != nil {
		return err
	}
	if err := os.WriteFile(s.tokensFile(), []byte(s.tokensConfig()), 0o644); err != nil {
		return err
	}
	file := filepath.Join(s.dir, "dovecot.conf")
	if err := os.WriteFile(file, []byte(config), 0o644); err != nil {
		return err
	}
	cmd := exec.Command(s.binary, "-F", "-c", file)
	cmd.Dir, cmd.Env = s.dir, host.CleanEnv()
	var output bytes.Buffer // of mistakes in the configuration; what follows goes to the log
	cmd.Stdout, cmd.Stderr = &output, &output
	if s.process, err = host.Launch(cmd, s.place.Account, syscall.SIGTERM); err != nil {
		return err
	}
	for _, port := range []int{s.IMAPPort, s.POP3Port} {
		if err := s.process.WaitGreeting(ctx, port); err != nil {
			s.Stop()
			return fmt.Errorf("start Dovecot: %w\n%s%s", err, output.String(), host.LastLines(filepath.Join(s.dir, "log")))
		}
	}
	return nil
}

// prepare makes folders, certificate and ports, where they are missing.
func (s *Server) prepare() (err error) {
	if s.binary, err = host.Look("dovecot"); err != nil {
		return fmt.Errorf("%w: apt install dovecot-imapd dovecot-pop3d", err)
	}
	for _, dir := range []string{s.dir, s.mailRoot(), filepath.Join(s.dir, "run"), filepath.Join(s.dir, "state")} {
		if err := s.place.Account.Mkdir(dir); err != nil {
			return err
		}
	}
	if err := ensureCertificate(s.CertificateFile(), s.keyFile()); err != nil {
		return err
	}
	for _, port := range []*int{&s.IMAPPort, &s.IMAPSPort, &s.POP3Port, &s.POP3SPort} {
		if *port == 0 {
			if *port, err = host.FreePort(0); err != nil {
				return err
			}
		}
	}
	return s.writeUsers()
}

func (s *Server) keyFile() string { return filepath.Join(s.dir, "key.pem") }

func (s *Server) mailRoot() string { return filepath.Join(s.dir, "mail") }

func (s *Server) maildir(u string) string { return filepath.Join(s.mailRoot(), u) }

func (s *Server) usersFile() string { return filepath.Join(s.dir, "users") }

func (s *Server) mailboxesFile() string { return filepath.Join(s.dir, "mailboxes") }

func (s *Server) tokensFile() string { return filepath.Join(s.dir, "tokens.conf") }

func (s *Server) passwordsFile() string { return filepath.Join(s.dir, "passwords") }

func (s *Server) inbox(u, sub string) string { return filepath.Join(s.maildir(u), sub) }

// AddUser makes a mailbox. The name is what one logs in with: an address, or a bare name. A
// second call with the name changes the password.
func (s *Server) AddUser(name, password string) error {
	s.mu.Lock()
	s.users = slices.DeleteFunc(s.users, func(u mailUser) bool { return u.name == name })
	s.users = append(s.users, mailUser{name, password})
	s.mu.Unlock()
	for _, sub := range []string{"tmp", "new", "cur"} {
		if err := os.MkdirAll(s.inbox(name, sub), 0o700); err != nil {
			return err
		}
	}
	if err := s.place.Account.Own(s.maildir(name)); err != nil {
		return err
	}
	return s.writeUsers()
}

// writeUsers writes the accounts in Dovecot's form, and for an MTA each address with its
// Maildir and each login with its password.
func (s *Server) writeUsers() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	var users, mailboxes, passwords strings.Builder
	for _, u := range s.users {
		fmt.Fprintf(&users, "%s:{PLAIN}%s\n", u.name, u.password)
		fmt.Fprintf(&mailboxes, "%s: %s/\n", u.name, s.maildir(u.name))
		fmt.Fprintf(&passwords, "%s: %s\n", u.name, u.password)
	}
	for file, text := range map[string]string{
		s.usersFile(): users.String(), s.mailboxesFile(): mailboxes.String(), s.passwordsFile(): passwords.String(),
	} {
		if err := host.WriteFile(file, []byte(text)); err != nil {
			return err
		}
		if err := s.place.Account.Own(file); err != nil {
			return err
		}
	}
	return nil
}

// Deliver puts a mail into the user's INBOX, as an MTA does, behind those delivered before.
func (s *Server) Deliver(user string, raw []byte) error {
	s.mu.Lock()
	at := time.Now().Round(0) // Dovecot orders by the clock on the wall, which may be set back
	if !at.After(s.last.Add(time.Microsecond)) {
		at = s.last.Add(time.Microsecond)
	}
	s.last = at
	s.mu.Unlock()
	name := fmt.Sprintf("%d.M%06dP%d.postroom", at.Unix(), at.Nanosecond()/1000, os.Getpid())
	temp := filepath.Join(s.inbox(user, "tmp"), name)
	if err := os.WriteFile(temp, raw, 0o600); err != nil {
		return fmt.Errorf("deliver to %s: %w", user, err)
	}
	if err := s.place.Account.Own(temp); err != nil {
		return err
	}
	return os.Rename(temp, filepath.Join(s.inbox(user, "new"), name))
}

// Messages returns the raw mails in the user's INBOX, oldest first.
func (s *Server) Messages(user string) ([][]byte, error) {
	var files []string
	for _, sub := range []string{"new", "cur"} {
		entries, err := os.ReadDir(s.inbox(user, sub))
		if err != nil {
			return nil, err
		}
		for _, entry := range entries {
			files = append(files, filepath.Join(s.inbox(user, sub), entry.Name()))
		}
	}
	slices.SortFunc(files, func(a, b string) int { return slices.Compare(delivered(a), delivered(b)) })
	var mails [][]byte
	for _, file := range files {
		raw, err := os.ReadFile(file)
		if errors.Is(err, os.ErrNotExist) {
			return s.Messages(user) // Dovecot moved it from new to cur while we looked
		}
		if err != nil {
			return nil, err
		}
		mails = append(mails, raw)
	}
	return mails, nil
}

// delivered is when a mail was, as its file's name says: the second, and behind a letter the microsecond,
// which Exim writes without leading zeros.
func delivered(file string) []uint64 {
	second, rest, _ := strings.Cut(filepath.Base(file), ".")
	micro := strings.TrimLeft(rest, "HM")
	if end := strings.IndexFunc(micro, func(r rune) bool { return !unicode.IsDigit(r) }); end >= 0 {
		micro = micro[:end]
	}
	at := make([]uint64, 2)
	at[0], _ = strconv.ParseUint(second, 10, 64)
	at[1], _ = strconv.ParseUint(micro, 10, 64)
	return at
}

// Kick cuts the connections of a user, or of everybody where the name is empty.
func (s *Server) Kick(user string) error {
	doveadm, err := exec.LookPath("doveadm")
	if err != nil {
		return err
	}
	cmd := exec.Command(doveadm, "-c", filepath.Join(s.dir, "dovecot.conf"), "kick", orAll(user))
	cmd.Dir = s.dir
	cmd.SysProcAttr = s.place.Account.Attributes()
	output, err := cmd.CombinedOutput()
	if exit, ok := errors.AsType[*exec.ExitError](err); ok && exit.ExitCode() == 68 {
		return nil // nobody was connected
	}
	if err != nil {
		return fmt.Errorf("doveadm kick: %w: %s", err, output)
	}
	return nil
}

func orAll(user string) string {
	if user == "" {
		return "*"
	}
	return user
}

// Stop ends the server and all connections. Its data stays.
func (s *Server) Stop() {
	if s.process != nil {
		s.process.Stop(host.StopWithin, syscall.SIGTERM)
	}
}

// identity returns the names of the user and the group that Dovecot is to run as.
func (s *Server) identity() (uid, gid int, name, group string, err error) {
	uid, gid = os.Geteuid(), os.Getegid()
	if s.place.Account.Other {
		uid, gid = s.place.Account.UID, s.place.Account.GID
	}
	u, err := user.LookupId(strconv.Itoa(uid))
	if err != nil {
		return 0, 0, "", "", err
	}
	g, err := user.LookupGroupId(strconv.Itoa(gid))
	if err != nil {
		return 0, 0, "", "", err
	}
	return uid, gid, u.Username, g.Name, nil
}
