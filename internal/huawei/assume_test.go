package huawei_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"mongodb_backup_exporter/internal/backup"
	"mongodb_backup_exporter/internal/cloudcall"
	"mongodb_backup_exporter/internal/cloudsim"
	"mongodb_backup_exporter/internal/cloudsim/fleet"
	"mongodb_backup_exporter/internal/huawei"
	"mongodb_backup_exporter/internal/sourcetest"
)

// delegate is a Source that assumes an agency, and its clock.
type delegate struct {
	*huawei.Source
	mu    sync.Mutex
	clock time.Time
}

func (d *delegate) now() time.Time {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.clock
}

func (d *delegate) advance(by time.Duration) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.clock = d.clock.Add(by)
}

// assumed returns a cloud in which AKSIM has no project but may act for the account customer, and a Source that does so.
// Nothing is tried twice.
func assumed(t *testing.T, change ...func(*huawei.Options)) (*cloudsim.Sim, *delegate) {
	t.Helper()
	owner, user := account(replicaSet("a0c9f155c7b7423a9d30f0175998b63bin02", 1)), account()
	owner.AccessKeyID, owner.AuthToken, owner.Domain = "AKOWNER", "", "customer"
	owner.Roles = []fleet.Role{{Name: "backup-reader", Users: []string{"AKSIM"}}}
	user.ProjectIDs = nil
	d := &delegate{clock: sourcetest.Now}
	sim := cloudsim.New(cloudsim.Options{Fleet: fleet.Fleet{Accounts: []fleet.Account{user, owner}}, Now: d.now, WallNow: time.Now})
	server := httptest.NewServer(sim)
	t.Cleanup(server.Close)
	transport := cloudcall.NewTransport(16)
	t.Cleanup(transport.CloseIdleConnections)
	opts := huawei.Options{
		Account: "suite", Region: region, Endpoint: server.URL, IAMEndpoint: server.URL, Transport: transport, Now: d.now,
		Agency: huawei.Agency{Name: "backup-reader", Domain: "customer"},
		Keys: func() (cloudcall.Keys, error) {
			return cloudcall.Keys{AccessKeyID: "AKSIM", AccessKeySecret: "sk-sim"}, nil
		},
		Caller: cloudcall.New(cloudcall.Options{
			Observer: silent{}, Now: d.now, Classify: huawei.Classify, Timeout: time.Minute, MaxAttempts: 1,
		}),
	}
	for _, f := range change {
		f(&opts)
	}
	var err error
	if d.Source, err = huawei.New(opts); err != nil {
		t.Fatal(err)
	}
	return sim, d
}

const assumeAgency = "CreateTemporaryAccessKeyByAgency"

func TestAssumedAgency(t *testing.T) {
	for name, keys := range map[string]cloudcall.Keys{
		"access key": {AccessKeyID: "AKSIM", AccessKeySecret: "sk-sim"},
		"token":      {AuthToken: "user-token"},
	} {
		t.Run(name, func(t *testing.T) {
			sim, d := assumed(t, func(o *huawei.Options) { o.Keys = func() (cloudcall.Keys, error) { return keys, nil } })
			var callers sync.WaitGroup
			for range 8 {
				callers.Go(func() {
					listing, err := d.Instances(t.Context())
					if err != nil || len(listing.Instances) != 1 {
						t.Errorf("%d instances of the agency's account, error %v", len(listing.Instances), err)
					}
				})
			}
			callers.Wait()
			if n := sim.Count(assumeAgency); n != 1 {
				t.Errorf("the agency was assumed %d times for calls of one moment, want once", n)
			}
		})
	}
}

func TestAssumedAgencyUntilItExpires(t *testing.T) {
	sim, d := assumed(t)
	var down func()
	steps := []struct {
		name   string
		passes time.Duration
		do     func()
		want   backup.Class
		asked  int
	}{
		{"at first", 0, nil, "", 1},
		{"fresh", 54 * time.Minute, nil, "", 0},
		{"five minutes before it expires", time.Minute, nil, "", 1},
		{"the renewal fails", 55 * time.Minute, func() { down = sim.Inject(cloudsim.Fault{Operation: assumeAgency, Kind: cloudsim.FaultForbidden}) }, "", 1},
		{"until it expires", 5*time.Minute - time.Second, nil, "", 1},
		{"when it has expired", time.Second, nil, backup.ClassAuth, 1},
		{"when it works again", 0, func() { down() }, "", 1},
	}
	for _, step := range steps {
		d.advance(step.passes)
		if step.do != nil {
			step.do()
		}
		before := sim.Count(assumeAgency)
		_, err := d.Instances(t.Context())
		if asked := sim.Count(assumeAgency) - before; backup.ClassOf(err) != step.want || asked != step.asked {
			t.Errorf("%s: %v, asked IAM %d times; want class %q and %d", step.name, err, asked, step.want, step.asked)
		}
	}
}

// A clock that is slow takes expired keys for good ones. The cloud's refusal ends their use.
func TestAssumedAgencyThatTheCloudRefuses(t *testing.T) {
	sim, d := assumed(t)
	if _, err := d.Instances(t.Context()); err != nil {
		t.Fatal(err)
	}
	defer sim.Inject(cloudsim.Fault{Operation: "ListInstances", Kind: cloudsim.FaultExpiredKey, Times: 1})()
	if _, err := d.Instances(t.Context()); backup.ClassOf(err) != backup.ClassAuth {
		t.Fatalf("error %v, want class auth", err)
	}
	if _, err := d.Instances(t.Context()); err != nil || sim.Count(assumeAgency) != 2 {
		t.Errorf("error %v; the agency was assumed %d times, want again after the refusal", err, sim.Count(assumeAgency))
	}
}

func TestRefusedAgency(t *testing.T) {
	const op = assumeAgency + ": "
	const check = "; check that the agency backup-reader of customer exists and names this account, and that the user has the role Agent Operator"
	for _, c := range []struct {
		name   string
		change func(*huawei.Options)
		fault  cloudsim.FaultKind
		want   string // without the request id
	}{
		{
			"not for this user", nil, cloudsim.FaultForbidden,
			op + "auth (HTTP 403): You are not authorized to perform the requested action." + check,
		},
		{
			"unknown", func(o *huawei.Options) { o.Agency.Name = "other" }, "",
			op + "auth (HTTP 404): Could not find agency: other." + strings.Replace(check, "backup-reader", "other", 1),
		},
		{
			"wrong secret", func(o *huawei.Options) {
				o.Keys = func() (cloudcall.Keys, error) {
					return cloudcall.Keys{AccessKeyID: "AKSIM", AccessKeySecret: "hunter2"}, nil
				}
			}, "",
			op + "auth (HTTP 401): Incorrect IAM authentication information: verify aksk signature fail; " +
				"check the account's credentials: the access key and its secret, the security token, or the token file; " +
				"and the clock of this machine; they are needed to assume the agency backup-reader of customer",
		},
		{
			"unknown key", func(o *huawei.Options) {
				o.Keys = func() (cloudcall.Keys, error) {
					return cloudcall.Keys{AccessKeyID: "HUNTER2", AccessKeySecret: "sk"}, nil
				}
			}, "",
			op + "auth (HTTP 401): Incorrect IAM authentication information: Get secretKey failed,ak:(hidden),err:ak not exist; " +
				"check the account's credentials: the access key and its secret, the security token, or the token file; " +
				"and the clock of this machine; they are needed to assume the agency backup-reader of customer",
		},
		{
			"throttled", nil, cloudsim.FaultThrottle,
			op + "throttled APIGW.0308 (HTTP 429): The throttling threshold has been reached: policy user over ratelimit,limit:60,time:1 minute",
		},
		{"an answer without keys", nil, cloudsim.FaultEmptyObject, op + "protocol (HTTP 200): the answer has no proper credential"},
		{
			"no such endpoint", func(o *huawei.Options) { o.IAMEndpoint, o.ProjectID = "http://127.0.0.1:1", project }, "",
			"ListInstances: network: dial tcp 127.0.0.1:1: connect: connection refused; nobody listens there, or a firewall refuses: check the endpoint, and the way to it",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			sim, d := assumed(t, func(o *huawei.Options) {
				if c.change != nil {
					c.change(o)
				}
			})
			if c.fault != "" {
				defer sim.Inject(cloudsim.Fault{Operation: assumeAgency, Kind: c.fault})()
			}
			_, err := d.Instances(t.Context())
			if got := withoutRequestID(fmt.Sprint(err)); got != c.want {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
			if sim.Count("ListInstances") != 0 {
				t.Error("the API was called without the agency")
			}
		})
	}
}

// withoutRequestID cuts the request id out of the text of an error.
func withoutRequestID(text string) string {
	before, rest, found := strings.Cut(text, " [request id ")
	if !found {
		return text
	}
	_, after, _ := strings.Cut(rest, "]")
	return before + after
}

// TestAssumeAgencyAsDocumented replays the documented example of IAM. It expires two hours from now, as if the clock were
// slow: no session lasts longer than was asked for.
func TestAssumeAgencyAsDocumented(t *testing.T) {
	const answer = `{"credential":{"access":"E6DX0TF2ZREQ4ZAVM5CS","expires_at":"2026-01-15T12:30:00.574000Z","secret":"w9ePum0qdfac39ErLD0UdjofYkqort6Iwvac...","securitytoken":"gQpjbi1ub3J0aC0xiy..."}}`
	const wantBody = `{"auth":{"identity":{"methods":["assume_role"],"assume_role":{"agency_name":"backup-reader","domain_name":"customer","duration_seconds":3600}}}}`
	var body, path, signer, token string
	assumptions := 0
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		if r.Method == http.MethodPost {
			assumptions++
			text, _ := io.ReadAll(r.Body)
			body, path = strings.TrimSpace(string(text)), r.URL.Path
			w.WriteHeader(http.StatusCreated)
			_, _ = io.WriteString(w, answer)
			return
		}
		signer, token = r.Header.Get("Authorization"), r.Header.Get("X-Security-Token")
		_, _ = io.WriteString(w, `{"instances":[],"total_count":0}`)
	}))
	t.Cleanup(server.Close)
	_, d := assumed(t, func(o *huawei.Options) {
		o.Endpoint, o.IAMEndpoint, o.ProjectID = server.URL, server.URL, project
	})
	if _, err := d.Instances(t.Context()); err != nil {
		t.Fatal(err)
	}
	if path != "/v3.0/OS-CREDENTIAL/securitytokens" || body != wantBody {
		t.Errorf("asked %s\ngot  %s\nwant %s", path, body, wantBody)
	}
	if !strings.HasPrefix(signer, "SDK-HMAC-SHA256 Access=E6DX0TF2ZREQ4ZAVM5CS,") || token != "gQpjbi1ub3J0aC0xiy..." {
		t.Errorf("the next call is not signed with the agency's keys: %s, token %s", signer, token)
	}
	d.advance(55 * time.Minute)
	if _, err := d.Instances(t.Context()); err != nil || assumptions != 2 {
		t.Errorf("55 minutes later: error %v, assumed %d times, want twice", err, assumptions)
	}
}

// The default chain keeps its keys for a minute. IAM's refusal ends that, so that new ones count at once.
func TestAgencyWithNewKeysOfTheEnvironment(t *testing.T) {
	t.Setenv("HUAWEICLOUD_SDK_AK", "AKOLD")
	t.Setenv("HUAWEICLOUD_SDK_SK", "sk-sim")
	_, d := assumed(t, func(o *huawei.Options) { o.Keys = nil })
	if _, err := d.Instances(t.Context()); !strings.Contains(fmt.Sprint(err), "ak not exist") {
		t.Fatalf("error %v, want that of an unknown key", err)
	}
	t.Setenv("HUAWEICLOUD_SDK_AK", "AKSIM")
	if _, err := d.Instances(t.Context()); err != nil {
		t.Error(err)
	}
}
