package alibaba_test

import (
	"fmt"
	"io"
	"net/http"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"mongodb_backup_exporter/internal/backup"
)

// listing is a cloud that lists one instance of each type, named after the type.
type listing struct {
	refused map[string]string // code for a type that is refused
	asked   []string
}

func (l *listing) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	kind := r.FormValue("DBInstanceType")
	l.asked = append(l.asked, kind)
	if code := l.refused[kind]; code != "" {
		w.WriteHeader(http.StatusBadRequest)
		_, _ = fmt.Fprintf(w, `{"Code":%q,"Message":"no such type","RequestId":"R"}`, code)
		return
	}
	_, _ = fmt.Fprintf(w, `{"TotalCount":1,"DBInstances":{"DBInstance":[{"DBInstanceId":"dds-%[1]s","DBInstanceType":%[1]q,
		"ShardList":{"ShardAttribute":[{"NodeId":"d-1"}]}}]},"RequestId":"R"}`, kind)
}

func TestTypesOfInstances(t *testing.T) {
	const notOffered = "InvalidDBInstanceType.ValueNotSupport"
	type step struct {
		after   time.Duration
		refused map[string]string
		asked   []string
		listed  []string
		failed  string
	}
	all := []string{"replicate", "sharding", "serverless"}
	every := []string{"dds-replicate", "dds-sharding", "dds-serverless"}
	tests := []struct {
		name  string
		steps []step
	}{
		{"all are offered", []step{{asked: all, listed: every}, {asked: all, listed: every}}},
		{"one is not offered, and not asked for again for a day", []step{
			{refused: map[string]string{"serverless": notOffered}, asked: all, listed: every[:2]},
			{after: 23 * time.Hour, asked: all[:2], listed: every[:2]},
			{after: time.Hour, asked: all, listed: every},
		}},
		{"clusters may not be offered, and are asked for again each time", []step{
			{refused: map[string]string{"sharding": notOffered}, asked: all, listed: []string{every[0], every[2]}},
			{asked: all, listed: every},
		}},
		{"replica sets are offered everywhere: a refusal is a failure, and the others are listed", []step{
			{
				refused: map[string]string{"replicate": notOffered}, asked: all, listed: every[1:],
				failed: "DescribeDBInstances: bad_request InvalidDBInstanceType.ValueNotSupport (HTTP 400): no such type [request id R]",
			},
		}},
		{"clusters that were offered are refused: they are not gone", []step{
			{asked: all, listed: every},
			{
				refused: map[string]string{"sharding": notOffered}, asked: all, listed: []string{every[0], every[2]},
				failed: "DescribeDBInstances: bad_request InvalidDBInstanceType.ValueNotSupport (HTTP 400): no such type [request id R]",
			},
			{asked: all, listed: every},
		}},
		{"clusters are refused for another reason: the listing is not whole", []step{
			{
				refused: map[string]string{"sharding": "InvalidParameter"}, asked: all, listed: []string{every[0], every[2]},
				failed: "DescribeDBInstances: bad_request InvalidParameter (HTTP 400): no such type [request id R]",
			},
		}},
		{"whatever the cloud says of serverless instances is of no matter", []step{
			{asked: all, listed: every},
			{refused: map[string]string{"serverless": "InvalidParameter"}, asked: all, listed: every[:2]},
			{asked: all[:2], listed: every[:2]},
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			cloud := &listing{}
			b := on(t, cloud)
			for i, step := range tt.steps {
				b.advance(step.after)
				cloud.refused, cloud.asked = step.refused, nil
				found, err := b.Instances(t.Context())
				if err != nil {
					t.Fatal(err)
				}
				var listed []string
				for _, in := range found.Instances {
					listed = append(listed, in.InstanceID)
				}
				failed := ""
				if err := found.Err(); err != nil {
					failed = err.Error()
				}
				if diff := cmp.Diff([]any{step.asked, step.listed, step.failed}, []any{cloud.asked, listed, failed}); diff != "" {
					t.Errorf("listing %d: asked, listed, failure (-want +got):\n%s", i+1, diff)
				}
			}
			if b.log.Len() != 0 {
				t.Errorf("logged: %s", b.log.String())
			}
		})
	}
}

// A cloud that does not know the type may list its default. These instances have backups.
func TestUnknownTypeMayListTheDefault(t *testing.T) {
	for name, record := range map[string]string{
		"without its own type": `{"DBInstanceId":"dds-1"}`, "with its own type": `{"DBInstanceId":"dds-1","DBInstanceType":"replicate"}`,
	} {
		t.Run(name, func(t *testing.T) {
			b := on(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				_, _ = io.WriteString(w, `{"TotalCount":1,"DBInstances":{"DBInstance":[`+record+`]}}`)
			}))
			in := b.instances(t)["dds-1"]
			if in.NoBackup != "" || in.Topology != backup.TopologyReplicaSet {
				t.Errorf("instance %+v, want a replica set with backups", in)
			}
		})
	}
}

func TestServerlessInstancesHaveNoManagedBackup(t *testing.T) {
	b := on(t, &listing{})
	for id, want := range map[string]string{
		"dds-replicate": "", "dds-sharding": "", "dds-serverless": "serverless instances have no managed backup",
	} {
		if got := b.instances(t)[id].NoBackup; got != want {
			t.Errorf("%s: %q, want %q", id, got, want)
		}
	}
}

func TestBadValueLeavesTheInstanceListed(t *testing.T) {
	b := on(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, `{"TotalCount":1,"DBInstances":{"DBInstance":[{"DBInstanceId":"dds-1","CreationTime":"soon"}]}}`)
	}))
	listing, err := b.Instances(t.Context())
	if list := listing.Instances; err != nil || listing.Unread != 0 || len(list) != 1 || list[0].InstanceID != "dds-1" {
		t.Errorf("Instances = %+v, %v; want dds-1", listing, err)
	}
	if diff := cmp.Diff([]string{"CreationTime"}, b.rejected); diff != "" {
		t.Errorf("counted (-want +got):\n%s", diff)
	}
}
