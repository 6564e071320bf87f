package sourcetest

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"mongodb_backup_exporter/internal/backup"
	"mongodb_backup_exporter/internal/cloudsim"
	"mongodb_backup_exporter/internal/cloudsim/fleet"
)

// patience is how long after the end of its context a Source may return. The port wants 300 ms, which a busy machine
// cannot promise to a test. A Source that ignores its context returns much later: at the end of an attempt.
const patience = 10 * time.Second

// answers returns the classes that are acceptable after a fault; "" is a normal answer.
func answers() map[cloudsim.FaultKind][]backup.Class {
	return map[cloudsim.FaultKind][]backup.Class{
		cloudsim.FaultLatency:        {""},
		cloudsim.FaultGzip:           {""},
		cloudsim.FaultThrottle:       {backup.ClassThrottled},
		cloudsim.FaultForbidden:      {backup.ClassPermission},
		cloudsim.FaultExpiredKey:     {backup.ClassPermission}, // of one operation alone; see refusesKey
		cloudsim.FaultWrongKey:       {backup.ClassPermission},
		cloudsim.FaultNotFound:       {backup.ClassNotFound},
		cloudsim.FaultBadRequest:     {backup.ClassBadRequest}, // of any scope: an odd refusal is a failure
		cloudsim.FaultUnsupported:    {backup.ClassUnsupported},
		cloudsim.FaultServerError:    {backup.ClassServer},
		cloudsim.FaultBadGatewayHTML: {backup.ClassServer},
		cloudsim.FaultUnavailable:    {backup.ClassServer},
		cloudsim.FaultErrorIn200:     {backup.ClassServer, backup.ClassProtocol},
		cloudsim.FaultEmpty:          {backup.ClassProtocol},
		cloudsim.FaultEmptyObject:    {backup.ClassProtocol},
		cloudsim.FaultTruncated:      {backup.ClassProtocol},
		cloudsim.FaultHTML200:        {backup.ClassProtocol},
		cloudsim.FaultRedirect:       {backup.ClassProtocol},
		cloudsim.FaultHugeBody:       {backup.ClassProtocol},
		cloudsim.FaultReset:          {backup.ClassNetwork},
		cloudsim.FaultCut:            {backup.ClassNetwork, backup.ClassProtocol},
	}
}

// testFaults makes the call of each scope fail with each fault.
func testFaults(t *testing.T, p Provider) {
	for _, scope := range p.scopes() {
		if _, ok := p.Operations[scope]; !ok {
			continue
		}
		t.Run(string(scope), func(t *testing.T) {
			for kind, want := range answers() {
				c := FaultCase{scope, kind}
				if refusesKey(kind) && scope == Instances {
					want = []backup.Class{backup.ClassAuth}
				}
				if override, ok := p.Answers[c]; ok {
					want = override
				}
				t.Run(string(kind), func(t *testing.T) { testFault(t, p, c, want) })
			}
		})
	}
}

// refusesKey reports whether the fault refuses the credentials. Where only one operation refuses them, a call of the
// listing shows that they are good, and the failure has the class permission. Where the listing itself refuses them, and
// nothing else has worked, it is asked a second time to confirm that.
func refusesKey(kind cloudsim.FaultKind) bool {
	return kind == cloudsim.FaultExpiredKey || kind == cloudsim.FaultWrongKey
}

// testFault checks that the call of a scope ends with one of the classes, and how often it was made.
func testFault(t *testing.T, p Provider, c FaultCase, want []backup.Class) {
	b, operation := start(t, p, Fleet(p)), p.Operations[c.Scope]
	in := b.instance(t, ReplicaSetID)
	before, attemptsBefore := b.Count(""), b.sum(b.attempts)
	// A throttled answer has no Retry-After, so that the test need not wait.
	b.Inject(cloudsim.Fault{Operation: operation, Kind: c.Kind, Delay: faultDelay(c.Kind)})
	n, err := b.ask(t.Context(), c.Scope, in)
	got := backup.ClassOf(err)
	if !slices.Contains(want, got) {
		t.Fatalf("class = %q, want one of %q; %d things, error: %v", got, want, n, err)
	}
	if got == "" && n == 0 {
		t.Error("a normal answer is empty")
	}
	if got != "" {
		checkFailure(t, err, operation, n)
	}
	calls, attempts := b.Count("")-before, b.sum(b.attempts)-attemptsBefore
	if c.Kind == cloudsim.FaultReset && calls == attempts+1 {
		calls-- // net/http itself asks again when it is a kept connection that breaks
	}
	if calls == 0 || calls != attempts {
		t.Errorf("%d calls reached the cloud, %d were counted", calls, attempts)
	}
	if (got.Retryable() || refusesKey(c.Kind)) != (calls > 1) && got != "" {
		t.Errorf("%d calls for a failure of class %q", calls, got)
	}
}

func faultDelay(kind cloudsim.FaultKind) time.Duration {
	if kind == cloudsim.FaultThrottle {
		return -1
	}
	return 20 * time.Millisecond
}

// checkFailure checks what holds for every error of a Source.
func checkFailure(t *testing.T, err error, operation string, n int) {
	t.Helper()
	failure, ok := errors.AsType[*backup.Error](err)
	if !ok {
		t.Fatalf("%T is not a *backup.Error: %v", err, err)
	}
	if failure.Op != operation {
		t.Errorf("Op = %q, want %q", failure.Op, operation)
	}
	if n != 0 {
		t.Errorf("%d things and an error", n)
	}
	for _, secret := range []string{"suite-secret", "another-secret", "LTAI", "Signature=", "http://"} {
		if strings.Contains(err.Error(), secret) {
			t.Errorf("the error shows %q: %v", secret, err)
		}
	}
}

// testCredentials checks refused signatures and permissions.
func testCredentials(t *testing.T, p Provider) {
	tests := []struct {
		name   string
		change func(*fleet.Account)
		want   backup.Class
	}{
		{"wrong secret", func(a *fleet.Account) { a.AccessKeySecret = "another-secret" }, backup.ClassAuth},
		{"unknown key", func(a *fleet.Account) { a.AccessKeyID = "LTAIanother" }, backup.ClassAuth},
		{"revoked permission", func(a *fleet.Account) { a.Denied = []string{p.Operations[Instances]} }, backup.ClassPermission},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			b := start(t, p, Fleet(p))
			b.Update(func(f *fleet.Fleet) { tt.change(&f.Accounts[0]) })
			before := b.Count("")
			n, err := b.ask(t.Context(), Instances, backup.Instance{})
			if backup.ClassOf(err) != tt.want {
				t.Fatalf("%d things and %v, want class %q", n, err, tt.want)
			}
			checkFailure(t, err, p.Operations[Instances], n)
			if calls := b.Count("") - before; calls != 1 {
				t.Errorf("%d calls, want one: asking again changes nothing", calls)
			}
		})
	}
}

// testBadID checks that a record whose id is an object is left out and counted. A listing of instances must count it as
// unread too: an instance that was left out is not gone.
func testBadID(t *testing.T, p Provider, scope Scope, operation string) {
	b := start(t, p, Fleet(p))
	in := b.instance(t, ReplicaSetID)
	whole, err := b.ask(t.Context(), scope, in)
	if err != nil {
		t.Fatal(err)
	}
	fails := ""
	switch {
	case scope == Instances:
		fails = operation + ": protocol: 1 of the listed instances could not be read"
	case whole == 1:
		fails = operation + ": protocol: none of the 1 listed records could be read"
	}
	b.Inject(cloudsim.Fault{Operation: operation, Kind: cloudsim.FaultWrongTypeRecord, Times: 1})
	got, err := b.ask(t.Context(), scope, in)
	if text := errorText(err); got != whole-1 || text != fails {
		t.Errorf("%d records and error %q, want one less than %d and %q", got, text, whole, fails)
	}
	if b.sum(b.rejected) == 0 {
		t.Error("no rejection was counted")
	}
}

func errorText(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

// testUnreadInstance checks that an instance can still be asked about when it could not be read in a listing.
func testUnreadInstance(t *testing.T, p Provider, operation string) {
	b := start(t, p, Fleet(p))
	all := b.list(t)
	b.Inject(cloudsim.Fault{Operation: operation, Kind: cloudsim.FaultWrongTypeRecord})
	listing, err := b.Source.Instances(t.Context())
	// A list without records gets one that cannot be read.
	if err != nil || len(listing.Instances) >= len(all) || len(listing.Instances)+listing.Unread < len(all) {
		t.Fatalf("%d of %d instances, %d unread, and %v; want fewer, and the others counted", len(listing.Instances), len(all), listing.Unread, err)
	}
	for _, in := range all {
		for _, scope := range []Scope{Backups, Jobs, Policy} {
			if _, err := b.ask(t.Context(), scope, in); err != nil {
				t.Errorf("%s of %s: %v", scope, in.InstanceID, err)
			}
		}
	}
}

// testContexts checks that every scope returns at the end of its context.
func testContexts(t *testing.T, p Provider) {
	for _, scope := range p.scopes() {
		operation, ok := p.Operations[scope]
		if !ok {
			continue
		}
		for _, kind := range []cloudsim.FaultKind{cloudsim.FaultHang, cloudsim.FaultDrip, cloudsim.FaultThrottle} {
			t.Run(string(scope)+" "+string(kind), func(t *testing.T) {
				b := start(t, p, Fleet(p))
				in := b.instance(t, ReplicaSetID)
				b.Inject(cloudsim.Fault{Operation: operation, Kind: kind, Delay: time.Minute})
				checkReturns(t, b, scope, in)
			})
		}
	}
}

func checkReturns(t *testing.T, b *bench, scope Scope, in backup.Instance) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	n, err := b.ask(ctx, scope, in)
	deadline, _ := ctx.Deadline()
	if late := time.Since(deadline); late > patience {
		t.Errorf("returned %v after the deadline", late)
	}
	if err == nil || n != 0 {
		t.Errorf("%d things and %v, want an error", n, err)
	}
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	before := b.Count("")
	if _, err := b.ask(cancelled, scope, in); backup.ClassOf(err) != backup.ClassCanceled {
		t.Errorf("with a cancelled context: %v, want class canceled", err)
	}
	if calls := b.Count("") - before; calls != 0 {
		t.Errorf("%d calls with a cancelled context", calls)
	}
}

// testConcurrency makes all calls about all instances at once, on one Source.
func testConcurrency(t *testing.T, p Provider) {
	b := start(t, p, Fleet(p))
	list := b.list(t)
	group, ctx := errgroup.WithContext(t.Context())
	for range 8 {
		for _, in := range list {
			for _, scope := range p.scopes() {
				if scope == RestoreCheck && in.InstanceID != ReplicaSetID {
					continue // only the replica set has the backup
				}
				group.Go(func() error {
					_, err := b.ask(ctx, scope, in)
					if backup.ClassOf(err) == backup.ClassUnsupported {
						return nil
					}
					return err
				})
			}
		}
	}
	if err := group.Wait(); err != nil {
		t.Error(err)
	}
	if calls, attempts := b.Count(""), b.sum(b.attempts); calls != attempts {
		t.Errorf("%d calls reached the cloud, %d were counted", calls, attempts)
	}
}
