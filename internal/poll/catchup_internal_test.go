package poll

import (
	"testing"
	"time"

	"mongodb_backup_exporter/internal/backup"
	"mongodb_backup_exporter/internal/cloudcall"
	"mongodb_backup_exporter/internal/turn"
)

// A catch-up begins where the policies take long, and goes on until none is left.
func TestCatchUp(t *testing.T) {
	at := func(minute int) time.Time { return time.Date(2026, 11, 26, 12, minute, 0, 0, time.UTC) }
	var c catchUp
	for _, step := range []struct {
		minute, unread int
		on, jobsLast   bool
		over           bool
	}{
		{minute: 0, unread: 180},
		{minute: 1, unread: 181, on: true},
		{minute: 2, unread: 1, on: true},
		{minute: 3, unread: 0},
		{minute: 4, unread: 1799, on: true},
		{minute: 5, unread: 1800, on: true},
		{minute: 6, unread: 0},
		{minute: 7, unread: 1800, on: true, jobsLast: true},
		{minute: 8, unread: 1, on: true, jobsLast: true},
		{minute: 9, unread: 0, over: true},
		{minute: 10, unread: 9000, on: true, jobsLast: true},
		{minute: 69, unread: 8000, on: true, jobsLast: true},
		{minute: 70, unread: 8000, on: true, over: true},
		{minute: 71, unread: 7000, on: true},
	} {
		over := c.learn(step.unread, 1, at(step.minute))
		if on := c.interval(time.Hour) == time.Hour; on != step.on || c.jobsLast != step.jobsLast || over != step.over {
			t.Errorf("minute %d, %d policies left: catches up %v, jobs last %v, over %v; want %v, %v, %v",
				step.minute, step.unread, on, c.jobsLast, over, step.on, step.jobsLast, step.over)
		}
	}
	if c.learn(5000, 0, at(0)); c.interval(time.Hour) != 0 {
		t.Error("catches up where no rate is known")
	}
}

// What rests because nothing that it may ask is due is looked at again when the jobs may be asked for.
func TestRestsEndWithTheCatchUp(t *testing.T) {
	now := time.Date(2026, 11, 26, 12, 0, 0, 0, time.UTC)
	in := &instance{rest: rest{from: now, until: now.Add(longestRest)}}
	in.policy.reading.TriedAt = now
	r := &region{sorted: []*instance{in}}
	r.conf.Budget = cloudcall.NewBudget(1, true)
	r.conf.Costs = func(backup.Scope, backup.Instance, turn.Fleet) []turn.Cost { return nil }
	r.catchUp = catchUp{since: now.Add(-20 * time.Minute), jobsLast: true}
	if over := r.catchesUp(now); !over || !in.rest.until.IsZero() {
		t.Errorf("the catch-up is over: %v, and the instance rests until %v; want true and no rest", over, in.rest.until)
	}
}
