package manual_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"mongodb_backup_exporter/internal/backup"
	"mongodb_backup_exporter/internal/manual"
)

// source is a cloud whose answers may change with every look.
type source struct {
	looks   int
	backups func(look int, node string) (backup.List, error)
	jobs    func(look int) ([]backup.Job, error)
}

func (s *source) Backups(_ context.Context, in backup.Instance, node string, _ time.Time) (backup.List, error) {
	defer func() {
		if node == "" || node == in.Nodes[len(in.Nodes)-1] {
			s.looks++
		}
	}()
	return s.backups(s.looks, node)
}

func (s *source) Jobs(context.Context, backup.Instance) ([]backup.Job, error) {
	if s.jobs == nil {
		return nil, &backup.Error{Class: backup.ClassUnsupported}
	}
	return s.jobs(s.looks)
}

func set(id string, trigger backup.Trigger, state backup.State) backup.Backup {
	return backup.Backup{ID: id, Trigger: trigger, State: state, Kind: backup.KindFull}
}

func list(sets ...backup.Backup) backup.List { return backup.List{Backups: sets} }

func TestFollow(t *testing.T) {
	const manualSet, automatic = backup.TriggerManual, backup.TriggerAutomatic
	before := set("before", manualSet, backup.StateSuccess)
	refused := &backup.Error{Op: "DescribeBackups", Class: backup.ClassThrottled}
	tests := []struct {
		name    string
		nodes   []string
		id      string                                           // of the backup set, if the cloud gave one
		backups func(look int, node string) (backup.List, error) // look 0 is the preparation
		jobs    func(look int) ([]backup.Job, error)
		want    []manual.Progress
		err     string
	}{
		{
			name: "a set appears",
			backups: func(look int, _ string) (backup.List, error) {
				if look < 3 {
					return list(before), nil
				}
				return list(set("new", manualSet, backup.StateSuccess), before), nil
			},
			want: []manual.Progress{{Targets: 1}, {Targets: 1, Elapsed: time.Second}, {Targets: 1, Done: 1, Elapsed: 2 * time.Second}},
		},
		{
			name:    "progress, then failure with the cloud's reason",
			backups: func(int, string) (backup.List, error) { return list(), nil },
			jobs: func(look int) ([]backup.Job, error) {
				if look < 2 {
					return []backup.Job{{ID: "other", State: backup.JobRunning, Progress: new(1.0)}, {ID: "job", State: backup.JobRunning, Progress: new(40.0)}}, nil
				}
				return []backup.Job{{ID: "job", State: backup.JobFailed, Reason: "disk full"}}, nil
			},
			want: []manual.Progress{{Targets: 1, Percent: new(40.0)}, {Targets: 1, Elapsed: time.Second}},
			err:  "the backup job job failed: disk full",
		},
		{
			name: "a job of the schedule is not ours",
			backups: func(look int, _ string) (backup.List, error) {
				if look < 2 {
					return list(), nil
				}
				return list(set("ours", manualSet, backup.StateSuccess)), nil
			},
			jobs: func(look int) ([]backup.Job, error) {
				nightly := backup.Job{ID: "nightly", State: backup.JobRunning, Trigger: automatic, Progress: new(90.0)}
				if look < 2 {
					return []backup.Job{nightly}, nil
				}
				return []backup.Job{nightly, {ID: "by hand", State: backup.JobRunning, Trigger: backup.TriggerManual, Progress: new(5.0)}}, nil
			},
			want: []manual.Progress{{Targets: 1}, {Targets: 1, Percent: new(5.0), Done: 1, Elapsed: time.Second}},
		},
		{
			name: "an incremental set is not ours",
			backups: func(look int, _ string) (backup.List, error) {
				between := set("between", manualSet, backup.StateSuccess)
				between.Kind = backup.KindIncremental
				switch look {
				case 0:
					return list(), nil
				case 1:
					return list(between), nil
				}
				return list(between, set("ours", manualSet, backup.StateSuccess)), nil
			},
			want: []manual.Progress{{Targets: 1}, {Targets: 1, Done: 1, Elapsed: time.Second}},
		},
		{
			name: "a set of another shard with the same id", nodes: []string{"a", "b"},
			backups: func(look int, node string) (backup.List, error) {
				if look == 0 && node == "b" {
					return list(), nil
				}
				return list(set("1", manualSet, backup.StateSuccess)), nil
			},
			err:  "context canceled",
			want: []manual.Progress{{Targets: 2, Done: 1}},
		},
		{
			name: "jobs that cannot be listed are reported",
			backups: func(look int, _ string) (backup.List, error) {
				if look == 0 {
					return list(), nil
				}
				return list(set("new", manualSet, backup.StateSuccess)), nil
			},
			jobs: func(int) ([]backup.Job, error) { return nil, refused },
			want: []manual.Progress{{Targets: 1, Done: 1, Err: refused}},
		},
		{
			name: "a failed set",
			backups: func(look int, _ string) (backup.List, error) {
				if look == 0 {
					return list(), nil
				}
				return list(set("bad", manualSet, backup.StateFailed)), nil
			},
			want: []manual.Progress{{Targets: 1}},
			err:  "backup set bad failed",
		},
		{
			name: "a scheduled set is not ours", nodes: nil,
			backups: func(look int, _ string) (backup.List, error) {
				switch look {
				case 0:
					return list(), nil
				case 1:
					return list(set("nightly", automatic, backup.StateSuccess)), nil
				}
				return list(set("ours", manualSet, backup.StateSuccess), set("nightly", automatic, backup.StateSuccess)), nil
			},
			want: []manual.Progress{{Targets: 1}, {Targets: 1, Done: 1, Elapsed: time.Second}},
		},
		{
			name: "a colleague's set is not ours", id: "ours",
			backups: func(look int, _ string) (backup.List, error) {
				switch look {
				case 0:
					return list(), nil
				case 1:
					return list(set("theirs", manualSet, backup.StateSuccess)), nil
				}
				return list(set("theirs", manualSet, backup.StateSuccess), set("ours", manualSet, backup.StateSuccess)), nil
			},
			want: []manual.Progress{{Targets: 1}, {Targets: 1, Done: 1, Elapsed: time.Second}},
		},
		{
			name: "a failed set of a shard", nodes: []string{"a", "b"},
			backups: func(look int, node string) (backup.List, error) {
				if look == 0 || node == "a" {
					return list(), nil
				}
				return list(set("bad", manualSet, backup.StateFailed)), nil
			},
			want: []manual.Progress{{Targets: 2}},
			err:  "backup set bad failed, of shard b",
		},
		{
			name: "every shard counts", nodes: []string{"a", "b"},
			backups: func(look int, node string) (backup.List, error) {
				if look == 0 || (look == 1 && node == "b") {
					return list(), nil
				}
				return list(set("new", manualSet, backup.StateSuccess)), nil
			},
			want: []manual.Progress{{Targets: 2, Done: 1}, {Targets: 2, Done: 2, Elapsed: time.Second}},
		},
		{
			name: "a look that fails is reported and repeated",
			backups: func(look int, _ string) (backup.List, error) {
				switch look {
				case 0:
					return list(), nil
				case 1:
					return list(), refused
				}
				return list(set("new", manualSet, backup.StateSuccess)), nil
			},
			want: []manual.Progress{{Targets: 1, Err: refused}, {Targets: 1, Done: 1, Elapsed: time.Second}},
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				in := backup.Instance{Nodes: test.nodes}
				in.Target = backup.Target{Cloud: backup.Alibaba, Account: "prod", Region: "r1", InstanceID: "i"}
				b := manual.New(&source{backups: test.backups, jobs: test.jobs}, in, time.Now)
				err := b.Prepare(t.Context())
				if err != nil {
					t.Fatal(err)
				}
				var got []manual.Progress
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				err = b.Follow(ctx, backup.Started{JobID: "job", BackupID: test.id}, time.Second, func(p manual.Progress) {
					if got = append(got, p); len(got) == len(test.want) {
						cancel() // what has not ended by now is not wanted to end
					}
				})
				if (err == nil) != (test.err == "") || err != nil && err.Error() != test.err {
					t.Errorf("error %v, want %q", err, test.err)
				}
				if diff := cmp.Diff(test.want, got, cmp.Comparer(func(a, b error) bool { return errors.Is(a, b) })); diff != "" {
					t.Errorf("progress (-want +got):\n%s", diff)
				}
			})
		})
	}
}

func TestFollowEndsWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &source{backups: func(int, string) (backup.List, error) { return list(), nil }}
		b := manual.New(s, backup.Instance{}, time.Now)
		if err := b.Prepare(t.Context()); err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), 90*time.Second)
		defer cancel()
		if err := b.Follow(ctx, backup.Started{}, time.Minute, func(manual.Progress) {}); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("error %v, want the deadline", err)
		}
	})
}

// A look that the end of the time cut short is no failure that anybody needs to hear of.
func TestFollowDoesNotReportTheEndOfItsTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		looks := 0
		ctx, cancel := context.WithTimeout(t.Context(), 90*time.Second)
		defer cancel()
		s := &source{backups: func(int, string) (backup.List, error) {
			if looks++; looks > 2 {
				<-ctx.Done()
				return list(), ctx.Err()
			}
			return list(), nil
		}}
		b := manual.New(s, backup.Instance{}, time.Now)
		if err := b.Prepare(t.Context()); err != nil {
			t.Fatal(err)
		}
		reported := 0
		err := b.Follow(ctx, backup.Started{}, time.Minute, func(p manual.Progress) {
			reported++
			if p.Err != nil {
				t.Errorf("reported: %v", p.Err)
			}
		})
		if !errors.Is(err, context.DeadlineExceeded) || reported != 1 {
			t.Errorf("error %v after %d reports, want the deadline after 1", err, reported)
		}
	})
}
