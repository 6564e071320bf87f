// Package alibaba reads the backups of ApsaraDB for MongoDB: API "dds" version 2015-12-01, through the official SDK.
//
// The SDK signs and sends; answers are decoded here, because its own decoder loses a whole page to one bad value and
// turns others into wrong numbers without a word. It satisfies poll.Source without importing it.
package alibaba

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"net/http"
	"time"

	openapi "github.com/alibabacloud-go/darabonba-openapi/v2/client"
	dds "github.com/alibabacloud-go/dds-20151201/v8/client"
	"github.com/alibabacloud-go/tea/dara"
	"github.com/go-kit/log"

	"mongodb_backup_exporter/internal/cloudcall"
)

// Options say whose instances to read, and how. Account, Region, Caller, Transport and Now are required.
type Options struct {
	Account   string              // the account's name in the configuration, for Instance.Account
	Region    string              // region id, e.g. cn-hangzhou; it need not be known to the SDK
	Endpoint  string              // URL or host of the API; "": mongodb.<region>.aliyuncs.com
	Keys      cloudcall.KeySource // nil: the SDK's own default chain
	Caller    *cloudcall.Caller   // makes the calls; built with Classify
	Transport http.RoundTripper   // shared by all calls of the account
	Logger    log.Logger          // is told once of each kind of value that cannot be read; nil: nobody is
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
	opCreateBackup                = "CreateBackup"
)

// client makes the calls.
type client struct {
	sdk    *dds.Client // a pattern that is copied for each call, because a call writes to it
	region string
	keys   keySource
	caller *cloudcall.Caller
}

func newClient(opts Options) (*client, error) {
	scheme, host, err := cloudcall.Endpoint(cmp.Or(opts.Endpoint, "mongodb."+opts.Region+".aliyuncs.com"))
	if err != nil {
		return nil, fmt.Errorf("endpoint: %w", err)
	}
	sdk, err := dds.NewClient(&openapi.Config{
		Endpoint:   new(host), // always: the SDK's own table of endpoints is out of date
		Protocol:   new(scheme),
		RegionId:   new(opts.Region),
		UserAgent:  new("mongodb_backup_exporter"),
		HttpClient: newHTTPClient(opts.Transport),
	})
	if err != nil {
		return nil, err
	}
	return &client{sdk: sdk, region: opts.Region, keys: newKeySource(opts.Keys, opts.Now), caller: opts.Caller}, nil
}

// query holds the parameters of a call.
type query map[string]string

// ask makes a call and decodes its answer, which counts as part of the call.
func ask[T any](ctx context.Context, c *client, op string, q query, decode func(body []byte) (T, error)) (T, error) {
	return cloudcall.Do(ctx, c.caller, op, func(ctx context.Context) (T, error) {
		body, err := c.send(ctx, op, q)
		if err != nil {
			var none T
			return none, err
		}
		return decode(body)
	})
}

// send makes one attempt and returns the body of a success.
func (c *client) send(ctx context.Context, op string, q query) ([]byte, error) {
	key, err := c.keys.get(ctx)
	if err != nil {
		return nil, err
	}
	sdk := *c.sdk
	sdk.Credential = key
	params := map[string]*string{"RegionId": new(c.region)}
	for name, value := range q {
		params[name] = new(value)
	}
	answer, err := sdk.CallApiWithCtx(ctx, &openapi.Params{
		Action: new(op), Version: new("2015-12-01"), Protocol: sdk.Protocol, Pathname: new("/"),
		Method: new(method(op)), AuthType: new("AK"), Style: new("RPC"),
		ReqBodyType: new("formData"), BodyType: new("binary"),
	}, &openapi.OpenApiRequest{Query: params}, &dara.RuntimeOptions{})
	if err != nil {
		c.keys.doubt(op, err)
		return nil, err
	}
	body, ok := answer["body"].(io.ReadCloser)
	if !ok {
		return nil, fmt.Errorf("the SDK returned no body but %T", answer["body"])
	}
	defer body.Close()
	return cloudcall.ReadBody(body)
}

// method is POST for all but a few.
func method(op string) string {
	switch op {
	case opDescribeBackupTasks, opDescribeInstanceRecoverTime, opDescribeClusterRecoverTime:
		return http.MethodGet
	}
	return http.MethodPost
}

// httpClient is the dara.HttpClient that takes the place of the SDK's own, which has no timeout and a pool of
// connections that grows for ever.
type httpClient struct{ client *http.Client }

func newHTTPClient(transport http.RoundTripper) httpClient {
	return httpClient{&http.Client{
		Transport:     transport,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

// Call sends one request; the SDK's transport is not used.
func (h httpClient) Call(r *http.Request, _ *http.Transport) (*http.Response, error) {
	// The SDK puts the password of a proxy where the cloud would read it. The transport tells the proxy by itself.
	r.Header.Del("Proxy-Authorization")
	action := r.Header["x-acs-action"] //nolint:staticcheck // the SDK writes it in lower case
	if len(action) == 1 && action[0] != opCreateBackup {
		// Not sent. It lets net/http send this POST again when the connection it kept turns out to be dead.
		r.Header["X-Idempotency-Key"] = []string{}
	}
	return h.client.Do(r)
}
