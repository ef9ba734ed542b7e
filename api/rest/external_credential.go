package rest

import (
	"cmp"

	"postroom/internal/desk"
	"postroom/internal/store/seal"
)

// ExternalCredentialRecord shows an application that is registered at a provider, its secrets masked.
func ExternalCredentialRecord(v desk.ExternalCredential) Record {
	return Record{
		{"id", v.ID}, {"name", v.Name}, {"credentials", seal.Mask(v.Credentials, SecretMask)},
		{"created_at", v.CreatedAt}, {"updated_at", v.UpdatedAt},
	}
}

// Origin is the installation's address, as browsers have it.
func Origin(c *desk.Catalog) string {
	return cmp.Or(c.Settings.String("http_type"), "https") + "://" + c.Settings.String("fqdn")
}

// CallbackURL is where a provider sends people back to.
func CallbackURL(c *desk.Catalog, provider string) string {
	return Origin(c) + "/api/v1/external_credentials/" + provider + "/callback"
}
