package backup_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"mongodb_backup_exporter/internal/backup"
)

// words returns the texts of the values 0 to n of an enumeration; n is not one of its constants.
func words[E ~uint8](n E) []string {
	var out []string
	for e := range n + 1 {
		out = append(out, fmt.Sprint(e))
	}
	return out
}

func TestLabelValues(t *testing.T) {
	for _, c := range []struct {
		name      string
		got, want []string
	}{
		{"kind", words(backup.Kind(3)), []string{"unknown", "full", "incremental", "unknown"}},
		{"trigger", words(backup.Trigger(3)), []string{"unknown", "automatic", "manual", "unknown"}},
		{"state", words(backup.State(backup.NumStates)), []string{"unknown", "success", "failed", "running", "deleting", "unknown"}},
		{
			"job state", words(backup.JobState(backup.NumJobStates)),
			[]string{"unknown", "scheduled", "checking", "running", "finished", "failed", "unknown"},
		},
		{
			"health", words(backup.HealthState(backup.NumHealthStates)),
			[]string{"unknown", "never", "pending", "late", "missed", "failed", "ok", "unknown"},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			if diff := cmp.Diff(c.want, c.got); diff != "" {
				t.Errorf("String() (-want +got):\n%s", diff)
			}
		})
	}
}

func TestErrorText(t *testing.T) {
	cause := errors.New("no such instance\n")
	for _, c := range []struct {
		name string
		err  *backup.Error
		want string
	}{
		{"bare", &backup.Error{Op: "DescribeBackups", Class: backup.ClassTimeout}, "DescribeBackups: timeout"},
		{
			"whole",
			&backup.Error{
				Op: "ListBackups", Class: backup.ClassNotFound, Code: "DBS.280110", RequestID: "r-9", Status: 404,
				Hint: "check the instance id", Err: cause,
			},
			"ListBackups: not_found DBS.280110 (HTTP 404): no such instance [request id r-9]; check the instance id",
		},
		{
			"long texts of a cloud",
			&backup.Error{
				Op: "Op", Class: backup.ClassServer, Code: strings.Repeat("c", 257), RequestID: strings.Repeat("r", 256),
				Err: errors.New(strings.Repeat("长", 300) + "\xff"),
			},
			"Op: server " + strings.Repeat("c", 256) + "…: " + strings.Repeat("长", 256) + "… [request id " + strings.Repeat("r", 256) + "]",
		},
		{"invalid UTF-8", &backup.Error{Op: "Op", Class: backup.ClassServer, Err: errors.New("a\xffb")}, "Op: server: a\uFFFDb"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := c.err.Error(); got != c.want {
				t.Errorf("Error() = %q, want %q", got, c.want)
			}
		})
	}
	if wrapped := (&backup.Error{Err: cause}); !errors.Is(wrapped, cause) {
		t.Error("the cause cannot be found in the error")
	}
}

func TestClassOf(t *testing.T) {
	throttled := &backup.Error{Class: backup.ClassThrottled}
	for _, c := range []struct {
		name string
		err  error
		want backup.Class
	}{
		{"no error", nil, ""},
		{"classified", throttled, backup.ClassThrottled},
		{"classified and wrapped", fmt.Errorf("instances: %w", throttled), backup.ClassThrottled},
		{"unclassified", errors.New("what?"), backup.ClassProtocol},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := backup.ClassOf(c.err); got != c.want {
				t.Errorf("ClassOf() = %q, want %q", got, c.want)
			}
		})
	}
}

func TestRetryableAndAnsweredClasses(t *testing.T) {
	all := []backup.Class{
		"", backup.ClassAuth, backup.ClassPermission, backup.ClassThrottled, backup.ClassNotFound, backup.ClassUnsupported,
		backup.ClassBusy, backup.ClassBadRequest, backup.ClassServer, backup.ClassTimeout, backup.ClassCanceled,
		backup.ClassNetwork, backup.ClassProtocol, "a later version's",
	}
	retryable := []backup.Class{backup.ClassThrottled, backup.ClassServer, backup.ClassTimeout, backup.ClassNetwork}
	answered := []backup.Class{
		"", backup.ClassPermission, backup.ClassThrottled, backup.ClassNotFound, backup.ClassUnsupported,
		backup.ClassBusy, backup.ClassBadRequest,
	}
	for _, class := range all {
		if got, want := class.Retryable(), slices.Contains(retryable, class); got != want {
			t.Errorf("%q.Retryable() = %t, want %t", class, got, want)
		}
		if got, want := class.Answered(), slices.Contains(answered, class); got != want {
			t.Errorf("%q.Answered() = %t, want %t", class, got, want)
		}
	}
}

func TestTargets(t *testing.T) {
	whole := backup.Target{Cloud: backup.Alibaba, Account: "prod", Region: "cn-hangzhou", InstanceID: "dds-1"}
	a, b := whole.Node("d-a"), whole.Node("d-b")
	for _, c := range []struct {
		name string
		in   backup.Instance
		want []backup.Target
		text []string
	}{
		{"one piece", backup.Instance{Target: whole}, []backup.Target{whole}, []string{"alibaba/prod/cn-hangzhou/dds-1"}},
		{
			"two shards",
			backup.Instance{Target: whole, Nodes: []string{"d-a", "d-b"}},
			[]backup.Target{a, b},
			[]string{"alibaba/prod/cn-hangzhou/dds-1/d-a", "alibaba/prod/cn-hangzhou/dds-1/d-b"},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := c.in.Targets()
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("Targets() (-want +got):\n%s", diff)
			}
			for i, target := range got {
				if target.String() != c.text[i] || target.Instance() != whole {
					t.Errorf("target %d: %s of %s, want %s of %s", i, target, target.Instance(), c.text[i], whole)
				}
			}
		})
	}
}

func TestInstanceState(t *testing.T) {
	whole := backup.Target{Cloud: backup.Huawei, Account: "hw", Region: "cn-north-4", InstanceID: "in02"}
	removed := backup.Removals{Last: at(20, 0, 0)}
	node := backup.NodeState{NodeID: "shard-1", Backups: read(backup.List{}, noon), Removals: removed}
	in := backup.InstanceState{
		Instance: backup.Instance{Target: whole, CreatedAt: at(1, 0, 0), Lifecycle: backup.LifecycleFrozen, Status: "frozen"},
		Jobs:     read([]backup.Job{{ID: "j"}}, noon),
		Policy:   read(*daily(), noon),
		Recovery: read(backup.Window{End: noon}, noon),
		Nodes:    []backup.NodeState{node},
	}

	want := backup.TargetState{
		Target: whole.Node("shard-1"), CreatedAt: at(1, 0, 0), Lifecycle: backup.LifecycleFrozen, Status: "frozen",
		Backups: node.Backups, Jobs: in.Jobs, Policy: in.Policy, Recovery: in.Recovery,
		Removals: removed,
	}
	if diff := cmp.Diff(want, in.Target(node)); diff != "" {
		t.Errorf("Target() (-want +got):\n%s", diff)
	}
	for name, c := range map[string]struct {
		nodes []backup.NodeState
		want  bool
	}{
		"one shard":  {[]backup.NodeState{node}, true},
		"two shards": {[]backup.NodeState{node, {NodeID: "shard-2"}}, true},
		"one piece":  {[]backup.NodeState{{}}, false},
	} {
		if got := (backup.InstanceState{Nodes: c.nodes}).Sharded(); got != c.want {
			t.Errorf("%s: Sharded() = %t, want %t", name, got, c.want)
		}
	}
}

func TestWindowIsZero(t *testing.T) {
	if !(backup.Window{Start: noon}).IsZero() || (backup.Window{End: noon}).IsZero() {
		t.Error("a window without an end must be zero, and one with an end must not")
	}
}
