package searchengine

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
)

// forget deletes the indexes whose names begin so.
func forget(ctx context.Context, url, prefix string) error {
	response, err := ask(ctx, http.MethodGet, url+"/_alias")
	if err != nil {
		return err
	}
	defer response.Body.Close()
	var all map[string]json.RawMessage
	if err := json.NewDecoder(response.Body).Decode(&all); err != nil {
		return err
	}
	for name := range all {
		if !strings.HasPrefix(name, prefix) {
			continue
		}
		deleted, err := ask(ctx, http.MethodDelete, url+"/"+name)
		if err != nil {
			return err
		}
		if err := deleted.Body.Close(); err != nil {
			return err
		}
		if deleted.StatusCode >= 300 && deleted.StatusCode != http.StatusNotFound {
			return fmt.Errorf("delete index %s: %s", name, deleted.Status)
		}
	}
	return nil
}

func ask(ctx context.Context, method, url string) (*http.Response, error) {
	request, err := http.NewRequestWithContext(ctx, method, url, http.NoBody)
	if err != nil {
		return nil, err
	}
	return http.DefaultClient.Do(request)
}
