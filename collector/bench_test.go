package collector

import (
	"fmt"
	"io"
	"runtime"
	"slices"
	"syscall"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/common/expfmt"

	"mongodb_backup_exporter/internal/backup"
)

// fleet is a snapshot of n healthy replica sets with a week of daily backups. Four regions make the order of the snapshot
// another one than that of the text format.
func fleet(n int) *backup.Snapshot {
	const regions = 4
	instances := make([]backup.InstanceState, n)
	for i := range instances {
		region := i * regions / n
		in := replicaSet("prod", fmt.Sprintf("dds-bp%05d", i*regions%n+region))
		in.Instance.Region = fmt.Sprintf("cn-%d", region)
		in.Nodes[0].Backups = fresh(nightly(9*time.Hour, 7))
		instances[i] = in
	}
	return snapshotOf(instances...)
}

// few and many are the sizes of fleet that benchmarks compare.
const few, many = 1_000, 10_000

// cpu returns the time that all threads of the process have computed for, garbage collection included. Unlike the time that
// passes, it depends little on what else the machine does.
func cpu(b *testing.B) time.Duration {
	b.Helper()
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err != nil {
		b.Fatal(err)
	}
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}

// BenchmarkGather gathers without the checks of a registry, and with them, as a ratio to what expfmt takes to write the same
// families (x-text).
func BenchmarkGather(b *testing.B) {
	m := newMoving(b, many, 0)
	text := m.asText(b)
	for name, from := range map[string]prometheus.Gatherer{"own": m, "registry": registryOf(b, m.snapshot)} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			before := cpu(b)
			for b.Loop() {
				if _, err := from.Gather(); err != nil {
					b.Fatal(err)
				}
			}
			spent := float64(cpu(b)-before) / float64(b.N)
			b.ReportMetric(spent/float64(text), "x-text")
			b.ReportMetric(spent/float64(time.Millisecond), "cpu-ms/op")
		})
	}
}

// moving is a fleet of which some instances move before each scrape: the cloud has another backup. oneIn of them does, spread
// over the fleet; 0: none.
type moving struct {
	*stage
	oneIn, round int
	spent        time.Duration // cpu of the scrapes
}

func (m *moving) move() {
	m.round++
	m.now = m.now.Add(time.Minute)
	next := *m.snapshot
	next.Instances = slices.Clone(m.snapshot.Instances)
	for i := range next.Instances {
		in := &next.Instances[i]
		in.Nodes = slices.Clone(in.Nodes)
		if m.oneIn == 0 || (i+m.round)%m.oneIn != 0 {
			continue
		}
		at := m.now.Add(-30 * time.Second)
		newest := set(0, backup.StateSuccess, int64(100+m.round)<<20)
		newest.StartedAt, newest.EndedAt, newest.ExpiresAt = at.Add(-20*time.Minute), at.Add(-time.Minute), at.Add(7*day)
		list := in.Nodes[0].Backups.Value
		list.Backups = append([]backup.Backup{newest}, list.Backups[:len(list.Backups)-1]...)
		in.Nodes[0].Backups = backup.Reading[backup.List]{Value: list, At: at, TriedAt: at, GoodUntil: at.Add(100 * day)}
	}
	m.snapshot = &next
}

func (m *moving) scrape(b *testing.B, format expfmt.Format, gzipped bool) (written int) {
	b.Helper()
	before := cpu(b)
	pieces, ok := m.Text(format, gzipped)
	if !ok {
		b.Fatal("no text")
	}
	for _, piece := range pieces {
		n, _ := io.Discard.Write(piece)
		written += n
	}
	m.spent += cpu(b) - before
	return written
}

func newMoving(b *testing.B, n, oneIn int) *moving {
	s := fleet(n)
	for i := range s.Instances { // nothing turns by time while the benchmark runs
		in := &s.Instances[i]
		in.Nodes[0].Backups.GoodUntil, in.Jobs.GoodUntil = noon().Add(100*day), noon().Add(100*day)
		in.Policy.GoodUntil, in.Recovery.GoodUntil = noon().Add(100*day), noon().Add(100*day)
	}
	m := &moving{stage: newStage(b, s), oneIn: oneIn}
	m.now = noon()
	m.scrape(b, expfmt.FmtText, false)
	m.scrape(b, expfmt.FmtText, true)
	m.spent = 0
	return m
}

// asText returns the cpu that expfmt takes to write the same families.
func (m *moving) asText(b *testing.B) time.Duration {
	b.Helper()
	families, err := m.Gather()
	if err != nil {
		b.Fatal(err)
	}
	const times = 3
	before := cpu(b)
	for range times {
		for _, family := range families {
			if _, err := expfmt.MetricFamilyToText(io.Discard, family); err != nil {
				b.Fatal(err)
			}
		}
	}
	return (cpu(b) - before) / times
}

// BenchmarkScrape tells the cpu of a scrape of 10,000 targets as a ratio to what expfmt takes to write the same families
// (x-text), and to a scrape of 1,000 targets (x-1000).
func BenchmarkScrape(b *testing.B) {
	for _, bench := range []struct {
		name    string
		oneIn   int
		gzipped bool
	}{
		{"all-moved", 1, false},
		{"one-in-30-moved", 30, false},
		{"none-moved", 0, false},
		{"gzip/all-moved", 1, true},
		{"gzip/one-in-30-moved", 30, true},
		{"gzip/none-moved", 0, true},
	} {
		b.Run(bench.name, func(b *testing.B) {
			small, large := newMoving(b, few, bench.oneIn), newMoving(b, many, bench.oneIn)
			text := large.asText(b)
			b.ReportAllocs()
			written := 0
			for b.Loop() {
				b.StopTimer()
				small.move()
				large.move()
				small.scrape(b, expfmt.FmtText, bench.gzipped)
				b.StartTimer()
				written = large.scrape(b, expfmt.FmtText, bench.gzipped)
			}
			b.ReportMetric(float64(large.spent)/float64(b.N)/float64(text), "x-text")
			b.ReportMetric(float64(large.spent)/float64(small.spent), "x-1000")
			b.ReportMetric(float64(large.spent.Milliseconds())/float64(b.N), "cpu-ms/op")
			b.ReportMetric(float64(written), "written-B/op")
		})
	}
}

// BenchmarkMemory tells what the texts of both formats hold for each target, and the largest memory that the process had.
func BenchmarkMemory(b *testing.B) {
	for _, n := range []int{few, many} {
		b.Run(fmt.Sprintf("targets=%d", n), func(b *testing.B) {
			for b.Loop() {
				s := fleet(n)
				before := heap()
				m := &moving{stage: newStage(b, s), oneIn: 1}
				for range 5 {
					m.move()
					for _, format := range formats() {
						m.scrape(b, format, true)
					}
				}
				b.ReportMetric(float64(heap()-before)/float64(n), "heap-B/target")
				runtime.KeepAlive(m)
			}
			var used syscall.Rusage
			if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err != nil {
				b.Fatal(err)
			}
			b.ReportMetric(float64(used.Maxrss<<10)/float64(n), "peak-rss-B/target")
		})
	}
}

// heap returns the bytes that are in use.
func heap() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// TestAllocationsPerSeries keeps a scrape cheap. The registry itself needs two allocations for a series; with constant
// metrics of client_golang there would be twenty-five.
func TestAllocationsPerSeries(t *testing.T) {
	const targets = 200
	registry := registryOf(t, fleet(targets))
	per := testing.AllocsPerRun(3, func() {
		if _, err := registry.Gather(); err != nil {
			t.Fatal(err)
		}
	}) / float64(targets*promised(t, "A healthy replica set costs N series on Alibaba Cloud"))
	if per > 3 {
		t.Errorf("%.1f allocations per series, want 3 at most", per)
	}
}

// registryOf returns a registry with the families of a snapshot only.
func registryOf(b testing.TB, s *backup.Snapshot) *prometheus.Registry {
	b.Helper()
	registry := prometheus.NewRegistry()
	if err := register(registry, New(func() *backup.Snapshot { return s }, noon)); err != nil {
		b.Fatal(err)
	}
	return registry
}
