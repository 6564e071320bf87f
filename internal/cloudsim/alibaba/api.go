package alibaba

import (
	"cmp"
	"crypto/sha256"
	"fmt"
	"maps"
	"mime"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"mongodb_backup_exporter/internal/cloudsim/fleet"
	"mongodb_backup_exporter/internal/cloudsim/httpsim"
)

const (
	apiVersion = "2015-12-01"
	minuteTime = "2006-01-02T15:04Z" // of parameters and of instances
	secondTime = "2006-01-02T15:04:05Z"
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
	BareEmptyList     bool // a list without records is {} rather than {"Backup":[]}
	FutureEndRejected bool // an EndTime in the future is InvalidEndTime.Malformed
	EmptyBackupID     bool // CreateBackup returns an empty BackupId, as it is deprecated
	MissingEmptyLists bool // a list of jobs or of ranges that is empty is left out
	OldestFirst       bool // lists of backups begin with the oldest
	FilteredByEnd     bool // StartTime and EndTime are compared with the end of a backup rather than its start
	UnlistedSetWords  bool // sets that run or failed have a status that no documentation lists
	SiblingPartWords  bool // parts of sets are OK or ERROR, as in a sibling product, rather than Success or Failed
	EndsWithoutZone   bool // the end of a part has no zone
	ProgressAlways    bool // sets that have ended have a Progress too
	OtherInstanceName bool // the InstanceName of a part is not the shard's id
	OtherNodeID       bool // the ExtraInfo.NodeId of a part is not the shard's id
	NoAttachLogStatus bool // sets do not say whether their logs are attached
	NoPeriodWhenOff   bool // without automatic backup, the policy has no PreferredBackupPeriod rather than an empty one
	ReleasedHidden    bool // released instances are not listed
	ServerlessRefused bool // the type serverless is not offered
	FrequentUnlisted  bool // high-frequency backups are not in the list of backups
	SetsApart         bool // parts of sets are not in the lists of backups of the shards
	TypesIgnored      bool // an unknown DBInstanceType lists the default type, and serverless is unknown
}

// API is ApsaraDB for MongoDB. It is not safe for concurrent use, except for Parse.
type API struct {
	opts     Options
	nonces   nonceMemory
	sessions map[string]session // by access key id
}

// New returns the API of a world.
func New(opts Options) *API { return &API{opts: opts, sessions: make(map[string]session)} }

// Parse reads what the request says of itself. It fails when a form in the body cannot be read.
func (api *API) Parse(req *httpsim.Request) error {
	header := req.HTTP.Header
	mediaType, _, err := mime.ParseMediaType(header.Get("Content-Type"))
	if err == nil && mediaType == "application/x-www-form-urlencoded" {
		form, err := url.ParseQuery(string(req.Body))
		if err != nil {
			return err
		}
		maps.Copy(req.Params, form)
	}
	req.Operation = cmp.Or(header.Get("X-Acs-Action"), req.Params.Get("Action"))
	req.KeyID = req.Params.Get("AccessKeyId")
	if a, ok := parseACS3(header.Get("Authorization")); ok {
		req.KeyID = a.KeyID
	}
	req.Region = req.Params.Get("RegionId")
	req.InstanceID = cmp.Or(req.Params.Get("DBInstanceId"), req.Params.Get("SourceDBInstance"))
	req.NodeID = req.Params.Get("NodeId")
	return nil
}

// Locate completes the region of a request that does not name one, from its instance.
func (api *API) Locate(req *httpsim.Request) {
	if req.Region != "" {
		return
	}
	if in := api.opts.World.Instance(fleet.Alibaba, req.KeyID, req.InstanceID); in != nil {
		req.Region = in.Region
	}
}

// Answer returns the API's answer at req.Now.
func (api *API) Answer(req *httpsim.Request) httpsim.Answer {
	req.ID = api.requestID()
	method := req.HTTP.Method
	if req.HTTP.URL.Path != "/" || (method != http.MethodGet && method != http.MethodPost) {
		return noSuchAPI(req, "InvalidApi.NotFound")
	}
	account, refused := api.authenticate(req)
	if account == nil {
		return refused
	}
	req.Account = account
	if req.Operation == "AssumeRole" {
		return api.assumeRole(req)
	}
	if cmp.Or(req.HTTP.Header.Get("X-Acs-Version"), req.Params.Get("Version")) != apiVersion {
		return failure(req, http.StatusBadRequest, "InvalidVersion", "Specified parameter Version is not valid.")
	}
	serve := api.operation(req.Operation)
	if serve == nil {
		return noSuchAPI(req, "InvalidAction.NotFound")
	}
	if why := req.RefusedAs(); why != "" {
		return refusal(req, why)
	}
	return serve(req)
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
		a.Header.Set("X-Acs-Retry-After", strconv.FormatInt(wait.Milliseconds(), 10))
	}
	return a
}

// Fail returns an error with the given HTTP status and code, without authentication. Without a code, it is the one that
// the API has for the status.
func (api *API) Fail(req *httpsim.Request, status int, code string) httpsim.Answer {
	req.ID = api.requestID()
	return failure(req, status, cmp.Or(code, codeOf(status)), "The request has failed.")
}

func (api *API) operation(name string) func(*httpsim.Request) httpsim.Answer {
	switch name {
	case "DescribeRegions":
		return describeRegions
	case "DescribeDBInstances":
		return api.describeDBInstances
	case "DescribeDBInstanceAttribute":
		return api.ofInstance(describeDBInstanceAttribute)
	case "DescribeBackups":
		return api.ofInstance(api.describeBackups)
	case "DescribeBackupTasks":
		return api.ofInstance(api.describeBackupTasks)
	case "DescribeClusterBackups":
		return api.ofInstance(api.describeClusterBackups)
	case "DescribeBackupPolicy":
		return api.ofInstance(api.describeBackupPolicy)
	case "DescribeBackupStorage":
		return api.ofInstance(describeBackupStorage)
	case "DescribeInstanceRecoverTime":
		return api.ofInstance(api.describeInstanceRecoverTime)
	case "DescribeClusterRecoverTime":
		return api.ofInstance(api.describeClusterRecoverTime)
	case "CheckRecoveryCondition":
		return api.ofInstance(checkRecoveryCondition)
	case "DescribeRestoreDBInstanceList":
		return api.ofInstance(api.describeRestores)
	case "DescribeHistoryTasks":
		return api.describeHistoryTasks
	case "CreateBackup":
		return api.ofInstance(api.createBackup)
	}
	return nil
}

// ofInstance wraps an operation on one instance of the account.
func (api *API) ofInstance(
	serve func(*httpsim.Request, *fleet.Instance) httpsim.Answer,
) func(*httpsim.Request) httpsim.Answer {
	return func(req *httpsim.Request) httpsim.Answer {
		if req.InstanceID == "" {
			return missingParameter(req, "DBInstanceId")
		}
		in := api.opts.World.Instance(fleet.Alibaba, req.Account.AccessKeyID, req.InstanceID)
		if in == nil || !req.Allows("RegionId", in.Region) || (in.LockMode == fleet.Released && !allowsReleased(req, in)) {
			return refusal(req, httpsim.NotFound)
		}
		return serve(req, in)
	}
}

// allowsReleased reports whether a call may ask about a released instance: for what is left of it, with the region in which
// it was. Its attributes are still there.
func allowsReleased(req *httpsim.Request, in *fleet.Instance) bool {
	switch req.Operation {
	case "DescribeDBInstanceAttribute":
		return true
	case "DescribeBackups", "DescribeClusterBackups", "DescribeBackupPolicy":
		return req.Params.Get("SrcRegion") == in.Region
	}
	return req.Operation == "CheckRecoveryCondition" && req.Params.Get("RestoreType") == "2" && req.Params.Get("SrcRegion") == in.Region
}

// requestID returns the id of another request: an upper-case UUID.
func (api *API) requestID() string {
	sum := sha256.Sum256(fmt.Append(nil, fleet.Alibaba, api.opts.World.NextSerial()))
	return fmt.Sprintf("%X-%X-%X-%X-%X", sum[:4], sum[4:6], sum[6:8], sum[8:10], sum[10:16])
}

// newID returns a number that no other job or backup has.
func (api *API) newID() string {
	return strconv.FormatUint(900_000_000+api.opts.World.NextSerial(), 10)
}
