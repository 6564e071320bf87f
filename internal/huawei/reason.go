package huawei

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"github.com/go-kit/log/level"

	"mongodb_backup_exporter/internal/backup"
	"mongodb_backup_exporter/internal/cloudcall"
	"mongodb_backup_exporter/internal/wire"
)

// longestReason is how many bytes of the cloud's reason for a failure are shown.
const longestReason = 200

// failReason makes the cloud's reason for a failure fit to be shown: one line without URLs, and without what follows a
// word that names a secret.
func failReason(text string) string {
	words := strings.Fields(wire.Clip(cloudcall.Redact(text), longestReason))
	for i, word := range words {
		at := strings.IndexAny(word, "=:")
		if at < 0 || !namesSecret(word[:at]) {
			continue
		}
		if at < len(word)-1 {
			words[i] = word[:at+1] + "(hidden)"
		} else if i+1 < len(words) {
			words[i+1] = "(hidden)"
		}
	}
	return strings.TrimRight(strings.Join(words, " "), ". ")
}

func namesSecret(word string) bool {
	word = strings.ToLower(word[strings.LastIndexAny(word, `"'({[,;`)+1:])
	return slices.Contains([]string{"ak", "sk", "pwd"}, word) ||
		slices.ContainsFunc([]string{"password", "passwd", "secret", "token", "signature", "accesskey", "access_key"},
			func(name string) bool { return strings.Contains(word, name) })
}

// logFailures logs each failed task once. It forgets the tasks that are no longer listed.
func (s *Source) logFailures(byInstance map[string]jobList) {
	s.mu.Lock()
	defer s.mu.Unlock()
	failed := map[string]bool{}
	for _, instanceID := range slices.Sorted(maps.Keys(byInstance)) {
		for _, job := range byInstance[instanceID].jobs {
			if job.State != backup.JobFailed {
				continue
			}
			failed[job.ID] = true
			if !s.failedJobs[job.ID] {
				_ = level.Warn(s.logger).Log("msg", "a backup task failed; logged once", "target", s.target(instanceID),
					"began", job.StartedAt.Format(backup.MinuteLayout), "reason", cmp.Or(job.Reason, "the cloud does not say why"))
			}
		}
	}
	s.failedJobs = failed
}
