package backup_test

import (
	"testing"
	"time"

	"mongodb_backup_exporter/internal/backup"
)

const aDay = 24 * time.Hour

// tiered is a policy as clouds elsewhere have it: hourly, daily, weekly and monthly backups, each kept for longer.
func tiered() *backup.Policy {
	daily := daily().Schedules[0]
	weekly := backup.Schedule{Weekdays: []time.Weekday{time.Saturday}, StartsAt: 6 * time.Hour, Window: 2 * time.Hour, Retention: 28 * aDay}
	return &backup.Policy{Automatic: new(true), Schedules: []backup.Schedule{
		{Interval: time.Hour, Retention: 2 * aDay}, daily, weekly, {Interval: 31 * aDay, Retention: 365 * aDay},
	}}
}

// only returns a tiered policy with some of its schedules, by their places.
func only(places ...int) *backup.Policy {
	p := tiered()
	all := p.Schedules
	p.Schedules = nil
	for _, i := range places {
		p.Schedules = append(p.Schedules, all[i])
	}
	return p
}

func TestSeveralSchedules(t *testing.T) {
	for name, c := range map[string]struct {
		policy   *backup.Policy
		gap      time.Duration
		rpo      time.Duration // with two hours of grace
		kept     time.Duration
		shortest time.Duration
		thins    bool
	}{
		"all":               {tiered(), time.Hour, 3 * time.Hour, 365 * aDay, 2 * aDay, true},
		"daily and weekly":  {only(1, 2), aDay, 28 * time.Hour, 28 * aDay, 7 * aDay, false},
		"daily and monthly": {only(1, 3), aDay, 27 * time.Hour, 365 * aDay, 7 * aDay, false},
		"monthly":           {only(3), 31 * aDay, 31*aDay + 2*time.Hour, 365 * aDay, 365 * aDay, false},
		"two days of the week at other hours": {
			&backup.Policy{Automatic: new(true), Schedules: []backup.Schedule{
				{Weekdays: []time.Weekday{time.Monday}, StartsAt: 2 * time.Hour, Window: time.Hour, Retention: 7 * aDay},
				{Weekdays: []time.Weekday{time.Thursday}, StartsAt: 20 * time.Hour, Window: time.Hour},
			}},
			3*aDay + 18*time.Hour, 3*aDay + 21*time.Hour, 7 * aDay, 0, false,
		},
	} {
		t.Run(name, func(t *testing.T) {
			if gap, ok := c.policy.LongestGap(); !ok || gap != c.gap {
				t.Errorf("longest gap %s, %v, want %s", gap, ok, c.gap)
			}
			want := objectives()
			if rpo, source := backup.RPOInForce(read(*c.policy, noon), want, 0); rpo != c.rpo || source != backup.RPOFromPolicy {
				t.Errorf("RPO %s by %s, want %s", rpo, source, c.rpo)
			}
			if got := c.policy.Retention(); got != c.kept {
				t.Errorf("kept for %s, want %s", got, c.kept)
			}
			if got := c.policy.ShortestRetention(); got != c.shortest {
				t.Errorf("kept at least %s, want %s", got, c.shortest)
			}
			if got := c.policy.Thins(); got != c.thins {
				t.Errorf("thins itself: %v", got)
			}
		})
	}
}

// The windows of all schedules count, each with its own length.
func TestWindowsOfSeveralSchedules(t *testing.T) {
	policy := only(1, 2) // daily at 02:00 for an hour, and on Saturday, the 21st, at 06:00 for two hours
	night := full(at(21, 2, 10))
	for name, c := range map[string]struct {
		now   time.Time
		list  []backup.Backup
		state backup.HealthState
	}{
		"the weekly window is open":           {at(21, 8, 0), []backup.Backup{night}, backup.HealthOK},
		"its grace is not over":               {at(21, 9, 59), []backup.Backup{night}, backup.HealthOK},
		"nothing was made in it":              {at(21, 10, 1), []backup.Backup{night}, backup.HealthMissed},
		"a backup was made in it":             {at(21, 10, 1), []backup.Backup{full(at(21, 6, 30)), night}, backup.HealthOK},
		"the next daily one makes up for it":  {at(22, 2, 30), []backup.Backup{full(at(22, 2, 5)), night}, backup.HealthOK},
		"the daily one of Sunday was missed":  {at(22, 5, 1), []backup.Backup{full(at(21, 6, 30))}, backup.HealthMissed},
		"the objective is that of daily ones": {at(22, 10, 51), []backup.Backup{full(at(21, 6, 30))}, backup.HealthLate},
	} {
		t.Run(name, func(t *testing.T) {
			in, want := verdictCase{now: c.now, policy: policy, list: c.list}.input()
			if h := backup.Assess(in, want, c.now); h.State != c.state {
				t.Errorf("%s, want %s: %s", h.State, c.state, h.Reason)
			}
		})
	}
}

// What is kept too short is asked of the schedule that makes the fewest backups: it decides how far back one can go.
func TestRetentionOfSeveralSchedules(t *testing.T) {
	for name, c := range map[string]struct {
		policy *backup.Policy
		least  time.Duration
		found  bool
	}{
		"the monthly ones are kept for long":      {tiered(), 300 * aDay, false},
		"not even they are":                       {tiered(), 400 * aDay, true},
		"without them":                            {only(0, 1, 2), 300 * aDay, true},
		"the next of no schedule comes in time":   {edited(only(2), func(p *backup.Policy) { p.Schedules[0].Retention = 7 * aDay }), aDay, true},
		"the hourly ones overlap all the same":    {edited(only(0, 2), func(p *backup.Policy) { p.Schedules[1].Retention = 7 * aDay }), aDay, false},
		"how long the sparse ones are is unknown": {edited(only(0, 2), func(p *backup.Policy) { p.Schedules[1].Retention = 0 }), 300 * aDay, false},
	} {
		t.Run(name, func(t *testing.T) {
			in := backup.InstanceState{Policy: read(*c.policy, noon), Objectives: objectives(), Nodes: []backup.NodeState{{}}}
			in.Objectives.MinRetention = c.least
			found := false
			for _, f := range in.Findings(make([]backup.Health, 1), noon) {
				found = found || f.Name == backup.FindingRetentionShort
			}
			if found != c.found {
				t.Errorf("retention short: %v, want %v", found, c.found)
			}
		})
	}
}
