package account

import "postroom/api/rest"

// Routes are the addresses of the own account, and the one that makes users.
func (s *Room) Routes(t *rest.Table) {
	const users = "/api/v1/users/"
	said := rest.Record{{"message", ""}, {"notice", []any{nil}}, {"user_login", ""}} // a notice is a text and its values
	view := s.people.UserView(rest.Anybody)
	t.Handle("POST /api/v1/users", rest.Known, s.createUser).TakesOf(view.BodySample).CreatesOf(view.OneSample)
	t.Handle("PUT "+users+"preferences", rest.Login, s.setPreferences).Takes(rest.Record{}).Gives(said)
	t.Handle("POST "+users+"preferences_notifications_reset", rest.Login, s.resetNotifications).Gives(said)
	t.Handle("PUT "+users+"out_of_office", rest.Login, s.setOutOfOffice).Takes(rest.Record{
		{"out_of_office", false}, {"out_of_office_start_at", ""}, {"out_of_office_end_at", ""}, {"out_of_office_replacement_id", nil}, {"out_of_office_text", ""},
	}).Gives(said)
	t.Handle("DELETE "+users+"account", rest.Login, s.unlinkAccount).Takes(rest.Record{{"provider", ""}, {"uid", ""}}).Gives(said)
	t.Handle("POST "+users+"password_change", rest.Login, s.changePassword).Takes(rest.Record{{"password_old", ""}, {"password_new", ""}}).Gives(said)
	t.Handle("POST "+users+"password_check", rest.Login, s.checkPassword).Takes(rest.Record{{"password", ""}}).Gives(rest.Record{{"success", false}, {"token", ""}})
	t.Handle("POST "+users+"password_reset", rest.Public, s.requestReset).Takes(rest.Record{{"username", ""}}).Gives(said)
	t.Handle("POST "+users+"password_reset_verify", rest.Public, s.reset).Takes(rest.Record{{"token", ""}, {"password", ""}}).Gives(said)
	t.Handle("POST "+users+"admin_password_auth", rest.Public, s.requestAdminSignIn).Takes(rest.Record{{"username", ""}}).Gives(said)
	t.Handle("POST "+users+"admin_password_auth_verify", rest.Public, s.checkAdminSignIn).Takes(rest.Record{{"token", ""}}).Gives(said)
	t.Handle("POST "+users+"email_verify", rest.Public, s.verifyEmail).Takes(rest.Record{{"token", ""}}).Gives(said)
	t.Handle("POST "+users+"email_verify_send", rest.Public, s.mailVerification).Takes(rest.Record{{"email", ""}}).Gives(said)

	t.Handle("GET "+users+"avatar", rest.Login, s.listAvatars).Gives(rest.Record{{"avatars", []any{avatarSample}}})
	t.Handle("POST "+users+"avatar", rest.Login, s.addAvatar).Takes(rest.Record{{"avatar_full", ""}, {"avatar_resize", ""}}).Gives(rest.Record{{"avatar", avatarSample}})
	t.Handle("DELETE "+users+"avatar", rest.Login, s.deleteAvatar).Takes(rest.Record{{"id", int64(0)}})
	t.Handle("POST "+users+"avatar/set", rest.Login, s.chooseAvatar).Takes(rest.Record{{"id", int64(0)}})
	t.Handle("GET "+users+"image/{hash}", rest.Public, s.showImage).GivesFile("image/*")
}
