package report

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"mongodb_backup_exporter/internal/backup"
)

// maxUnmonitored bounds the instances that a page names.
const maxUnmonitored = 50

// Unmonitored are the instances that the clouds list and that are neither watched nor excluded: somebody may have forgotten
// them.
type Unmonitored struct {
	Instances []Instance // by account, region and id, at most maxUnmonitored
	More      int        // further ones, which are not in Instances
	Watch     string     // the lines of a configuration that would watch those in Instances
	Exclude   string     // the lines that would say that they are not to be watched
}

// NewUnmonitored returns the instances that nobody watches, of the wanted account and region.
func NewUnmonitored(snapshot *backup.Snapshot, want Wanted, now time.Time) Unmonitored {
	var u Unmonitored
	var wide []string // accounts of which all regions are watched
	for _, r := range snapshot.Regions {
		if r.OfRegions {
			wide = append(wide, r.Account)
		}
		if !want.in(r.Account, r.Region) || !r.Unmonitored.Known(now) {
			continue
		}
		for _, in := range r.Instances {
			switch {
			case !in.Unmonitored:
			case len(u.Instances) == maxUnmonitored:
				u.More++
			default:
				u.Instances = append(u.Instances, newInstance(in))
			}
		}
	}
	u.Watch = inConfiguration(u.Instances, wide, func(b *strings.Builder, of []Instance) {
		b.WriteString("        instances:\n")
		for _, in := range of {
			b.WriteString("          - id: " + yamlText(in.InstanceID) + remark(in) + "\n")
		}
	})
	u.Exclude = inConfiguration(u.Instances, wide, func(b *strings.Builder, of []Instance) {
		b.WriteString("        discovery:\n          exclude:\n")
		for _, in := range of {
			b.WriteString("            - " + yamlText(in.InstanceID) + remark(in) + "\n")
		}
	})
	return u
}

// inConfiguration writes lines of each region into the places that a configuration has for them. The instances are in the
// order of accounts and regions.
func inConfiguration(all []Instance, wide []string, lines func(b *strings.Builder, of []Instance)) string {
	var b strings.Builder
	var account, region string
	for i, in := range all {
		if i == 0 {
			b.WriteString("accounts:\n")
		}
		if i == 0 || in.Account != account {
			account, region = in.Account, ""
			b.WriteString("  - name: " + yamlText(account) + "\n    regions:\n")
			if slices.Contains(wide, account) {
				b.WriteString("      # beside the entry for all regions, which has no part in a region that is named here\n")
			}
		}
		if in.Region != region {
			region = in.Region
			b.WriteString("      - id: " + yamlText(region) + "\n")
			lines(&b, slices.DeleteFunc(slices.Clone(all[i:]), func(other Instance) bool {
				return other.Account != account || other.Region != region
			}))
		}
	}
	return b.String()
}

// remark returns the name of an instance as a comment.
func remark(in Instance) string {
	if in.InstanceName == "" {
		return ""
	}
	return " # " + yamlText(in.InstanceName)
}

// yamlText returns a text as YAML that is read as that text: as it is where it begins with a letter and has nothing but
// letters, digits and . _ -, else in quotes. Go's quotes are YAML's, too. JSON's are not: they leave U+0085 as it is, which ends a
// line of YAML, and so a remark.
func yamlText(text string) string {
	letter := text != "" && (text[0] >= 'a' && text[0] <= 'z' || text[0] >= 'A' && text[0] <= 'Z')
	words := []string{"true", "false", "yes", "no", "on", "off", "null", "y", "n"}
	if letter && Plain(text) && !slices.Contains(words, strings.ToLower(text)) {
		return text
	}
	return strconv.Quote(text)
}
