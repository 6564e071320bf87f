package config

import (
	"errors"
	"path/filepath"
	"strings"
)

// Keys are the credentials of one account at one moment.
type Keys struct {
	AccessKeyID     Secret // "": none
	AccessKeySecret Secret // "": none
	SecurityToken   Secret // of temporary credentials; "": permanent ones
	AuthToken       Secret // huawei: X-Auth-Token, instead of the others; "": none
}

// maxKeyFile is the largest size of a credential file, in bytes. The longest credential, a Huawei Cloud token, takes a
// few kB.
const maxKeyFile = 64 << 10

// IsZero reports whether nothing is configured.
func (c Credentials) IsZero() bool { return c == Credentials{} }

// HasKeys reports whether an access key or a token is configured. Otherwise a profile or the SDK's default chain gives
// the credentials, also those with which a role or an agency is assumed.
func (c Credentials) HasKeys() bool {
	return c.AccessKeyID != "" || c.AccessKeyIDFile != "" || c.AccessKeySecret != "" || c.AccessKeySecretFile != "" ||
		c.SecurityToken != "" || c.SecurityTokenFile != "" || c.TokenFile != ""
}

// hasSecrets reports whether the file itself holds a key.
func (c Credentials) hasSecrets() bool {
	return c.AccessKeyID != "" || c.AccessKeySecret != "" || c.SecurityToken != ""
}

// Read returns the credentials. It reads the files each time, so that a rotated credential takes effect. The error is
// of type [Errors]; it names keys and files, never their content.
func (c Credentials) Read() (Keys, error) {
	var keys Keys
	var problems Errors
	for _, f := range []struct {
		value Secret
		key   string
		file  string
		into  *Secret
	}{
		{c.AccessKeyID, "access_key_id_file", c.AccessKeyIDFile, &keys.AccessKeyID},
		{c.AccessKeySecret, "access_key_secret_file", c.AccessKeySecretFile, &keys.AccessKeySecret},
		{c.SecurityToken, "security_token_file", c.SecurityTokenFile, &keys.SecurityToken},
		{"", "token_file", c.TokenFile, &keys.AuthToken},
	} {
		var err error
		*f.into = f.value
		if f.file != "" {
			*f.into, err = readKey(f.file)
		}
		if err != nil {
			problems = append(problems, Problem{Path: "credentials." + f.key, Message: f.file + ": " + err.Error()})
		}
	}
	if err := problems.orNil(); err != nil {
		return Keys{}, err
	}
	return keys, nil
}

// CheckCredentials reads the credentials of every account once. It returns the problems of their files as [Errors], or
// nil.
func (c *Config) CheckCredentials() error {
	var problems Errors
	for i, a := range c.Accounts {
		_, err := a.Credentials.Read()
		failed, _ := errors.AsType[Errors](err)
		for _, p := range failed {
			p.Path = string(path("accounts").index(i).key(p.Path))
			problems = append(problems, p)
		}
	}
	return problems.orNil()
}

// readKey returns the only content of a credential file, without the white space around it.
func readKey(file string) (Secret, error) {
	content, err := readRegular(file, maxKeyFile, "it must hold one key and nothing else")
	if err != nil {
		return "", err
	}
	key := strings.TrimSpace(string(content))
	switch {
	case key == "":
		return "", errors.New("the file is empty; write the key into it")
	case placeholder(key) != "":
		return "", errors.New("its content " + placeholder(key) + "; write the key itself into it")
	case !isKey(key):
		return "", errors.New("it must hold one key and nothing else, in printable ASCII without spaces")
	}
	return Secret(key), nil
}

// isKey reports whether s can be a credential: all clouds use printable ASCII without spaces. "" is one too.
func isKey(s string) bool {
	for i := range len(s) {
		if s[i] <= ' ' || s[i] > '~' {
			return false
		}
	}
	return true
}

// resolve makes the paths of files relative to the working directory.
func (c *Credentials) resolve(dir string) {
	for _, file := range []*string{&c.AccessKeyIDFile, &c.AccessKeySecretFile, &c.SecurityTokenFile, &c.TokenFile} {
		if *file != "" && !filepath.IsAbs(*file) {
			*file = filepath.Join(dir, *file)
		}
	}
}
