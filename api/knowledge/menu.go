package knowledge

import (
	"context"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"postroom/api/rest"
	"postroom/internal/desk"
	"postroom/internal/desk/kb"
	"postroom/internal/store"
	"postroom/internal/store/knowledge"
)

// mostMenuItems is how many links a menu has at most.
const mostMenuItems = 50

func menuItemID(m kb.MenuItem) kb.MenuItemID { return m.ID }

func menuItemRecord(m kb.MenuItem) rest.Record {
	return rest.Record{
		{"id", m.ID}, {"kb_locale_id", m.LocaleID}, {"location", m.Location}, {"position", m.Position}, {"title", m.Title}, {"url", m.URL},
		{"new_tab", m.NewTab}, {"created_at", m.CreatedAt}, {"updated_at", m.UpdatedAt},
	}
}

// updateMenus replaces the links in menus: menu_items_sets names each by language and location.
func (s *Room) updateMenus(w http.ResponseWriter, r *http.Request) error {
	p, err := rest.ReadParams(r)
	if err != nil {
		return err
	}
	id, err := base(r)
	if err != nil {
		return err
	}
	var after []kb.MenuItem
	err = s.Store.InTx(r.Context(), func(tx *store.Store) error {
		tree, err := tx.LockKBTree(r.Context(), id)
		if err != nil {
			return err
		}
		v := &visit{rest.Caller(r), tree}
		for _, value := range objects(p["menu_items_sets"]) {
			set, is := value.(map[string]any)
			if !is {
				return rest.InvalidParam("menu_items_sets", value)
			}
			if err := v.setMenu(r.Context(), tx, rest.Params(set)); err != nil {
				return err
			}
		}
		after, err = tx.KBMenuItems(r.Context(), id)
		return err
	})
	if err != nil {
		return err
	}
	return rest.WriteJSON(w, http.StatusOK, rest.Record{{"assets", rest.Record{{"KnowledgeBaseMenuItem", byIDs(after, menuItemID, menuItemRecord)}}}})
}

// setMenu stores one menu as a client sent it.
func (v *visit) setMenu(ctx context.Context, tx *store.Store, set rest.Params) error {
	sent, err := rest.IDIn[kb.LocaleID](set, "kb_locale_id")
	if err != nil {
		return err
	}
	locale, err := v.locale(sent)
	if err != nil {
		return err
	}
	location := set.Text("location")
	if location != kb.Header && location != kb.Footer {
		return rest.Invalid("location", "Location is not included in the list")
	}
	items, err := menuSent(set["menu_items"])
	if err != nil {
		return err
	}
	return tx.SetKBMenu(ctx, locale, location, items)
}

// menuSent reads the links of a menu, without those that are to go.
func menuSent(value any) ([]kb.MenuItem, error) {
	const key = "menu_items"
	var list []any
	switch sent := value.(type) {
	case []any:
		list = sent
	case map[string]any: // as forms send lists
		for _, place := range slices.Sorted(maps.Keys(sent)) {
			list = append(list, sent[place])
		}
	}
	if len(list) > mostMenuItems {
		return nil, rest.Invalid(key, "A menu has at most %d items.", mostMenuItems)
	}
	items := []kb.MenuItem{}
	for _, one := range list {
		object, is := one.(map[string]any)
		if !is {
			return nil, rest.InvalidParam(key, one)
		}
		p := rest.Params(object)
		if p.Flag("_destroy") {
			continue
		}
		id, err := rest.IDIn[kb.MenuItemID](p, "id")
		if err != nil {
			return nil, err
		}
		item := kb.MenuItem{
			ID: id, NewTab: p.Flag("new_tab"), Title: strings.TrimSpace(rest.Cut(p.Text("title"), maxTitle)), URL: strings.TrimSpace(rest.Cut(p.Text("url"), maxURL)),
		}
		if err := item.Check(); err != nil {
			return nil, err
		}
		items = append(items, item)
	}
	return items, nil
}

const maxURL = 500 // characters

// showSnippets shows how a web server in front has to be set up for a knowledge base to be at its own
// address.
func (s *Room) showSnippets(w http.ResponseWriter, r *http.Request) error {
	id, err := base(r)
	if err != nil {
		return err
	}
	base, err := knowledge.Bases.Get(r.Context(), s.Store.DB, id)
	if err != nil {
		return err
	}
	catalog, err := s.Catalog(r)
	if err != nil {
		return err
	}
	host, path := customAddress(base, catalog)
	snippets := []rest.Record{}
	kind := "path"
	if host != "" {
		kind = "host"
	}
	if host != "" || path != "" {
		snippets = append(snippets,
			rest.Record{{"type", "nginx"}, {"content", nginxSnippet(host, path)}}, rest.Record{{"type", "apache"}, {"content", apacheSnippet(host, path)}})
	}
	return rest.Reply(w, r, rest.Record{{"address", host + path}, {"address_type", kind}, {"snippets", snippets}})
}

// customAddress is where a knowledge base is to be found: a path of our host, or a host of its own
// with a path that may be empty.
func customAddress(base kb.Base, c *desk.Catalog) (host, path string) {
	if base.CustomAddress == nil {
		return "", ""
	}
	address := *base.CustomAddress
	if !strings.HasPrefix(address, "/") && !strings.Contains(address, "://") {
		address = "//" + address
	}
	at, err := url.Parse(address)
	if err != nil || strings.ContainsAny(at.Path+at.Host, "\"'\\{};\n\r\t $") {
		return "", "" // it would say something else to a web server
	}
	host, path = at.Host, strings.TrimRight(at.Path, "/")
	if host == c.Settings.String("fqdn") {
		host = ""
	}
	return host, path
}

func nginxSnippet(host, path string) string {
	rules := "rewrite ^" + path + "(/.*)?$ /help$1 last;\n"
	if host == "" {
		return rules
	}
	return "server_name " + host + ";\n\n" + rules
}

func apacheSnippet(host, path string) string {
	rules := "RewriteEngine On\nRewriteRule ^" + path + "(/.*)?$ /help$1 [PT]\n"
	if host == "" {
		return rules
	}
	return "ServerName " + host + "\n\n" + rules
}
