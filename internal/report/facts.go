package report

import "time"

// Facts returns what else is known of a target at now and does not go without saying, in short phrases: what somebody wants
// to know who is about to restore.
func (t Target) Facts(now time.Time) []string {
	removed := t.removedEarly()
	return choose(
		phrase{removed != "", removed},
		phrase{t.WindowEnd != nil, "any moment from " + Moment(t.WindowStart) + " to " + Moment(t.WindowEnd) + " can be restored"},
		phrase{t.CopyRegion != "" && t.LastCopy != nil, "copied to " + t.CopyRegion + ", newest copy " + Age(t.LastCopy, now) + " old"},
		phrase{t.CopyRegion != "" && t.LastCopy == nil, "to be copied to " + t.CopyRegion + ", no copy known"},
		phrase{t.LastRestore != nil, "last restore seen " + Age(t.LastRestore, now) + " ago"},
		phrase{t.RestoreRefused != "", "the newest backup that was checked " + t.RestoreRefused},
		phrase{t.Kept != nil && *t.Kept, "backups outlive the instance"},
	)
}

// Besides returns Facts without the point-in-time window, for where that has a place of its own.
func (t Target) Besides(now time.Time) []string {
	t.WindowEnd = nil
	return t.Facts(now)
}

// Notes returns what is known besides and is as most people expect it, for a tooltip.
func (t Target) Notes(now time.Time) []string {
	return choose(
		phrase{t.RestoreChecked != nil && t.RestoreRefused == "", "the cloud's own check " + Age(t.RestoreChecked, now) + " ago: the newest backup can be restored"},
		phrase{t.Kept != nil && !*t.Kept, "backups are deleted with the instance"},
	)
}

// phrase is a text for a person, and whether it holds.
type phrase struct {
	holds bool
	text  string
}

func choose(phrases ...phrase) []string {
	var held []string
	for _, p := range phrases {
		if p.holds {
			held = append(held, p.text)
		}
	}
	return held
}
