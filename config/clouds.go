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
	regions       func() []string   // that are known; there may be more
	missing       map[string]string // keys that the cloud does not have, and what to do instead
}

// clouds returns a row for each supported cloud, in the order in which messages list them. Validation knows no cloud
// but these rows. The names are those of package backup, which this package does not import: a test compares them.
func clouds() []cloud {
	return []cloud{{
		name: "alibaba", regionExample: "cn-hangzhou", listsRegions: true, regions: alibabaRegions,
		missing: map[string]string{
			"token_file":    "alibaba needs access_key_id and access_key_secret",
			"project_id":    "remove it",
			"iam_endpoint":  "remove it",
			"agency_name":   "alibaba has role_arn",
			"agency_domain": "alibaba has role_arn",
		},
	}, {
		name: "huawei", regionExample: "cn-north-4", regions: huaweiRegions,
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

// alibabaRegions are the regions that the cloud's documentation and its SDK name, without those of the vendor alone.
func alibabaRegions() []string {
	return []string{
		"ap-northeast-1", "ap-northeast-2", "ap-south-1", "ap-southeast-1", "ap-southeast-2", "ap-southeast-3", "ap-southeast-5",
		"ap-southeast-6", "ap-southeast-7", "cn-beijing", "cn-beijing-finance-1", "cn-chengdu", "cn-fuzhou", "cn-guangzhou",
		"cn-hangzhou", "cn-hangzhou-finance", "cn-heyuan", "cn-hongkong", "cn-huhehaote", "cn-nanjing", "cn-north-2-gov-1",
		"cn-qingdao", "cn-shanghai", "cn-shanghai-finance-1", "cn-shenzhen", "cn-shenzhen-finance-1", "cn-wuhan-lr",
		"cn-wulanchabu", "cn-zhangjiakou", "cn-zhengzhou-jva", "cn-zhongwei", "eu-central-1", "eu-west-1", "me-central-1",
		"me-east-1", "na-south-1", "us-east-1", "us-west-1",
	}
}

// huaweiRegions are the regions that the cloud's SDK names for DDS; a test compares them.
func huaweiRegions() []string {
	return []string{
		"ae-ad-1", "af-north-1", "af-south-1", "ap-southeast-1", "ap-southeast-2", "ap-southeast-3", "ap-southeast-4",
		"ap-southeast-5", "cn-east-2", "cn-east-3", "cn-east-4", "cn-east-5", "cn-north-1", "cn-north-11", "cn-north-12",
		"cn-north-2", "cn-north-4", "cn-north-9", "cn-south-1", "cn-south-2", "cn-south-4", "cn-southwest-2",
		"cn-southwest-3", "eu-west-0", "eu-west-101", "la-north-2", "la-south-2", "me-east-1", "my-kualalumpur-1",
		"na-mexico-1", "ru-moscow-1", "ru-northwest-2", "sa-brazil-1", "tr-west-1",
	}
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
