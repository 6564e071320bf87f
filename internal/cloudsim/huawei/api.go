package huawei

import (
	"cmp"
	"crypto/sha256"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"mongodb_backup_exporter/internal/cloudsim/fleet"
	"mongodb_backup_exporter/internal/cloudsim/httpsim"
)

type object = httpsim.Object

// Options is what the API is made of. All but Variants is required.
type Options struct {
	World        *fleet.World
	WallNow      func() time.Time // against which the dates of signatures are checked
	BackupLength time.Duration    // how long a backup takes that a client starts
	Variants     Variants
}

// API is DDS and IAM. It is not safe for concurrent use, except for Parse.
type API struct {
	opts   Options
	locks  map[string]keyLock   // by access key id
	tokens map[string]userToken // by token

	sessions map[string]session // by access key id
}

// New returns the API of a world.
func New(opts Options) *API {
	return &API{
		opts: opts, locks: make(map[string]keyLock), tokens: make(map[string]userToken),
		sessions: make(map[string]session),
	}
}

// Locate completes the region of a request from its project, or from the project's name, which it looks for in IAM.
func (api *API) Locate(req *httpsim.Request) {
	if req.Operation == "KeystoneListProjects" {
		req.Region = req.Params.Get("name")
		return
	}
	for _, a := range api.opts.World.Accounts(fleet.Huawei) {
		for region, id := range a.ProjectIDs {
			if id == req.Project {
				req.Region = region
				return
			}
		}
	}
}

// Answer returns the API's answer at req.Now.
func (api *API) Answer(req *httpsim.Request) httpsim.Answer {
	req.ID = api.requestID()
	switch req.Operation {
	case "":
		return noSuchAPI(req)
	case "KeystoneCreateToken":
		return api.createToken(req)
	}
	account, problem := api.authenticate(req)
	req.Account = account
	switch req.Operation {
	case "KeystoneListProjects":
		return listProjects(req, problem)
	case "KeystoneShowCatalog":
		return showCatalog(req, problem)
	case opAssumeAgency:
		return api.assumeAgency(req, problem)
	}
	if account == nil {
		return unauthorized(req, problem)
	}
	stated := req.HTTP.Header.Get("X-Project-Id")
	if account.ProjectIDs[req.Region] != req.Project || (stated != "" && stated != req.Project) {
		return failure(req, http.StatusForbidden, "DBS.200604", "The project does not belong to the account.")
	}
	if why := req.RefusedAs(); why != "" {
		return refusal(req, why)
	}
	return api.serve(req)
}

// Refuse returns the documented error for a reason, without authentication. Of a throttled call it says how long to
// wait, unless wait is not positive.
func (api *API) Refuse(req *httpsim.Request, why httpsim.Refusal, wait time.Duration) httpsim.Answer {
	req.ID = api.requestID()
	if who, ok := api.signer(req.KeyID); ok {
		req.Account = who.account
	}
	a := refusal(req, why)
	if why == httpsim.Throttled && wait > 0 {
		seconds := (wait + time.Second - 1) / time.Second
		a.Header.Set("Retry-After", strconv.Itoa(int(seconds)))
	}
	return a
}

// Fail returns an error with the given HTTP status and code, without authentication. Without a code, it is the one that
// the API has for the status. IAM's errors without a code have IAM's form.
func (api *API) Fail(req *httpsim.Request, status int, code string) httpsim.Answer {
	req.ID = api.requestID()
	if code == "" && isIAM(req) {
		return iamError(req, status, "The request has failed.")
	}
	return failure(req, status, cmp.Or(code, codeOf(status)), "The request has failed.")
}

func (api *API) serve(req *httpsim.Request) httpsim.Answer {
	switch req.Operation {
	case "ListBackups":
		return api.listBackups(req)
	case "ListInstances":
		return api.listInstances(req)
	case "ListTasks":
		return api.listTasks(req)
	case "ShowJobDetail":
		return showJobDetail(req)
	case "ListRecycleInstances":
		return api.listRecycleInstances(req)
	case "ShowQuotas":
		return showQuotas(req)
	}
	in := api.instance(req, req.InstanceID)
	if in == nil || in.Region != req.Region || in.Recycled() {
		return refusal(req, httpsim.NotFound)
	}
	switch req.Operation {
	case "ShowBackupPolicy":
		return api.showBackupPolicy(req, in)
	case "ListRestoreTimes":
		return listRestoreTimes(req, in)
	case "ShowBackupDownloadLink":
		return api.showBackupDownloadLink(req, in)
	default:
		return api.createManualBackup(req, in)
	}
}

// instance returns an instance of the account. It returns nil when the account has none with that id.
func (api *API) instance(req *httpsim.Request, id string) *fleet.Instance {
	return api.opts.World.Instance(fleet.Huawei, req.Account.AccessKeyID, id)
}

// requestID returns the id of another request: 32 hex digits.
func (api *API) requestID() string {
	sum := sha256.Sum256(fmt.Append(nil, fleet.Huawei, api.opts.World.NextSerial()))
	return fmt.Sprintf("%x", sum[:16])
}
