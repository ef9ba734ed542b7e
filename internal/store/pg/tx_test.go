package pg_test

import (
	"bytes"
	"testing"

	"github.com/jackc/pgx/v5/pgxpool"

	"postroom/internal/devstack"
	"postroom/internal/store/pg"
	"postroom/internal/store/seal"
)

func TestBriefTransactionPlansOnceAndOthersAsEver(t *testing.T) {
	t.Parallel()
	config, err := pgxpool.ParseConfig(devstack.Database(t))
	if err != nil {
		t.Fatal(err)
	}
	config.MaxConns = 1 // so that all of them have the same connection
	sealer, err := seal.New(bytes.Repeat([]byte{9}, 32))
	if err != nil {
		t.Fatal(err)
	}
	db, err := pg.Open(t.Context(), config, sealer)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(db.Close)
	read := func(tx *pg.DB) (mode string) {
		mode, err := pg.Value[string](t.Context(), tx, "mode", `SELECT current_setting('plan_cache_mode') || ' ' || current_setting('enable_seqscan')`)
		if err != nil {
			t.Error(err)
		}
		return mode
	}
	brief, usual := "", ""
	err = db.InBriefTx(t.Context(), func(tx *pg.DB) error {
		return tx.InTx(t.Context(), func(same *pg.DB) error { brief = read(same); return nil })
	})
	if err != nil || brief != "force_generic_plan off" {
		t.Errorf("brief transaction has %q, %v", brief, err)
	}
	err = db.InTx(t.Context(), func(tx *pg.DB) error { usual = read(tx); return nil })
	if err != nil || usual != "auto on" {
		t.Errorf("the next one has %q, %v", usual, err)
	}
}
