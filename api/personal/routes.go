package personal

import (
	"postroom/api/rest"
	"postroom/internal/desk/workspace"
)

// Routes are the addresses of what is somebody's own: everybody who is signed in has some.
func (s *Room) Routes(t *rest.Table) {
	told := s.notificationView(rest.Anybody)
	t.Handle("GET /api/v1/online_notifications", rest.Login, s.listNotifications).Asks("page", "per_page", "expand", "full").GivesOf(told.ListSample)
	t.Handle("GET /api/v1/online_notifications/{id}", rest.Login, s.getNotification).Asks(rest.ShapeQuery...).GivesOf(told.OneSample)
	t.Handle("PUT /api/v1/online_notifications/{id}", rest.Login, s.updateNotification).Takes(rest.Record{{"seen", false}}).GivesOf(told.OneSample)
	t.Handle("DELETE /api/v1/online_notifications/{id}", rest.Login, s.deleteNotification)
	t.Handle("POST /api/v1/online_notifications/mark_all_as_read", rest.Login, s.markAllAsRead)

	t.Handle("GET /api/v1/recent_view", rest.Login, s.listRecentViews).Asks(rest.ShapeQuery...).GivesOf(s.recentViewView().ListSample)
	t.Handle("POST /api/v1/recent_view", rest.Login, s.noteView).Takes(rest.Record{{"object", ""}, {"o_id", 0}}).Gives(rest.Record{{"message", ""}})
	t.Handle("GET /api/v1/activity_stream", rest.Login, s.listActivities).Asks("limit", "expand", "full").GivesOf(s.activityView(rest.Anybody).ListSample)

	tab := s.taskbarView()
	t.Handle("GET /api/v1/taskbar", rest.Login, s.listTaskbars).Asks(rest.ShapeQuery...).GivesOf(tab.ListSample)
	t.Handle("GET /api/v1/taskbar/init", rest.Login, s.initTaskbars).Gives(rest.Record{{"record_ids", []int64{}}, {"assets", rest.Record{}}})
	t.Handle("GET /api/v1/taskbar/{id}", rest.Login, s.getTaskbar).Asks(rest.ShapeQuery...).GivesOf(tab.OneSample)
	t.Handle("POST /api/v1/taskbar", rest.Login, s.createTaskbar).TakesOf(tab.BodySample).CreatesOf(tab.OneSample)
	t.Handle("PUT /api/v1/taskbar/{id}", rest.Login, s.updateTaskbar).TakesOf(tab.BodySample).GivesOf(tab.OneSample)
	t.Handle("DELETE /api/v1/taskbar/{id}", rest.Login, s.deleteTaskbar)

	own, sorted := rest.Needs(workspace.PermissionOverviewSorting), s.overviewSortingView()
	t.Handle("GET /api/v1/user_overview_sortings", own, s.listOverviewSortings).Asks(rest.ShapeQuery...).GivesOf(sorted.ListSample)
	t.Handle("GET /api/v1/user_overview_sortings/{id}", own, s.getOverviewSorting).Asks(rest.ShapeQuery...).GivesOf(sorted.OneSample)
	t.Handle("POST /api/v1/user_overview_sortings", own, s.createOverviewSorting).TakesOf(sorted.BodySample).CreatesOf(sorted.OneSample)
	t.Handle("PUT /api/v1/user_overview_sortings/{id}", own, s.updateOverviewSorting).TakesOf(sorted.BodySample).GivesOf(sorted.OneSample)
	t.Handle("DELETE /api/v1/user_overview_sortings/{id}", own, s.deleteOverviewSorting)
	t.Handle("POST /api/v1/user_overview_sortings_prio", own, s.orderOverviews).Takes(rest.OrderBody).Gives(rest.OrderAnswer)
}
