package huawei

import (
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

// Variants chooses among the behaviours that the documentation allows. The zero value is the likeliest.
type Variants struct {
	LowerCaseTypes         bool // backups have the type "auto" rather than "Auto"
	BuildingEndNull        bool // the end_time of a running backup is null rather than ""
	UnknownInstanceRefused bool // listing the backups of an unknown instance is DBS.280110 rather than an empty list
}

// API is DDS and IAM. It is not safe for concurrent use, except for Parse.
type API struct {
	opts   Options
	locks  map[string]keyLock   // by access key id
	tokens map[string]userToken // by token
}

// New returns the API of a world.
func New(opts Options) *API {
	return &API{opts: opts, locks: make(map[string]keyLock), tokens: make(map[string]userToken)}
}

// Locate completes the region of a request from its project.
func (api *API) Locate(req *httpsim.Request) {
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
	if req.Operation == "KeystoneListProjects" {
		return listProjects(req, problem)
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
	req.Account = api.opts.World.Account(fleet.Huawei, req.KeyID)
	a := refusal(req, why)
	if why == httpsim.Throttled && wait > 0 {
		seconds := (wait + time.Second - 1) / time.Second
		a.Header.Set("Retry-After", strconv.Itoa(int(seconds)))
	}
	return a
}

func (api *API) serve(req *httpsim.Request) httpsim.Answer {
	switch req.Operation {
	case "ListBackups":
		return api.listBackups(req)
	case "ListInstances":
		return listInstances(req)
	case "ListTasks":
		return listTasks(req)
	case "ShowJobDetail":
		return showJobDetail(req)
	}
	in := api.instance(req, req.InstanceID)
	if in == nil || in.Region != req.Region {
		return refusal(req, httpsim.NotFound)
	}
	switch req.Operation {
	case "ShowBackupPolicy":
		return showBackupPolicy(req, in)
	case "ListRestoreTimes":
		return listRestoreTimes(req, in)
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
