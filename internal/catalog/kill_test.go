package catalog

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"mongodb_backup_exporter/internal/backup"
)

// childOf names the directory to which a child of TestKill writes until it is killed.
const childOf = "CATALOG_TEST_CHILD_OF"

// killsIn says how often TestKill kills; without it, 10 times.
const killsIn = "CATALOG_TEST_KILLS"

func TestMain(m *testing.M) {
	if dir := os.Getenv(childOf); dir != "" {
		writeUntilKilled(dir)
		return
	}
	os.Exit(m.Run())
}

// killTargets is how many targets the child has: enough that a step takes more than one transaction.
const killTargets = 200

func killTarget(i int) backup.Target {
	t := one
	t.InstanceID = fmt.Sprint("dds-", i)
	return t
}

// learnStep tells a catalog what is known of a target at a step. It replaces what the steps before said.
func learnStep(c *Catalog, i, step int) {
	at := start.Add(time.Duration(step) * time.Minute)
	running := daily(at)
	running.State = backup.StateRunning
	all := []backup.Backup{running}
	for k := 1; k < 15; k++ {
		all = append(all, daily(at.Add(-time.Duration(k)*time.Minute)))
	}
	c.LearnBackups(killTarget(i), list(at, all...))
	c.LearnJobs(killTarget(i), Times{At: at}, []backup.Job{{ID: fmt.Sprint("j", step), State: backup.JobRunning, StartedAt: at}})
	c.LearnPolicy(killTarget(i), Times{At: at}, weekly(time.Duration(1+step%3)*day))
	c.LearnRecovery(killTarget(i), Times{At: at}, backup.Window{Start: start, End: at})
}

// writeUntilKilled says "begin n" before a step, and "done n" once it is flushed.
func writeUntilKilled(dir string) {
	ctx := context.Background()
	f, err := Open(ctx, Options{Dir: dir, Lookback: lookback}, start)
	if err != nil {
		fmt.Println("cannot open:", err)
		return
	}
	first, _ := strconv.Atoi(os.Getenv(childOf + "_STEP"))
	for step := first; ; step++ {
		fmt.Println("begin", step)
		for i := range killTargets {
			learnStep(f.Catalog(), i, step)
		}
		if err := f.Flush(ctx, start.Add(time.Duration(step)*time.Minute)); err != nil {
			fmt.Println("cannot flush:", err)
			return
		}
		fmt.Println("done", step)
	}
}

// TestKill kills a writer at random moments. What was flushed before is in the file, and nothing that was never learned:
// each target is as at one step between the last that was done and the last that was begun.
func TestKill(t *testing.T) {
	kills := 10
	if testing.Short() { // as the race detector runs
		kills = 3
	}
	if text := os.Getenv(killsIn); text != "" {
		kills, _ = strconv.Atoi(text)
	}
	dir := t.TempDir()
	done, begun := -1, -1
	for kill := range kills {
		random := rand.New(rand.NewPCG(uint64(kill), 7))
		child := exec.CommandContext(t.Context(), os.Args[0])
		child.Env = append(os.Environ(), childOf+"="+dir, fmt.Sprintf("%s_STEP=%d", childOf, begun+1))
		out, err := child.StdoutPipe()
		must(t, err)
		var complaints bytes.Buffer
		child.Stderr = &complaints
		must(t, child.Start())
		lines := bufio.NewScanner(out)
		stop, rest := 1+random.IntN(8), random.IntN(200_000)
		for n := 0; n < stop && lines.Scan(); n++ {
			note(t, lines.Text(), &done, &begun)
		}
		for range rest { // somewhere in the next step
			runtime.Gosched()
		}
		must(t, child.Process.Kill())
		for lines.Scan() {
			note(t, lines.Text(), &done, &begun)
		}
		_ = child.Wait() // it was killed
		if complaints.Len() > 0 {
			t.Fatal(complaints.String())
		}
		checkKilled(t, dir, done, begun)
	}
	t.Logf("%d kills, the last in step %d", kills, begun)
}

func note(t *testing.T, line string, done, begun *int) {
	t.Helper()
	word, number, _ := strings.Cut(line, " ")
	n, err := strconv.Atoi(number)
	switch {
	case err != nil:
		t.Fatal(line)
	case word == "begin":
		*begun = n
	default:
		*done = n
	}
}

func checkKilled(t *testing.T, dir string, done, begun int) {
	t.Helper()
	f, err := Open(t.Context(), Options{Dir: dir, Lookback: lookback}, start)
	must(t, err)
	defer f.closeAll()
	if f.State().SetAside != "" {
		t.Fatal(f.State().SetAside)
	}
	for i := range killTargets {
		target := killTarget(i)
		known := f.Catalog().Known(target)
		if known.Backups.At.IsZero() && done < 0 {
			continue
		}
		step := int(known.Backups.At.Sub(start) / time.Minute)
		if step < done || step > begun {
			t.Fatalf("%v is as at step %d; %d was done and %d begun", target, step, done, begun)
		}
		want := New(lookback)
		learnStep(want, i, step)
		if got := known.Backups.Value.Backups; len(got) != 15 {
			t.Fatalf("%v has %d sets", target, len(got))
		} else if w := want.Known(target); !sameStep(&known, &w) {
			t.Fatalf("%v is not as at step %d:\n%+v\n%+v", target, step, known, w)
		}
	}
}

func sameStep(a, b *Known) bool {
	for i := range b.Backups.Value.Backups {
		if !sameBackup(&a.Backups.Value.Backups[i], &b.Backups.Value.Backups[i]) {
			return false
		}
	}
	return len(a.Jobs.Value) == 1 && sameJob(&a.Jobs.Value[0], &b.Jobs.Value[0]) && a.Jobs.At.Equal(b.Jobs.At) &&
		a.Policy.Value.Schedules[0].Retention == b.Policy.Value.Schedules[0].Retention && a.Policy.At.Equal(b.Policy.At) &&
		a.Recovery.Value.End.Equal(b.Recovery.Value.End) && a.Policies[len(a.Policies)-1].Policy.Schedules[0].Retention == b.Policy.Value.Schedules[0].Retention
}
