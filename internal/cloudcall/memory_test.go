package cloudcall

import (
	"fmt"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"mongodb_backup_exporter/internal/backup"
)

// detour calls with credentials that change every now and then, and returns how often each of them was refused at most
// within Huawei Cloud's time. refuses says which of them are bad.
func detour(t *testing.T, turns []string, anew bool, every time.Duration, refuses func(keys string) bool) map[string]int {
	t.Helper()
	var keys atomic.Pointer[string]
	refused := map[string]*gatekeeper{}
	cloud := &gatekeeper{refuses: func(string) bool { return refuses(*keys.Load()) }}
	memory := new(Memory)
	open := func() *fleet {
		return newFleet(cloud, NewBreaker(time.Now, printed(func() string { return *keys.Load() }), lockWindow, memory), "r-1", "r-2")
	}
	var f *fleet
	for _, turn := range turns {
		keys.Store(&turn)
		if f == nil || anew {
			f = open()
		}
		f.failed = map[string][]backup.Class{}
		before := len(cloud.refused)
		for range int(every / time.Minute) {
			f.rounds(t.Context(), 1, "a", "b", "c")
		}
		if !refuses(turn) && len(f.failed) > 0 {
			t.Errorf("good credentials fail: %v", f.failed)
		}
		if refused[turn] == nil {
			refused[turn] = &gatekeeper{}
		}
		refused[turn].refused = append(refused[turn].refused, cloud.refused[before:]...)
	}
	most := map[string]int{}
	for name, g := range refused {
		most[name] = g.most(5 * time.Minute)
	}
	return most
}

// Credentials that are replaced and come back are refused no more often than those that stay: reloads must not provoke
// Huawei Cloud's lock.
func TestRefusedCredentialsThatComeBack(t *testing.T) {
	bad := func(keys string) bool { return keys != "good" }
	for name, turns := range map[string][]string{
		"others that are bad":          {"A", "B", "A", "B", "A", "B", "A", "B", "A"},
		"others that are good":         {"A", "good", "A", "good", "A", "good", "A", "good"},
		"several others":               {"A", "B", "C", "good", "A", "C", "A", "B", "A", "good", "A"},
		"others, for a moment at most": {"A", "A", "A", "B", "A", "A", "A", "good", "A", "A", "A"},
	} {
		for _, anew := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, a new breaker: %v", name, anew), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					for keys, n := range detour(t, turns, anew, time.Minute, bad) {
						if n > maxRefusals {
							t.Errorf("%d refusals of %s within five minutes", n, keys)
						}
					}
				})
			})
		}
	}
}

// Once they work, nothing is held against them.
func TestCredentialsThatWorkAreForgotten(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		keys := "A"
		var good atomic.Bool
		cloud := &gatekeeper{refuses: func(string) bool { return !good.Load() }}
		memory := new(Memory)
		open := func() *fleet {
			return newFleet(cloud, NewBreaker(time.Now, printed(func() string { return keys }), lockWindow, memory), "r-1", "r-2")
		}
		open().rounds(t.Context(), 3, "a", "b", "c")
		if memory.isEmpty() {
			t.Fatal("refused credentials are not remembered")
		}
		good.Store(true)
		f := open()
		f.rounds(t.Context(), 10, "a", "b", "c")
		if !memory.isEmpty() {
			t.Error("credentials that work are remembered as refused")
		}
		f = open()
		f.rounds(t.Context(), 1, "a", "b", "c")
		f.healthy(t, 1)
	})
}

func TestMemoryIsBounded(t *testing.T) {
	m, now := new(Memory), time.Now()
	for i := range 3 * maxRemembered {
		m.note(fmt.Sprint(i), refusals{at: now.Add(time.Duration(i) * time.Millisecond)})
	}
	if n := len(m.refused); n != maxRemembered {
		t.Errorf("%d credentials are remembered, want %d", n, maxRemembered)
	}
	if _, ok := m.recall(fmt.Sprint(3*maxRemembered-1), now); !ok {
		t.Error("the newest is forgotten")
	}
	if _, ok := m.recall(fmt.Sprint(3*maxRemembered-1), now.Add(2*rememberedFor)); ok || !m.isEmpty() {
		t.Error("old ones are remembered")
	}
}
