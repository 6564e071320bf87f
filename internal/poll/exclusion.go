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

// matches reports whether the instance is one of those described. known is false when that cannot be told, because tags of
// the instance could not be read. An instance whose name is not known matches no pattern: it may be one that should be
// watched.
func (e Exclusion) matches(in backup.Instance) (matches, known bool) {
	if (e.ID != "" && e.ID != in.InstanceID) || (e.Name != "" && !matchesName(e.Name, in.Name)) {
		return false, true
	}
	return hasTags(in, e.Tags)
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

// hasTags reports whether the instance has all of the tags. known is false when that cannot be told.
func hasTags(in backup.Instance, tags map[string]string) (has, known bool) {
	known = true
	for key, value := range tags {
		got, ok := in.Tags[key]
		switch {
		case ok && got == value:
		case ok || !in.TagsLack:
			return false, true
		default:
			known = false
		}
	}
	return known, known
}
