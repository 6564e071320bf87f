package alibaba_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"mongodb_backup_exporter/internal/alibaba"
	"mongodb_backup_exporter/internal/backup"
)

func noRegion(o *alibaba.Options) { o.Region = "" }

func TestRegions(t *testing.T) {
	many := func(n int) string {
		var records []string
		for i := range n {
			records = append(records, fmt.Sprintf(`{"RegionId":"cn-%d"}`, i))
		}
		return `{"Regions":{"DdsRegion":[` + strings.Join(records, ",") + `]}}`
	}
	tests := []struct {
		name, body string
		want       []string
		err        string // "": none
		rejected   int
	}{
		{
			"a region has a record for each group of zones", `{"Regions":{"DdsRegion":[{"RegionId":"cn-shanghai"},{"RegionId":"ap-southeast-1"},{"RegionId":"cn-shanghai"}]}}`,
			[]string{"ap-southeast-1", "cn-shanghai"},
			"", 0,
		},
		{
			"no other host than that of a region",
			`{"Regions":{"DdsRegion":[{"RegionId":"cn-beijing","EndPoint":"evil.example"},{"RegionId":"evil.example/cn-1"},{"RegionId":"x-1@evil"},{"RegionId":"all"},{"RegionId":"CN-1"},{}]}}`,
			[]string{"cn-beijing"},
			"DescribeRegions: protocol: 5 of the listed regions could not be read", 5,
		},
		{"no region", `{"Regions":{"DdsRegion":[]},"RequestId":"R"}`, nil, "DescribeRegions: protocol (HTTP 200): the answer has no proper Regions", 0},
		{"no list", `{"Regions":{},"RequestId":"R"}`, nil, "DescribeRegions: protocol (HTTP 200): the answer has no proper Regions", 0},
		{"too many", many(201), nil, "DescribeRegions: protocol: 201 regions are more than there can be", 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			b := on(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if op := r.Header.Get("X-Acs-Action"); op != "DescribeRegions" || r.Method != http.MethodPost || r.ParseForm() != nil || r.Form.Has("RegionId") {
					t.Errorf("%s %s with %v", r.Method, op, r.Form)
				}
				_, _ = w.Write([]byte(tt.body))
			}), noRegion)
			got, err := b.Regions(t.Context())
			if !slices.Equal(got, tt.want) || len(b.rejected) != tt.rejected {
				t.Errorf("got %q, rejected %q, want %q", got, b.rejected, tt.want)
			}
			if tt.err == "" != (err == nil) || err != nil && (!strings.HasPrefix(err.Error(), tt.err) || backup.ClassOf(err) != backup.ClassProtocol) {
				t.Errorf("error %v, want %q", err, tt.err)
			}
		})
	}
}
