package cloudcall

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
)

// Keys are the credentials of one account at one moment. They never print.
type Keys struct {
	AccessKeyID     string
	AccessKeySecret string
	SecurityToken   string // belongs to temporary credentials; "": they are permanent
	AuthToken       string // Huawei Cloud: X-Auth-Token, used instead of the others; "": none
}

// KeySource returns the credentials to use now. It reads them each time, so that rotated files take effect.
type KeySource func() (Keys, error)

// Format prints <secret> for every verb, so that no log, error or panic can show a key.
func (Keys) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte("<secret>")) }

// Fingerprint tells credentials from others. No key can be computed from it. The zero value is of none that are known.
type Fingerprint struct {
	// User differs between users of a cloud, and stays when the secret of an access key id changes. A token is a user of
	// its own, since it does not say whose it is.
	User string
	// All differs between different credentials.
	All string
}

// Fingerprint returns the fingerprint of the keys.
func (k Keys) Fingerprint() Fingerprint {
	user := []string{k.AccessKeyID}
	if k.AuthToken != "" {
		user = []string{"", k.AuthToken}
	}
	return Fingerprint{hashOf(user), hashOf([]string{k.AccessKeyID, k.AccessKeySecret, k.SecurityToken, k.AuthToken})}
}

func hashOf(texts []string) string {
	sum := sha256.Sum256([]byte(strings.Join(texts, "\x00")))
	return hex.EncodeToString(sum[:8])
}

// complete reports whether a call can be signed with the keys.
func (k Keys) complete() bool {
	return k.AuthToken != "" || (k.AccessKeyID != "" && k.AccessKeySecret != "")
}

// CheckCredentials is the hint of a failure that has something to do with credentials, when nothing more is known.
const CheckCredentials = "check the account's credentials"

// CredentialsError says that there are no credentials to make a call with. Its class is auth, unless its cause is the
// end of a context or a failure of the network.
type CredentialsError struct {
	Cause error
	Hint  string // what to do about it
}

// Error returns the cause.
func (e *CredentialsError) Error() string { return "no credentials: " + e.Cause.Error() }

// Unwrap returns the cause.
func (e *CredentialsError) Unwrap() error { return e.Cause }

// CredentialSource gives what a call is signed with, in the form K of a cloud's SDK. Implementations are safe for
// concurrent use.
type CredentialSource[K any] interface {
	// Credentials returns what to sign the next call with. It returns at the end of ctx, with the error of ctx.
	// Otherwise an error is a [*CredentialsError], or a failure of the network.
	Credentials(ctx context.Context) (K, error)
	// Invalidate takes the error of a failed call. Credentials that the cloud refused are not given again.
	Invalidate(err error)
}

// Configured returns a CredentialSource that reads the configured keys for each call. form turns complete keys into the
// form of the SDK.
func Configured[K any](read KeySource, form func(Keys) K) CredentialSource[K] {
	return configured[K]{read, form}
}

type configured[K any] struct {
	read KeySource
	form func(Keys) K
}

// Credentials implements CredentialSource.
func (c configured[K]) Credentials(ctx context.Context) (key K, err error) {
	keys, err := c.read()
	if err == nil && !keys.complete() {
		err = errors.New("the access key id or its secret is empty")
	}
	if err != nil {
		return key, &CredentialsError{Cause: err, Hint: CheckCredentials}
	}
	SignedBy(ctx, keys)
	return c.form(keys), nil
}

// Invalidate does nothing: the keys are read for each call anyway.
func (configured[K]) Invalidate(error) {}
