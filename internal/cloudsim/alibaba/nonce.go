package alibaba

import "time"

const maxNonces = 1 << 16

// nonceMemory remembers the nonces used recently. The zero value remembers none.
type nonceMemory struct {
	used  map[string]struct{}
	queue []usedNonce // oldest first
}

type usedNonce struct {
	nonce string
	at    time.Time
}

// use reports whether the nonce is new. It remembers the nonce for as long as a date can be valid, or until there are
// maxNonces newer ones.
func (m *nonceMemory) use(nonce string, now time.Time) bool {
	forgotten := 0
	for forgotten < len(m.queue) && (len(m.queue)-forgotten >= maxNonces || now.Sub(m.queue[forgotten].at) > 2*maxSkew) {
		delete(m.used, m.queue[forgotten].nonce)
		forgotten++
	}
	m.queue = m.queue[forgotten:]
	if _, seen := m.used[nonce]; seen {
		return false
	}
	if m.used == nil {
		m.used = make(map[string]struct{})
	}
	m.used[nonce] = struct{}{}
	m.queue = append(m.queue, usedNonce{nonce, now})
	return true
}
