package api

import (
	"postroom/api/account"
	"postroom/api/automation"
	"postroom/api/bulk"
	"postroom/api/chat"
	"postroom/api/checkmk"
	"postroom/api/collab"
	"postroom/api/directory"
	"postroom/api/files"
	"postroom/api/firststeps"
	"postroom/api/form"
	"postroom/api/importer"
	"postroom/api/integration"
	"postroom/api/knowledge"
	"postroom/api/library"
	"postroom/api/live"
	"postroom/api/longpoll"
	"postroom/api/mail"
	"postroom/api/messaging"
	"postroom/api/oauth"
	"postroom/api/objects"
	"postroom/api/people"
	"postroom/api/personal"
	"postroom/api/reports"
	"postroom/api/rest"
	"postroom/api/search"
	"postroom/api/security"
	"postroom/api/shown"
	"postroom/api/site"
	"postroom/api/subscription"
	"postroom/api/system"
	"postroom/api/telephony"
	"postroom/api/thirdparty"
	"postroom/api/tickets"
	"postroom/api/translation"
	"postroom/api/twofactor"
	"postroom/api/uploads"
	"postroom/api/widget"
	"postroom/api/worklist"
	"postroom/internal/directorysync"
)

// table is every address there is, a room at a time.
func (s *Server) table(needs Needs, people *people.Room, directories *directorysync.Service) []*rest.Route {
	t := &rest.Table{}
	system := system.New(s.House, needs.Version, needs.AutoWizard, s.signin.Begin)
	system.Routes(t)
	s.signin.Routes(t)
	oauth.New(s.House, s.signin.SignInPage).Routes(t)
	thirdparty.New(s.House, s.signin, needs.SignInAt).Routes(t)
	twofactor.New(s.House).Routes(t)
	people.Routes(t)
	account.New(s.House, people, directories).Routes(t)
	uploads.New(s.House).Routes(t)
	translation.New(s.House).Routes(t)
	library.New(s.House).Routes(t)
	automation.New(s.House, people).Routes(t)
	mail.New(s.House, needs.Wizard, needs.Providers).Routes(t)
	messaging.New(s.House, needs.Messaging).Routes(t)
	security.New(s.House).Routes(t)
	objects.New(s.House).Routes(t)
	telephony.New(s.House, people, needs.SIPNames).Routes(t)
	integration.New(s.House).Routes(t)
	importer.New(s.House).Routes(t)
	directory.New(s.House, directories).Routes(t)
	knowledge := knowledge.New(s.House)
	knowledge.Routes(t)
	shown := shown.New(s.House, people)
	tickets := tickets.New(s.House, people, shown)
	tickets.Routes(t)
	bulk.New(s.House, tickets, shown).Routes(t)
	files.New(s.House, shown, knowledge.MayRead).Routes(t)
	worklist := worklist.New(s.House, shown)
	worklist.Routes(t)
	checkmk.New(s.House, tickets.Describe).Routes(t)
	form.New(s.House, needs.Resolver).Routes(t)
	widget.New(s.House).Routes(t)
	chat := chat.New(s.House, people, system.AssetsOf)
	chat.Routes(t)
	search.New(s.House, append(people.Searchable(), worklist.Searchable(), knowledge.Searchable(), chat.Searchable())...).Routes(t)
	collab.New(s.House, people, shown, knowledge).Routes(t)
	personal.New(s.House, people, shown).Routes(t)
	reports.New(s.House, shown).Routes(t)
	firststeps.New(s.House, tickets, shown).Routes(t)
	subscription.New(s.House).Routes(t)
	site.New(s.House).Routes(t)
	longpoll.New(s.House, needs.Version, chat.Take, needs.Requests).Routes(t)
	s.sockets = live.New(s.House, needs.Version, s.signin.Recognise, chat.Take)
	t.Handle("GET "+documentPath, rest.Public, s.serveDocument).Gives(rest.Record{{"openapi", ""}, {"paths", map[string]any{}}})
	return t.Routes
}
