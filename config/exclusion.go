package config

// MarshalYAML returns an id alone as a word, as the file may write it.
func (e Exclusion) MarshalYAML() (any, error) {
	if e.Name == "" && len(e.Tags) == 0 {
		return e.ID, nil
	}
	type mapping Exclusion // without this method
	return mapping(e), nil
}
