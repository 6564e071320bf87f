package cloudcall

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"
)

// Keys are the credentials of one account at one moment. They never print.
type Keys struct {
	AccessKeyID     string
	AccessKeySecret string
	SecurityToken   string // of temporary credentials; "": permanent ones
	AuthToken       string // Huawei Cloud X-Auth-Token, in place of the others; "": none
}

// KeySource returns the credentials to use now; it reads them again each time, so that rotated files take effect.
type KeySource func() (Keys, error)

// Format prints <secret> for every verb, so that no log, error or panic can show a key.
func (Keys) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte("<secret>")) }

// Fingerprint returns a value that differs between different keys and tells nothing of them.
func (k Keys) Fingerprint() string {
	sum := sha256.Sum256([]byte(strings.Join([]string{k.AccessKeyID, k.AccessKeySecret, k.SecurityToken, k.AuthToken}, "\x00")))
	return hex.EncodeToString(sum[:8])
}

// CredentialsError is that there are no credentials to make a call with. Its class is auth, unless its cause is the end
// of a context or a failure of the network.
type CredentialsError struct {
	Cause error
	Hint  string // what to do about it
}

// Error says why.
func (e *CredentialsError) Error() string { return "no credentials: " + e.Cause.Error() }

// Unwrap returns the cause.
func (e *CredentialsError) Unwrap() error { return e.Cause }
