package config

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestAllRegions(t *testing.T) {
	c := load(t, "all_regions.good.yml")
	want := []Region{{ID: AllRegions, Discovery: Discovery{Enabled: true}}}
	if diff := cmp.Diff(want, c.Accounts[0].Regions); diff != "" {
		t.Errorf("the word all (-want +got):\n%s", diff)
	}
	if r := c.Accounts[1].Regions[0]; r.ID != AllRegions || r.OwnerTag != "team" || r.Endpoint != "mongodb.example.com" || len(r.Discovery.Tags) != 1 {
		t.Errorf("the entry for all regions: %+v", r)
	}
	shown, err := c.Masked()
	if err != nil {
		t.Fatal(err)
	}
	again, err := Load(shown, "")
	if err != nil {
		t.Fatalf("what /-/config shows does not load: %v\n%s", err, shown)
	}
	if diff := cmp.Diff(c, again); diff != "" {
		t.Errorf("loaded again (-want +got):\n%s", diff)
	}
}
