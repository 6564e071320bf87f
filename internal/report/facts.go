package report

import "time"

// Facts returns what else is known of a target at now, in short phrases for a person: what the verdict does not follow from,
// but what somebody wants to know who is about to restore.
func (t Target) Facts(now time.Time) []string {
	var facts []string
	add := func(known bool, text string) {
		if known {
			facts = append(facts, text)
		}
	}
	add(t.WindowEnd != nil, "any moment from "+Moment(t.WindowStart)+" to "+Moment(t.WindowEnd)+" can be restored")
	add(t.CopyRegion != "" && t.LastCopy != nil, "copied to "+t.CopyRegion+", newest copy "+Age(t.LastCopy, now)+" old")
	add(t.CopyRegion != "" && t.LastCopy == nil, "to be copied to "+t.CopyRegion+", no copy known")
	add(t.LastRestore != nil, "last restore seen "+Age(t.LastRestore, now)+" ago")
	add(t.RestoreChecked != nil && t.RestoreRefused == "", "the cloud's own check "+Age(t.RestoreChecked, now)+" ago: can be restored")
	add(t.RestoreRefused != "", "a backup "+t.RestoreRefused+", "+Age(t.RestoreChecked, now)+" ago")
	add(t.Kept != nil && *t.Kept, "backups outlive the instance")
	add(t.Kept != nil && !*t.Kept, "backups are deleted with the instance")
	return facts
}
