package alibaba

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	openapi "github.com/alibabacloud-go/darabonba-openapi/v2/client"
	"github.com/alibabacloud-go/tea/dara"
	"github.com/alibabacloud-go/tea/tea"

	"mongodb_backup_exporter/internal/backup"
	"mongodb_backup_exporter/internal/cloudcall"
	"mongodb_backup_exporter/internal/wire"
)

// Role is a RAM role to assume. The zero value is none.
type Role struct {
	ARN        string // acs:ram::<account>:role/<name>
	ExternalID string // what the role's trust policy asks for; "": nothing
	Endpoint   string // URL or host of STS; "": sts.aliyuncs.com
}

const (
	opAssumeRole = "AssumeRole"
	sessionName  = "mongodb_backup_exporter" // what audit logs show
	// sessionLife is the longest that every role allows.
	sessionLife = time.Hour
)

// assumer gets the credentials of a role from STS.
type assumer struct {
	role Role
	base cloudcall.CredentialSource[key] // with which the role is assumed
	sdk  *openapi.Client
	now  func() time.Time
}

// newAssumed returns the source of a role's credentials, which are got with those of base.
func newAssumed(base cloudcall.CredentialSource[key], opts Options) (cloudcall.CredentialSource[key], error) {
	scheme, host, err := cloudcall.Endpoint(cmp.Or(opts.Role.Endpoint, "sts.aliyuncs.com"))
	if err != nil {
		return nil, fmt.Errorf("sts_endpoint: %w", err)
	}
	sdk, err := openapi.NewClient(&openapi.Config{
		Endpoint: new(host), Protocol: new(scheme),
		UserAgent: new("mongodb_backup_exporter"), HttpClient: newHTTPClient(opts.Transport),
	})
	if err != nil {
		return nil, err
	}
	a := &assumer{role: opts.Role, base: base, sdk: sdk, now: opts.Now}
	return cloudcall.NewRenewing(cloudcall.RenewingOptions[key]{
		Now: opts.Now, Fetch: a.assume, Refused: refused, Logger: opts.Logger,
	}), nil
}

// assume gets new credentials of the role.
func (a *assumer) assume(ctx context.Context) (got cloudcall.Expiring[key], err error) {
	base, err := a.base.Credentials(ctx)
	if err != nil {
		return got, err
	}
	if err := cloudcall.MayAssume(ctx); err != nil {
		return got, err
	}
	asked := a.now()
	body, err := a.send(ctx, base)
	cloudcall.Assumed(ctx, err, Classify)
	if err != nil {
		a.base.Invalidate(err)
		return got, a.explain(err, base)
	}
	answer, err := wire.Decode[assumeRoleAnswer](opAssumeRole, body)
	if err != nil {
		return got, a.explain(err, base)
	}
	return answer.expiring(asked)
}

func (a *assumer) send(ctx context.Context, base key) ([]byte, error) {
	sdk := *a.sdk // a call writes to it
	sdk.Credential = base
	params := map[string]*string{
		"RoleArn": new(a.role.ARN), "RoleSessionName": new(sessionName), "DurationSeconds": new(fmt.Sprint(int(sessionLife.Seconds()))),
	}
	if a.role.ExternalID != "" {
		params["ExternalId"] = new(a.role.ExternalID)
	}
	return readAnswer(sdk.CallApiWithCtx(ctx, &openapi.Params{
		Action: new(opAssumeRole), Version: new("2015-04-01"), Protocol: sdk.Protocol, Pathname: new("/"),
		Method: new(http.MethodPost), AuthType: new("AK"), Style: new("RPC"),
		ReqBodyType: new("formData"), BodyType: new("binary"),
	}, &openapi.OpenApiRequest{Query: params}, &dara.RuntimeOptions{}))
}

// explain makes an error that names the role. STS refuses a role as a missing permission, an unknown entity or a wrong
// parameter. To the account all of these are refused credentials. The error may be logged, and shows none of the keys.
func (a *assumer) explain(err error, base key) error {
	if failure, ok := errors.AsType[*backup.Error](err); ok {
		return cloudcall.Redacted(failure, base.keys())
	}
	if _, answered := errors.AsType[*tea.SDKError](err); !answered {
		return err
	}
	failure := cloudcall.Redacted(Classify(opAssumeRole, err), base.keys())
	switch failure.Class {
	case backup.ClassAuth:
		failure.Hint += "; it is needed to assume the role " + a.role.ARN
	case backup.ClassPermission, backup.ClassNotFound, backup.ClassBadRequest:
		failure.Class = backup.ClassAuth
		failure.Hint = "check that the role " + a.role.ARN + " exists, that its trust policy names the account's user or role" +
			a.andExternalID() + ", and that this one may call sts:AssumeRole on it"
	default:
		failure.Hint = ""
	}
	return failure
}

func (a *assumer) andExternalID() string {
	if a.role.ExternalID == "" {
		return " and asks for no external id"
	}
	return " and this external id"
}

// assumeRoleAnswer is the answer to AssumeRole.
type assumeRoleAnswer struct {
	fault
	Credentials wire.Part[credentialsRecord]
}

type credentialsRecord struct {
	AccessKeyID     wire.Secret `json:"AccessKeyId"`
	AccessKeySecret wire.Secret
	SecurityToken   wire.Secret
	Expiration      wire.Scalar
}

// Missing implements wire.Answer.
func (a *assumeRoleAnswer) Missing() string {
	k := a.Credentials.Value.keys()
	return wire.MissingUnless(k.AccessKeyID != "" && k.AccessKeySecret != "" && k.SecurityToken != "", "Credentials")
}

func (c *credentialsRecord) keys() cloudcall.Keys {
	return cloudcall.Keys{
		AccessKeyID: c.AccessKeyID.Reveal(), AccessKeySecret: c.AccessKeySecret.Reveal(), SecurityToken: c.SecurityToken.Reveal(),
	}
}

// expiring returns the credentials and their life. The life is never longer than was asked for, so that a clock that is
// slow does not lengthen it.
func (a *assumeRoleAnswer) expiring(asked time.Time) (got cloudcall.Expiring[key], err error) {
	c := &a.Credentials.Value
	expires, err := time.Parse(time.RFC3339, c.Expiration.Text)
	if err != nil {
		return got, wire.Incomplete(opAssumeRole, "Credentials.Expiration")
	}
	got.Key = newKey(c.keys())
	got.Life = min(expires.Sub(asked), sessionLife)
	return got, nil
}
