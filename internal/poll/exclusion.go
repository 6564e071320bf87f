package poll

import (
	"path"
	"strings"

	"mongodb_backup_exporter/internal/backup"
)

// Exclusion describes instances. All of what is set must match, so that the zero value matches every instance.
type Exclusion struct {
	ID   string            // "": any
	Name string            // pattern with *, ? and [a-z]; "": any name or none
	Tags map[string]string // an instance must have all of them
}

// matches reports whether the instance is one of those described. An instance whose name is not known matches no
// pattern: it may be one that should be watched.
func (e Exclusion) matches(in backup.Instance) bool {
	return (e.ID == "" || e.ID == in.InstanceID) && (e.Name == "" || matchesName(e.Name, in.Name)) && hasTags(in, e.Tags)
}

// matchesName reports whether the pattern matches the whole name. In a name, a slash is a letter like any other.
func matchesName(pattern, name string) bool {
	if name == "" {
		return false
	}
	noSlash := strings.NewReplacer("/", "\x00")
	matched, err := path.Match(noSlash.Replace(pattern), noSlash.Replace(name))
	return matched && err == nil
}

// hasTags reports whether the instance has all of the tags.
func hasTags(in backup.Instance, tags map[string]string) bool {
	for key, value := range tags {
		if got, ok := in.Tags[key]; !ok || got != value {
			return false
		}
	}
	return true
}
