package mailserver

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"postroom/internal/devstack/host"
)

// An MTA is an Exim of our own. It takes mail for the users of a Server and puts it
// into their Maildirs; everybody else it refuses with 550, and tempfail@anything with 451. What goes
// to discard.zammad.org, as account checks do, it throws away itself: no test bothers the world.
type MTA struct {
	SMTPPort        int // as between servers: no login needed, STARTTLS and AUTH offered
	SubmissionPort  int // as for clients: login needed, STARTTLS offered
	SubmissionsPort int // as for clients: login needed, TLS from the start

	dir     string
	mail    *Server
	process *host.Process
}

// NewMTA returns an SMTP server that belongs to this test alone and delivers to the mail server's
// users, who log in with the same names and passwords. The test is left out where Exim is not
// installed.
func NewMTA(t testing.TB, mail *Server) *MTA {
	t.Helper()
	if _, err := lookExim(); err != nil {
		host.LeaveOut(t, "Exim", "exim4-daemon-light")
	}
	s, err := StartMTA(context.Background(), mail)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Stop)
	return s
}

// StartMTA starts an SMTP server before the mail server's mailboxes, with its queue in the mail
// server's folder.
func StartMTA(ctx context.Context, mail *Server) (*MTA, error) {
	s := &MTA{dir: filepath.Join(mail.dir, "mta"), mail: mail}
	var err error
	for range 3 { // somebody may take a free port before Exim does
		if err = s.Start(ctx); err == nil || ctx.Err() != nil {
			break
		}
		s.SMTPPort, s.SubmissionPort, s.SubmissionsPort = 0, 0, 0
	}
	return s, err
}

func lookExim() (string, error) {
	path, err := host.Look("exim4")
	if err != nil {
		return host.Look("exim")
	}
	return path, nil
}

// Host is the address of all ports.
func (s *MTA) Host() string { return host.Localhost }

// CertificateFile holds the self-signed certificate, in PEM.
func (s *MTA) CertificateFile() string { return s.mail.CertificateFile() }

// Start starts the server. After a Stop it has the same ports and queue again.
func (s *MTA) Start(ctx context.Context) (err error) {
	account := s.mail.place.Account
	if err := account.Mkdir(filepath.Join(s.dir, "spool")); err != nil {
		return err
	}
	for _, port := range []*int{&s.SMTPPort, &s.SubmissionPort, &s.SubmissionsPort} {
		if *port == 0 {
			if *port, err = host.FreePort(0); err != nil {
				return err
			}
		}
	}
	if err := s.copyProgram(); err != nil {
		return fmt.Errorf("prepare Exim: %w", err)
	}
	config, err := s.config()
	if err != nil {
		return err
	}
	if err := os.WriteFile(s.configFile(), []byte(config), 0o644); err != nil {
		return err
	}
	if err := account.Own(s.dir); err != nil {
		return err
	}
	cmd := exec.Command(s.program(), "-C", s.configFile(), "-bdf", "-q1m")
	cmd.Dir, cmd.Env = s.dir, host.CleanEnv()
	var output bytes.Buffer
	cmd.Stdout, cmd.Stderr = &output, &output
	if s.process, err = host.Launch(cmd, account, syscall.SIGTERM); err != nil {
		return err
	}
	if err := s.process.WaitGreeting(ctx, s.SMTPPort); err != nil {
		s.Stop()
		return fmt.Errorf("start Exim: %w\n%s%s", err, output.String(), host.LastLines(filepath.Join(s.dir, "mainlog")))
	}
	return nil
}

func (s *MTA) program() string { return filepath.Join(s.dir, "exim") }

func (s *MTA) configFile() string { return filepath.Join(s.dir, "exim.conf") }

// copyProgram copies Exim without its setuid bit: so it stays the user who started it, and the
// kernel may end it together with us.
func (s *MTA) copyProgram() error {
	path, err := lookExim()
	if err != nil {
		return fmt.Errorf("%w: apt install exim4-daemon-light", err)
	}
	program, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	if err := host.WriteProgram(s.program()+".new", program); err != nil {
		return err
	}
	return os.Rename(s.program()+".new", s.program())
}

// Log is what the server wrote about the mails it took, delivered and refused.
func (s *MTA) Log() string {
	text, _ := os.ReadFile(filepath.Join(s.dir, "mainlog"))
	return string(text)
}

// Stop ends the server. Its queue stays.
func (s *MTA) Stop() {
	if s.process != nil {
		s.process.Stop(host.StopWithin, syscall.SIGTERM)
	}
}

func (s *MTA) config() (string, error) {
	_, _, user, group, err := s.mail.identity()
	if err != nil {
		return "", err
	}
	return strings.NewReplacer(
		"$DIR", s.dir, "$EXIM", s.program(), "$USER", user, "$GROUP", group,
		"$SMTP", strconv.Itoa(s.SMTPPort), "$SUBMISSIONS", strconv.Itoa(s.SubmissionsPort),
		"$SUBMISSION", strconv.Itoa(s.SubmissionPort),
		"$CERTIFICATE", s.CertificateFile(), "$KEY", s.mail.keyFile(),
		"$MAILBOXES", s.mail.mailboxesFile(), "$PASSWORDS", s.mail.passwordsFile(),
	).Replace(eximConfig), nil
}

// eximConfig: upper-case names are ours, the rest is Exim's language.
const eximConfig = `
primary_hostname = mx.postroom.test
exim_path = $EXIM
exim_user = $USER
exim_group = $GROUP
deliver_drop_privilege
never_users =
spool_directory = $DIR/spool
log_file_path = $DIR/%slog
pid_file_path = $DIR/exim.pid
local_interfaces = 127.0.0.1
daemon_smtp_ports = $SMTP : $SUBMISSION : $SUBMISSIONS
tls_advertise_hosts = *
tls_certificate = $CERTIFICATE
tls_privatekey = $KEY
tls_on_connect_ports = $SUBMISSIONS
auth_advertise_hosts = *
acl_smtp_rcpt = check_recipient
smtp_accept_max = 100
smtp_accept_queue_per_connection = 0
queue_run_max = 5
message_size_limit = 100M
check_spool_space = 0
check_log_space = 0
keep_environment =
log_selector = +smtp_confirmation

begin acl

check_recipient:
  deny    message = 530 5.7.0 Authentication required
          condition = ${if or{{eq{$received_port}{$SUBMISSION}}{eq{$received_port}{$SUBMISSIONS}}}}
          !authenticated = *
  defer   message = Try again later
          local_parts = tempfail
  accept  verify = recipient
  deny    message = No such user here

begin routers

discard:
  driver = redirect
  domains = discard.zammad.org
  data = :blackhole:

mailbox:
  driver = accept
  condition = ${if !eq{${lookup{$local_part@$domain}lsearch{$MAILBOXES}}}{}}
  address_data = ${lookup{$local_part@$domain}lsearch{$MAILBOXES}}
  transport = maildir

begin transports

maildir:
  driver = appendfile
  directory = $address_data
  maildir_format
  delivery_date_add
  envelope_to_add
  return_path_add
  user = $USER
  group = $GROUP
  mode = 0600

begin retry

* * F,1h,1m

begin authenticators

plain:
  driver = plaintext
  public_name = PLAIN
  server_prompts = :
  server_condition = ${if and{{!eq{$auth3}{}}{eq{$auth3}{${lookup{$auth2}lsearch{$PASSWORDS}}}}}}
  server_set_id = $auth2

login:
  driver = plaintext
  public_name = LOGIN
  server_prompts = <| Username: | Password:
  server_condition = ${if and{{!eq{$auth2}{}}{eq{$auth2}{${lookup{$auth1}lsearch{$PASSWORDS}}}}}}
  server_set_id = $auth1
`
