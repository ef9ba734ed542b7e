package main

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/redis/go-redis/v9"
	"github.com/spf13/cobra"

	"postroom/internal/desk"
	"postroom/internal/directorysync"
	"postroom/internal/egress"
	"postroom/internal/importer"
	"postroom/internal/intake"
	"postroom/internal/perform"
	"postroom/jobs"
	"postroom/jobs/agents"
	"postroom/jobs/calls"
	"postroom/jobs/chat"
	"postroom/jobs/deadline"
	"postroom/jobs/directory"
	"postroom/jobs/hook"
	runimport "postroom/jobs/importer"
	"postroom/jobs/index"
	sendmessages "postroom/jobs/messenger"
	"postroom/jobs/scheduler"
	"postroom/jobs/signatures"
	"postroom/jobs/task"
	"postroom/jobs/trigger"
	"postroom/spool"
)

func (p *program) workCommand() *cobra.Command {
	var queues []string
	cmd := &cobra.Command{
		Use:   "work",
		Short: "Run workers alone",
		Long: `Runs workers alone, for all queues or some. WORKERS_INBOUND and the like say how many tasks of a
queue are worked on at once. Any number of such processes may run on any number of machines.
The queues: ` + strings.Join(task.Queues, ", ") + ".",
		Example: "  postroom work --queues inbound,deliver\n  WORKERS_INBOUND=16 postroom work --queues inbound",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if cmd.Flags().Changed("queues") && len(queues) == 0 { // a variable that was empty, perhaps
				return fmt.Errorf("--queues names none; there are %s", strings.Join(task.Queues, ", "))
			}
			return p.work(cmd.Context(), queues)
		},
	}
	cmd.Flags().StringSliceVar(&queues, "queues", nil, "only these queues, separated by commas")
	return cmd
}

func (p *program) work(ctx context.Context, queues []string) error {
	for _, queue := range queues {
		if !slices.Contains(task.Queues, queue) {
			return fmt.Errorf("there is no queue %q; there are %s", queue, strings.Join(task.Queues, ", "))
		}
	}
	cfg, log, err := p.prepare()
	if err != nil {
		return err
	}
	workers := map[string]int{}
	var ready []string
	for _, queue := range task.Queues {
		n := cfg.Work.Workers[queue]
		if n > 0 && (len(queues) == 0 || slices.Contains(queues, queue)) {
			workers[queue] = n
			ready = append(ready, fmt.Sprintf("%s %d", queue, n))
		}
	}
	if len(ready) == 0 {
		return fmt.Errorf("no workers: WORKERS_… or ZAMMAD_PROCESS_DELAYED_JOBS_DISABLE switch all of these queues off, see `postroom config`")
	}
	databaseURL, redisURL := find(cfg)
	if redisURL == "" {
		return errNoRedis
	}
	h, err := p.start(ctx, cfg, log, databaseURL, redisURL)
	if err != nil {
		return err
	}
	defer h.close()
	client, err := jobs.Dial(h.redisURL)
	if err != nil {
		return err
	}
	defer client.Close()
	fmt.Fprintln(p.out, "Postroom's workers are ready:", strings.Join(ready, ", "))
	return p.runParts(ctx, cfg, log, h.workPart(client, workers))
}

// workPart ties every kind of work to the job that does it.
func (h *house) workPart(client redis.UniversalClient, workers map[string]int) part {
	in := intake.New(h.store, h.blobs, h.log)
	run := jobs.NewWorkers(h.store, client, h.log, jobs.WorkersOptions{Counts: workers, ShutdownWithin: partTime(h.cfg)},
		jobs.NewProcessMessage(in, h.messengers(), keepIn(spool.New(h.cfg.Places.Spool)), h.log).Handler(),
		jobs.Handle(sendmessages.NewDeliver(h.store, h.blobs, h.ways(), h.log), jobs.Retrying(sendmessages.Timeout, sendmessages.Delays())),
		jobs.Handle(sendmessages.NewReply(h.store, h.ways(), h.log), jobs.Retrying(sendmessages.Timeout, sendmessages.Delays())),
		jobs.NewDeliverArticle(h.store, h.blobs, h.accounts.Sender, jobs.DeliveryDelays(), h.log).Handler(),
		jobs.Handle(trigger.New(h.store, perform.New(h.blobs, h.log), h.log, tellAgents, hook.ForSlack), jobs.Patient(trigger.Timeout)),
		jobs.Handle(scheduler.NewRun(h.store, perform.New(h.blobs, h.log), h.log), jobs.Patient(scheduler.Timeout)),
		jobs.Handle(agents.NewTell(h.store), jobs.Patient(agents.Timeout)),
		jobs.Handle(agents.NewMail(h.store, h.mails, h.blobs, h.accounts.Sender, h.log), jobs.Retrying(agents.Timeout, jobs.DeliveryDelays())),
		jobs.Handle(hook.New(h.store, h.outgoing(), h.log),
			jobs.Policy{Timeout: hook.Timeout, Attempts: hook.Attempts, Delay: hook.Delay}),
		jobs.Handle(hook.NewSlack(h.store, h.outgoing(), h.log), jobs.Patient(hook.SlackTimeout)),
		jobs.NewMailAccount(h.store, h.mails, h.accounts.Sender, jobs.DeliveryDelays(), h.log).Handler(),
		jobs.NewRefuseMail(h.store, h.accounts.Sender, jobs.DeliveryDelays(), h.log).Handler(),
		jobs.NewReleaseBlobs(h.store, h.blobs).Handler(),
		jobs.Handle(deadline.NewMeet(h.store, h.log), jobs.Patient(deadline.MeetTimeout)),
		jobs.Handle(deadline.NewRebuild(h.store, h.log), jobs.Patient(deadline.RebuildTimeout)),
		jobs.Handle(deadline.NewFollow(h.store), jobs.Patient(deadline.FollowTimeout)),
		jobs.Handle(deadline.NewSyncCalendar(h.store, h.outgoing().Client(
			egress.Options{Timeout: deadline.FeedTimeout, Redirects: deadline.FeedRedirects}), h.log), jobs.Patient(deadline.SyncTimeout)),
		jobs.NewForgetRecord(h.store).Handler(),
		jobs.Handle(directory.NewRead(h.store, directorysync.New(h.store, h.outgoing(), h.linked(), h.log), h.log), jobs.Patient(directory.Timeout)),
		jobs.Handle(signatures.New(h.store), jobs.Patient(signatures.Timeout)),
		jobs.NewCollectCallerIDs(h.store).Handler(),
		jobs.Handle(index.NewChanges(h.indexWriter()), jobs.Patient(index.Timeout)),
		jobs.Handle(runimport.New(h.store, importer.New(h.store, h.blobs, h.outgoing(), h.log), h.log),
			jobs.Patient(runimport.Timeout)),
		jobs.NewCollectAllCallerIDs(h.store).Handler(),
		jobs.Handle(calls.NewMissed(h.store, h.pages(client).Wake), jobs.Patient(calls.Timeout)),
		jobs.Handle(chat.NewLeave(h.store, h.pages(client).Wake), jobs.Patient(chat.Timeout)),
		jobs.Handle(chat.NewFile(h.store), jobs.Patient(chat.Timeout)),
	)
	return part{"workers", run.Run}
}

// tellAgents says that agents may want to know of what happened to a ticket.
func tellAgents(_ *desk.Catalog, event desk.TicketEvent) task.Kind {
	return task.AgentsToTell{TicketEvent: event}
}
