package exporter

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"mongodb_backup_exporter/internal/backup"
	"mongodb_backup_exporter/internal/manual"
	"mongodb_backup_exporter/internal/poll"
)

// optional is a Source that answers about everything, with copies to a region and one backup.
type optional struct {
	poll.Source

	copyTo  string
	backups []backup.Backup
}

func (o optional) Backups(context.Context, backup.Instance, string, time.Time) (backup.List, error) {
	return backup.List{Backups: o.backups}, nil
}

func (o optional) Policy(context.Context, backup.Instance) (backup.Policy, error) {
	return backup.Policy{CopyRegion: o.copyTo}, nil
}

func (o optional) Copies(_ context.Context, _ backup.Instance, _, to string, _ time.Time) (backup.Copies, error) {
	return backup.Copies{}, &backup.Error{Op: "copies in " + to}
}

func (o optional) CheckRestore(_ context.Context, _ backup.Instance, id string) (backup.RestoreCheck, error) {
	return backup.RestoreCheck{}, &backup.Error{Op: "check of " + id}
}

func (o optional) LastRestore(context.Context, backup.Instance) (time.Time, error) {
	return time.Time{}, &backup.Error{Op: "restores"}
}

// What nobody asks for is not checked live either: the account may lack the permission for it.
func TestOptionalQuestionsAreAskedLiveWhereTheyAreNeeded(t *testing.T) {
	now := clock()
	good := backup.Backup{ID: "b-1", Kind: backup.KindFull, State: backup.StateSuccess, StartedAt: now.Add(-time.Hour), EndedAt: now.Add(-time.Minute)}
	whole, sharded := backup.Instance{}, backup.Instance{Nodes: []string{"d-1"}}
	tests := []struct {
		name   string
		source optional
		check  bool
		in     backup.Instance
		want   []string // the errors of what is asked
	}{
		{"nobody asks", optional{backups: []backup.Backup{good}}, false, whole, nil},
		{"the policy asks for copies", optional{copyTo: "cn-beijing"}, false, whole, []string{"copies in cn-beijing"}},
		{"the configuration asks for checks", optional{backups: []backup.Backup{good}}, true, whole, []string{"check of b-1", "restores"}},
		{"there is no backup to check", optional{}, true, whole, []string{"restores"}},
		{"shards are not checked", optional{backups: []backup.Backup{good}}, true, sharded, []string{"restores"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := poll.Region{Source: tt.source, RestoreCheck: tt.check, Restores: tt.check}
			var got []string
			for _, scope := range []backup.Scope{backup.ScopeCopies, backup.ScopeRestoreCheck, backup.ScopeRestores} {
				asked, err := ask(t.Context(), r, scope, tt.in, now)
				if (err != nil) != asked {
					t.Errorf("%s: asked %v, error %v", scope, asked, err)
				}
				if failure, ok := errors.AsType[*backup.Error](err); ok {
					got = append(got, failure.Op)
				}
			}
			if !slices.Equal(got, tt.want) {
				t.Errorf("asked %q, want %q", got, tt.want)
			}
		})
	}
}

func TestLiveQuestionsFindRegions(t *testing.T) {
	w := newWide(t, allRegions)
	w.fault("DescribeDBInstances", "eu-west-1", "InvalidRegionId.NotFound", http.StatusNotFound)
	var listed []string
	w.CheckLive(t.Context(), func(c Check) {
		if c.Scope == backup.ScopeDiscovery {
			listed = append(listed, c.Region)
			if (c.Err != nil) != c.LeftOut || c.LeftOut != (c.Region == "eu-west-1") {
				t.Errorf("%+v", c)
			}
		}
	})
	if want := []string{"all", "cn-beijing", "cn-hangzhou", "eu-west-1"}; !slices.Equal(listed, want) {
		t.Errorf("asked %q, want %q", listed, want)
	}

	w = newWide(t, allRegions)
	found, err := w.Find(t.Context(), "dds-one", Place{Region: "cn-beijing"})
	if err != nil || found.Instance.Region != "cn-beijing" {
		t.Fatalf("found %v, error %v", found.Instance.Target, err)
	}
	if _, ok := found.Source.(manual.Starter); !ok {
		t.Error("no backup can be started in a region that was found")
	}
	w = newWide(t, allRegions)
	w.fault("DescribeRegions", "", "Forbidden.RAM", http.StatusForbidden)
	_, err = w.Find(t.Context(), "dds-one", Place{})
	none, ok := errors.AsType[*NotListedError](err)
	if !ok || len(none.Failures) != 1 || !strings.HasPrefix(none.Failures[0].Error(), "prod/all: DescribeRegions: permission") {
		t.Errorf("error %v: %v", err, none)
	}
}
