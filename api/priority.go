package api

import (
	"context"

	"postroom/internal/desk"
	"postroom/internal/store"
)

func (s *Server) priorities() *resource[desk.Priority, desk.PriorityID] {
	return &resource[desk.Priority, desk.PriorityID]{
		server:   s,
		table:    store.Priorities,
		view:     s.priorityView,
		sortable: []string{"name", "default_create", "ui_icon", "ui_color", "note", "active"},
		fresh:    func() desk.Priority { return desk.Priority{Active: true} },
		read:     readPriority,
	}
}

func (s *Server) priorityView(*desk.Caller) view[desk.Priority] {
	shown := viewOf(s, store.Priorities)
	shown.records = each(func(v desk.Priority) record {
		return record{
			{"id", v.ID}, {"name", v.Name}, {"default_create", v.DefaultCreate}, {"ui_icon", v.UIIcon}, {"ui_color", v.UIColor},
			{"note", v.Note}, {"active", v.Active},
		}.stamped(v.Stamp)
	})
	return shown
}

func readPriority(ctx context.Context, tx *store.Store, in *input, v *desk.Priority) error {
	in.name(&v.Name)
	in.flag(&v.DefaultCreate, "default_create")
	in.flag(&v.Active, "active")
	in.nullText(&v.UIIcon, "ui_icon", maxName)
	in.nullText(&v.UIColor, "ui_color", maxName)
	in.nullHTML(&v.Note, "note", maxNote)
	if in.err != nil {
		return in.err
	}
	return store.Priorities.CheckName(ctx, tx, v.Name, v.ID)
}
