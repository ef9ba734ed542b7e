package directory

import (
	"context"
	"errors"
	"net/http"

	"postroom/api/rest"
	"postroom/internal/desk"
	"postroom/internal/directorysync"
	"postroom/internal/egress"
	"postroom/internal/ews"
	"postroom/internal/store/seal"
)

// showExchange shows what a page needs to set Exchange up.
func (s *Room) showExchange(w http.ResponseWriter, r *http.Request) error {
	catalog, err := s.Catalog(r)
	if err != nil {
		return err
	}
	apps, ids := rest.Record{}, []desk.ExternalCredentialID{}
	app, err := s.Store.ExternalCredentialOf(r.Context(), directorysync.ExchangeProvider)
	if err == nil {
		apps.Add(rest.IDText(app.ID), rest.ExternalCredentialRecord(app))
		ids = append(ids, app.ID)
	} else if !errors.Is(err, desk.ErrNotFound) {
		return err
	}
	granted := map[string]any{}
	catalog.Settings.Into(directorysync.ExchangeOAuth, &granted)
	return rest.Reply(w, r, rest.Record{
		{"assets", rest.Record{{"ExternalCredential", apps}}}, {"external_credential_ids", ids},
		{"callback_url", rest.CallbackURL(catalog, directorysync.ExchangeProvider)}, {"oauth", seal.Mask(granted, rest.SecretMask)},
	})
}

// forgetExchangeToken forgets the token by which Postroom is let into a mailbox.
func (s *Room) forgetExchangeToken(w http.ResponseWriter, r *http.Request) error {
	if err := s.Store.PutSettingValue(r.Context(), directorysync.ExchangeOAuth, map[string]any{}); err != nil {
		return err
	}
	s.Changed()
	return rest.Deleted(w)
}

// typedExchange is the address book that an administrator typed in.
func (s *Room) typedExchange(r *http.Request) (directorysync.Exchange, error) {
	p, err := rest.ReadParams(r)
	if err != nil {
		return directorysync.Exchange{}, err
	}
	typed, err := s.unmasked(r, desk.ImportExchange, p)
	if err != nil {
		return directorysync.Exchange{}, err
	}
	return directorysync.ReadExchange(typed)
}

// discoverExchange finds out where a mailbox is.
func (s *Room) discoverExchange(w http.ResponseWriter, r *http.Request) error {
	e, err := s.typedExchange(r)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(r.Context(), lookWithin)
	defer cancel()
	client := s.Egress.Client(egress.Options{Insecure: e.Lenient()})
	endpoint, err := ews.Discover(ctx, client, e.User, e.Password)
	return outcome(w, r, rest.Record{{"endpoint", endpoint}}, err)
}

// listExchangeFolders shows the address books of a mailbox.
func (s *Room) listExchangeFolders(w http.ResponseWriter, r *http.Request) error {
	e, err := s.typedExchange(r)
	if err != nil {
		return err
	}
	client, err := s.service.Mailbox(e)
	if err != nil {
		return outcome(w, r, nil, err)
	}
	ctx, cancel := context.WithTimeout(r.Context(), lookWithin)
	defer cancel()
	folders, err := client.Folders(ctx)
	return outcome(w, r, rest.Record{{"folders", folders}}, err)
}

// errEnough ends a reading that found enough.
var errEnough = errors.New("enough was read")

// showExchangeAttributes shows what contacts say, with an example each.
func (s *Room) showExchangeAttributes(w http.ResponseWriter, r *http.Request) error {
	e, err := s.typedExchange(r)
	if err != nil {
		return err
	}
	if len(e.Folders) == 0 {
		return outcome(w, r, nil, rest.Invalid("folders", "Please select at least one folder."))
	}
	client, err := s.service.Mailbox(e)
	if err != nil {
		return outcome(w, r, nil, err)
	}
	ctx, cancel := context.WithTimeout(r.Context(), lookWithin)
	defer cancel()
	examples := map[string]string{}
	for _, folder := range e.Folders {
		err := client.Contacts(ctx, folder, func(_ context.Context, contacts []ews.Contact) error {
			for _, contact := range contacts {
				for name, value := range contact {
					if _, known := examples[name]; !known {
						examples[name] = name + " (e. g. " + desk.Cut(value, longestExample) + ")"
					}
				}
			}
			return errEnough // the first page tells
		})
		if err != nil && !errors.Is(err, errEnough) {
			return outcome(w, r, nil, err)
		}
	}
	if len(examples) == 0 {
		return outcome(w, r, nil, rest.Invalid("folders", "No entries found in selected folder(s)."))
	}
	return outcome(w, r, rest.Record{{"attributes", examples}}, nil)
}

const longestExample = 100 // characters
