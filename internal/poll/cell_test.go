package poll_test

import (
	"context"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-kit/log"

	"mongodb_backup_exporter/internal/backup"
)

// A scrape comes a moment early, or too early, or long after what the cloud does not offer was asked for.
func TestWhenAQuestionIsDueAgain(t *testing.T) {
	unsupported := &backup.Error{Op: "Op", Class: backup.ClassUnsupported}
	tests := []struct {
		name     string
		interval time.Duration
		answer   error
		after    time.Duration
		due      bool
	}{
		{"a second before the interval is over", time.Minute, nil, 59 * time.Second, true},
		{"more than a second before", time.Minute, nil, 59*time.Second - time.Millisecond, false},
		{"half of a short interval", time.Second, nil, 500 * time.Millisecond, true},
		{"less than half of a short interval", time.Second, nil, 499 * time.Millisecond, false},
		{"an hour after what is not offered", time.Minute, unsupported, time.Hour, true},
		{"less than an hour after what is not offered", time.Minute, unsupported, time.Hour - 2*time.Second, false},
		{"a long interval after what is not offered", 3 * time.Hour, unsupported, 2 * time.Hour, false},
		{"a minute after a failure", time.Hour, &backup.Error{Op: "Op", Class: backup.ClassServer}, time.Minute, true},
		{"less than a minute after a failure", time.Hour, &backup.Error{Op: "Op", Class: backup.ClassServer}, 58 * time.Second, false},
		{"a short interval after a failure", 10 * time.Second, &backup.Error{Op: "Op", Class: backup.ClassServer}, 10 * time.Second, true},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				source := &cloud{instances: lists("a")}
				source.jobs = func(context.Context, string) ([]backup.Job, error) { return nil, test.answer }
				opts := options(log.NewNopLogger())
				opts.JobsInterval = test.interval
				p := newPoller(t, opts, region(source))
				p.Refresh(t.Context())
				source.count()
				time.Sleep(test.after)
				p.Refresh(t.Context())
				if got := source.count()["jobs a"]; (got == 1) != test.due {
					t.Errorf("asked %d times, want due %v", got, test.due)
				}
			})
		})
	}
}

// A value is current for its interval and the tolerance; one that only says "not offered" until it is asked for again.
func TestGoodUntil(t *testing.T) {
	tests := []struct {
		name   string
		answer error
		want   time.Duration
	}{
		{"a value", nil, time.Minute + time.Hour},
		{"not offered", &backup.Error{Op: "Op", Class: backup.ClassUnsupported}, time.Hour + time.Hour},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				source := &cloud{instances: lists("a")}
				source.jobs = func(context.Context, string) ([]backup.Job, error) { return nil, test.answer }
				p := newPoller(t, options(log.NewNopLogger()), region(source))
				p.Refresh(t.Context())
				if jobs := find(t, p, "a").Jobs; jobs.GoodUntil.Sub(jobs.At) != test.want {
					t.Errorf("good for %v, want %v", jobs.GoodUntil.Sub(jobs.At), test.want)
				}
			})
		})
	}
}

// Tasks run in the order of their submission.
func TestQuestionsAreAskedInOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var asked []string
		source := &cloud{instances: lists("a", "b", "c")}
		source.backups = func(_ context.Context, id, _ string) (backup.List, error) {
			asked = append(asked, id)
			return backup.List{}, nil
		}
		conf := region(source)
		conf.Concurrency = 1
		p := newPoller(t, options(log.NewNopLogger()), conf)
		p.Refresh(t.Context())
		if !slices.Equal(asked, []string{"a", "b", "c"}) {
			t.Errorf("asked about %v, want a, b, c", asked)
		}
	})
}
