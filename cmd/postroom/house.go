package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"os"

	"postroom/channels/email"
	"postroom/channels/email/grant"
	"postroom/channels/email/graph"
	"postroom/channels/email/provider"
	"postroom/internal/blob"
	"postroom/internal/config"
	"postroom/internal/devstack"
	"postroom/internal/egress"
	"postroom/internal/elastic"
	"postroom/internal/notify"
	"postroom/internal/setup"
	"postroom/internal/store"
)

// house is what every verb that touches data works with.
type house struct {
	cfg      *config.Config
	log      *slog.Logger
	store    *store.Store
	blobs    *blob.Store
	accounts *email.Accounts
	engine   *elastic.Engine
	mails    *notify.Mails // of what goes on running
	redisURL string
}

func (h *house) close() {
	h.accounts.Close()
	h.store.Close()
}

// linked connects accounts at providers, and keeps them connected.
func (h *house) linked() *email.Linked {
	return &email.Linked{Accounts: h.accounts, Places: h.providers()}
}

// providers are where people let us into their accounts.
func (h *house) providers() provider.Places {
	places := provider.Public()
	places.Client = h.outgoing().Client(egress.Options{Timeout: provider.RequestWithin})
	return places
}

// outgoing says where requests to the world may go, and by which way: by the proxy of the settings of the
// moment.
func (h *house) outgoing() egress.Policy {
	return egress.Policy{Allow: h.cfg.Outgoing, Through: func(r *http.Request) (*url.URL, error) {
		c, err := h.store.Catalog(r.Context())
		if err != nil {
			return nil, err
		}
		value := c.Settings.String
		proxy, err := egress.ReadProxy(value("proxy"), value("proxy_username"), value("proxy_password"), value("proxy_no"))
		if err != nil {
			return nil, err
		}
		return proxy.Through(r)
	}}
}

// open connects to the installation that is there.
func (p *program) open(ctx context.Context) (*house, error) {
	cfg, err := p.config()
	if err != nil {
		return nil, err
	}
	databaseURL, redisURL := find(cfg)
	if databaseURL == "" {
		return nil, errNoDatabase
	}
	h, err := connect(ctx, cfg, p.logger(cfg), databaseURL, redisURL)
	if err != nil {
		return nil, err
	}
	if err := h.store.Ready(ctx); err != nil {
		h.close()
		return nil, err
	}
	return h, nil
}

var (
	errNoDatabase = errors.New("no database: set DATABASE_URL (or POSTGRESQL_HOST …), or start `postroom all` in this folder first")
	errNoRedis    = errors.New("no Redis: set REDIS_URL, or start `postroom all` in this folder first")
)

// find returns the configured servers, or those of a `postroom all` that runs in this folder.
func find(cfg *config.Config) (databaseURL, redisURL string) {
	databaseURL, redisURL = cfg.Stores.DatabaseURL, cfg.Stores.RedisURL
	if databaseURL != "" && redisURL != "" {
		return databaseURL, redisURL
	}
	runningDatabase, runningRedis, _ := devstack.Find(cfg.Places.Data)
	if databaseURL == "" {
		databaseURL = runningDatabase
	}
	if redisURL == "" {
		redisURL = runningRedis
	}
	return databaseURL, redisURL
}

func connect(ctx context.Context, cfg *config.Config, log *slog.Logger, databaseURL, redisURL string) (*house, error) {
	if err := cfg.EnsureSecretKey(); err != nil {
		return nil, err
	}
	s, err := store.Open(ctx, store.Options{URL: databaseURL, MaxConns: int32(cfg.Stores.DatabaseConns), SecretKey: cfg.Stores.SecretKey})
	if err != nil {
		return nil, err
	}
	h := &house{cfg: cfg, log: log, store: s, blobs: blob.New(cfg.Places.Blobs), redisURL: redisURL,
		engine: elastic.NewEngine(elastic.Keys{APIKey: cfg.Search.APIKey, CA: cfg.Search.CA})}
	h.accounts = email.NewAccounts(email.Options{
		Tokens: grant.NewKeeper(s, h.providers(), log).Of, Known: s, Turn: s.ChannelTurn, Log: log,
		Web: h.outgoing().Client(egress.Options{Timeout: graph.RequestWithin, Redirects: 3}),
	})
	return h, nil
}

// start is open for verbs that go on running: it brings the schema up to date, and a fresh
// installation to life.
func (p *program) start(ctx context.Context, cfg *config.Config, log *slog.Logger, databaseURL, redisURL string) (*house, error) {
	if databaseURL == "" {
		return nil, errNoDatabase
	}
	mails, err := notify.Open(os.DirFS(cfg.Places.Mails))
	if err != nil {
		return nil, err
	}
	applied, err := store.Migrate(ctx, databaseURL)
	if err != nil {
		return nil, err
	}
	if applied > 0 {
		log.InfoContext(ctx, "database schema brought up to date", "migrations", applied)
	}
	h, err := connect(ctx, cfg, log, databaseURL, redisURL)
	if err != nil {
		return nil, err
	}
	h.mails = mails
	admin, err := setup.FirstStart(ctx, h.store, log, setup.Options{
		Address:    setup.Address{FQDN: cfg.Setup.FQDN, HTTPType: cfg.Setup.HTTPType},
		AutoWizard: cfg.Setup.AutoWizard,
		Waiting:    h.autoWizard().Pending(),
	})
	if err != nil {
		h.close()
		return nil, err
	}
	if admin != nil {
		p.printAdmin(admin)
	}
	if err := h.applySearch(ctx); err != nil {
		h.close()
		return nil, err
	}
	return h, nil
}

func (h *house) autoWizard() setup.AutoWizard {
	return setup.AutoWizard{Store: h.store, File: h.cfg.Setup.AutoWizardFile, Log: h.log}
}

// printAdmin is the only place where a generated password is shown.
func (p *program) printAdmin(admin *setup.Admin) {
	fmt.Fprintf(p.out, `
First start: an administrator was created. Password and token are shown only now.

  login      %s
  password   %s
  API token  %s

`, admin.Login, admin.Password, admin.Token)
}
