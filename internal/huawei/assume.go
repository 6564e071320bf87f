package huawei

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/huaweicloud/huaweicloud-sdk-go-v3/core/def"
	"github.com/huaweicloud/huaweicloud-sdk-go-v3/core/sdkerr"

	"mongodb_backup_exporter/internal/backup"
	"mongodb_backup_exporter/internal/cloudcall"
	"mongodb_backup_exporter/internal/wire"
)

// Agency is an agency to assume: the right to act for another account. The zero value is none.
type Agency struct {
	Name   string
	Domain string // name of the account that the agency belongs to
}

const (
	opAssumeAgency = "CreateTemporaryAccessKeyByAgency"
	// agencyLife is how long the keys of an agency are asked for: of the 15 minutes to 24 hours that IAM allows.
	agencyLife = time.Hour
)

// assumer gets the keys of an agency from IAM.
type assumer struct {
	agency    Agency
	base      cloudcall.CredentialSource[key] // with which the agency is assumed
	endpoint  string                          // of IAM
	transport http.RoundTripper
	now       func() time.Time
}

// newAssumed returns the source of an agency's keys, which are got with those of base.
func newAssumed(base cloudcall.CredentialSource[key], opts Options, iamEndpoint string) cloudcall.CredentialSource[key] {
	a := &assumer{agency: opts.Agency, base: base, endpoint: iamEndpoint, transport: opts.Transport, now: opts.Now}
	return cloudcall.NewRenewing(cloudcall.RenewingOptions[key]{
		Now: opts.Now, Fetch: a.assume, Refused: refused, Logger: opts.Logger,
	})
}

// assume gets new keys of the agency. A project that was configured together with the keys of base is not the agency's.
func (a *assumer) assume(ctx context.Context) (got cloudcall.Expiring[key], err error) {
	base, err := a.base.Credentials(ctx)
	if err != nil {
		return got, err
	}
	if err := cloudcall.MayAssume(ctx); err != nil {
		return got, err
	}
	asked := a.now()
	s := sender{a.endpoint, base.Keys, ""}
	body, err := s.send(newHTTPClient(ctx, a.transport), operation{
		name: opAssumeAgency, define: defineAssumeAgency, request: a.request(), success: http.StatusCreated,
	})
	cloudcall.Assumed(ctx, err, Classify)
	if err != nil {
		a.base.Invalidate(err)
		return got, a.explain(err, base.Keys)
	}
	answer, err := wire.Decode[assumeAgencyAnswer](opAssumeAgency, body)
	if err != nil {
		return got, a.explain(err, base.Keys)
	}
	return answer.expiring(asked)
}

type assumeAgencyRequest struct {
	Body *assumeAgencyBody `json:"body,omitempty"`
}

type assumeAgencyBody struct {
	Auth struct {
		Identity struct {
			Methods    []string `json:"methods"`
			AssumeRole struct {
				AgencyName      string `json:"agency_name"`
				DomainName      string `json:"domain_name"`
				DurationSeconds int    `json:"duration_seconds"`
			} `json:"assume_role"`
		} `json:"identity"`
	} `json:"auth"`
}

func (a *assumer) request() assumeAgencyRequest {
	body := new(assumeAgencyBody)
	identity := &body.Auth.Identity
	identity.Methods = []string{"assume_role"}
	identity.AssumeRole.AgencyName, identity.AssumeRole.DomainName = a.agency.Name, a.agency.Domain
	identity.AssumeRole.DurationSeconds = int(agencyLife.Seconds())
	return assumeAgencyRequest{body}
}

func defineAssumeAgency() *def.HttpRequestDef {
	return def.NewHttpRequestDefBuilder().WithMethod(http.MethodPost).WithPath("/v3.0/OS-CREDENTIAL/securitytokens").
		WithContentType("application/json;charset=UTF-8").
		WithRequestField(def.NewFieldDef().WithName("Body").WithLocationType(def.Body)).
		Build()
}

// explain makes an error that names the agency. IAM refuses an agency as a missing permission, an unknown entity or a
// wrong parameter. To the account all of these are refused credentials. The error may be logged, and shows none of the keys.
func (a *assumer) explain(err error, keys cloudcall.Keys) error {
	if failure, ok := errors.AsType[*backup.Error](err); ok {
		return cloudcall.Redacted(failure, keys)
	}
	if _, answered := errors.AsType[*sdkerr.ServiceResponseError](err); !answered {
		return err
	}
	failure := cloudcall.Redacted(Classify(opAssumeAgency, err), keys)
	agency := "the agency " + a.agency.Name + " of " + a.agency.Domain
	switch failure.Class {
	case backup.ClassAuth:
		failure.Hint += "; they are needed to assume " + agency
	case backup.ClassPermission, backup.ClassNotFound, backup.ClassBadRequest:
		failure.Class = backup.ClassAuth
		failure.Hint = "check that " + agency + " exists and names this account, and that the user has the role Agent Operator"
	default:
		failure.Hint = ""
	}
	return failure
}

// assumeAgencyAnswer is the answer to CreateTemporaryAccessKeyByAgency.
type assumeAgencyAnswer struct {
	fault
	Credential wire.Part[credentialRecord] `json:"credential"`
}

type credentialRecord struct {
	Access        wire.Secret `json:"access"`
	Secret        wire.Secret `json:"secret"`
	SecurityToken wire.Secret `json:"securitytoken"`
	ExpiresAt     wire.Scalar `json:"expires_at"`
}

// Missing implements wire.Answer.
func (a *assumeAgencyAnswer) Missing() string {
	k := a.Credential.Value.keys()
	return wire.MissingUnless(k.AccessKeyID != "" && k.AccessKeySecret != "" && k.SecurityToken != "", "credential")
}

func (c *credentialRecord) keys() cloudcall.Keys {
	return cloudcall.Keys{
		AccessKeyID: c.Access.Reveal(), AccessKeySecret: c.Secret.Reveal(), SecurityToken: c.SecurityToken.Reveal(),
	}
}

// expiring returns the keys and their life. The life is never longer than was asked for, so that a clock that is slow
// does not lengthen it.
func (a *assumeAgencyAnswer) expiring(asked time.Time) (got cloudcall.Expiring[key], err error) {
	c := &a.Credential.Value
	expires, err := time.Parse(time.RFC3339, c.ExpiresAt.Text)
	if err != nil {
		return got, wire.Incomplete(opAssumeAgency, "credential.expires_at")
	}
	got.Key.Keys = c.keys()
	got.Life = min(expires.Sub(asked), agencyLife)
	return got, nil
}
