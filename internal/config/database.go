package config

import (
	"net"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// database returns the URL of PostgreSQL: DATABASE_URL, or one built of the original's variables
// as soon as one of them is set. Without any there is none.
func database(env *reader) string {
	whole := env.url("DATABASE_URL", "postgres postgresql", "PostgreSQL; unset: POSTGRESQL_… below; none of them set: one of our own, in DATA_DIR")
	host := env.text("POSTGRESQL_HOST", "zammad-postgresql", "host of PostgreSQL, or the folder of its socket")
	port := env.count("POSTGRESQL_PORT", 5432, 1, 65535, "port of PostgreSQL")
	user := env.text("POSTGRESQL_USER", "zammad", "database user")
	password := env.secret("POSTGRESQL_PASS", "zammad", "password of the database user")
	name := env.text("POSTGRESQL_DB", "zammad_production", "name of the database")
	options := env.options("POSTGRESQL_OPTIONS", "what is appended to the URL of the database, such as sslmode=require")
	parts := []string{"POSTGRESQL_HOST", "POSTGRESQL_PORT", "POSTGRESQL_USER", "POSTGRESQL_PASS", "POSTGRESQL_DB"}
	if whole != "" || !env.anySet(parts...) {
		env.unapplied(parts)
		return whole
	}
	u := url.URL{
		Scheme: "postgres",
		User:   url.UserPassword(user, password),
		Host:   net.JoinHostPort(host, strconv.Itoa(port)),
		Path:   "/" + name,
	}
	if strings.HasPrefix(host, "/") { // a socket's folder can't be the host of a URL
		u.Host = ""
		options.Set("host", host)
		options.Set("port", strconv.Itoa(port))
	}
	u.RawQuery = options.Encode()
	return u.String()
}

// unapplied shows that the defaults of these variables count only together with one that is set.
func (r *reader) unapplied(names []string) {
	for i, v := range r.variables {
		if slices.Contains(names, v.Name) && v.Source == FromDefault {
			r.variables[i].Value = ""
		}
	}
}

// secret is a text that is not shown.
func (r *reader) secret(name, otherwise, about string) string {
	text, _ := r.read(name, otherwise, about)
	r.last().Value, r.last().Default = masked, masked
	return text
}

// railsOptions are parameters that only the original's database adapter knows; PostgreSQL would
// refuse the connection over them.
var railsOptions = []string{"pool", "encoding", "prepared_statements", "reaping_frequency", "checkout_timeout", "idle_timeout", "timeout", "variables"}

func (r *reader) options(name, about string) url.Values {
	text, _ := r.read(name, "", about)
	options, err := url.ParseQuery(strings.TrimLeft(text, "?&"))
	if err != nil {
		r.reject("parameters of a URL such as sslmode=require&connect_timeout=10")
		return url.Values{}
	}
	r.railsPool = options.Get("pool")
	for _, name := range railsOptions {
		options.Del(name)
	}
	return options
}
