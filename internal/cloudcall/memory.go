package cloudcall

import (
	"maps"
	"sync"
	"time"

	"mongodb_backup_exporter/internal/backup"
)

const (
	// rememberedFor is how long after their newest refusal credentials are remembered. It is longer than any pause.
	rememberedFor = time.Hour
	// maxRemembered is how many refused credentials are remembered.
	maxRemembered = 100
)

// Memory remembers what breakers knew of refused credentials, by their fingerprints. Credentials that are replaced and
// come back are refused for as long as they would have been without the detour: a configuration that goes back and forth
// must not make more calls with them than one that stays. The zero value is ready to use, and a nil Memory remembers
// nothing. It is safe for concurrent use.
type Memory struct {
	mu      sync.Mutex
	refused map[string]refusals
}

// refusals are what a Breaker knows of refused credentials.
type refusals struct {
	times     []time.Time
	last      *backup.Error
	condemned bool
	retries   int
	regions   map[string]shutRegion
	at        time.Time // when the newest was noted
}

// shutRegion is what a Gate knows of them.
type shutRegion struct {
	pause      pause
	operations map[string]pause
}

// isEmpty reports whether nothing is remembered.
func (m *Memory) isEmpty() bool {
	if m == nil {
		return true
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	return len(m.refused) == 0
}

// note remembers refused credentials. When there are too many, it forgets those that were refused longest ago.
func (m *Memory) note(fingerprint string, r refusals) {
	if m == nil || fingerprint == "" {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.forgetOld(r.at)
	if m.refused == nil {
		m.refused = map[string]refusals{}
	}
	m.refused[fingerprint] = r
	for len(m.refused) > maxRemembered {
		oldest := fingerprint
		for name, other := range m.refused {
			if other.at.Before(m.refused[oldest].at) {
				oldest = name
			}
		}
		delete(m.refused, oldest)
	}
}

// recall returns what is remembered of credentials.
func (m *Memory) recall(fingerprint string, now time.Time) (r refusals, ok bool) {
	if m == nil {
		return r, false
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.forgetOld(now)
	r, ok = m.refused[fingerprint]
	return r, ok
}

// forget forgets credentials that work.
func (m *Memory) forget(fingerprint string) {
	if m == nil {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.refused, fingerprint)
}

func (m *Memory) forgetOld(now time.Time) {
	maps.DeleteFunc(m.refused, func(_ string, r refusals) bool { return now.Sub(r.at) >= rememberedFor })
}
