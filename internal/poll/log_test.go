package poll_test

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-kit/log"
	"github.com/google/go-cmp/cmp"

	"mongodb_backup_exporter/internal/backup"
	"mongodb_backup_exporter/internal/poll"
)

func TestRefusedCredentialsAreLoggedOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		source := &cloud{instances: lists("a", "b", "c:x:y")}
		refused := &backup.Error{Op: "Op", Class: backup.ClassAuth}
		source.backups = func(context.Context, string, string) (backup.List, error) { return backup.List{}, refused }
		source.jobs = func(context.Context, string) ([]backup.Job, error) { return nil, refused }
		source.policy = func(context.Context, string) (backup.Policy, error) { return backup.Policy{}, refused }
		source.recovery = func(context.Context, string) (backup.Window, error) { return backup.Window{}, refused }
		logged := &logs{}
		p := newPoller(t, options(logged), region(source))
		for range 10 {
			p.Refresh(t.Context())
			time.Sleep(time.Minute)
		}
		if got := logged.matching("failed"); got > 2 {
			t.Errorf("logged %d times:\n%s", got, strings.Join(logged.lines, "\n"))
		}
	})
}

func TestFailureOfManyTargetsIsOneLine(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var specs []string
		for i := range 50 {
			specs = append(specs, fmt.Sprintf("i%02d", i))
		}
		source := &cloud{instances: lists(specs...)}
		failure := &backup.Error{Op: "Op", Class: backup.ClassServer}
		source.backups = func(context.Context, string, string) (backup.List, error) { return backup.List{}, failure }
		source.jobs = func(context.Context, string) ([]backup.Job, error) { return nil, failure }
		logged := &logs{}
		p := newPoller(t, options(logged), region(source))
		for range 3 {
			p.Refresh(t.Context())
			time.Sleep(time.Minute)
		}
		lists, jobs := logged.matching("scopebackups"), logged.matching("scopejobs") // whichever failed first
		both := logged.matching("questions100alsojobs")*lists + logged.matching("questions100alsobackups")*jobs
		if got := logged.matching("failed"); got != 1 || lists+jobs != 1 || both != 1 {
			t.Errorf("logged %d times, want one line about 100 questions of both scopes:\n%s", got, strings.Join(logged.lines, "\n"))
		}
	})
}

func TestChangingFailuresDoNotFloodTheLog(t *testing.T) {
	if slowedDown {
		t.Skip("with the race detector: one question at a time is asked")
	}
	random := rand.New(rand.NewPCG(1, 2))
	classes := []backup.Class{backup.ClassTimeout, backup.ClassServer, backup.ClassThrottled}
	tests := []struct {
		name   string
		answer func() error
		most   int
	}{
		{"three classes in turn", func() error {
			return &backup.Error{Op: "Op", Class: classes[random.IntN(3)]}
		}, 13},
		{"half of the calls throttled", func() error {
			if random.IntN(2) == 0 {
				return nil
			}
			return &backup.Error{Op: "Op", Class: backup.ClassThrottled}
		}, 11},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				instances := 500
				var specs []string
				for i := range instances {
					specs = append(specs, fmt.Sprintf("i%03d", i))
				}
				source := &cloud{instances: lists(specs...)}
				source.backups = func(context.Context, string, string) (backup.List, error) { return one("x"), test.answer() }
				logged := &logs{}
				conf := region(source)
				conf.Concurrency = 1 // the random source is not safe for concurrent use
				p := newPoller(t, options(logged), conf)
				for range 60 {
					p.Refresh(t.Context())
					time.Sleep(time.Minute)
				}
				if got := logged.matching(""); got == 0 || got > test.most {
					t.Errorf("%d lines in an hour, want at most %d", got, test.most)
				}
			})
		})
	}
}

func TestUnsupportedDoesNotEndAnotherFailure(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		source := &cloud{instances: lists("a", "b", "c")}
		unsupported := &backup.Error{Op: "Op", Class: backup.ClassUnsupported}
		source.jobs = func(context.Context, string) ([]backup.Job, error) { return nil, unsupported }
		source.recovery = func(context.Context, string) (backup.Window, error) { return backup.Window{}, unsupported }
		source.backups = func(context.Context, string, string) (backup.List, error) {
			return backup.List{}, &backup.Error{Op: "Op", Class: backup.ClassAuth}
		}
		logged := &logs{}
		p := newPoller(t, options(logged), region(source))
		for range 24 * 60 {
			p.Refresh(t.Context())
			time.Sleep(time.Minute)
		}
		if got := logged.matching(""); got != 1 {
			t.Errorf("a day of refused credentials took %d lines, want 1:\n%s", got, strings.Join(logged.lines[:min(5, got)], "\n"))
		}
	})
}

func TestTimeoutDoesNotEndARefusal(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		class := backup.ClassAuth
		fails := func() error { return &backup.Error{Op: "Op", Class: class} }
		source := &cloud{
			instances: func(context.Context) ([]backup.Instance, error) { return nil, fails() },
			backups:   func(context.Context, string, string) (backup.List, error) { return backup.List{}, fails() },
			jobs:      func(context.Context, string) ([]backup.Job, error) { return nil, fails() },
			policy:    func(context.Context, string) (backup.Policy, error) { return backup.Policy{}, fails() },
			recovery:  func(context.Context, string) (backup.Window, error) { return backup.Window{}, fails() },
		}
		logged := &logs{}
		conf := region(source)
		conf.Instances = []poll.Instance{{ID: "a"}}
		p := newPoller(t, options(logged), conf)
		for _, class = range []backup.Class{backup.ClassAuth, backup.ClassTimeout} {
			p.Refresh(t.Context())
			time.Sleep(10 * time.Minute)
		}
		if got := logged.matching("works again"); got != 0 {
			t.Errorf("refused credentials are logged as working again after a timeout:\n%s", strings.Join(logged.lines, "\n"))
		}
	})
}

func TestRefusedPermissionIsLoggedAgainAfterItWorked(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		source := &cloud{instances: lists("a", "b")}
		denied := &backup.Error{Op: "Op", Class: backup.ClassPermission}
		var failure error = denied
		source.backups = func(context.Context, string, string) (backup.List, error) { return one("x"), failure }
		logged := &logs{}
		p := newPoller(t, options(logged), region(source))
		for _, step := range []struct {
			listed  []string
			failure error
		}{{[]string{"a", "b"}, denied}, {[]string{"c"}, nil}, {[]string{"c"}, denied}} {
			source.instances, failure = lists(step.listed...), step.failure
			for range 2 {
				p.Refresh(t.Context())
				time.Sleep(10 * time.Minute)
			}
		}
		if failed, works := logged.matching("failed"), logged.matching("works again"); failed != 2 || works != 1 {
			t.Errorf("%d failures and %d recoveries logged, want 2 and 1:\n%s", failed, works, strings.Join(logged.lines, "\n"))
		}
	})
}

func TestMissingInstanceIsLoggedEachTimeItGoesMissing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		source := &cloud{}
		logged := &logs{}
		conf := region(source)
		conf.Discover, conf.Instances = false, []poll.Instance{{ID: "ghost"}}
		p := newPoller(t, options(logged), conf)
		for _, listed := range []string{"other", "ghost", "other", "other"} {
			source.instances = lists(listed)
			p.Refresh(t.Context())
			time.Sleep(10 * time.Minute)
		}
		if got := logged.matching("does not list this instance"); got != 2 {
			t.Errorf("logged %d times, want 2:\n%s", got, strings.Join(logged.lines, "\n"))
		}
		if got := find(t, p, "ghost").Instance.Name; got != "name of ghost" {
			t.Errorf("the missing instance is called %q, want its last known name", got)
		}
	})
}

// blockedLog is a log whose Log blocks until it is closed.
type blockedLog chan struct{}

func (b blockedLog) Log(...any) error {
	<-b
	return nil
}

func TestBlockedLogBlocksNoScrape(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		source := &cloud{instances: func(context.Context) ([]backup.Instance, error) {
			return nil, &backup.Error{Op: "Op", Class: backup.ClassPermission}
		}}
		blocked := make(blockedLog)
		p := newPoller(t, options(blocked), region(source))
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		p.Refresh(ctx)
		if p.Snapshot().Regions[0].Err != nil { // returns at all
			t.Error("a refused permission took the region down")
		}
		close(blocked)
	})
}

func TestLogLines(t *testing.T) {
	fails := func(class backup.Class) error { return &backup.Error{Op: "Op", Class: class} }
	const subject = " cloud=alibaba account=prod region=r1"
	tests := []struct {
		name             string
		listing, backups error
		want             string // of the failure and of what works again
	}{
		{
			"one shard", nil, fails(backup.ClassServer),
			"level=error" + subject + ` scope=backups instance_id=c node_id=x msg="Asking the cloud failed; not logged again until it works" err="Op: server"` +
				"\nlevel=info" + subject + ` msg="Asking the cloud works again" scope=backups` + "\n",
		},
		{
			"the listing", fails(backup.ClassPermission), nil,
			"level=error" + subject + ` scope=discovery msg="Asking the cloud failed; not logged again until it works" err="Op: permission"` +
				"\nlevel=info" + subject + ` msg="Asking the cloud works again" scope=discovery` + "\n",
		},
		{
			"the credentials", nil, fails(backup.ClassAuth),
			"level=error" + subject + ` scope=backups instance_id=c node_id=x msg="Asking the cloud failed; not logged again until it works" err="Op: auth"` +
				"\nlevel=info" + subject + ` msg="Asking the cloud works again" scope=all` + "\n",
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				source := &cloud{
					instances: func(ctx context.Context) ([]backup.Instance, error) {
						if test.listing != nil {
							return nil, test.listing
						}
						return lists("c:x")(ctx)
					},
					backups: func(context.Context, string, string) (backup.List, error) { return backup.List{}, test.backups },
				}
				var logged bytes.Buffer
				p := newPoller(t, options(log.NewLogfmtLogger(log.NewSyncWriter(&logged))), region(source))
				p.Refresh(t.Context())
				time.Sleep(10 * time.Minute)
				test.listing, test.backups = nil, nil
				p.Refresh(t.Context())
				synctest.Wait() // lines are written after the answer is stored
				if diff := cmp.Diff(test.want, logged.String()); diff != "" {
					t.Errorf("log (-want +got):\n%s", diff)
				}
			})
		})
	}
}
