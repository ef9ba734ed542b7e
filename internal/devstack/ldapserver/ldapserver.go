// Package ldapserver runs OpenLDAP for tests: a directory of their own, on ports of this machine.
package ldapserver

import (
	"context"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"net"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"postroom/internal/devstack/host"
)

// Where the tree of the directory begins, and who may change it.
const (
	Base          = "dc=example,dc=org"
	Admin         = "cn=admin," + Base
	AdminPassword = "s3cret of the admin"
)

// A Server is a directory with the entries that a test gave it.
type Server struct {
	Port    int // plain, STARTTLS offered
	TLSPort int // TLS from the start, with a certificate that nobody vouches for
}

// Host is the address of both ports.
func (s *Server) Host() string { return host.Localhost }

// New returns a directory that belongs to this test alone. ldif are its entries below Base. Those called
// cn=hidden are shown to the admin alone, and of those called cn=closed who is a member. The test is left
// out where OpenLDAP is not installed.
func New(t testing.TB, ldif string) *Server {
	t.Helper()
	slapd, err := host.Look("slapd")
	if err != nil {
		host.LeaveOut(t, "OpenLDAP", "slapd")
	}
	place := host.TempPlace(t)
	if err := prepare(place, slapd, ldif); err != nil {
		t.Fatal(err)
	}
	s := &Server{}
	for range 3 { // somebody may take a free port before slapd does
		if err = s.run(t, place, slapd); err == nil {
			return s
		}
	}
	t.Fatal(err)
	return nil
}

// run makes one attempt to start.
func (s *Server) run(t testing.TB, place host.Place, slapd string) (err error) {
	for _, port := range []*int{&s.Port, &s.TLSPort} {
		if *port, err = host.FreePort(0); err != nil {
			return err
		}
	}
	listen := fmt.Sprintf("ldap://%s:%d/ ldaps://%s:%d/", host.Localhost, s.Port, host.Localhost, s.TLSPort)
	cmd := exec.Command(slapd, "-d", "0", "-f", filepath.Join(place.Dir, "slapd.conf"), "-h", listen)
	cmd.Dir, cmd.Env = place.Dir, host.CleanEnv()
	var output strings.Builder
	cmd.Stdout, cmd.Stderr = &output, &output
	process, err := host.Launch(cmd, place.Account, syscall.SIGTERM)
	if err != nil {
		return err
	}
	t.Cleanup(func() { process.Stop(host.StopWithin, syscall.SIGTERM) })
	err = host.Until(t.Context(), host.StartWithin, func() (bool, error) {
		if !process.Running() {
			return false, fmt.Errorf("slapd ended")
		}
		conn, err := net.DialTimeout("tcp", net.JoinHostPort(host.Localhost, strconv.Itoa(s.TLSPort)), time.Second)
		if err != nil {
			return false, nil
		}
		return true, conn.Close()
	})
	if err != nil {
		process.Stop(host.StopWithin, syscall.SIGTERM)
		return fmt.Errorf("start slapd: %w\n%s", err, output.String())
	}
	return nil
}

const config = `
include /etc/ldap/schema/core.schema
include /etc/ldap/schema/cosine.schema
include /etc/ldap/schema/nis.schema
include /etc/ldap/schema/inetorgperson.schema
pidfile %[1]s/slapd.pid
argsfile %[1]s/slapd.args
modulepath /usr/lib/ldap
moduleload back_mdb
TLSCertificateFile %[1]s/certificate.pem
TLSCertificateKeyFile %[1]s/key.pem
database mdb
suffix "` + Base + `"
rootdn "` + Admin + `"
rootpw "` + AdminPassword + `"
maxsize 33554432
directory %[1]s/data
dbnosync
access to attrs=userPassword by anonymous auth by * none
access to dn.regex="^cn=hidden," by * none
access to dn.regex="^cn=closed," attrs=member by * none
access to * by users read by * none
`

// prepare writes what the server reads when it starts, its entries among it.
func prepare(place host.Place, slapd, ldif string) error {
	data := filepath.Join(place.Dir, "data")
	if err := os.MkdirAll(data, 0o700); err != nil {
		return err
	}
	if err := writeCertificate(place.Dir); err != nil {
		return err
	}
	file := filepath.Join(place.Dir, "slapd.conf")
	if err := os.WriteFile(file, fmt.Appendf(nil, config, place.Dir), 0o600); err != nil {
		return err
	}
	root := "dn: " + Base + "\nobjectClass: dcObject\nobjectClass: organization\no: Example\ndc: example\n\n"
	if err := place.Account.Own(place.Dir); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.Background(), host.StartWithin)
	defer cancel()
	add := exec.CommandContext(ctx, slapd, "-T", "add", "-q", "-f", file)
	add.Stdin, add.Dir, add.Env = strings.NewReader(root+ldif), place.Dir, host.CleanEnv()
	add.SysProcAttr = place.Account.Attributes()
	if output, err := add.CombinedOutput(); err != nil {
		return fmt.Errorf("slapadd: %w\n%s", err, output)
	}
	return nil
}

// writeCertificate takes that of the standard library's servers for tests.
func writeCertificate(dir string) error {
	server := httptest.NewTLSServer(nil)
	defer server.Close()
	pair := server.TLS.Certificates[0]
	key, err := x509.MarshalPKCS8PrivateKey(pair.PrivateKey)
	if err != nil {
		return err
	}
	text := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: pair.Certificate[0]})
	if err := os.WriteFile(filepath.Join(dir, "certificate.pem"), text, 0o600); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, "key.pem"), pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: key}), 0o600)
}
