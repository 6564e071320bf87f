package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/alecthomas/kingpin/v2"
	"github.com/prometheus/common/model"

	"mongodb_backup_exporter/internal/backup"
	"mongodb_backup_exporter/internal/exporter"
	"mongodb_backup_exporter/internal/report"
)

// listFlags are the flags of backup list.
type listFlags struct {
	placeFlags
	since, output string
}

func backupListCommand(app *kingpin.Application) (string, action) {
	command := backupCommands(app).Command("list", "List the backup sets of one instance, the newest first, as the cloud has them now. "+
		"Exit code: 0 when the list could be read, even if it is empty.")
	var f listFlags
	f.add(command)
	command.Flag("since", "How far back to list, e.g. 30d.").Default("30d").StringVar(&f.since)
	command.Flag("output", "table, json or csv.").Short('o').Default("table").EnumVar(&f.output, "table", "json", "csv")
	return command.FullCommand(), func(ctx context.Context, s *session) error { return f.run(ctx, s) }
}

func (f *listFlags) run(ctx context.Context, s *session) error {
	back, err := model.ParseDuration(f.since)
	if err != nil || back <= 0 {
		return fmt.Errorf("--since: %q is no time like 36h or 30d", f.since)
	}
	e, err := s.loadAndOpen()
	if err != nil {
		return err
	}
	defer e.Close()
	found, err := f.find(ctx, s, e.Find)
	if err != nil {
		return err
	}
	in := found.Instance
	var now stage
	now.is("the backups of %s", in.Target)
	stop := s.tellStage(ctx, &now)
	rows, err := setsOf(ctx, found, s.now().Add(-time.Duration(back)), &now)
	stop()
	if err != nil {
		return fmt.Errorf("%s: %w", in.Target, err)
	}
	switch f.output {
	case "json":
		return report.WriteJSON(s.stdout, map[string]any{"instance_id": in.InstanceID, "instance_name": in.Name, "backups": rows})
	case "csv":
		return report.WriteCSV(s.stdout, rows)
	}
	return printSets(s, in, rows, back)
}

// setRow is what is shown of one backup set.
type setRow struct {
	NodeID  string     `json:"node_id"` // "" for anything but a shard
	ID      string     `json:"backup_id"`
	Start   *time.Time `json:"start"` // null: not known, as all times
	End     *time.Time `json:"end"`
	State   string     `json:"state"`
	Type    string     `json:"type"`
	Trigger string     `json:"trigger"`
	Method  string     `json:"method"` // in the cloud's word; "" where it tells none
	Size    *int64     `json:"size_bytes"`
	Expires *time.Time `json:"expires"` // null also for one that is kept for ever
	Kept    bool       `json:"kept_for_ever"`
	Not     string     `json:"cannot_be_restored,omitempty"` // why it is no recovery point although it succeeded
}

// setsOf asks for the sets of every target of an instance, full and incremental. It notes in now how far it is.
func setsOf(ctx context.Context, of exporter.Found, since time.Time, now *stage) ([]setRow, error) {
	source, in := of.Source, of.Instance
	rows := []setRow{}
	targets := in.Targets()
	for i, t := range targets {
		if len(targets) > 1 {
			now.is("the backups of %s, %d of %d shards have answered", in.Target, i, len(targets))
		}
		list, err := source.Backups(ctx, in, t.NodeID, since)
		if err != nil {
			return nil, err
		}
		more, err := source.Increments(ctx, in, t.NodeID, since)
		if err != nil && ctx.Err() != nil {
			return nil, err
		} // any other failure was logged, and the full ones are worth showing
		for _, set := range slices.Concat(list.Backups, more.Backups) {
			rows = append(rows, newSetRow(t.NodeID, set))
		}
	}
	slices.SortStableFunc(rows, func(a, b setRow) int {
		return cmp.Or(timeOf(b.Start).Compare(timeOf(a.Start)), cmp.Compare(a.NodeID, b.NodeID))
	})
	return rows, nil
}

func newSetRow(node string, set backup.Backup) setRow {
	row := setRow{
		NodeID: node, ID: set.ID, Start: known(set.StartedAt), End: known(set.EndedAt), State: set.State.String(), Type: set.Kind.String(),
		Trigger: set.Trigger.String(), Method: set.Method, Size: set.SizeBytes, Not: set.Unusable,
	}
	if set.ExpiresAt.Equal(backup.Never) {
		row.Kept = true
	} else {
		row.Expires = known(set.ExpiresAt)
	}
	if set.Part != "" {
		row.Not = "holds a part only: " + set.Part
	}
	return row
}

func known(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

func timeOf(t *time.Time) time.Time {
	if t == nil {
		return time.Time{}
	}
	return *t
}

func printSets(s *session, in backup.Instance, rows []setRow, back model.Duration) error {
	if len(rows) == 0 {
		_, err := fmt.Fprintf(s.stdout, "the cloud lists no backup of %s that began in the last %v\n", in.Target, back)
		return err
	}
	shards := len(in.Nodes) > 0
	head := []string{"START", "END", "STATE", "TYPE", "TRIGGER", "SIZE", "EXPIRES", "ID"}
	if shards {
		head = slices.Insert(head, 0, "SHARD")
	}
	table := newColumns(s.stdout, head...)
	notes := []error{}
	for _, r := range rows {
		expires := report.Moment(r.Expires)
		if r.Kept {
			expires = "never"
		}
		cells := []string{report.Moment(r.Start), report.Moment(r.End), r.State, r.Type, r.Trigger, report.Bytes(r.Size), expires, r.ID}
		if shards {
			cells = slices.Insert(cells, 0, r.NodeID)
		}
		table.row(cells...)
		if r.Not != "" {
			notes = append(notes, fmt.Errorf("%s %s", r.ID, plain(r.Not)))
		}
	}
	if err := table.print(); err != nil || len(notes) == 0 {
		return err
	}
	_, err := fmt.Fprintln(s.stdout, "\n"+errors.Join(notes...).Error())
	return err
}
