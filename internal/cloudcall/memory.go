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
	// maxTallies is how many users with recent refusals or calls in flight are counted.
	maxTallies = 1000
)

// Memory is what the breakers of one cloud share, by fingerprints. It counts the refusals of each user over all breakers.
// And it remembers what breakers knew of refused credentials: those that are replaced and come back are refused for as
// long as they would have been without the detour. A configuration that goes back and forth, or has the same key more than
// once, must not make more calls with it than one that stays. The zero value is ready to use. It is safe for concurrent use.
type Memory struct {
	mu      sync.Mutex
	refused map[string]refusals
	tallies map[string]*tally // by user
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

// tally returns the tally of a user. When there are too many, it drops those that say nothing, and else the one whose
// newest refusal is oldest.
func (m *Memory) tally(user string, window time.Duration, now time.Time) *tally {
	m.mu.Lock()
	defer m.mu.Unlock()
	if t, ok := m.tallies[user]; ok {
		return t
	}
	if len(m.tallies) >= maxTallies {
		m.dropTallies(now)
	}
	if m.tallies == nil {
		m.tallies = map[string]*tally{}
	}
	m.tallies[user] = newTally(window)
	return m.tallies[user]
}

func (m *Memory) dropTallies(now time.Time) {
	oldest, at := "", time.Time{}
	for user, t := range m.tallies {
		idle, newest := t.idle(now)
		if idle {
			delete(m.tallies, user)
		} else if oldest == "" || newest.Before(at) {
			oldest, at = user, newest
		}
	}
	if len(m.tallies) >= maxTallies {
		delete(m.tallies, oldest)
	}
}

// isEmpty reports whether no credentials are remembered.
func (m *Memory) isEmpty() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return len(m.refused) == 0
}

// note remembers refused credentials. When there are too many, it forgets those that were refused longest ago.
func (m *Memory) note(fingerprint string, r refusals) {
	if fingerprint == "" {
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
	m.mu.Lock()
	defer m.mu.Unlock()
	m.forgetOld(now)
	r, ok = m.refused[fingerprint]
	return r, ok
}

// forget forgets credentials that work.
func (m *Memory) forget(fingerprint string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.refused, fingerprint)
}

func (m *Memory) forgetOld(now time.Time) {
	maps.DeleteFunc(m.refused, func(_ string, r refusals) bool { return now.Sub(r.at) >= rememberedFor })
}
