package alibaba_test

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"mongodb_backup_exporter/internal/alibaba"
	"mongodb_backup_exporter/internal/backup"
	"mongodb_backup_exporter/internal/cloudcall"
	"mongodb_backup_exporter/internal/cloudsim"
	"mongodb_backup_exporter/internal/cloudsim/fleet"
	"mongodb_backup_exporter/internal/sourcetest"
)

const roleARN = "acs:ram::1234567890123456:role/backup-reader"

// assumed returns a cloud in which LTAIsuite owns nothing but may assume a role of the suite's account, and a Source that
// does so.
func assumed(t *testing.T, change ...func(*alibaba.Options)) (*cloudsim.Sim, *bench) {
	t.Helper()
	all := sourcetest.Fleet(provider())
	owner := all.Accounts[0]
	owner.AccessKeyID = "LTAIowner"
	owner.Roles = []fleet.Role{{Name: roleARN, Users: []string{"LTAIsuite"}, ExternalID: "example"}}
	all.Accounts[0].Instances = nil
	all.Accounts = append(all.Accounts, owner)
	var b *bench
	sim := cloudsim.New(cloudsim.Options{Fleet: all, WallNow: time.Now, Now: func() time.Time { return b.now() }})
	b = on(t, sim, append([]func(*alibaba.Options){func(o *alibaba.Options) {
		o.Role = alibaba.Role{ARN: roleARN, ExternalID: "example", Endpoint: o.Endpoint}
	}}, change...)...)
	return sim, b
}

func TestAssumedRole(t *testing.T) {
	sim, b := assumed(t)
	var callers sync.WaitGroup
	for range 8 {
		callers.Go(func() {
			listing, err := b.Instances(t.Context())
			if err != nil || len(listing.Instances) == 0 {
				t.Errorf("%d instances of the role's account, error %v", len(listing.Instances), err)
			}
		})
	}
	callers.Wait()
	if n := sim.Count("AssumeRole"); n != 1 {
		t.Errorf("the role was assumed %d times for calls of one moment, want once", n)
	}
}

func TestAssumedRoleUntilItExpires(t *testing.T) {
	sim, b := assumed(t)
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
		{"the renewal fails", 55 * time.Minute, func() { down = sim.Inject(cloudsim.Fault{Operation: "AssumeRole", Kind: cloudsim.FaultForbidden}) }, "", 1},
		{"until it expires", 5*time.Minute - time.Second, nil, "", 1},
		{"when it has expired", time.Second, nil, backup.ClassAuth, 1},
		{"when it works again", 0, func() { down() }, "", 1},
	}
	for _, step := range steps {
		b.advance(step.passes)
		if step.do != nil {
			step.do()
		}
		before := sim.Count("AssumeRole")
		_, err := b.Instances(t.Context())
		if asked := sim.Count("AssumeRole") - before; backup.ClassOf(err) != step.want || asked != step.asked {
			t.Errorf("%s: %v, asked STS %d times; want class %q and %d", step.name, err, asked, step.want, step.asked)
		}
	}
}

// A clock that is slow takes expired credentials for good ones. The cloud's refusal ends their use.
func TestAssumedRoleThatTheCloudRefuses(t *testing.T) {
	sim, b := assumed(t)
	if _, err := b.Instances(t.Context()); err != nil {
		t.Fatal(err)
	}
	remove := sim.Inject(cloudsim.Fault{Operation: "DescribeDBInstances", Kind: cloudsim.FaultExpiredKey, Times: 1})
	defer remove()
	if _, err := b.Instances(t.Context()); backup.ClassOf(err) != backup.ClassAuth {
		t.Fatalf("error %v, want class auth", err)
	}
	if _, err := b.Instances(t.Context()); err != nil || sim.Count("AssumeRole") != 2 {
		t.Errorf("error %v; the role was assumed %d times, want again after the refusal", err, sim.Count("AssumeRole"))
	}
}

func TestRefusedRole(t *testing.T) {
	const check = "check that the role " + roleARN + " exists, that its trust policy names the account's user or role "
	const may = ", and that this one may call sts:AssumeRole on it"
	for _, c := range []struct {
		name   string
		change func(*alibaba.Options)
		fault  cloudsim.FaultKind
		want   string // without the request id
	}{
		{
			"other external id", func(o *alibaba.Options) { o.Role.ExternalID = "other" }, "",
			"AssumeRole: auth NoPermission (HTTP 403): You are not authorized to do this action. You should be authorized by RAM.; " + check + "and this external id" + may,
		},
		{
			"no external id", func(o *alibaba.Options) { o.Role.ExternalID = "" }, "",
			"AssumeRole: auth NoPermission (HTTP 403): You are not authorized to do this action. You should be authorized by RAM.; " + check + "and asks for no external id" + may,
		},
		{
			"wrong secret", func(o *alibaba.Options) {
				o.Keys = func() (cloudcall.Keys, error) {
					return cloudcall.Keys{AccessKeyID: "LTAIsuite", AccessKeySecret: "hunter2"}, nil
				}
			}, "",
			"AssumeRole: auth SignatureDoesNotMatch (HTTP 400); check the access key secret: it does not belong to the access key id; it is needed to assume the role " + roleARN,
		},
		{"throttled", nil, cloudsim.FaultThrottle, "AssumeRole: throttled Throttling.User (HTTP 400): Request was denied due to user flow control."},
		{"overload", nil, cloudsim.FaultServerError, "AssumeRole: server ServiceUnavailable (HTTP 503): The request has failed due to a temporary failure of the server."},
		{"an answer without credentials", nil, cloudsim.FaultEmptyObject, "AssumeRole: protocol (HTTP 200): the answer has no proper Credentials"},
		{
			"no such endpoint", func(o *alibaba.Options) { o.Role.Endpoint = "http://127.0.0.1:1" }, "",
			"DescribeDBInstances: network: dial tcp 127.0.0.1:1: connect: connection refused; nobody listens there, or a firewall refuses: check the endpoint, and the way to it",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			sim, b := assumed(t, func(o *alibaba.Options) {
				o.Caller = cloudcall.New(cloudcall.Options{Observer: new(bench), Now: o.Now, Classify: alibaba.Classify, MaxAttempts: 1})
				if c.change != nil {
					c.change(o)
				}
			})
			if c.fault != "" {
				defer sim.Inject(cloudsim.Fault{Operation: "AssumeRole", Kind: c.fault})()
			}
			_, err := b.Instances(t.Context())
			got := withoutRequestID(fmt.Sprint(err))
			if got != c.want {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
			if sim.Count("DescribeDBInstances") != 0 {
				t.Error("the API was called without the role")
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

// TestAssumeRoleAsDocumented replays the documented answer of STS. It expires two hours from now, as if the clock were
// slow: no session lasts longer than was asked for.
func TestAssumeRoleAsDocumented(t *testing.T) {
	const answer = `{"RequestId":"6894B13B-6D71-4EF5-88FA-F32781734A7F","AssumedRoleUser":{"Arn":"acs:ram::123456789012****:role/adminrole/alice","AssumedRoleId":"34458433936495****:alice"},
"Credentials":{"SecurityToken":"********","AccessKeyId":"STS.L4aBSCSJVMuKg5U1****","AccessKeySecret":"wyLTSmsyPGP1ohvvw8xYgB29dlGI8KMiH2pK****","Expiration":"2026-01-15T12:30:00Z"}}`
	var got []*http.Request
	b := on(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		got = append(got, r)
		if r.Header.Get("X-Acs-Action") == "AssumeRole" {
			_, _ = io.WriteString(w, answer)
			return
		}
		_, _ = io.WriteString(w, `{"TotalCount":0,"PageNumber":1,"DBInstances":{"DBInstance":[]}}`)
	}), func(o *alibaba.Options) { o.Role = alibaba.Role{ARN: roleARN, Endpoint: o.Endpoint} })
	if _, err := b.Instances(t.Context()); err != nil {
		t.Fatal(err)
	}
	const want = "POST /?DurationSeconds=3600&RoleArn=acs%3Aram%3A%3A1234567890123456%3Arole%2Fbackup-reader&RoleSessionName=mongodb_backup_exporter"
	if line := got[0].Method + " " + got[0].URL.String(); line != want || got[0].Header.Get("X-Acs-Version") != "2015-04-01" {
		t.Errorf("request = %s, version %s; want %s", line, got[0].Header.Get("X-Acs-Version"), want)
	}
	if auth := got[1].Header.Get("Authorization"); !strings.Contains(auth, "Credential=STS.L4aBSCSJVMuKg5U1****,") || got[1].Header.Get("X-Acs-Security-Token") != "********" {
		t.Errorf("the next call is not signed with the role's credentials: %s", auth)
	}
	calls := len(got)
	b.advance(55 * time.Minute)
	if _, err := b.Instances(t.Context()); err != nil || got[calls].Header.Get("X-Acs-Action") != "AssumeRole" {
		t.Errorf("55 minutes later: error %v, first call %s", err, got[calls].Header.Get("X-Acs-Action"))
	}
}

// The default chain keeps its credentials for a minute. STS's refusal ends that, so that new ones count at once.
func TestRoleWithNewCredentialsOfTheEnvironment(t *testing.T) {
	t.Setenv("ALIBABA_CLOUD_ACCESS_KEY_ID", "LTAIold")
	t.Setenv("ALIBABA_CLOUD_ACCESS_KEY_SECRET", "suite-secret")
	_, b := assumed(t, func(o *alibaba.Options) { o.Keys = nil })
	if _, err := b.Instances(t.Context()); !strings.Contains(fmt.Sprint(err), "InvalidAccessKeyId.NotFound") {
		t.Fatalf("error %v, want that of an unknown key", err)
	}
	t.Setenv("ALIBABA_CLOUD_ACCESS_KEY_ID", "LTAIsuite")
	if _, err := b.Instances(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestNewRefusesAnEndpointOfSTS(t *testing.T) {
	_, err := alibaba.New(alibaba.Options{Region: "cn-hangzhou", Transport: http.DefaultTransport, Role: alibaba.Role{ARN: roleARN, Endpoint: "http://h/path"}})
	if want := "sts_endpoint: must be a host, or an http or https URL without a path"; fmt.Sprint(err) != want {
		t.Errorf("got %v, want %s", err, want)
	}
}

// TestProfile reads the file of the aliyun command-line tool.
func TestProfile(t *testing.T) {
	const file = `{"current":"default","profiles":[
{"name":"default","mode":"AK","access_key_id":"LTAIdefault","access_key_secret":"SECRETKEY"},
{"name":"prod","mode":"AK","access_key_id":"LTAIsuite","access_key_secret":"suite-secret"},
{"name":"odd","mode":"Odd","access_key_secret":"SECRETKEY"}]}`
	const none = "DescribeDBInstances: auth: no credentials: the profile %q of the aliyun command-line tool gives none; check with `aliyun configure list` " +
		"that this user has the profile, in ~/.aliyun/config.json or the file that ALIBABA_CLOUD_CONFIG_FILE names"
	for _, c := range []struct{ name, profile, file, want string }{
		{"another than the current one", "prod", file, ""},
		{"no such profile", "stage", file, fmt.Sprintf(none, "stage")},
		{"a kind that the SDK does not know", "odd", file, fmt.Sprintf(none, "odd")},
		{"a broken file", "prod", file[1:], fmt.Sprintf(none, "prod")},
	} {
		t.Run(c.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "config.json")
			if err := os.WriteFile(path, []byte(c.file), 0o600); err != nil {
				t.Fatal(err)
			}
			t.Setenv("ALIBABA_CLOUD_CONFIG_FILE", path)
			t.Setenv("ALIBABA_CLOUD_PROFILE", "default")
			for _, role := range []bool{false, true} {
				_, b := assumed(t, func(o *alibaba.Options) {
					o.Keys, o.Profile = nil, c.profile
					if !role {
						o.Role = alibaba.Role{}
					}
				})
				_, err := b.Instances(t.Context())
				got := ""
				if err != nil {
					got = err.Error()
				}
				if got != c.want {
					t.Errorf("with a role: %t\ngot  %s\nwant %s", role, got, c.want)
				}
			}
		})
	}
}
