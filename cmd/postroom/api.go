package main

import (
	"context"
	"fmt"
	"net"
	"strconv"

	"github.com/redis/go-redis/v9"
	"github.com/spf13/cobra"

	"postroom/api"
	apimail "postroom/api/mail"
	"postroom/channels"
	"postroom/channels/email"
	"postroom/channels/placetel"
	"postroom/internal/config"
	"postroom/internal/egress"
	"postroom/internal/live"
	"postroom/internal/setup"
	"postroom/internal/store"
	"postroom/jobs"
)

func (p *program) apiCommand() *cobra.Command {
	return &cobra.Command{
		Use:     "api",
		Short:   "Run the REST API alone",
		Long:    "Runs the REST API alone, on ZAMMAD_BIND_IP and ZAMMAD_RAILS_PORT. Any number may run on any number of machines.",
		Example: "  DATABASE_URL=postgres://… ZAMMAD_BIND_IP=0.0.0.0 postroom api",
		Args:    cobra.NoArgs,
		RunE:    func(cmd *cobra.Command, _ []string) error { return p.api(cmd.Context()) },
	}
}

func (p *program) api(ctx context.Context) error {
	cfg, log, err := p.prepare()
	if err != nil {
		return err
	}
	listener, err := listen(cfg)
	if err != nil {
		return err
	}
	defer listener.Close() // the API's server closes it earlier
	databaseURL, redisURL := find(cfg)
	h, err := p.start(ctx, cfg, log, databaseURL, redisURL)
	if err != nil {
		return err
	}
	defer h.close()
	fmt.Fprintf(p.out, "Postroom's API is ready on http://%s\n", listener.Addr())
	bus, closeBus, err := h.bus()
	if err != nil {
		return err
	}
	defer closeBus()
	return p.runParts(ctx, cfg, log, h.apiPart(listener, bus))
}

// listen takes the port first of all: a second start by mistake fails before it does anything.
func listen(cfg *config.Config) (net.Listener, error) {
	address := net.JoinHostPort(cfg.Web.BindIP.String(), strconv.Itoa(cfg.Web.Port))
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return nil, fmt.Errorf("%w: is another Postroom running? ZAMMAD_RAILS_PORT moves this one", err)
	}
	return listener, nil
}

func (h *house) apiPart(listener net.Listener, bus live.Bus) part {
	server := api.New(api.Needs{
		Live:  bus,
		Store: h.store, Engine: h.engine, Blobs: h.blobs, Log: h.log, Version: apiVersion, Requests: h.cfg.Web.Requests,
		Proxies:    h.cfg.Web.Proxies,
		Egress:     h.outgoing(),
		Wizard:     mailWizard{h.store},
		Providers:  h.linked(),
		AutoWizard: autoWizard{h.autoWizard()},
		SIPNames:   placetel.New(h.outgoing().Client(egress.Options{Timeout: placetel.RequestWithin}), h.log),
		Messaging:  h.messaging(),
	})
	return part{"API", func(ctx context.Context) error { return server.Serve(ctx, listener, partTime(h.cfg)) }}
}

// bus is how processes of the API tell each other that pages are to be told something. Without Redis
// there is none, and they look for it often.
func (h *house) bus() (bus live.Bus, closeBus func(), err error) {
	if h.redisURL == "" {
		return nil, func() {}, nil
	}
	client, err := jobs.Dial(h.redisURL)
	if err != nil {
		return nil, nil, err
	}
	return live.Redis{Client: client}, func() { _ = client.Close() }, nil
}

// pages lets processes without the API say that pages are to be told something.
func (h *house) pages(client redis.UniversalClient) *live.Hub {
	return live.New(h.store, live.Redis{Client: client}, h.log)
}

// mailWizard shows the mail channel's wizard to the API, which knows no channel.
type mailWizard struct{ store *store.Store }

// named returns a wizard that greets servers with the installation's name of this moment.
func (w mailWizard) named(ctx context.Context) (*email.Wizard, error) {
	catalog, err := w.store.Catalog(ctx)
	if err != nil {
		return nil, err
	}
	return &email.Wizard{FQDN: catalog.Settings.String("fqdn")}, nil
}

func (w mailWizard) CheckInbound(ctx context.Context, inbound map[string]any) (channels.Mailbox, error) {
	wizard, err := w.named(ctx)
	if err != nil {
		return channels.Mailbox{}, err
	}
	return wizard.CheckInbound(ctx, inbound)
}

func (w mailWizard) CheckOutbound(ctx context.Context, outbound map[string]any, from string) error {
	wizard, err := w.named(ctx)
	if err != nil {
		return err
	}
	return wizard.CheckOutbound(ctx, outbound, from)
}

func (w mailWizard) Verify(ctx context.Context, inbound, outbound map[string]any, address, subject string) error {
	wizard, err := w.named(ctx)
	if err != nil {
		return err
	}
	return wizard.Verify(ctx, inbound, outbound, address, subject)
}

func (w mailWizard) Probe(ctx context.Context, address, password, folder string) (apimail.Setting, error) {
	wizard, err := w.named(ctx)
	if err != nil {
		return apimail.Setting{}, err
	}
	account, err := wizard.Probe(ctx, address, password, folder)
	return apimail.Setting(account), err
}

// autoWizard shows the set-up's auto wizard to the API.
type autoWizard struct{ setup.AutoWizard }

func (w autoWizard) Waiting() bool { return w.Pending() }
