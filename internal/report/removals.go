package report

import (
	"fmt"
	"strings"
	"time"

	"mongodb_backup_exporter/internal/backup"
)

// Removal is a backup that vanished from the cloud's list before its expiry. What is not known is null.
type Removal struct {
	BackupID     string     `json:"backup_id"`
	Began        *time.Time `json:"began"`
	SizeBytes    *int64     `json:"size_bytes"`
	MissingSince time.Time  `json:"missing_since"` // when a list first lacked it
	Expiry       *time.Time `json:"expiry"`        // when it would have expired; null: it was kept for ever
}

// Removals returns early removals as they are shown.
func Removals(all []backup.Removal) []Removal {
	var list []Removal
	for i := range all {
		r := &all[i]
		line := Removal{BackupID: r.ID, Began: when(r.StartedAt), SizeBytes: r.SizeBytes, MissingSince: r.LeftAt, Expiry: when(r.Expiry)}
		if r.Expiry.Equal(backup.Never) {
			line.Expiry = nil
		}
		list = append(list, line)
	}
	return list
}

// namedRemovals is how many backups that were removed a sentence names.
const namedRemovals = 5

// removedEarly names the backups that were removed, those found last first; "": none was. The finding says how many, and when.
func (t Target) removedEarly() string {
	n := len(t.RemovedEarly)
	if n == 0 {
		return ""
	}
	var named []string
	for _, r := range t.RemovedEarly[:min(n, namedRemovals)] {
		text := r.BackupID + " (began " + Moment(r.Began)
		if r.SizeBytes != nil {
			text += ", " + Bytes(r.SizeBytes)
		}
		named = append(named, text+")")
	}
	if n > namedRemovals {
		named = append(named, fmt.Sprintf("and %d more", n-namedRemovals))
	}
	return "removed before the expiry: " + strings.Join(named, ", ")
}
