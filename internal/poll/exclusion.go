package poll

import (
	"path"
	"slices"
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

// Unwatched returns why a listed instance is not watched, in words for a person; "": it is.
func (c Region) Unwatched(in backup.Instance) string {
	if slices.ContainsFunc(c.Instances, func(named Instance) bool { return named.ID == in.InstanceID }) {
		return ""
	}
	return c.undiscovered(in)
}

// undiscovered returns why discovery does not watch an instance; "": it does.
func (c Region) undiscovered(in backup.Instance) string {
	switch {
	case in.NoBackup != "":
		return in.NoBackup
	case c.excludes(in):
		return "it is excluded"
	case !c.Discover:
		return "discovery is off, and the configuration does not name it"
	case c.lacksTags(in):
		return "it does not have the tags that discovery asks for"
	}
	return ""
}

func (c Region) excludes(in backup.Instance) bool {
	return slices.ContainsFunc(c.Exclude, func(e Exclusion) bool {
		matches, _ := e.matches(in)
		return matches
	})
}

// lacksTags reports whether the instance is known not to have the tags that discovery asks for.
func (c Region) lacksTags(in backup.Instance) bool {
	has, known := hasTags(in, c.Tags)
	return known && !has
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
