package backup

import (
	"slices"
	"time"
)

// RestoreCheck is the cloud's own answer to whether one backup could be restored.
type RestoreCheck struct {
	BackupID string
	At       time.Time // when the cloud said so
	// Refused says why the backup could not be restored: words for a person that follow "the last success". "": it could.
	Refused string
}

// RestoreChecks are the newest checks of several backups of a target, one for each backup.
type RestoreChecks []RestoreCheck

// With returns the checks with another one, which replaces an earlier one of the same backup. Checks of backups that the
// list does not have any more are left out. The receiver is not changed.
func (all RestoreChecks) With(check RestoreCheck, list List) RestoreChecks {
	kept := slices.DeleteFunc(slices.Clone(all), func(old RestoreCheck) bool {
		isListed := slices.ContainsFunc(list.Backups, func(b Backup) bool { return b.ID == old.BackupID })
		return old.BackupID == check.BackupID || !isListed
	})
	return append(kept, check)
}

// Newest returns the check that was made last; nil: none was.
func (all RestoreChecks) Newest() *RestoreCheck {
	var newest *RestoreCheck
	for i := range all {
		if newest == nil || all[i].At.After(newest.At) {
			newest = &all[i]
		}
	}
	return newest
}

// refusal returns why the cloud would not restore a backup; "": it would, or was not asked.
func (all RestoreChecks) refusal(id string) string {
	i := slices.IndexFunc(all, func(check RestoreCheck) bool { return check.BackupID == id })
	if i < 0 {
		return ""
	}
	return all[i].Refused
}

// ToCheck returns the backup whose restorability is worth asking about: the usable full backup that ended last, as
// far as it is known at now. Earlier checks do not count, because the cloud may change its mind. nil: there is none.
func ToCheck(r Reading[List], now time.Time) *Backup {
	if !r.Known(now) {
		return nil
	}
	return newestUsable(r.Value.Backups, r.At, now)
}

// newestUsable returns the usable full backup of a list that ended last; nil: there is none. asked is when the cloud gave
// the list.
func newestUsable(backups []Backup, asked, now time.Time) *Backup {
	c := assessment{instant: instant{now: now}, horizon: horizonOf(asked)}
	var newest *Backup
	for i := range backups {
		b := &backups[i]
		usable := b.Kind == KindFull && c.flawOf(b) == flawNone
		if usable && (newest == nil || b.Finished().After(newest.Finished())) {
			newest = b
		}
	}
	return newest
}
