package signin

import (
	"net/http"

	"postroom/api/rest"
	"postroom/internal/desk"
	"postroom/internal/desk/identity"
)

// maxSessions bounds the list of sessions.
const maxSessions = 1000

// listSessions shows who is signed in.
func (s *Room) listSessions(w http.ResponseWriter, r *http.Request) error {
	sessions, err := s.Store.Sessions(r.Context(), maxSessions)
	if err != nil {
		return err
	}
	shown := make([]rest.Record, len(sessions))
	users := rest.Set[desk.UserID]{}
	for i, session := range sessions {
		shown[i] = sessionRecord(session)
		users.Add(session.UserID)
	}
	assets, organizations, who := rest.Record{}, rest.Set[desk.OrganizationID]{}, rest.Caller(r)
	if err := s.people.AddPeople(r.Context(), who, &assets, users, organizations); err != nil {
		return err
	}
	if err := s.people.AddOrganizations(r.Context(), who, &assets, organizations); err != nil {
		return err
	}
	return rest.Reply(w, r, rest.Record{{"sessions", shown}, {"assets", assets}})
}

func sessionRecord(v identity.Session) rest.Record {
	return rest.Record{
		{"id", v.ID},
		{"data", rest.Record{
			{"user_id", v.UserID}, {"switched_from_user_id", v.SwitchedFromID}, {"authentication_type", v.Authentication},
			{"persistent", true}, {"remember_me", v.RememberMe}, {"user_device_id", v.DeviceID},
			{"user_device_fingerprint", v.Fingerprint}, {"remote_ip", v.RemoteIP}, {"user_agent", v.UserAgent},
		}},
		{"persistent", true}, {"created_at", v.CreatedAt}, {"updated_at", v.UpdatedAt},
	}
}

// deleteSession signs somebody out.
func (s *Room) deleteSession(w http.ResponseWriter, r *http.Request) error {
	id, err := rest.PathID[identity.SessionID](r, "id", "Session")
	if err != nil {
		return err
	}
	if err := s.Store.DeleteSession(r.Context(), id); err != nil {
		return err
	}
	s.callers.forget()
	return rest.Deleted(w)
}

// switchTo lets an administrator work as somebody else until switching back.
func (s *Room) switchTo(w http.ResponseWriter, r *http.Request) error {
	id, err := rest.PathID[desk.UserID](r, "id", "User")
	if err != nil {
		return err
	}
	user, err := s.Store.User(r.Context(), id)
	if err != nil {
		return err
	}
	session, err := switchable(r)
	if err != nil {
		return err
	}
	from := &session.UserID
	if session.SwitchedFromID != nil {
		from = session.SwitchedFromID
	}
	return s.switchSession(w, r, session, user.ID, from)
}

// switchBack makes a session the administrator's again.
func (s *Room) switchBack(w http.ResponseWriter, r *http.Request) error {
	session, err := switchable(r)
	if err != nil {
		return err
	}
	if session.SwitchedFromID == nil {
		return &desk.ForbiddenError{}
	}
	return s.switchSession(w, r, session, *session.SwitchedFromID, nil)
}

// switchable is the session of a request that may be switched. As switching is asked for with GET,
// which a link on anybody's page can, browsers that say where a request comes from are listened to.
func switchable(r *http.Request) (*identity.Session, error) {
	session := rest.Session(r)
	if session == nil || r.Header.Get("Sec-Fetch-Site") == "cross-site" {
		return nil, &desk.ForbiddenError{}
	}
	return session, nil
}

func (s *Room) switchSession(w http.ResponseWriter, r *http.Request, session *identity.Session, to desk.UserID, from *desk.UserID) error {
	if err := s.Store.SwitchSession(r.Context(), session.ID, to, from); err != nil {
		return err
	}
	s.Log.InfoContext(r.Context(), "session switched to another user", "session_id", session.ID, "from_user_id", session.UserID, "user_id", to)
	s.callers.forget()
	return rest.WriteJSON(w, http.StatusOK, rest.Record{{"success", true}, {"location", ""}})
}
