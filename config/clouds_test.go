package config

import (
	"reflect"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"mongodb_backup_exporter/internal/backup"
)

func TestCloudsAreThoseOfTheDomain(t *testing.T) {
	if diff := cmp.Diff(backup.Clouds(), cloudNames("")); diff != "" {
		t.Errorf("clouds (-of the domain +of the configuration):\n%s", diff)
	}
}

// A key with a typing error in a row of clouds would be checked by nobody.
func TestKeysThatACloudDoesNotHaveAreKeys(t *testing.T) {
	keys := slices.Concat(
		keysOf(reflect.TypeFor[Account]()), keysOf(reflect.TypeFor[Credentials]()), keysOf(reflect.TypeFor[Region]()), keysOf(reflect.TypeFor[Instance]()),
	)
	for _, c := range clouds() {
		for key := range c.missing {
			if !slices.Contains(keys, key) {
				t.Errorf("%s: %q is not a key of accounts, credentials, regions or instances", c.name, key)
			}
		}
	}
}

func TestSupports(t *testing.T) {
	tests := []struct{ name, cloud, key, want string }{
		{"key of this cloud", "huawei", "project_id", ""},
		{"key of another cloud", "alibaba", "project_id", "r.project_id: is for huawei only; remove it"},
		{"key of every cloud", "alibaba", "endpoint", ""},
		{"unknown cloud", "aws", "project_id", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			v := &validator{}
			if ok := v.supports("r", tt.cloud, tt.key); ok != (tt.want == "") {
				t.Errorf("supports: %t", ok)
			}
			if got := v.problems.Error(); got != tt.want {
				t.Errorf("problem %q, want %q", got, tt.want)
			}
		})
	}
}
