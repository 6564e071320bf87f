package config

import "gopkg.in/yaml.v3"

// AllRegions is the id that stands for every region that the account may list and that has no entry of its own.
const AllRegions = "all"

// regionsWord reads regions: all, which is short for an entry with discovery. It reports false for any other word.
func regionsWord(node *yaml.Node) ([]Region, bool) {
	if node.Kind != yaml.ScalarNode || node.Value != AllRegions {
		return nil, false
	}
	return []Region{{ID: AllRegions, Discovery: Discovery{Enabled: true}}}, true
}

// allRegions reports what an entry for all regions cannot have.
func (v *validator) allRegions(at path, cloudName string, r Region) {
	for _, c := range clouds() {
		if c.name == cloudName && !c.listsRegions {
			v.addf(at.key("id"), "all is not for %s, which has no list of regions; list each region by its id, such as %s", c.name, c.regionExample)
		}
	}
	if len(r.Instances) > 0 {
		v.addf(at.key("instances"), "need an entry with the id of their region, beside the one for all regions")
	}
}
