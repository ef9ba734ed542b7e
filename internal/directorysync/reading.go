package directorysync

import (
	"context"
	"errors"
	"log/slog"
	"maps"
	"slices"

	"postroom/internal/desk"
	"postroom/internal/desk/history"
	"postroom/internal/store"
	"postroom/internal/store/catalog"
)

// reading is one reading of one or more directories, one after the other.
type reading struct {
	store   *store.Store
	log     *slog.Logger
	catalog *desk.Catalog
	dryRun  bool
	note    func(Result) error

	roles map[desk.RoleID]string // names

	visit
	met    map[desk.UserID]entry // whom another directory has, by where they are, too
	result Result
}

// visit is what is known of one directory while it is read.
type visit struct {
	source   string
	loggedIn bool          // people sign in with what the directory calls login
	doubtful []desk.RoleID // nobody can tell now who is in their groups
	seen     map[desk.UserID]bool
	people   int
}

// entry is where somebody is found.
type entry struct{ source, name string }

// person is somebody in a directory.
type person struct {
	name     string
	fields   map[string]string
	roles    []desk.RoleID // nil: those of who signs up, and for a user there is whatever he has
	unwanted bool          // is to be no user, or none any more
}

// atOnce is how many people a transaction takes.
const atOnce = 100

// errDryRun takes back what a dry run did.
var errDryRun = errors.New("dry run")

func (r *reading) begin(ctx context.Context, source string, loggedIn bool) (err error) {
	r.visit = visit{source: source, loggedIn: loggedIn, seen: map[desk.UserID]bool{}}
	r.roles, err = catalog.Roles.Names(ctx, r.store.DB)
	return err
}

// take makes users of people, some at a time: users who are being changed can't do anything meanwhile.
func (r *reading) take(ctx context.Context, people []person) error {
	for some := range slices.Chunk(people, atOnce) {
		var b *batch
		err := r.store.InTx(ctx, func(tx *store.Store) error {
			b = &batch{reading: r, users: map[string]desk.UserID{}, met: map[desk.UserID]entry{}} // it may be tried again
			if err := b.take(ctx, tx, some); err != nil || !r.dryRun {
				return err
			}
			return errDryRun
		})
		if err != nil && !errors.Is(err, errDryRun) {
			return err
		}
		for _, id := range b.users {
			r.seen[id] = true
		}
		for id, at := range b.met {
			r.seen[id] = true
			if _, known := r.met[id]; !known {
				r.met[id] = at
			}
		}
		r.people += len(some)
		r.result.add(b.result)
	}
	return r.note(r.result)
}

// errNobody keeps a directory that lost its people, or does not show them any more, from taking all
// users with them.
var errNobody = errors.New("the directory shows nobody: is its base or filter right? Nobody was made inactive")

// end makes those users inactive whom a directory had and has no more.
func (r *reading) end(ctx context.Context, there visit) error {
	r.visit = there
	if r.people == 0 {
		return errNobody
	}
	for after := desk.UserID(0); ; {
		ids, err := r.store.DirectoryUsers(ctx, r.source, after, atOnce)
		if err != nil || len(ids) == 0 {
			return err
		}
		after = ids[len(ids)-1]
		gone := slices.DeleteFunc(ids, func(id desk.UserID) bool { return r.seen[id] })
		if err := r.lose(ctx, gone); err != nil {
			return err
		}
	}
}

func (r *reading) lose(ctx context.Context, gone []desk.UserID) error {
	if len(gone) == 0 {
		return nil
	}
	var lost Result
	err := r.store.InTx(ctx, func(tx *store.Store) error {
		lost = Result{}
		users, err := tx.LockDirectoryUsers(ctx, gone)
		if err != nil {
			return err
		}
		for _, id := range slices.Sorted(maps.Keys(users)) {
			outcome, part := deactivated, r.deactivate
			if to, moved := r.met[id]; moved {
				outcome = updated
				part = func(ctx context.Context, tx *store.Store, user desk.User) error { return r.handOver(ctx, tx, user, to) }
			}
			if err := tx.Attempt(ctx, func(tx *store.Store) error { return part(ctx, tx, users[id]) }); err != nil {
				if !desk.Permanent(err) {
					return err
				}
				r.refused(ctx, id, err)
				outcome = failed
			}
			lost.count(outcome, 1, nil)
		}
		if r.dryRun {
			return errDryRun
		}
		return nil
	})
	if err != nil && !errors.Is(err, errDryRun) {
		return err
	}
	r.result.add(lost)
	return r.note(r.result)
}

// deactivate keeps somebody out who is gone in the directory. The last administrator stays.
func (r *reading) deactivate(ctx context.Context, tx *store.Store, user desk.User) error {
	return tx.KeepAdmin(ctx, func() error {
		after := user
		after.Active, after.UpdatedByID = false, desk.SystemUser
		if err := tx.SaveUser(ctx, &after); err != nil {
			return err
		}
		if err := tx.AddHistory(ctx, history.UserChanges(user, after, r.catalog, desk.SystemUser)); err != nil {
			return err
		}
		if err := tx.EndSessions(ctx, user.ID, 0); err != nil {
			return err
		}
		return tx.LoseUser(ctx, r.source, user.ID)
	})
}

// handOver makes somebody a user of the directory that has the person now. What else is different there
// is taken over when it is read next.
func (r *reading) handOver(ctx context.Context, tx *store.Store, user desk.User, to entry) error {
	after := user
	after.Source, after.UpdatedByID = &to.source, desk.SystemUser
	if err := tx.SaveUser(ctx, &after); err != nil {
		return err
	}
	if err := tx.AddHistory(ctx, history.UserChanges(user, after, r.catalog, desk.SystemUser)); err != nil {
		return err
	}
	if err := tx.LoseUser(ctx, r.source, user.ID); err != nil {
		return err
	}
	return tx.LinkEntries(ctx, to.source, map[string]desk.UserID{to.name: user.ID})
}

func (r *reading) refused(ctx context.Context, id desk.UserID, err error) {
	r.log.WarnContext(ctx, "somebody in a directory can't become a user", "source", r.source, "user_id", id, "error", err)
}
