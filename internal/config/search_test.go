package config_test

import (
	"maps"
	"os"
	"path/filepath"
	"testing"

	"postroom/internal/config"
)

// TestSearchEngineOfTheOriginalsVariables says which settings each variable becomes; what is not set leaves
// the settings alone.
func TestSearchEngineOfTheOriginalsVariables(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		environ []string
		want    map[string]any
	}{
		{nil, map[string]any{}},
		{[]string{"ELASTICSEARCH_HOST=search"}, map[string]any{"es_url": "http://search:9200"}},
		{[]string{"ELASTICSEARCH_HOST=search", "ELASTICSEARCH_SCHEMA=https", "ELASTICSEARCH_PORT=443"}, map[string]any{"es_url": "https://search:443"}},
		{[]string{"ELASTICSEARCH_HOST=2001:db8::1"}, map[string]any{"es_url": "http://[2001:db8::1]:9200"}},
		{[]string{"ELASTICSEARCH_HOST=search", "ELASTICSEARCH_ENABLED=false"}, map[string]any{"es_url": ""}},
		{[]string{"ELASTICSEARCH_USER=u", "ELASTICSEARCH_PASS=p", "ELASTICSEARCH_NAMESPACE=desk"},
			map[string]any{"es_user": "u", "es_password": "p", "es_index": "desk"}},
		{[]string{"ELASTICSEARCH_SSL_VERIFY=false"}, map[string]any{"es_ssl_verify": false}},
		{[]string{"ELASTICSEARCH_SSL_VERIFY=true"}, map[string]any{"es_ssl_verify": true}},
	} {
		if got := read(t, tc.environ...).Search.Settings; !maps.Equal(got, tc.want) {
			t.Errorf("%v: settings %v, want %v", tc.environ, got, tc.want)
		}
	}
}

func TestKeysOfTheSearchEngine(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(file, []byte("-----BEGIN"), 0o600); err != nil {
		t.Fatal(err)
	}
	c := read(t, "ELASTICSEARCH_API_KEY=a2V5", "ELASTICSEARCH_CA_FILE="+file)
	if c.Search.APIKey != "a2V5" || string(c.Search.CA) != "-----BEGIN" {
		t.Errorf("key %q, certificates %q", c.Search.APIKey, c.Search.CA)
	}
	if _, err := config.Read([]string{"ELASTICSEARCH_CA_FILE=" + file + ".gone"}); err == nil {
		t.Error("certificates that are not there were taken")
	}
}
