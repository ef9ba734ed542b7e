package api

import "postroom/internal/desk"

// addName adds what an id stands for; none, or one of nothing, adds no key.
func addName[ID comparable](r *record, key string, id *ID, names map[ID]string) {
	if id == nil {
		return
	}
	if name, ok := names[*id]; ok {
		r.add(key, name)
	}
}

// addStampNames adds who made and who last changed a record.
func addStampNames(r *record, stamp desk.Stamp, logins map[desk.UserID]string) {
	addName(r, "created_by", &stamp.CreatedByID, logins)
	addName(r, "updated_by", &stamp.UpdatedByID, logins)
}
