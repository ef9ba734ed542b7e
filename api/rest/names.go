package rest

import "postroom/internal/desk"

// AddName adds what an id stands for; none, or one of nothing, adds no key.
func AddName[ID comparable](r *Record, key string, id *ID, names map[ID]string) {
	if id == nil {
		return
	}
	if name, ok := names[*id]; ok {
		r.Add(key, name)
	}
}

// AddStampNames adds who made and who last changed a record.
func AddStampNames(r *Record, stamp desk.Stamp, logins map[desk.UserID]string) {
	AddName(r, "created_by", &stamp.CreatedByID, logins)
	AddName(r, "updated_by", &stamp.UpdatedByID, logins)
}

// NamesIn are the names of ids, in their order.
func NamesIn[T comparable](ids []T, names map[T]string) []string {
	all := make([]string, 0, len(ids))
	for _, id := range ids {
		if name, ok := names[id]; ok {
			all = append(all, name)
		}
	}
	return all
}
