package messaging

import (
	"context"
	"net/http"

	"postroom/api/rest"
)

// closedNetworks are those that took back the interfaces that helpdesks used. Channels that somebody
// brought along can be looked at, switched and deleted; nothing connects them.
var closedNetworks = []struct{ name, path, area string }{
	{"Facebook", "facebook", "Facebook::Account"},
	{"Twitter", "twitter", "Twitter::Account"},
}

func (s *Room) closedRoutes(t *rest.Table) {
	which := rest.Record{{"id", int64(0)}}
	for _, network := range closedNetworks {
		all, who := "/api/v1/channels_"+network.path, rest.Needs("admin.channel_"+network.path)
		t.Handle("GET "+all, who, s.listClosed(network.area, network.path)).
			Gives(rest.Record{{"assets", rest.Record{}}, {"channel_ids", []int64{}}, {"callback_url", ""}})
		t.Handle("POST "+all+"/{id}", who, notSupported(network.name))
		t.Handle("POST "+all+"_enable", who, s.done(rest.Record{}, s.switched(true), network.area)).Takes(which)
		t.Handle("POST "+all+"_disable", who, s.done(rest.Record{}, s.switched(false), network.area)).Takes(which)
		t.Handle("DELETE "+all, who, s.done(rest.Record{}, s.removed, network.area)).Takes(which)
	}
	t.Handle("GET /api/v1/channels_twitter_webhook", rest.Webhook, notSupported("Twitter"))
	t.Handle("POST /api/v1/channels_twitter_webhook", rest.Webhook, notSupported("Twitter"))
}

func notSupported(network string) rest.Handler {
	return func(http.ResponseWriter, *http.Request) error {
		return rest.Invalid("base", "%s is not supported.", network)
	}
}

func (s *Room) listClosed(area, path string) rest.Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		assets, _, ids, err := s.list(r.Context(), area)
		if err != nil {
			return err
		}
		address, err := s.callbackOf(r.Context(), path)
		if err != nil {
			return err
		}
		return rest.Reply(w, r, rest.Record{{"assets", assets}, {"channel_ids", ids}, {"callback_url", address}})
	}
}

// callbackOf is where accounts of a network used to be linked.
func (s *Room) callbackOf(ctx context.Context, path string) (string, error) {
	catalog, err := s.Store.Catalog(ctx)
	if err != nil {
		return "", err
	}
	return origin(catalog) + "/api/v1/external_credentials/" + path + "/callback", nil
}
