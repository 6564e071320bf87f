package config

import (
	"fmt"
	"slices"

	"gopkg.in/yaml.v3"
)

const masked = "<secret>"

// Secret is a string that prints as <secret> everywhere, in every format.
type Secret string

// Reveal returns the secret itself. It is for the code that passes credentials to a cloud's SDK.
func (s Secret) Reveal() string { return string(s) }

// Format prints <secret> for every verb.
func (Secret) Format(f fmt.State, _ rune) {
	_, _ = f.Write([]byte(masked)) // a Formatter cannot return an error
}

// String returns <secret>.
func (Secret) String() string { return masked }

// GoString returns <secret>.
func (Secret) GoString() string { return masked }

// MarshalText returns <secret>; encoding/json, encoding/xml and log/slog use it.
func (Secret) MarshalText() ([]byte, error) { return []byte(masked), nil }

// MarshalYAML returns <secret>.
func (Secret) MarshalYAML() (any, error) { return masked, nil }

// Masked returns the configuration as YAML, with defaults filled in and every secret and access key id masked. When
// something is masked, a comment at the top says that the file does not load as it is: a mask is refused as a key.
func (c *Config) Masked() ([]byte, error) {
	out, err := yaml.Marshal(c)
	if err != nil {
		return nil, fmt.Errorf("write the configuration: %w", err)
	}
	if slices.ContainsFunc(c.Accounts, func(a Account) bool { return a.Credentials.hasSecrets() }) {
		out = append([]byte(maskedComment), out...)
	}
	return out, nil
}

const maskedComment = "# Keys are shown as " + masked + ". Fill them in, or name files, before you use this as a configuration.\n"
