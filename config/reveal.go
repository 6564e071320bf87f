package config

import (
	"bytes"
	"fmt"

	"gopkg.in/yaml.v3"
)

// Revealed returns the configuration as YAML with its secrets, so that it can be loaded again. It is for a file that only its
// owner may read. No log, page or metric shows it; Masked is for those.
func (c *Config) Revealed() ([]byte, error) {
	text, err := yaml.Marshal(c)
	if err != nil {
		return nil, fmt.Errorf("write the configuration: %w", err)
	}
	var secrets []Secret // in the order in which they are written
	for _, a := range c.Accounts {
		for _, s := range []Secret{a.Credentials.AccessKeyID, a.Credentials.AccessKeySecret, a.Credentials.SecurityToken} {
			if s != "" {
				secrets = append(secrets, s)
			}
		}
	}
	parts := bytes.Split(text, []byte(masked))
	if len(parts) != len(secrets)+1 {
		return nil, fmt.Errorf("write the configuration: %d secrets for %d places", len(secrets), len(parts)-1)
	}
	all := parts[0]
	for i, secret := range secrets {
		quoted, err := yaml.Marshal(secret.Reveal())
		if err != nil {
			return nil, fmt.Errorf("write the configuration: %w", err)
		}
		all = append(append(all, bytes.TrimSpace(quoted)...), parts[i+1]...)
	}
	return all, nil
}
