package huawei

import (
	"cmp"
	"context"
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

	"mongodb_backup_exporter/internal/cloudcall"
	"mongodb_backup_exporter/internal/wire"
)

// Options say whose instances to read, and how. Region, Caller, Transport and Now are required.
type Options struct {
	Account     string              // the account's name in the configuration, for Instance.Account
	Region      string              // region id, e.g. cn-north-4; it need not be known to the SDK
	Endpoint    string              // URL or host of the DDS API; "": the region's
	ProjectID   string              // "": looked up through IAM by the region's id
	IAMEndpoint string              // URL or host of IAM; "": the region's
	Keys        cloudcall.KeySource // nil: the SDK's default chain
	Agency      Agency              // assumed with these credentials; zero: none
	Caller      *cloudcall.Caller   // makes the calls; built with Classify
	Transport   http.RoundTripper   // shared by all calls of the account
	Logger      log.Logger          // logs once per target what cannot be read; nil: no log
	Now         func() time.Time
	// ShareListings is how long after its end a listing of the whole project serves instances that it has not served
	// yet; 0: a minute. Asking for the same instance again always starts a new listing.
	ShareListings time.Duration
	// FullReadInterval is how often all of the lists of the whole project is read: its backups and its tasks. In between, their
	// end is. 0: all is read each time.
	FullReadInterval time.Duration
}

// Names of the operations, as the API has them.
const (
	opListInstances      = "ListInstances"
	opListBackups        = "ListBackups"
	opListTasks          = "ListTasks"
	opShowBackupPolicy   = "ShowBackupPolicy"
	opListRestoreTimes   = "ListRestoreTimes"
	opCreateManualBackup = "CreateManualBackup"
	opListProjects       = "KeystoneListProjects"
)

// userAgent must not be empty: without one the SDK writes a file with a random id into the user's home, and sends the id.
const userAgent = "mongodb_backup_exporter"

// client makes the calls.
type client struct {
	endpoint, iamEndpoint string
	region                string
	keys                  cloudcall.CredentialSource[key]
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
		keys: newKeySource(opts, iam), caller: opts.Caller, transport: opts.Transport,
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

// regionEndpoint returns the endpoint that the SDK knows for the region, from environment variables or its own table, or
// else the name that endpoints usually have.
func regionEndpoint(id string) string {
	if known, err := region.SafeValueOf(id); err == nil && len(known.Endpoints) > 0 {
		return known.Endpoints[0]
	}
	return "https://dds." + id + ".myhuaweicloud.com"
}

// iamEndpoint returns the IAM endpoint that belongs to a DDS endpoint: iam.<rest> for dds.<rest>.
func iamEndpoint(endpoint, regionID string) string {
	if scheme, rest, ok := strings.Cut(endpoint, "://dds."); ok {
		return scheme + "://iam." + rest
	}
	return "https://iam." + regionID + ".myhuaweicloud.com"
}

// validID reports whether s may be part of the path of a request: the SDK does not escape ids there.
func validID(s string) bool {
	return s != "" && !strings.ContainsFunc(s, func(r rune) bool {
		return (r < '0' || r > '9') && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && r != '-'
	})
}

// operation is one call of the API.
type operation struct {
	name    string                     // the cloud's own
	define  func() *def.HttpRequestDef // the SDK's description of it; called for each attempt
	request any                        // the SDK's model of its parameters
	success int                        // an HTTP status besides 200 that is success; 0: none
	changes bool                       // it starts something, so that it must not be repeated when there is no answer
}

// ask makes a call about the project and decodes its answer. An answer that cannot be decoded is a failed call.
func ask[A any, P wire.Answer[A]](ctx context.Context, c *client, o operation) (P, error) {
	return askFor(ctx, c, o, func(body []byte) (P, error) { return wire.Decode[A, P](o.name, body) })
}

// askFor is ask with a decoder of the caller's.
func askFor[T any](ctx context.Context, c *client, o operation, decode func(body []byte) (T, error)) (T, error) {
	projectID, err := c.project(ctx)
	if err != nil {
		var none T
		return none, err
	}
	try := func(ctx context.Context) (T, error) {
		credentials, err := c.keys.Credentials(ctx)
		if err != nil {
			var none T
			return none, err
		}
		return attempt(ctx, c, o, sender{c.endpoint, credentials.Keys, projectID}, decode)
	}
	if o.changes {
		return cloudcall.Once(ctx, c.caller, o.name, try)
	}
	return cloudcall.Do(ctx, c.caller, o.name, try)
}

// sender is where a request goes and what it is signed with.
type sender struct {
	endpoint  string
	keys      cloudcall.Keys
	projectID string // "": the request is not about a project
}

// attempt sends a request and decodes its answer.
func attempt[T any](ctx context.Context, c *client, o operation, s sender, decode func(body []byte) (T, error)) (answer T, err error) {
	cloudcall.Uses(ctx, s.keys)
	body, err := s.send(newHTTPClient(ctx, c.transport), o)
	if err == nil {
		answer, err = decode(body)
	}
	if err != nil {
		c.keys.Invalidate(err)
	}
	return answer, err
}

// newHTTPClient returns the SDK's HTTP client for one attempt. The SDK's calls take no context, so that each attempt
// needs a client that is bound to its own. The client owns no connections.
func newHTTPClient(ctx context.Context, transport http.RoundTripper) *impl.DefaultHttpClient {
	return impl.NewDefaultHttpClient(config.DefaultHttpConfig().
		WithTimeout(0). // ctx has the deadline
		WithUserAgent(userAgent).
		WithIgnoreContentTypeForGetRequest(true).
		WithHttpRoundTripper(cloudcall.WithContext(ctx, transport)))
}

// rawAnswer makes the SDK return the body unread.
type rawAnswer struct {
	Body           io.ReadCloser
	HttpStatusCode int //nolint:revive // the SDK looks the field up by this name
}

// send sends a request and returns the body of a success.
func (s sender) send(client *impl.DefaultHttpClient, o operation) ([]byte, error) {
	answer := &rawAnswer{}
	definition := o.define()
	definition.Response = answer
	hc := core.NewHcHttpClient(client).WithEndpoints([]string{s.endpoint}).
		WithCredential(credential(s.keys, s.projectID)).WithErrorHandler(statusCheck{o.success})
	if _, err := hc.Sync(o.request, definition); err != nil {
		return nil, err
	}
	defer answer.Body.Close()
	return cloudcall.ReadBody(answer.Body)
}

// statusCheck makes a failure of every status but 200 and success. The SDK itself does so only from 400 on.
type statusCheck struct{ success int }

// HandleError implements sdkerr.ErrorHandler.
func (s statusCheck) HandleError(_ *request.DefaultHttpRequest, resp *response.DefaultHttpResponse) error {
	if status := resp.GetStatusCode(); status == http.StatusOK || status == s.success {
		return nil
	}
	return sdkerr.NewServiceResponseError(resp.Response)
}
