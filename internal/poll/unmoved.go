package poll

import (
	"time"

	"mongodb_backup_exporter/internal/backup"
)

// moves remembers since when the jobs of an instance have been as they are: clouds do not say when a job moved last.
type moves struct {
	at    time.Time // of the newest reading that was taken over
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

// of returns since when each job of a reading has been as it is. It takes over a reading that is new, with what was recalled
// after a start, and forgets jobs that it does not have.
func (m *moves) of(r backup.Reading[[]backup.Job]) []time.Time {
	if r.At.Equal(m.at) {
		return m.since
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
	m.at, m.known, m.since = r.At, known, since
	return since
}
