package config_test

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"postroom/internal/config"
	"postroom/jobs/task"
)

func read(t *testing.T, environ ...string) *config.Config {
	t.Helper()
	c, err := config.Read(append([]string{"DATA_DIR=" + t.TempDir()}, environ...))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestDefaults(t *testing.T) {
	t.Parallel()
	c, err := config.Read(nil)
	if err != nil {
		t.Fatal(err)
	}
	for name, values := range map[string][2]any{
		"database":      {c.Stores.DatabaseURL, ""},
		"redis":         {c.Stores.RedisURL, ""},
		"connections":   {c.Stores.DatabaseConns, 16},
		"address":       {fmt.Sprintf("%s:%d", c.Web.BindIP, c.Web.Port), "127.0.0.1:3000"},
		"requests":      {c.Web.Requests, 0},
		"proxies":       {fmt.Sprint(c.Web.Proxies), "[127.0.0.1/32 ::1/128]"},
		"deliver":       {c.Work.Workers[task.Deliver], 8},
		"poll":          {c.Work.PollConcurrency, 8},
		"schedule":      {c.Work.Schedule, true},
		"shutdown":      {c.Work.ShutdownWithin, 10 * time.Second},
		"memory":        {c.Work.MemoryLimit, int64(100 << 20)},
		"data":          {c.Places.Data, "var"},
		"spool":         {c.Places.Spool, filepath.Join("var", "spool")},
		"wizard's file": {c.Setup.AutoWizardFile, "auto_wizard.json"},
		"name":          {c.Setup.FQDN, ""},
		"log":           {c.Log.Level + " " + c.Log.Format, "info text"},
	} {
		if values[0] != values[1] {
			t.Errorf("%s = %v, want %v", name, values[0], values[1])
		}
	}
	if n := c.Work.Workers[task.Inbound]; n < 4 {
		t.Errorf("workers of inbound = %d, want at least 4", n)
	}
	for _, queue := range task.Queues {
		if c.Work.Workers[queue] < 1 {
			t.Errorf("queue %s has no workers", queue)
		}
	}
}

func TestDatabaseOfTheOriginalsVariables(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name    string
		environ []string
		want    string
	}{
		{"the whole URL", []string{"DATABASE_URL=postgres://a:b@h/d"}, "postgres://a:b@h/d"},
		{"the whole URL wins", []string{"DATABASE_URL=postgres://a:b@h/d", "POSTGRESQL_HOST=x"}, "postgres://a:b@h/d"},
		{"host alone", []string{"POSTGRESQL_HOST=db"}, "postgres://zammad:zammad@db:5432/zammad_production"},
		{"password alone", []string{"POSTGRESQL_PASS=s p@ce/"}, "postgres://zammad:s%20p%40ce%2F@zammad-postgresql:5432/zammad_production"},
		{"all parts", []string{"POSTGRESQL_HOST=db", "POSTGRESQL_PORT=5433", "POSTGRESQL_USER=u", "POSTGRESQL_PASS=p", "POSTGRESQL_DB=d", "POSTGRESQL_OPTIONS=?sslmode=require"}, "postgres://u:p@db:5433/d?sslmode=require"},
		{"options for Rails only", []string{"POSTGRESQL_HOST=db", "POSTGRESQL_OPTIONS=?pool=50&encoding=utf8"}, "postgres://zammad:zammad@db:5432/zammad_production"},
		{"IPv6", []string{"POSTGRESQL_HOST=::1"}, "postgres://zammad:zammad@[::1]:5432/zammad_production"},
		{"socket", []string{"POSTGRESQL_HOST=/run/postgresql"}, "postgres://zammad:zammad@/zammad_production?host=%2Frun%2Fpostgresql&port=5432"},
		{"empty means unset", []string{"POSTGRESQL_HOST=", "DATABASE_URL="}, ""},
	} {
		if got := read(t, tc.environ...).Stores.DatabaseURL; got != tc.want {
			t.Errorf("%s: %s, want %s", tc.name, got, tc.want)
		}
	}
	if got := read(t, "POSTGRESQL_HOST=db", "POSTGRESQL_OPTIONS=pool=50").Stores.DatabaseConns; got != 50 {
		t.Errorf("pool=50 gives %d connections", got)
	}
}

func TestNamesOfTheOriginal(t *testing.T) {
	t.Parallel()
	c := read(t, "ZAMMAD_RAILSSERVER_PORT=4000", "ZAMMAD_WEB_CONCURRENCY=3",
		"ZAMMAD_PROCESS_DELAYED_JOBS_WORKERS=5", "WORKERS_INDEX=1", "ZAMMAD_PROCESS_SCHEDULED_JOBS_DISABLE=1", "SHUTDOWN_WITHIN=25", "ZAMMAD_BIND_IP=::")
	if c.Web.Port != 4000 || c.Web.Requests != 15 || c.Web.BindIP.String() != "::" {
		t.Errorf("web = %+v, want port 4000, 15 requests, ::", c.Web)
	}
	if c.Work.Workers[task.Deliver] != 5 || c.Work.Workers[task.Index] != 1 || c.Work.Workers[task.Inbound] < 4 {
		t.Errorf("workers = %v, want 5 for deliver, 1 for index, the default for inbound", c.Work.Workers)
	}
	if c.Work.Schedule || c.Work.ShutdownWithin != 25*time.Second {
		t.Errorf("work = %+v, want no schedule, 25s", c.Work)
	}
	disabled := read(t, "ZAMMAD_PROCESS_DELAYED_JOBS_DISABLE=yes", "WORKERS_DELIVER=2")
	if disabled.Work.Workers[task.Inbound] != 0 || disabled.Work.Workers[task.Deliver] != 2 {
		t.Errorf("workers = %v, want none but 2 for deliver", disabled.Work.Workers)
	}
	if c := read(t, "ZAMMAD_PROCESS_SCHEDULED_JOBS_DISABLE=false"); !c.Work.Schedule {
		t.Error("a plain false switches the schedule off")
	}
}

func TestTrustedProxies(t *testing.T) {
	t.Parallel()
	for value, want := range map[string]string{
		"['127.0.0.1', '::1']": "[127.0.0.1/32 ::1/128]",
		"10.1.2.3/8,fd00::/8":  "[10.0.0.0/8 fd00::/8]",
		`["::ffff:192.0.2.1"]`: "[192.0.2.1/32]",
		"[]":                   "[]",
		"192.0.2.1 192.0.2.2 ": "[192.0.2.1/32 192.0.2.2/32]",
	} {
		if got := fmt.Sprint(read(t, "RAILS_TRUSTED_PROXIES="+value).Web.Proxies); got != want {
			t.Errorf("%s: %s, want %s", value, got, want)
		}
	}
}

func TestNoPrivateNetworkIsReachedUnlessNamed(t *testing.T) {
	t.Parallel()
	if got := read(t).Outgoing; len(got) != 0 {
		t.Errorf("reached without a word: %v", got)
	}
	if got := fmt.Sprint(read(t, "OUTGOING_ALLOW=10.1.0.0/16 192.168.7.1").Outgoing); got != "[10.1.0.0/16 192.168.7.1/32]" {
		t.Errorf("reached %s", got)
	}
}

func TestBadValuesAreNamed(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ name, value, allowed string }{
		{"RAILS_TRUSTED_PROXIES", "proxy.example.org", "addresses and networks such as"},
		{"RAILS_TRUSTED_PROXIES", "10.0.0.0/33", "addresses and networks such as"},
		{"OUTGOING_ALLOW", "intranet", "addresses and networks such as"},
		{"DATABASE_URL", "mysql://h/d", "postgres:// or postgresql://"},
		{"DATABASE_URL", "postgres://%zz", "postgres://"},
		{"DATABASE_URL", "postgres:", "postgres://"},
		{"POSTGRESQL_PORT", "abc", "a whole number from 1 to 65535"},
		{"POSTGRESQL_PORT", "0", "a whole number from 1 to 65535"},
		{"POSTGRESQL_OPTIONS", "a=%zz", "parameters of a URL"},
		{"REDIS_URL", "localhost:6379", "redis:// or rediss://"},
		{"ZAMMAD_BIND_IP", "everywhere", "an IP address"},
		{"ZAMMAD_RAILS_PORT", "70000", "from 0 to 65535"},
		{"WEB_CONCURRENCY", "-1", "from 0 to 1000"},
		{"ZAMMAD_FQDN", "https://help.example.com", "a host name"},
		{"ZAMMAD_HTTP_TYPE", "ftp", "one of http, https"},
		{"ZAMMAD_PROCESS_DELAYED_JOBS_WORKERS", "17", "from 0 to 16"},
		{"WORKERS_INBOUND", "many", "from 0 to 256"},
		{"WORKERS_INBOND", "4", "no such queue"},
		{"POLL_CONCURRENCY", "0", "from 1 to 1000"},
		{"SHUTDOWN_WITHIN", "soon", "a time such as 10s"},
		{"SHUTDOWN_WITHIN", "-1s", "a time such as 10s"},
		{"GOMEMLIMIT", "lots", "a size such as 100MiB"},
		{"GOGC", "some", "a whole number above 0"},
		{"LOG_LEVEL", "loud", "one of debug, info, warn, error"},
		{"LOG_FORMAT", "xml", "one of text, json"},
		{"DATABASE_CONNS", "2", "from 4 to 1000"},
	} {
		_, err := config.Read([]string{tc.name + "=" + tc.value})
		bad, ok := errors.AsType[*config.Error](err)
		if !ok || len(bad.Bad) != 1 {
			t.Errorf("%s=%s: error %v, want exactly one bad variable", tc.name, tc.value, err)
			continue
		}
		if line := bad.Bad[0].String(); !strings.HasPrefix(line, tc.name+"=") || !strings.Contains(line, tc.value) && !strings.HasPrefix(tc.name, "DATABASE") || !strings.Contains(line, tc.allowed) {
			t.Errorf("%s=%s: %s; want name, value and %q", tc.name, tc.value, line, tc.allowed)
		}
	}
}

func TestBadSecretsAreNotShown(t *testing.T) {
	t.Parallel()
	for _, variable := range []string{
		"SECRET_KEY=hunter2hunter2", "AUTOWIZARD_JSON={hunter2", "AUTOWIZARD_JSON=hunter2!", "AUTOWIZARD_JSON=W10=", "DATABASE_URL=mysql://u:hunter2@h/d",
	} {
		_, err := config.Read([]string{variable})
		name, _, _ := strings.Cut(variable, "=")
		if err == nil || !strings.Contains(err.Error(), name) || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%s: error %v, want one that names the variable and not its value", variable, err)
		}
	}
}

func TestAllBadValuesAreNamedAtOnce(t *testing.T) {
	t.Parallel()
	c, err := config.Read([]string{"POSTGRESQL_PORT=abc", "LOG_LEVEL=loud", "POLL_CONCURRENCY=0"})
	for _, name := range []string{"POSTGRESQL_PORT", "LOG_LEVEL", "POLL_CONCURRENCY"} {
		if err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s is missing in %v", name, err)
		}
	}
	if len(c.Variables) < 50 {
		t.Errorf("%d variables are listed, want all even so", len(c.Variables))
	}
}

func TestAutoWizardIsJSONOrItsBase64(t *testing.T) {
	t.Parallel()
	const object = `{"Users": []}`
	for _, value := range []string{object, base64.StdEncoding.EncodeToString([]byte(object))} {
		if got := read(t, "AUTOWIZARD_JSON="+value).Setup.AutoWizard; string(got) != object {
			t.Errorf("%s gives %s", value, got)
		}
	}
}

func TestSecretsAreMasked(t *testing.T) {
	t.Parallel()
	c := read(t, "DATABASE_URL=postgres://user:hunter2@db.example.com/desk?sslpassword=hunter2", "POSTGRESQL_PASS=hunter2", "REDIS_URL=redis://:hunter2@r:6379/1",
		"SECRET_KEY="+base64.StdEncoding.EncodeToString(bytes.Repeat([]byte{1}, 32)), `AUTOWIZARD_JSON={"Token":"hunter2"}`, "S3_URL=https://k:hunter2@s3/b", "ELASTICSEARCH_PASS=hunter2")
	for _, v := range c.Variables {
		if strings.Contains(v.Value, "hunter2") || strings.Contains(v.Value, "AQEB") {
			t.Errorf("%s shows %s", v.Name, v.Value)
		}
		if v.Name == "DATABASE_URL" && !strings.Contains(v.Value, "db.example.com/desk") {
			t.Errorf("DATABASE_URL is masked whole: %s", v.Value)
		}
	}
	if u, _ := url.Parse(c.Stores.DatabaseURL); u.User.String() != "user:hunter2" {
		t.Errorf("the URL itself is masked: %s", c.Stores.DatabaseURL)
	}
}

func TestEveryVariableSaysWhereItsValueIsFrom(t *testing.T) {
	t.Parallel()
	c := read(t, "LOG_LEVEL=debug", "REDIS_URL=redis://r:6379", "MEMCACHE_SERVERS=m:11211")
	want := map[string]string{"LOG_LEVEL": config.FromEnvironment, "DATABASE_URL": config.FromStack, "REDIS_URL": config.FromEnvironment, "LOG_FORMAT": config.FromDefault, "MEMCACHE_SERVERS": config.Unused}
	c.Found("DATABASE_URL", "postgres://user:hunter2@127.0.0.1/desk")
	c.Found("REDIS_URL", "redis://127.0.0.1") // named: nobody looks for another
	seen := map[string]bool{}
	for _, v := range c.Variables {
		if v.About == "" || seen[v.Name] {
			t.Errorf("%s: no description, or listed twice", v.Name)
		}
		seen[v.Name] = true
		if source, ok := want[v.Name]; ok && v.Source != source {
			t.Errorf("%s is from %q, want %q", v.Name, v.Source, source)
		}
	}
}

// These are the variables of the original's documentation that this program has to know.
func TestVariablesOfTheOriginalAreKnown(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, v := range read(t).Variables {
		seen[v.Name] = true
	}
	for name := range strings.FieldsSeq(`APP_RESTART_CMD GPG_PATH RAILS_LOG_TO_STDOUT ZAMMAD_SAFE_MODE ZAMMAD_HTTP_TYPE ZAMMAD_FQDN
		ZAMMAD_BIND_IP ZAMMAD_RAILS_PORT ZAMMAD_WEBSOCKET_PORT WEB_CONCURRENCY ZAMMAD_SESSION_JOBS_CONCURRENT
		ZAMMAD_PROCESS_SCHEDULED_JOBS_WORKERS ZAMMAD_PROCESS_SCHEDULED_JOBS_DISABLE ZAMMAD_PROCESS_DELAYED_JOBS_WORKERS
		ZAMMAD_PROCESS_DELAYED_JOBS_DISABLE REDIS_URL MEMCACHE_SERVERS S3_URL RESTART VERSION AUTOWIZARD_JSON ZAMMAD_WEB_CONCURRENCY
		RAILS_TRUSTED_PROXIES ELASTICSEARCH_ENABLED ELASTICSEARCH_HOST ELASTICSEARCH_PORT ELASTICSEARCH_SCHEMA ELASTICSEARCH_NAMESPACE
		ELASTICSEARCH_REINDEX ELASTICSEARCH_SSL_VERIFY MEMCACHED_HOST NGINX_PORT NGINX_SERVER_NAME NGINX_SERVER_SCHEME
		ZAMMAD_RAILSSERVER_HOST ZAMMAD_RAILSSERVER_PORT ZAMMAD_WEBSOCKET_HOST POSTGRESQL_HOST POSTGRESQL_PORT POSTGRESQL_USER
		POSTGRESQL_PASS POSTGRESQL_DB POSTGRESQL_OPTIONS POSTGRESQL_DB_CREATE RAILS_ENV RAILS_SERVE_STATIC_FILES BACKUP_DIR HOLD_DAYS
		FULL_FS_DUMP AUTOWIZARD_RELATIVE_PATH DATABASE_URL`) {
		if !seen[name] {
			t.Errorf("%s is not listed", name)
		}
	}
}

func TestSecretKeyIsMadeOnceAndFound(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "var")
	keys := make([][]byte, 2)
	for i := range keys {
		c, err := config.Read([]string{"DATA_DIR=" + dir})
		if err != nil {
			t.Fatal(err)
		}
		if err := c.EnsureSecretKey(); err != nil {
			t.Fatal(err)
		}
		keys[i] = c.Stores.SecretKey
	}
	if len(keys[0]) != 32 || !bytes.Equal(keys[0], keys[1]) {
		t.Errorf("keys differ, or are no keys: %x and %x", keys[0], keys[1])
	}
	info, err := os.Stat(filepath.Join(dir, config.SecretKeyFile))
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("file of the key: %v %v, want one that only we can read", info, err)
	}
	if err := os.WriteFile(filepath.Join(dir, config.SecretKeyFile), []byte("damaged"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := config.Read([]string{"DATA_DIR=" + dir}); err == nil || !strings.Contains(err.Error(), "SECRET_KEY") {
		t.Errorf("damaged key: error %v, want one that names SECRET_KEY", err)
	}
}
