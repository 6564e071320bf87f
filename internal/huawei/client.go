// Package huawei reads the backup health of Document Database Service (DDS) instances on Huawei Cloud, through the
// official SDK (API v3).
//
// Signing, request models and transport are the SDK's; answers are decoded here, because the SDK's own models refuse a
// page of a hundred records for one bad value, and take an empty answer for an empty list.
package huawei

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"time"

	"github.com/go-kit/log"
	"github.com/huaweicloud/huaweicloud-sdk-go-v3/core"
	"github.com/huaweicloud/huaweicloud-sdk-go-v3/core/config"
	"github.com/huaweicloud/huaweicloud-sdk-go-v3/core/def"
	"github.com/huaweicloud/huaweicloud-sdk-go-v3/core/impl"
	"github.com/huaweicloud/huaweicloud-sdk-go-v3/core/request"
	"github.com/huaweicloud/huaweicloud-sdk-go-v3/core/response"
	"github.com/huaweicloud/huaweicloud-sdk-go-v3/core/sdkerr"
	"github.com/huaweicloud/huaweicloud-sdk-go-v3/services/dds/v3/region"

	"mongodb_backup_exporter/internal/backup"
	"mongodb_backup_exporter/internal/cloudcall"
)

// Options say whose instances to read, and how. Region, Caller, Transport and Now are required.
type Options struct {
	Account     string              // the account's name in the configuration, for Instance.Account
	Region      string              // region id, e.g. cn-north-4; it need not be known to the SDK
	Endpoint    string              // URL or host of the DDS API; "": the region's
	ProjectID   string              // "": looked up through IAM by the region's id
	IAMEndpoint string              // URL or host of IAM; "": the region's
	Keys        cloudcall.KeySource // nil: the SDK's own default chain
	Caller      *cloudcall.Caller   // makes the calls; built with Classify
	Transport   http.RoundTripper   // shared by all calls of the account
	Logger      log.Logger          // is told once of each kind of value that cannot be read; nil: nobody is
	Now         func() time.Time
	// ShareListings is how long after its end a listing of the whole project may still answer for an instance that
	// has not had it yet; 0: a minute. An instance that is asked for again always gets a new listing.
	ShareListings time.Duration
}

// The operations, by the cloud's own names.
const (
	opListInstances      = "ListInstances"
	opListBackups        = "ListBackups"
	opListTasks          = "ListTasks"
	opShowBackupPolicy   = "ShowBackupPolicy"
	opListRestoreTimes   = "ListRestoreTimes"
	opCreateManualBackup = "CreateManualBackup"
	opListProjects       = "KeystoneListProjects"
)

// userAgent must not be empty: the SDK would write a file with a random id into the user's home, and send that id.
const userAgent = "mongodb_backup_exporter"

// client makes the calls.
type client struct {
	endpoint, iamEndpoint string
	region                string
	keys                  keySource
	caller                *cloudcall.Caller
	transport             http.RoundTripper
	projectID             atomic.Pointer[string] // nil: not looked up yet
	lookup                *cloudcall.Shared[string]
}

func newClient(opts Options) (*client, error) {
	endpoint, err := baseURL(cmp.Or(opts.Endpoint, regionEndpoint(opts.Region)))
	if err != nil {
		return nil, fmt.Errorf("endpoint: %w", err)
	}
	iam, err := baseURL(cmp.Or(opts.IAMEndpoint, iamEndpoint(endpoint, opts.Region)))
	if err != nil {
		return nil, fmt.Errorf("iam_endpoint: %w", err)
	}
	c := &client{
		endpoint: endpoint, iamEndpoint: iam, region: opts.Region,
		keys: newKeySource(opts.Keys, opts.Now), caller: opts.Caller, transport: opts.Transport,
	}
	c.lookup = cloudcall.NewShared(opListProjects, 0, opts.Now, c.findProject)
	if opts.ProjectID != "" {
		if !validID(opts.ProjectID) {
			return nil, fmt.Errorf("project_id: %q is not a project id", opts.ProjectID)
		}
		c.projectID.Store(&opts.ProjectID)
	}
	return c, nil
}

// baseURL completes a host to a URL.
func baseURL(s string) (string, error) {
	scheme, host, err := cloudcall.Endpoint(s)
	if err != nil {
		return "", err
	}
	return scheme + "://" + host, nil
}

// regionEndpoint returns what the SDK knows of the region (its environment variables and its own table), or else what
// follows from the way all endpoints are named.
func regionEndpoint(id string) string {
	if known, err := region.SafeValueOf(id); err == nil && len(known.Endpoints) > 0 {
		return known.Endpoints[0]
	}
	return "https://dds." + id + ".myhuaweicloud.com"
}

// iamEndpoint returns the IAM that stands beside a DDS endpoint: dds.<rest> has iam.<rest>.
func iamEndpoint(endpoint, regionID string) string {
	if scheme, rest, ok := strings.Cut(endpoint, "://dds."); ok {
		return scheme + "://iam." + rest
	}
	return "https://iam." + regionID + ".myhuaweicloud.com"
}

// validID reports whether s may stand in the path of a request, where the SDK puts ids as they are.
func validID(s string) bool {
	return s != "" && !strings.ContainsFunc(s, func(r rune) bool {
		return (r < '0' || r > '9') && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && r != '-'
	})
}

// operation is one call of the API.
type operation struct {
	name    string                     // the cloud's own
	define  func() *def.HttpRequestDef // the SDK's description of it, made anew for each attempt
	request any                        // the SDK's model of its parameters
	success int                        // an HTTP status besides 200 that is success; 0: none
	changes bool                       // it is not to be repeated when no answer came
}

// ask makes a call about the project and decodes its answer, which counts as part of the call.
func ask[T any](ctx context.Context, c *client, o operation, decode func(body []byte) (T, error)) (T, error) {
	id, err := c.project(ctx)
	if err != nil {
		var none T
		return none, err
	}
	do := cloudcall.Do[T]
	if o.changes {
		do = cloudcall.Once[T]
	}
	return do(ctx, c.caller, o.name, func(ctx context.Context) (T, error) {
		httpClient := c.httpClient(ctx)
		creds, err := c.keys.credentials(ctx, httpClient)
		if err != nil {
			var none T
			return none, err
		}
		return attempt(c, o, sender{httpClient, c.endpoint, creds.Keys, id}, decode)
	})
}

// httpClient returns the SDK's HTTP client, made for one attempt because that is how the SDK's calls get a context. It
// owns no connections.
func (c *client) httpClient(ctx context.Context) *impl.DefaultHttpClient {
	return impl.NewDefaultHttpClient(config.DefaultHttpConfig().
		WithTimeout(0). // ctx has the deadline
		WithUserAgent(userAgent).
		WithIgnoreContentTypeForGetRequest(true).
		WithHttpRoundTripper(cloudcall.WithContext(ctx, c.transport)))
}

// sender is all that it takes to send a request.
type sender struct {
	client    *impl.DefaultHttpClient
	endpoint  string
	keys      cloudcall.Keys
	projectID string
}

// attempt sends a request and decodes its answer.
func attempt[T any](c *client, o operation, s sender, decode func(body []byte) (T, error)) (T, error) {
	body, err := s.send(o)
	if err != nil {
		if Classify(o.name, err).Class == backup.ClassAuth {
			c.keys.doubt()
		}
		var none T
		return none, s.redact(err)
	}
	return decode(body)
}

// rawAnswer makes the SDK hand over the body unread; its own models refuse a whole page for one bad value.
type rawAnswer struct {
	Body           io.ReadCloser
	HttpStatusCode int //nolint:revive // the SDK looks the field up by this name
}

func (s sender) send(o operation) ([]byte, error) {
	answer := &rawAnswer{}
	definition := o.define()
	definition.Response = answer
	hc := core.NewHcHttpClient(s.client).WithEndpoints([]string{s.endpoint}).
		WithCredential(credential(s.keys, s.projectID)).WithErrorHandler(strict{o.success})
	if _, err := hc.Sync(o.request, definition); err != nil {
		return nil, err
	}
	defer answer.Body.Close()
	body, err := cloudcall.ReadBody(answer.Body)
	if err != nil {
		return nil, err
	}
	return body, refusal(body)
}

// strict takes every answer for a failure whose status is not the expected one; the SDK itself minds those from 400.
type strict struct{ success int }

// HandleError implements sdkerr.ErrorHandler.
func (s strict) HandleError(_ *request.DefaultHttpRequest, resp *response.DefaultHttpResponse) error {
	if status := resp.GetStatusCode(); status == http.StatusOK || status == s.success {
		return nil
	}
	return sdkerr.NewServiceResponseError(resp.Response)
}

// refusal finds an error in the body of an answer with status 200.
func refusal(body []byte) error {
	if !bytes.Contains(body, []byte(`"error_code"`)) {
		return nil
	}
	var answer struct {
		Code    string `json:"error_code"`
		Message string `json:"error_msg"`
	}
	if err := json.Unmarshal(body, &answer); err != nil || answer.Code == "" {
		return nil //nolint:nilerr // not of that shape; the decoder of the expected one judges
	}
	return &sdkerr.ServiceResponseError{StatusCode: http.StatusOK, ErrorCode: answer.Code, ErrorMessage: answer.Message}
}

// redact takes the credentials out of the cloud's own words: DDS names the access key that it refuses.
func (s sender) redact(err error) error {
	answer, ok := errors.AsType[*sdkerr.ServiceResponseError](err)
	if !ok {
		return err
	}
	clean := *answer
	for _, secret := range []string{s.keys.AccessKeySecret, s.keys.SecurityToken, s.keys.AuthToken, s.keys.AccessKeyID} {
		if secret != "" {
			clean.ErrorMessage = strings.ReplaceAll(clean.ErrorMessage, secret, "<secret>")
		}
	}
	return &clean
}
