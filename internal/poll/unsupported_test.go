package poll_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"mongodb_backup_exporter/internal/backup"
)

// askedOnce is an answer of the recovery window at a time, and what is shown then.
type askedOnce struct {
	at     time.Duration // after the first question
	answer error         // nil: a window
	asked  bool          // otherwise the question is not due
	value  bool          // a window is shown
	ok     bool          // poll_success
}

var (
	unsupported = &backup.Error{Op: "DescribeInstanceRecoverTime", Class: backup.ClassUnsupported, Code: "SingleNodeNotSupport"}
	broken      = &backup.Error{Op: "DescribeInstanceRecoverTime", Class: backup.ClassServer}
)

// The recovery window is asked for every ten minutes.
func TestNotOfferedAfterASuccess(t *testing.T) {
	const m = time.Minute
	for _, test := range []struct {
		name  string
		turns []askedOnce
	}{
		{"never offered is believed at once, and asked for again after an hour", []askedOnce{
			{0, unsupported, true, false, true},
			{59 * m, unsupported, false, false, true},
			{60 * m, unsupported, true, false, true},
		}},
		{"a single odd answer", []askedOnce{
			{0, nil, true, true, true},
			{10 * m, unsupported, true, true, false},
			{11 * m, nil, false, true, false},
			{20 * m, nil, true, true, true},
		}},
		{"believed after an hour", []askedOnce{
			{0, nil, true, true, true},
			{10 * m, unsupported, true, true, false},
			{20 * m, unsupported, true, true, false},
			{69 * m, unsupported, true, true, false},
			{79 * m, unsupported, true, false, true},
			{89 * m, unsupported, false, false, true},
			{139 * m, unsupported, true, false, true},
		}},
		{"exactly an hour apart", []askedOnce{
			{0, nil, true, true, true},
			{10 * m, unsupported, true, true, false},
			{70 * m, unsupported, true, false, true},
		}},
		{"a success between begins anew", []askedOnce{
			{0, nil, true, true, true},
			{10 * m, unsupported, true, true, false},
			{40 * m, nil, true, true, true},
			{75 * m, unsupported, true, true, false},
		}},
		{"a failure between changes nothing", []askedOnce{
			{0, nil, true, true, true},
			{10 * m, unsupported, true, true, false},
			{40 * m, broken, true, true, false},
			{70 * m, unsupported, true, false, true},
		}},
		{"a failure after it is believed brings nothing back", []askedOnce{
			{0, unsupported, true, false, true},
			{60 * m, broken, true, false, false},
			{61 * m, unsupported, true, false, true},
		}},
		{"offered later", []askedOnce{
			{0, unsupported, true, false, true},
			{60 * m, nil, true, true, true},
			{70 * m, unsupported, true, true, false},
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var answer error
				source := &cloud{instances: lists("a"), recovery: func(context.Context, string) (backup.Window, error) {
					if answer != nil {
						return backup.Window{}, answer
					}
					return backup.Window{Start: time.Now().Add(-time.Hour), End: time.Now()}, nil
				}}
				p := newPoller(t, options(&logs{}), region(source))
				begin := time.Now()
				for _, now := range test.turns {
					time.Sleep(now.at - time.Since(begin))
					answer = now.answer
					p.Refresh(t.Context())
					r := find(t, p, "a").Recovery
					got := askedOnce{now.at, now.answer, source.count()["recovery a"] == 1, !r.Value.IsZero(), r.OK(time.Now())}
					if got != now {
						t.Errorf("after %v: asked %v, value %v, ok %v; want %v, %v, %v", now.at, got.asked, got.value, got.ok, now.asked, now.value, now.ok)
					}
					if now.asked && !errors.Is(r.Err, now.answer) {
						t.Errorf("after %v: error %v, want %v", now.at, r.Err, now.answer)
					}
					if believed := !now.value; r.NotOffered != believed {
						t.Errorf("after %v: not offered %v, want %v", now.at, r.NotOffered, believed)
					}
				}
			})
		})
	}
}

func TestNotOfferedAfterASuccessIsLogged(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var answer error
		source := &cloud{instances: lists("a", "b"), jobs: func(_ context.Context, id string) ([]backup.Job, error) {
			if id == "b" {
				return nil, unsupported // it never offered them
			}
			return nil, answer
		}}
		logged := &logs{}
		p := newPoller(t, options(logged), region(source))
		p.Refresh(t.Context())
		answer = unsupported
		for range 3 * 60 {
			time.Sleep(time.Minute)
			p.Refresh(t.Context())
		}
		failed, ended := logged.matching("Asking the cloud failed"), logged.matching("The cloud does not offer this for the instance")
		if failed != 1 || ended != 1 || len(logged.lines) != 2 || !strings.Contains(logged.lines[0], "unsupported SingleNodeNotSupport") {
			t.Errorf("%d failures and %d ends of them logged, want one each:\n%s", failed, ended, strings.Join(logged.lines, "\n"))
		}
	})
}
