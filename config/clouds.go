package config

import (
	"slices"
	"strings"
)

// cloud is what validation knows about one cloud.
type cloud struct {
	name          string            // value of the key cloud
	regionExample string            // for messages
	listsRegions  bool              // it can be asked for the regions of an account
	missing       map[string]string // keys that the cloud does not have, and what to do instead
}

// clouds returns a row for each supported cloud, in the order in which messages list them. Validation knows no cloud
// but these rows. The names are those of package backup, which this package does not import: a test compares them.
func clouds() []cloud {
	return []cloud{{
		name: "alibaba", regionExample: "cn-hangzhou", listsRegions: true,
		missing: map[string]string{
			"token_file":    "alibaba needs access_key_id and access_key_secret",
			"project_id":    "remove it",
			"iam_endpoint":  "remove it",
			"agency_name":   "alibaba has role_arn",
			"agency_domain": "alibaba has role_arn",
		},
	}, {
		name: "huawei", regionExample: "cn-north-4",
		missing: map[string]string{
			"nodes":         "remove it: huawei backs up a cluster as a whole",
			"profile":       "the default chain reads ~/.huaweicloud/credentials",
			"role_arn":      "huawei has agency_name and agency_domain",
			"external_id":   "remove it",
			"sts_endpoint":  "remove it",
			"restore_check": "remove it: huawei has no such question",
		},
	}}
}

// cloudNames lists the names of the clouds that have a key. With an empty key it lists all clouds.
func cloudNames(key string) []string {
	var names []string
	for _, c := range clouds() {
		if _, missing := c.missing[key]; !missing {
			names = append(names, c.name)
		}
	}
	return names
}

// regionExamples lists an example of a region for each cloud.
func regionExamples() string {
	var examples []string
	for _, c := range clouds() {
		examples = append(examples, c.regionExample)
	}
	return strings.Join(examples, " or ")
}

// cloudName reports a missing or unknown cloud.
func (v *validator) cloudName(at path, name string) {
	known := cloudNames("")
	switch {
	case name == "":
		v.addf(at, "is missing; write %s", strings.Join(known, " or "))
	case !slices.Contains(known, name):
		v.addf(at, "%q is not a known cloud; write %s", name, strings.Join(known, " or "))
	}
}

// supports reports a key that the cloud does not have; at is the path of the mapping with the key. It returns whether the
// key may be used. For an unknown cloud it reports nothing, because the name of the cloud is reported already.
func (v *validator) supports(at path, cloudName, key string) bool {
	for _, c := range clouds() {
		if instead, missing := c.missing[key]; missing && c.name == cloudName {
			v.addf(at.key(key), "is for %s only; %s", strings.Join(cloudNames(key), " and "), instead)
			return false
		}
	}
	return true
}
