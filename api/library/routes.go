package library

import "postroom/api/rest"

func (s *Room) Routes(t *rest.Table) {
	modules := rest.Needs("admin.text_module")
	s.textModules().Routes(t, "text_modules", rest.Needs("ticket.agent", "admin.text_module"), modules)
	s.textModuleImport().Routes(t, "text_modules", modules, modules)
	s.macros().Routes(t, "macros", rest.Needs("admin.macro", "ticket.agent"), rest.Needs("admin.macro"))
	s.templates().Routes(t, "templates", rest.Needs("admin.template", "ticket.agent"), rest.Needs("admin.template"))
	overviews := rest.Needs("admin.overview")
	s.overviews().Routes(t, "overviews", overviews, overviews)
	t.Handle("POST /api/v1/overviews_prio", overviews, s.orderOverviews).Takes(rest.OrderBody).Gives(rest.OrderAnswer)
	links := rest.Needs("admin.public_links")
	s.publicLinks().Routes(t, "public_links", rest.Known, links)
	t.Handle("POST /api/v1/public_links_prio", links, s.orderPublicLinks).Takes(rest.OrderBody).Gives(rest.OrderAnswer)
	profiles := rest.Needs("admin.report_profile")
	s.reportProfiles().Routes(t, "report_profiles", profiles, profiles)
}
