package alibaba

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"maps"
	"net/http"
	"time"

	openapi "github.com/alibabacloud-go/darabonba-openapi/v2/client"
	dds "github.com/alibabacloud-go/dds-20151201/v8/client"
	"github.com/alibabacloud-go/tea/dara"
	"github.com/go-kit/log"

	"mongodb_backup_exporter/internal/cloudcall"
	"mongodb_backup_exporter/internal/wire"
)

// Options say whose instances to read, and how. Account, Caller, Transport and Now are required.
type Options struct {
	Account   string              // the account's name in the configuration, for Instance.Account
	Region    string              // region id, e.g. cn-hangzhou; it need not be known to the SDK; "": none, for Source.Regions alone
	Endpoint  string              // URL or host of the API; "": mongodb.<region>.aliyuncs.com, and mongodb.aliyuncs.com without a region
	Keys      cloudcall.KeySource // nil: the profile, or else the SDK's default chain
	Profile   string              // of the aliyun command-line tool; "": none
	Role      Role                // assumed with these credentials; zero: none
	Caller    *cloudcall.Caller   // makes the calls; built with Classify
	Transport http.RoundTripper   // shared by all calls of the account
	Logger    log.Logger          // logs once per target and field that a value cannot be read; nil: no log
	Now       func() time.Time
}

// Names of the operations, as the API and its RAM actions have them.
const (
	opDescribeDBInstances         = "DescribeDBInstances"
	opDescribeDBInstanceAttribute = "DescribeDBInstanceAttribute"
	opDescribeBackups             = "DescribeBackups"
	opDescribeClusterBackups      = "DescribeClusterBackups"
	opDescribeBackupTasks         = "DescribeBackupTasks"
	opDescribeBackupPolicy        = "DescribeBackupPolicy"
	opDescribeInstanceRecoverTime = "DescribeInstanceRecoverTime"
	opDescribeClusterRecoverTime  = "DescribeClusterRecoverTime"
	opCheckRecoveryCondition      = "CheckRecoveryCondition"
	opDescribeRestores            = "DescribeRestoreDBInstanceList"
	opDescribeRegions             = "DescribeRegions"
	opDescribeHistoryTasks        = "DescribeHistoryTasks"
	opCreateBackup                = "CreateBackup"
)

// client makes the calls.
type client struct {
	sdk    *dds.Client // never used itself but copied for each call, because a call writes to it
	region string
	keys   cloudcall.CredentialSource[key]
	caller *cloudcall.Caller
}

func newClient(opts Options) (*client, error) {
	scheme, host, err := cloudcall.Endpoint(cmp.Or(opts.Endpoint, hostOf(opts.Region)))
	if err != nil {
		return nil, fmt.Errorf("endpoint: %w", err)
	}
	sdk, err := dds.NewClient(&openapi.Config{
		Endpoint:   new(host), // always set: the SDK's own table of endpoints is out of date
		Protocol:   new(scheme),
		RegionId:   new(opts.Region),
		UserAgent:  new("mongodb_backup_exporter"),
		HttpClient: newHTTPClient(opts.Transport),
	})
	if err != nil {
		return nil, err
	}
	keys, err := newKeySource(opts)
	if err != nil {
		return nil, err
	}
	return &client{sdk: sdk, region: opts.Region, keys: keys, caller: opts.Caller}, nil
}

// hostOf returns the host of the API in a region; "": in none.
func hostOf(region string) string {
	if region == "" {
		return centralHost
	}
	return "mongodb." + region + ".aliyuncs.com"
}

// operation is one call of the API.
type operation struct {
	name    string            // the cloud's own
	params  map[string]string // without RegionId
	changes bool              // it starts something, so that it must not be repeated when there is no answer
}

// ask makes a call and decodes its answer. An answer that cannot be decoded is a failed call.
func ask[A any, P wire.Answer[A]](ctx context.Context, c *client, o operation) (P, error) {
	o.params = maps.Clone(o.params) // the call may be made again while the caller goes on to the next page
	ctx = cloudcall.About(ctx, cmp.Or(o.params["DBInstanceId"], o.params["SourceDBInstance"]), o.params["NodeId"])
	try := func(ctx context.Context) (P, error) {
		credentials, err := c.keys.Credentials(ctx)
		if err != nil {
			return nil, err
		}
		return attempt[A, P](ctx, c, o, credentials)
	}
	if o.changes {
		return cloudcall.Once(ctx, c.caller, o.name, try)
	}
	return cloudcall.Do(ctx, c.caller, o.name, try)
}

// attempt sends a request and decodes its answer.
func attempt[A any, P wire.Answer[A]](ctx context.Context, c *client, o operation, credentials key) (answer P, err error) {
	cloudcall.Uses(ctx, credentials.keys())
	body, err := c.send(ctx, o, credentials)
	if err == nil {
		answer, err = wire.Decode[A, P](o.name, body)
	}
	if err != nil {
		c.keys.Invalidate(err)
	}
	return answer, err
}

// send sends a request and returns the body of a success.
func (c *client) send(ctx context.Context, o operation, credentials key) ([]byte, error) {
	sdk := *c.sdk
	sdk.Credential = credentials
	params := map[string]*string{}
	if c.region != "" { // it would leave all other regions out of their list
		params["RegionId"] = new(c.region)
	}
	for name, value := range o.params {
		params[name] = new(value)
	}
	return readAnswer(sdk.CallApiWithCtx(ctx, &openapi.Params{
		Action: new(o.name), Version: new("2015-12-01"), Protocol: sdk.Protocol, Pathname: new("/"),
		Method: new(method(o.name)), AuthType: new("AK"), Style: new("RPC"),
		ReqBodyType: new("formData"), BodyType: new("binary"),
	}, &openapi.OpenApiRequest{Query: params}, &dara.RuntimeOptions{}))
}

// readAnswer returns the body of a success.
func readAnswer(answer map[string]any, err error) ([]byte, error) {
	if err != nil {
		return nil, err
	}
	body, ok := answer["body"].(io.ReadCloser)
	if !ok {
		return nil, fmt.Errorf("the SDK returned no body but %T", answer["body"])
	}
	defer body.Close()
	return cloudcall.ReadBody(body)
}

// method returns the HTTP method that the API wants for an operation.
func method(op string) string {
	switch op {
	case opDescribeBackupTasks, opDescribeInstanceRecoverTime, opDescribeClusterRecoverTime:
		return http.MethodGet
	}
	return http.MethodPost
}

// httpClient implements dara.HttpClient. It replaces the SDK's own, which has no timeout and whose pool of connections
// grows without limit.
type httpClient struct{ client *http.Client }

func newHTTPClient(transport http.RoundTripper) httpClient {
	return httpClient{&http.Client{
		Transport:     transport,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

// Call sends one request. It does not use the SDK's transport.
func (h httpClient) Call(r *http.Request, _ *http.Transport) (*http.Response, error) {
	// The SDK puts the password of a proxy where the cloud would read it. The transport authenticates to the proxy.
	r.Header.Del("Proxy-Authorization")
	action := r.Header["x-acs-action"] //nolint:staticcheck // the SDK writes it in lower case
	if len(action) == 1 && action[0] != opCreateBackup {
		// An empty list is not sent, but lets net/http repeat this POST when a kept connection turns out to be closed.
		r.Header["X-Idempotency-Key"] = []string{}
	}
	return h.client.Do(r)
}
