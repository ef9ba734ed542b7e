package setup

import (
	"context"
	"embed"
	"encoding/json"
	"fmt"
	"strings"

	"postroom/internal/desk"
	"postroom/internal/desk/workspace"
	"postroom/internal/store"
	"postroom/internal/store/library"
	"postroom/internal/store/table"
)

// The text modules that come with an installation, a file a locale.
//
//go:embed textmodules/*.json
var textModules embed.FS

// otherwiseLocale is for those whose language nobody has written text modules in.
const otherwiseLocale = "en-us"

// LoadTextModules gives an installation that has no text modules those of a locale, or of the
// nearest one there is. It returns how many.
func LoadTextModules(ctx context.Context, tx *store.Store, locale string) (int, error) {
	there, err := library.TextModules.Count(ctx, tx.DB, table.Filter[workspace.TextModuleID]{})
	if err != nil || there > 0 {
		return 0, err
	}
	modules, err := textModulesOf(locale)
	if err != nil {
		return 0, err
	}
	return len(modules), tx.InsertTextModules(ctx, modules, desk.SystemUser)
}

// textModulesOf reads the text modules of a locale, such as de-de. A list of languages, as browsers
// send it, counts by its first.
func textModulesOf(locale string) ([]workspace.TextModule, error) {
	data, err := textModules.ReadFile("textmodules/" + nearestLocale(locale) + ".json")
	if err != nil {
		return nil, err
	}
	var modules []workspace.TextModule
	if err := json.Unmarshal(data, &modules); err != nil {
		return nil, fmt.Errorf("text modules of %s: %w", locale, err)
	}
	return modules, nil
}

// nearestLocale is the locale itself, one of the same language, or the one for everybody else.
func nearestLocale(locale string) string {
	wanted := strings.ToLower(strings.TrimSpace(locale))
	if end := strings.IndexAny(wanted, ",;"); end >= 0 {
		wanted = wanted[:end]
	}
	wanted = strings.ReplaceAll(wanted, "_", "-")
	nearest := otherwiseLocale
	files, err := textModules.ReadDir("textmodules")
	if err != nil {
		return nearest
	}
	language, _, _ := strings.Cut(wanted, "-")
	for _, file := range files {
		shipped := strings.TrimSuffix(file.Name(), ".json")
		if shipped == wanted {
			return shipped
		}
		if other, _, _ := strings.Cut(shipped, "-"); other == language {
			nearest = shipped
		}
	}
	return nearest
}

// textModules loads those of {"Locale": "de-de"}. An installation is set up without them rather than
// not at all, so a locale that can't be read is only logged.
func (w *wizard) textModules(ctx context.Context, value json.RawMessage) error {
	var wanted struct{ Locale string }
	if err := json.Unmarshal(value, &wanted); err != nil || wanted.Locale == "" {
		w.log.WarnContext(ctx, "auto wizard: no text modules loaded, their locale is not given", "key", "TextModuleLocale")
		return nil
	}
	n, err := LoadTextModules(ctx, w.tx, wanted.Locale)
	if err == nil {
		w.log.InfoContext(ctx, "auto wizard: text modules loaded", "key", "TextModuleLocale", "locale", wanted.Locale, "text_modules", n)
	}
	return err
}
