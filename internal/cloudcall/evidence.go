package cloudcall

import (
	"context"
	"errors"
	"fmt"
	"time"

	"mongodb_backup_exporter/internal/backup"
)

// evidence is what one attempt tells of the configured credentials beside its outcome.
type evidence struct {
	permit  *permit // to make it; nil: there is no gate
	keys    []Keys  // what it was made with
	user    string  // who signed it, as in a [Fingerprint]; "": not known
	asked   bool    // the credentials were used to assume a role, and the cloud answered that
	refused bool    // the cloud refused them for it
}

type evidenceKey struct{}

// withEvidence returns a context in which an attempt leaves its evidence.
func withEvidence(ctx context.Context, p *permit) context.Context {
	return context.WithValue(ctx, evidenceKey{}, &evidence{permit: p})
}

// evidenceOf returns the evidence of the attempt that was made with ctx; nil: there is none.
func evidenceOf(ctx context.Context) *evidence {
	e, _ := ctx.Value(evidenceKey{}).(*evidence)
	return e
}

// SignedBy notes the credentials of the configuration, or of what it names, that the attempt of ctx is made with.
func SignedBy(ctx context.Context, keys Keys) {
	Uses(ctx, keys)
	if e := evidenceOf(ctx); e != nil {
		e.user = keys.Fingerprint().User
	}
}

// MayAssume waits for the right to assume a role or agency in the attempt of ctx, after the credentials for it were read.
// Calls that work with a role's keys must not hide that the credentials with which they are renewed are refused.
func MayAssume(ctx context.Context) error {
	e := evidenceOf(ctx)
	if e == nil || e.permit == nil || e.permit.tally != nil {
		return nil
	}
	for {
		wait, err := e.permit.reserve(e.user)
		if wait == nil || err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-wait:
		case <-time.After(trialPatience):
		}
	}
}

// reserve puts the call on trial in the tally of a user, and returns what to wait for before that, or why it must not be.
func (p *permit) reserve(user string) (wait <-chan struct{}, err error) {
	b := p.gate.breaker
	b.mu.Lock()
	defer b.mu.Unlock()
	if user != "" {
		b.user = user
	}
	t := b.tallyOf(b.user)
	if until, last := t.spent(b.now()); last != nil {
		return nil, &CredentialsError{
			Cause: fmt.Errorf("%s and others were refused: %s", last.Op, last.Class), Hint: join(last.Hint, spentUntil(until)),
		}
	}
	if wait = t.admit(p); wait == nil {
		p.tally = t
	}
	return wait, nil
}

// Assumed notes what came of assuming a role or agency in the attempt of ctx. err is the error of the cloud's SDK; nil: it
// worked. A cloud that refuses the role has accepted the key that asks for it.
func Assumed(ctx context.Context, err error, classify func(op string, err error) *backup.Error) {
	e := evidenceOf(ctx)
	if e == nil {
		return
	}
	var failure *backup.Error
	if answer, ok := errors.AsType[*AnswerError](err); ok {
		class, _ := answer.classAndHint()
		failure = &backup.Error{Class: class}
	} else if err != nil {
		failure = classify("", err)
	}
	e.refused = failure != nil && failure.Class == backup.ClassAuth
	e.asked = e.refused || proves(failure)
}
