package poll

import (
	"time"

	"mongodb_backup_exporter/internal/backup"
)

// moves remembers since when the jobs of an instance have been as they are: clouds do not say when a job moved last.
type moves struct {
	known map[jobKey]standing
	since []time.Time // of each job of the newest reading; replaced rather than changed, because snapshots share it
}

// jobKey tells jobs apart. Some have no id.
type jobKey struct {
	id    string
	start int64 // Unix milliseconds
}

// standing is a job as it was seen last, and since when it has been seen so.
type standing struct {
	state    backup.JobState
	progress float64 // -1: not told
	since    time.Time
}

// learn takes over a reading that was stored. Jobs that it does not have are forgotten.
func (m *moves) learn(r backup.Reading[[]backup.Job]) {
	if r.Err != nil {
		return
	}
	known := make(map[jobKey]standing, len(r.Value))
	since := make([]time.Time, 0, len(r.Value))
	for i := range r.Value {
		job := &r.Value[i]
		key, now := jobKey{job.ID, job.StartedAt.UnixMilli()}, standing{job.State, -1, r.At}
		if job.Progress != nil {
			now.progress = *job.Progress
		}
		if was, ok := m.known[key]; ok && was.state == now.state && was.progress == now.progress {
			now.since = was.since
		}
		known[key] = now
		since = append(since, now.since)
	}
	m.known, m.since = known, since
}
