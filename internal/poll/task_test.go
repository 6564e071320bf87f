package poll

import (
	"context"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"mongodb_backup_exporter/internal/backup"
	"mongodb_backup_exporter/internal/turn"
)

// check fails when what the pool counts is not so. It is called while nothing moves.
func (q *pool) check(t *testing.T, tasks []*task) {
	t.Helper()
	q.mu.Lock()
	defer q.mu.Unlock()
	active := 0
	type counts struct{ places, running, parked int }
	want := map[*lane]counts{}
	for _, task := range tasks {
		n := want[task.lane]
		switch task.state {
		case placed:
			active++
			n.places++
			n.running++
		case placeless:
			n.running++
		case parked:
			n.parked++
		case queued, ended:
		}
		want[task.lane] = n
	}
	if q.active != active || active > q.limit {
		t.Errorf("%d tasks count as active, %d are, %d may be", q.active, active, q.limit)
	}
	for l, n := range want {
		if got := (counts{l.places, l.running, l.parked}); got != n {
			t.Errorf("lane %v counts %+v, want %+v", l.of, got, n)
		}
	}
}

// Questions wait for rate limits in several calls at once, share what they wait for, are slow, and end at any moment: the
// pool's counts stay true, and each question has its turn.
func TestPlacesAreCounted(t *testing.T) {
	for seed := range uint64(200) {
		synctest.Test(t, func(t *testing.T) {
			random := rand.New(rand.NewPCG(seed, 0))
			var workers sync.WaitGroup
			q := &pool{workers: &workers, divided: random.IntN(2) == 0, limit: 1 + random.IntN(6)}
			shared := turn.NewShared()
			var tasks []*task
			for range 40 {
				calls := make([]func(context.Context), random.IntN(4))
				for i := range calls {
					delays := [4]time.Duration{}
					for j := range delays {
						delays[j] = time.Duration(random.IntN(3000)) * time.Millisecond
					}
					calls[i] = func(ctx context.Context) {
						time.Sleep(delays[0])
						_ = turn.Of(ctx).Wait(ctx, func() error { time.Sleep(delays[1]); return nil })
						time.Sleep(delays[2])
					}
				}
				joins, atMost := random.IntN(3) == 0, time.Duration(random.IntN(20000))*time.Millisecond
				of := kind{scope: backup.Scopes()[random.IntN(3)]}
				tasks = append(tasks, q.submit(of, urgency{due: time.Now(), rank: random.IntN(3)}, func(ticket *turn.Ticket) {
					ctx, cancel := turn.WithTimeout(turn.With(t.Context(), ticket), atMost)
					defer cancel()
					if joins {
						shared.Share(ticket)
						time.Sleep(atMost / 2)
						shared.Unshare(ticket)
						ticket.GoOn(ctx)
					}
					var running sync.WaitGroup
					for _, call := range calls {
						running.Go(func() { call(ctx) })
					}
					running.Wait()
				}))
			}
			var list sync.WaitGroup
			list.Go(func() { // what is shared
				for range 20 {
					_ = shared.Wait(t.Context(), func() error { time.Sleep(700 * time.Millisecond); return nil })
					time.Sleep(300 * time.Millisecond)
				}
			})
			for i := 0; i < 120 && !t.Failed(); i++ {
				time.Sleep(137 * time.Millisecond)
				synctest.Wait()
				q.check(t, tasks)
			}
			workers.Wait()
			list.Wait()
			q.check(t, tasks)
			if q.active != 0 || len(q.lanes) != 0 || len(q.returning) != 0 {
				t.Errorf("all have ended, but %d tasks are active, %d lanes and %d that return are left", q.active, len(q.lanes), len(q.returning))
			}
		})
		if t.Failed() {
			t.Fatalf("seed %d", seed)
		}
	}
}

// Of what is submitted together the most urgent begins first, whatever was submitted first.
func TestHeldTasksBeginByUrgency(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var workers sync.WaitGroup
		q := &pool{workers: &workers, limit: 1}
		var order []int
		q.hold()
		for _, rank := range []int{3, 1, 2} {
			q.submit(kind{}, urgency{due: time.Now(), rank: rank}, func(*turn.Ticket) { order = append(order, rank) })
		}
		synctest.Wait()
		if len(order) > 0 {
			t.Errorf("%v began while the pool was held", order)
		}
		q.release()
		workers.Wait()
		if !slices.Equal(order, []int{1, 2, 3}) {
			t.Errorf("began in the order %v", order)
		}
	})
}
