package faultmatrix

import (
	"fmt"
	"io"
	stdlog "log"
	"os"
	"path/filepath"
	"runtime/debug"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"mongodb_backup_exporter/internal/cloudsim"
	"mongodb_backup_exporter/internal/cloudsim/fleet"
)

// authority signs the endpoints that speak TLS. Every process of the tests trusts it, as it would trust a public one.
var authority *cloudsim.Authority

func TestMain(m *testing.M) {
	var err error
	if authority, err = cloudsim.NewAuthority(dawn()); err != nil {
		panic(err)
	}
	dir, err := os.MkdirTemp("", "faultmatrix")
	if err != nil {
		panic(err)
	}
	roots := filepath.Join(dir, "roots.pem")
	if err := os.WriteFile(roots, authority.PEM(), 0o600); err != nil {
		panic(err)
	}
	_ = os.Setenv("SSL_CERT_FILE", roots)
	_ = os.Setenv("SSL_CERT_DIR", dir)
	stdlog.SetOutput(io.Discard) // net/http writes there what comes on a connection that waits for no answer
	debug.SetGCPercent(400)
	for _, proxy := range []string{"HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"} {
		_ = os.Unsetenv(proxy)
	}
	code := m.Run()
	_ = os.RemoveAll(dir)
	os.Exit(code)
}

// plays returns the whole matrix of one cloud.
func plays(cloud string) []play {
	var all []play
	for _, r := range rows(cloud) {
		for _, v := range victims(cloud) {
			if r.hits(v) {
				all = append(all, play{v, r, true}, play{v, r, false})
			}
		}
	}
	return all
}

// hits reports whether the row is tried on a victim.
func (r row) hits(v victim) bool {
	switch {
	case r.endpoint:
		return v.op == ""
	case r.heavy:
		return v.op != ""
	case r.fault.Kind == cloudsim.FaultEndlessPages:
		return !v.regions // which have one page
	}
	return true
}

// baselines are runs without a fault, by their timeline.
type baselines struct {
	mu   sync.Mutex
	runs map[string]record
}

func (b *baselines) of(t *testing.T, p play) record {
	t.Helper()
	key := fmt.Sprint(p.victim.cloud, p.timeline())
	b.mu.Lock()
	defer b.mu.Unlock()
	r, ok := b.runs[key]
	if !ok {
		r = perform(t, p, nil, func(*stage) func() { return func() {} }, nil)
		b.runs[key] = r
	}
	return r
}

// TestMatrix plays a spread of the cases. FAULT_MATRIX in the environment says otherwise: with "all" it plays all of them, with
// "kinds" each kind in each operation once, but for kinds of transport. With another value it plays those of all whose name contains it, such as FAULT_MATRIX="huawei, ListTasks, hang, warm".
func TestMatrix(t *testing.T) {
	which := os.Getenv("FAULT_MATRIX")
	base := &baselines{runs: map[string]record{}}
	count := &tally{}
	t.Run("cases", func(t *testing.T) {
		for _, p := range chosen(which) {
			count.add(p)
			t.Run(p.String(), func(t *testing.T) {
				t.Parallel()
				count.judge(t, p, examine(t, p, base))
			})
		}
	})
	fmt.Println(count)
	for _, k := range knownFaults() {
		if _, still := count.excused.Load(k.name); which == "all" && !still && !k.rarely {
			t.Errorf("no case of %s fails any more: take it off the list of known faults", k.name)
		}
	}
}

// judge reports what is wrong with a case, unless that is known.
func (c *tally) judge(t *testing.T, p play, wrong []string) {
	t.Helper()
	text := strings.Join(wrong, "\n")
	k, excused := knownFault(p)
	switch {
	case text == "":
		c.passed.Add(1)
	case excused && k.covers(text):
		c.known.Add(1)
		c.excused.Store(k.name, true)
		t.Logf("known as %s: %s\n%s", k.name, k.reason, text)
	default:
		t.Error(text)
	}
}

// chosen returns the cases to play.
func chosen(which string) []play {
	of := plays
	switch which {
	case "":
		of = spread
	case kindsOnce:
		of = eachKindOnce
	}
	var all []play
	for _, cloud := range []string{fleet.Alibaba, fleet.Huawei} {
		for _, p := range of(cloud) {
			if which == "" || which == "all" || which == kindsOnce || strings.Contains(p.String(), which) {
				all = append(all, p)
			}
		}
	}
	return all
}

// tally counts what was played.
type tally struct {
	kinds, rows, operations, clouds, phases map[string]bool
	cases                                   int
	passed, known                           atomic.Int64
	excused                                 sync.Map // names of known faults that did fail
}

func (c *tally) add(p play) {
	if c.kinds == nil {
		c.kinds, c.rows, c.operations, c.clouds, c.phases = map[string]bool{}, map[string]bool{}, map[string]bool{}, map[string]bool{}, map[string]bool{}
	}
	c.kinds[string(p.row.fault.Kind)] = true
	c.rows[p.row.cloud+p.row.name] = true
	c.operations[p.victim.cloud+p.victim.name] = true
	c.clouds[p.victim.cloud] = true
	c.phases[strconv.FormatBool(p.warm)] = true
	c.cases++
}

func (c *tally) String() string {
	passed, known := c.passed.Load(), c.known.Load()
	return fmt.Sprintf("fault matrix: %d kinds in %d forms, %d operations of %d clouds, %d phases: %d cases, %d passed, %d known to fail, %d failed",
		len(c.kinds), len(c.rows), len(c.operations), len(c.clouds), len(c.phases), c.cases, passed, known, int64(c.cases)-passed-known)
}

// examine plays one case and returns what is wrong with it.
func examine(t *testing.T, p play, base *baselines) []string {
	t.Helper()
	c := &checker{play: p, base: base.of(t, p)}
	var trust *cloudsim.Authority
	if p.row.endpoint {
		trust = authority
	}
	inject := func(s *stage) func() { return s.Inject(p.victim.fault(p.row.fault)) }
	c.got = perform(t, p, trust, inject, c.isGood)
	return c.check()
}
