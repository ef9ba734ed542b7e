package desk

// Writer is somebody who wrote by a messenger, before we know whether they are one of our users.
type Writer struct {
	Provider  string // of the account by which they are known, such as telegram; empty: the number alone tells
	UID       string // at the provider; stays the same when names change
	Login     string // wanted for the user; empty or taken: UID or the number
	Username  string // at the provider, kept with the account
	Firstname string
	Lastname  string
	Mobile    string // with +; empty: unknown
	Note      string // of a new user
	Rename    bool   // a known user gets login and names, too
}

// Key names a writer among all: whoever makes users of writers does so one after the other.
func (w Writer) Key() string {
	if w.Provider != "" {
		return w.Provider + ":" + w.UID
	}
	return "mobile:" + w.Mobile
}
