// Package config reads the program's settings from environment variables.
//
// What comes out are values, checked and with their defaults; what is wrong is named all at once.
// One line a variable serves reading, `postroom config` and the documentation.
package config

import (
	"net/netip"
	"path/filepath"
	"runtime"
	"strconv"
	"time"

	"postroom/jobs/task"
)

// Config is what the operator decides.
type Config struct {
	Stores Stores
	Search Search
	Web    Web
	Work   Work
	// Outgoing are private networks that requests to addresses somebody typed in may go to.
	Outgoing []netip.Prefix
	// TelegramAPI is the server of Telegram's Bot API; empty: the public one.
	TelegramAPI string
	Setup       Setup
	Places      Places
	Log         Log

	Variables []Variable // everything that was read, in the order of the documentation
}

// Stores are the servers that hold our data.
type Stores struct {
	DatabaseURL   string // empty: a PostgreSQL of our own
	DatabaseConns int    // of one process
	RedisURL      string // empty: a Redis of our own
	SecretKey     []byte // 32 bytes; empty: none yet
}

// Web is the REST API's server.
type Web struct {
	BindIP   netip.Addr
	Port     int            // 0: any free one
	Requests int            // answered at once; 0: no limit
	Proxies  []netip.Prefix // whose word about who sent a request is taken
}

// Work says how much of it happens at once.
type Work struct {
	Workers         map[string]int // by queue; 0: none in this process
	PollConcurrency int            // mailboxes looked into at once
	Schedule        bool           // fetch mail and do periodic work in this process
	ChatIPDays      int            // the addresses of visitors are kept after their chats; 0: as long as the chats
	ShutdownWithin  time.Duration
	MemoryLimit     int64 // bytes; 0: the Go runtime reads GOMEMLIMIT itself
	GCPercent       int   // 0: the Go runtime reads GOGC itself
}

// Setup is used at the first start only.
type Setup struct {
	FQDN           string // empty: as seeded
	HTTPType       string
	AutoWizard     []byte // JSON
	AutoWizardFile string
}

// Places are folders.
type Places struct {
	Data  string
	Spool string
	Blobs string
	Mails string
}

// Log is how much is told, and in which form.
type Log struct {
	Level  string // debug, info, warn, error
	Format string // text, json
}

// requestsPerServer is how many requests one application server of the original answers at once.
const requestsPerServer = 5

// Read takes the environment, as os.Environ gives it. Its error is a *Error with every variable
// that can't be used; the Config lists the variables even then.
func Read(environ []string) (*Config, error) {
	env := newReader(environ)
	c := &Config{
		Places: places(env),
		Log: Log{
			Level:  env.choice("LOG_LEVEL", "info", "debug info warn error", "how much is logged"),
			Format: env.choice("LOG_FORMAT", "text", "text json", "form of the log, which goes to standard error"),
		},
	}
	c.Stores = stores(env, c.Places.Data)
	c.Search = search(env)
	c.Web = web(env)
	c.Work = work(env)
	c.Outgoing = env.networks("OUTGOING_ALLOW", "", "private networks that webhooks and the like may reach, such as 10.1.0.0/16; empty: none")
	c.TelegramAPI = env.url("TELEGRAM_API_URL", "https http", "server of Telegram's Bot API; unset: https://api.telegram.org")
	c.Setup = setup(env)
	env.others()
	c.Variables = env.variables
	return c, env.err()
}

func places(env *reader) Places {
	data := env.text("DATA_DIR", "var", "folder of everything kept outside the database, such as the secret key")
	return Places{
		Data:  data,
		Spool: env.text("SPOOL_DIR", filepath.Join(data, "spool"), "folder of mail that could not be processed"),
		Blobs: env.text("BLOB_DIR", filepath.Join(data, "storage"), "folder of attachments while setting storage_provider is File"),
		Mails: env.text("MAILS_DIR", filepath.Join(data, "mails"), "folder of mails in place of ours, such as ticket_create.en.html.custom"),
	}
}

func stores(env *reader, data string) Stores {
	s := Stores{
		DatabaseURL: database(env),
		RedisURL:    env.url("REDIS_URL", "redis rediss unix", "Redis; unset: one of our own, in DATA_DIR or in the process"),
		SecretKey:   env.key("SECRET_KEY", filepath.Join(data, SecretKeyFile), "seals passwords in the database; 32 bytes in base64; unset: made once and kept in DATA_DIR"),
	}
	s.DatabaseConns = env.count("DATABASE_CONNS", defaultConns(env), 4, 1000, "connections to PostgreSQL of one process")
	return s
}

func web(env *reader) Web {
	env.alias("ZAMMAD_RAILSSERVER_PORT", "ZAMMAD_RAILS_PORT")
	env.alias("ZAMMAD_WEB_CONCURRENCY", "WEB_CONCURRENCY")
	return Web{
		BindIP:   env.ip("ZAMMAD_BIND_IP", "127.0.0.1", "address the API listens on; 0.0.0.0: on every one"),
		Port:     env.count("ZAMMAD_RAILS_PORT", 3000, 0, 65535, "port the API listens on; 0: any free one"),
		Requests: requestsPerServer * env.count("WEB_CONCURRENCY", 0, 0, 1000, "application servers of the original: five requests each are answered at once; 0: no limit"),
		Proxies:  env.networks("RAILS_TRUSTED_PROXIES", "127.0.0.1 ::1", "proxies that are believed who sent a request (X-Forwarded-For) and, with setting auth_sso, who signed in (X-Forwarded-User): addresses and networks"),
	}
}

func work(env *reader) Work {
	disabled := env.flag("ZAMMAD_PROCESS_DELAYED_JOBS_DISABLE", "set: no workers in this process unless WORKERS_… says so")
	perQueue := env.count("ZAMMAD_PROCESS_DELAYED_JOBS_WORKERS", 0, 0, 16, "workers of each queue but inbound; 0: the defaults below")
	w := Work{Workers: map[string]int{}}
	for _, queue := range task.Queues {
		size := poolSize(queue)
		if perQueue > 0 && queue != task.Inbound {
			size = perQueue
		}
		if disabled {
			size = 0
		}
		w.Workers[queue] = env.count(workersVariable(queue), size, 0, 256, "tasks of queue "+queue+" worked on at once; 0: none in this process")
	}
	w.PollConcurrency = env.count("POLL_CONCURRENCY", 8, 1, 1000, "mailboxes looked into at once")
	w.Schedule = !env.flag("ZAMMAD_PROCESS_SCHEDULED_JOBS_DISABLE", "set: no mail is fetched and nothing periodic is done by this process")
	w.ChatIPDays = env.count("CHAT_IP_DAYS", 0, 0, 365, "days after which the addresses of visitors are taken out of closed chats; 0: never by itself")
	w.ShutdownWithin = env.duration("SHUTDOWN_WITHIN", 10*time.Second, "time for work in hand after SIGTERM")
	w.MemoryLimit = env.memory("GOMEMLIMIT", 100<<20, "soft memory limit of the Go runtime")
	w.GCPercent = env.percent("GOGC", 200, "how far memory may grow between two collections of the Go runtime, below GOMEMLIMIT")
	return w
}

// poolSize is how many tasks of a queue are worked on at once by default. Incoming messages cost
// CPU and commits, deliveries mostly wait for other servers. What follows a ticket only computes
// and commits: more of it at once than every second core takes them from who waits for an answer.
func poolSize(queue string) int {
	switch queue {
	case task.Inbound:
		return min(max(2*runtime.GOMAXPROCS(0), 4), 16)
	case task.Deliver:
		return 8
	case task.Trigger, task.Notify, task.Index:
		return max(1, runtime.GOMAXPROCS(0)/2)
	case task.Maintenance:
		return 1
	default:
		return 2
	}
}

func setup(env *reader) Setup {
	return Setup{
		FQDN:           env.host("ZAMMAD_FQDN", "zammad.example.com", "name under which the installation is reached; first start only, then setting fqdn"),
		HTTPType:       env.choice("ZAMMAD_HTTP_TYPE", "http", "http https", "scheme of links to the installation; first start only, then setting http_type"),
		AutoWizard:     env.object("AUTOWIZARD_JSON", "what to set up at the first start, as JSON or its base64"),
		AutoWizardFile: env.text("AUTOWIZARD_RELATIVE_PATH", "auto_wizard.json", "file with the same, applied by GET /api/v1/getting_started/auto_wizard"),
	}
}

// SecretKeyFile is where a generated secret key is kept, in DATA_DIR.
const SecretKeyFile = "secret_key"

func defaultConns(env *reader) int {
	if n, err := strconv.Atoi(env.railsPool); err == nil && n >= 4 && n <= 1000 {
		return n
	}
	return 16
}
