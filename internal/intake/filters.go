package intake

import (
	"context"
	"fmt"

	"postroom/internal/store"
)

// filter looks at a mail and decides one thing about it. It may ask the database, within the
// transaction that makes the mail a ticket; most need not, because what the mail mentions has been
// looked up before.
type filter struct {
	name  string // as existing installations know it: it gives the order
	apply func(context.Context, *store.Store, *mail) error
}

// filters in the order in which they run. All run, also when one has decided to ignore the mail.
var filters = []filter{
	{"0005_postmaster_filter_trusted", pure(trust)},
	{"0006_postmaster_filter_auto_response_check", pure(checkAutoResponse)},
	{"0007_postmaster_filter_follow_up_check", findFollowUp},
	{"0008_postmaster_filter_follow_up_merged", followMerged},
	{"0009_postmaster_filter_follow_up_assignment", pure(unassignFollowUp)},
	{"0011_postmaster_sender_based_on_reply_to", pure(senderFromReplyTo)},
	{"0012_postmaster_filter_sender_is_system_address", pure(checkSenderIsAgent)},
	{"0014_postmaster_filter_own_notification_loop_detection", pure(dropOwnNotification)},
	{"0015_postmaster_filter_identify_sender", identifySender},
	{"0018_postmaster_import_archive", importArchive},
	{"0030_postmaster_filter_out_of_office_check", pure(checkOutOfOffice)},
	{"0200_postmaster_filter_follow_up_possible_check", pure(checkFollowUpPossible)},
	{"0900_postmaster_filter_bounce_follow_up_check", pure(followBounce)},
	{"0950_postmaster_filter_bounce_delivery_permanent_failed", markUndeliverable},
	{"0955_postmaster_filter_bounce_delivery_temporary_failed", pure(checkDelay)},
	{"1000_postmaster_filter_database_check", applyPostmaster},
	{"5000_postmaster_filter_icinga", monitoring("icinga")},
	{"5100_postmaster_filter_nagios", monitoring("nagios")},
	{"5300_postmaster_filter_monit", monitoring("monit")},
	{"5400_postmaster_filter_jira_check", jira.find},
	{"5400_postmaster_filter_service_now_check", serviceNow.find},
	{"5500_postmaster_internal_article_check", checkInternal},
}

// pure is a filter that needs nothing but the mail.
func pure(decide func(*mail)) func(context.Context, *store.Store, *mail) error {
	return func(_ context.Context, _ *store.Store, m *mail) error {
		decide(m)
		return nil
	}
}

func runFilters(ctx context.Context, tx *store.Store, m *mail) error {
	for _, f := range filters {
		if err := f.apply(ctx, tx, m); err != nil {
			return fmt.Errorf("filter %s: %w", f.name, err)
		}
	}
	return nil
}
