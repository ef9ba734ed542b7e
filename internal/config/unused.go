package config

// unused lists variables that mean something to the original and nothing here, or nothing yet: who
// brings an environment along sees what became of each.
var unused = []struct {
	Name   string
	About  string
	Secret bool
}{
	{Name: "ELASTICSEARCH_REINDEX", About: noMeaning + "no start needs it; `postroom search rebuild` does it while the old index serves"},
	{Name: "S3_URL", About: notYet + "attachments are kept in the database or in files", Secret: true},
	{Name: "ZAMMAD_WEBSOCKET_PORT", About: noMeaning + "pages connect to the port of the API"},
	{Name: "GPG_PATH", About: noMeaning + "PGP needs no other program"},
	{Name: "BACKUP_DIR", About: notYet + "back up PostgreSQL and DATA_DIR"},
	{Name: "HOLD_DAYS", About: notYet + "back up PostgreSQL and DATA_DIR"},
	{Name: "FULL_FS_DUMP", About: notYet + "back up PostgreSQL and DATA_DIR"},
	{Name: "MEMCACHE_SERVERS", About: noMeaning + "nothing is cached outside the process"},
	{Name: "MEMCACHED_HOST", About: noMeaning + "nothing is cached outside the process"},
	{Name: "ZAMMAD_SESSION_JOBS_CONCURRENT", About: noMeaning + "sessions of browsers need no jobs"},
	{Name: "ZAMMAD_PROCESS_SCHEDULED_JOBS_WORKERS", About: noMeaning + "one process is elected to do the scheduled work; run `postroom schedule` for one of its own"},
	{Name: "ZAMMAD_SAFE_MODE", About: noMeaning + "commands never need Redis"},
	{Name: "APP_RESTART_CMD", About: noMeaning + "no change needs a restart"},
	{Name: "RAILS_ENV", About: noMeaning + "there is one way to run"},
	{Name: "RAILS_LOG_TO_STDOUT", About: noMeaning + "the log always goes to standard error"},
	{Name: "RAILS_SERVE_STATIC_FILES", About: noMeaning + "there are none"},
	{Name: "ZAMMAD_RAILSSERVER_HOST", About: noMeaning + "it tells nginx where to go; we listen on ZAMMAD_BIND_IP"},
	{Name: "ZAMMAD_WEBSOCKET_HOST", About: noMeaning + "it tells nginx where to go"},
	{Name: "NGINX_PORT", About: noMeaning + "there is no nginx inside"},
	{Name: "NGINX_SERVER_NAME", About: noMeaning + "there is no nginx inside"},
	{Name: "NGINX_SERVER_SCHEME", About: noMeaning + "there is no nginx inside"},
	{Name: "POSTGRESQL_DB_CREATE", About: noMeaning + "the database has to exist, its tables are made"},
	{Name: "RESTART", About: noMeaning + "it is Docker's"},
	{Name: "VERSION", About: noMeaning + "it is Docker's"},
}

const (
	notYet    = "not used yet: "
	noMeaning = "accepted, without meaning here: "
)
