package config

import (
	"net"
	"net/url"
	"os"
	"strconv"
)

// Search says which search engine there is. What the original has settings for becomes settings at
// the start; the rest belongs to the machine.
type Search struct {
	Settings map[string]any // es_url and its like, by name; those that no variable names are left alone
	APIKey   string
	CA       []byte // PEM
}

func search(env *reader) Search {
	s := Search{Settings: map[string]any{}}
	host := env.text("ELASTICSEARCH_HOST", "", "search engine (Elasticsearch 8 and 9, OpenSearch 2 and 3); set: setting es_url is made of this, ELASTICSEARCH_SCHEMA and ELASTICSEARCH_PORT at each start")
	port := env.count("ELASTICSEARCH_PORT", 9200, 1, 65535, "port of ELASTICSEARCH_HOST")
	scheme := env.choice("ELASTICSEARCH_SCHEMA", "http", "http https", "scheme of ELASTICSEARCH_HOST")
	if host != "" {
		s.Settings["es_url"] = (&url.URL{Scheme: scheme, Host: net.JoinHostPort(host, strconv.Itoa(port))}).String()
	}
	if env.choice("ELASTICSEARCH_ENABLED", "true", "true false", "false: searches ask PostgreSQL; setting es_url is emptied at each start") == "false" {
		s.Settings["es_url"] = ""
	}
	if text, set := env.read("ELASTICSEARCH_USER", "", "set: becomes setting es_user at each start"); set {
		s.Settings["es_user"] = text
	}
	if text, set := env.read("ELASTICSEARCH_NAMESPACE", "", "how the names of indexes begin; set: becomes setting es_index at each start"); set {
		s.Settings["es_index"] = text
	}
	if text := env.secret("ELASTICSEARCH_PASS", "", "set: becomes setting es_password at each start"); text != "" {
		s.Settings["es_password"] = text
	}
	if text, set := env.read("ELASTICSEARCH_SSL_VERIFY", "", "true, false; set: becomes setting es_ssl_verify at each start"); set {
		s.Settings["es_ssl_verify"] = text != "false"
	}
	s.APIKey = env.secret("ELASTICSEARCH_API_KEY", "", "proves who we are to the search engine, instead of user and password: base64, as the engine gave it")
	if file, set := env.read("ELASTICSEARCH_CA_FILE", "", "certificates (PEM) of the authority behind that of the search engine; unset: those of the system"); set {
		var err error
		if s.CA, err = os.ReadFile(file); err != nil {
			env.reject("a file that can be read: %v", err)
		}
	}
	return s
}
