package poll

import (
	"testing"
	"time"

	"mongodb_backup_exporter/internal/backup"
	"mongodb_backup_exporter/internal/turn"
)

// oneRate is a limit of one call a second.
type oneRate struct{ together bool }

func (r *oneRate) Rate(string) (float64, bool) { return 1, true }
func (r *oneRate) Configured() float64         { return 1 }
func (r *oneRate) Together() bool              { return r.together }

// A list that answers for a whole project comes first where it shares a rate and its end alone is read.
func TestAnswersForAllComeFirst(t *testing.T) {
	costs := func(scope backup.Scope, _ backup.Instance, _ turn.Fleet) []turn.Cost {
		return []turn.Cost{{Operation: "Ask", Calls: 1, Whole: scope != backup.ScopePolicy}}
	}
	for _, test := range []struct {
		name     string
		together bool
		whole    time.Duration // Options.FullReadInterval
		scope    backup.Scope
		want     bool
	}{
		{"the list of a project", true, time.Hour, backup.ScopeBackups, true},
		{"read whole each time", true, 0, backup.ScopeBackups, false},
		{"a rate of its own", false, time.Hour, backup.ScopeBackups, false},
		{"a call for each instance", true, time.Hour, backup.ScopePolicy, false},
		{"the jobs of a project", true, 0, backup.ScopeJobs, true},
	} {
		r := &region{conf: Region{Budget: &oneRate{test.together}, Costs: costs}, opts: &Options{FullReadInterval: test.whole}}
		if got := r.answersAll(test.scope, &instance{}); got != test.want {
			t.Errorf("%s: %v, want %v", test.name, got, test.want)
		}
	}
}

// A list that is due comes before a policy that was due a little earlier, but not before one that has waited for long.
func TestPoliciesMayWait(t *testing.T) {
	now := time.Date(2026, time.November, 22, 12, 0, 0, 0, time.UTC)
	read := backup.Reading[int]{At: now.Add(-time.Hour), TriedAt: now.Add(-time.Hour)}
	list := cell[int]{reading: read, launchedAt: now.Add(-30 * time.Minute)}
	for late, first := range map[time.Duration]bool{10 * time.Minute: true, 20 * time.Minute: false} {
		policy := cell[int]{reading: read, launchedAt: now.Add(-time.Hour - late)}
		lists := list.deadline(now, 30*time.Minute, time.Hour, slack(backup.ScopeBackups, 30*time.Minute))
		policies := policy.deadline(now, time.Hour, time.Hour, slack(backup.ScopePolicy, time.Hour))
		if lists.Before(policies) != first {
			t.Errorf("a policy that is %v late: the list comes first is %v, want %v", late, !first, first)
		}
	}
}

// Policies that were asked together are not asked together again, and those that a limit has spread already are not much sooner.
func TestSpread(t *testing.T) {
	asked := time.Date(2026, time.November, 22, 12, 0, 0, 0, time.UTC)
	for took, soonest := range map[time.Duration]time.Duration{0: 6 * time.Minute, 50 * time.Minute: 51 * time.Minute, 2 * time.Hour: time.Hour} {
		due := map[time.Time]bool{}
		for _, id := range []string{"a", "b", "c", "d", "e"} {
			c := cell[int]{launchedAt: asked.Add(-time.Minute), askedAt: asked}
			c.begin(id, backup.ScopePolicy, time.Hour, took)
			next := c.launchedAt.Add(time.Hour)
			if next.Before(asked.Add(soonest)) || next.After(asked.Add(time.Hour)) {
				t.Errorf("the first took %v: %s is due at %s", took, id, next)
			}
			due[next] = true
		}
		if want := 5; took < time.Hour && len(due) < want {
			t.Errorf("the first took %v: five policies are due at %d moments", took, len(due))
		}
	}
}

// The first questions of other scopes keep the distance that a limit gave them.
func TestFirstQuestionsStaySpread(t *testing.T) {
	asked := time.Date(2026, time.November, 22, 12, 0, 0, 0, time.UTC)
	c := cell[int]{launchedAt: asked.Add(-15 * time.Minute), askedAt: asked}
	c.begin("a", backup.ScopeBackups, 30*time.Minute, 20*time.Minute)
	if !c.launchedAt.Equal(asked) {
		t.Errorf("the next is due 30 minutes after %v, want after %v", c.launchedAt, asked)
	}
}

// A list that is read each minute comes before one that is a minute late in its half an hour.
func TestWhatIsReadOftenComesFirst(t *testing.T) {
	now := time.Date(2026, time.November, 22, 12, 0, 0, 0, time.UTC)
	deadline := func(interval, late time.Duration) time.Time {
		c := cell[int]{reading: backup.Reading[int]{At: now}, launchedAt: now.Add(-interval - late)}
		return c.deadline(now, interval, time.Hour, slack(backup.ScopeBackups, interval))
	}
	if often, seldom := deadline(time.Minute, 0), deadline(30*time.Minute, time.Minute); !often.Before(seldom) {
		t.Errorf("due at %v and at %v", often, seldom)
	}
}
