package indexing

import (
	"context"

	"postroom/internal/desk"
	"postroom/internal/document"
	"postroom/internal/store/pg"
)

// FileTexts returns the texts of those files that were read before. Of those beyond what a document
// holds it says only that they were.
func (s Keeper) FileTexts(ctx context.Context, ids []desk.BlobID) (map[desk.BlobID]string, error) {
	if len(ids) == 0 {
		return map[desk.BlobID]string{}, nil
	}
	return pg.Keyed[desk.BlobID](ctx, s.DB, "texts of files", `
		SELECT blob_id, CASE WHEN sum(octet_length(text)) OVER (ORDER BY blob_id) <= $2 THEN text ELSE '' END
		FROM search_texts
		WHERE blob_id = ANY($1)`, pg.Whole[string], pg.Distinct(ids), document.MaxTexts)
}

// KeepFileText keeps the text of a file, unless the file is gone.
func (s Keeper) KeepFileText(ctx context.Context, id desk.BlobID, text string) error {
	return pg.Exec(ctx, s.DB, "keep text of a file", `
		INSERT INTO search_texts (blob_id, text)
		SELECT id, $2 FROM blobs WHERE id = $1
		ON CONFLICT (blob_id) DO NOTHING`, id, text)
}
