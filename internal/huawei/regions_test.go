package huawei

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/huaweicloud/huaweicloud-sdk-go-v3/services/dds/v3/region"

	"mongodb_backup_exporter/config"
)

// The configuration warns of regions that the SDK does not name, and of no other.
func TestKnownRegionsAreThoseOfTheSDK(t *testing.T) {
	_, err := region.SafeValueOf("moon")
	if err == nil {
		t.Fatal("the SDK knows a region on the moon")
	}
	listed := regexp.MustCompile(`\[(.*)\]`).FindStringSubmatch(err.Error())
	if listed == nil {
		t.Fatalf("the SDK does not list its regions: %v", err)
	}
	ids := strings.Split(listed[1], ", ")
	var unknown []string
	for _, id := range ids {
		of := config.Config{Accounts: []config.Account{{Cloud: "huawei", Regions: []config.Region{{ID: id}}}}}
		if len(of.Warnings()) > 0 {
			unknown = append(unknown, id)
		}
	}
	slices.Sort(unknown)
	if diff := cmp.Diff([]string(nil), unknown); diff != "" || len(ids) < 30 {
		t.Errorf("of %d regions of the SDK these are not known to the configuration:\n%s", len(ids), diff)
	}
}
