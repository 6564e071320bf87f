package cloudsim

import (
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
)

const huaweiTime = "2006-01-02 15:04:05"

// parseHuawei finds the operation by method and path. Nothing here trusts the request.
func parseHuawei(req *request) {
	segments := strings.Split(strings.Trim(req.http.URL.Path, "/"), "/")
	route := req.http.Method + " " + segments[0]
	switch {
	case len(segments) == 2 && segments[1] == "projects":
		route += "/projects"
	case len(segments) == 3 && segments[1] == "auth":
		route += "/auth/" + segments[2]
	case len(segments) > 2:
		req.project = segments[1]
		route += "/{p}/" + segments[2]
		if len(segments) > 4 && segments[2] == "instances" {
			req.instanceID = segments[3]
			route += "/{i}/" + strings.Join(segments[4:], "/")
		} else if len(segments) > 3 {
			route += "/" + strings.Join(segments[3:], "/")
		}
	}
	req.operation = huaweiRoute(route)
	req.keyID = keyIDOf(req.http.Header.Get("Authorization"))
	switch req.operation {
	case "ListBackups":
		req.instanceID = req.params.Get("instance_id")
	case "ListInstances":
		req.instanceID = req.params.Get("id")
	case "CreateManualBackup":
		req.instanceID = backupRequest(req.body).InstanceID
	}
}

func keyIDOf(authorization string) string {
	a, _ := parseSDKAuthorization(authorization)
	return a.keyID
}

func huaweiRoute(route string) string {
	switch route {
	case "GET v3/projects":
		return "KeystoneListProjects"
	case "POST v3/auth/tokens":
		return "KeystoneCreateToken"
	case "GET v3/{p}/backups":
		return "ListBackups"
	case "POST v3/{p}/backups":
		return "CreateManualBackup"
	case "GET v3/{p}/instances":
		return "ListInstances"
	case "GET v3/{p}/instances/{i}/backups/policy":
		return "ShowBackupPolicy"
	case "GET v3/{p}/instances/{i}/restore-time":
		return "ListRestoreTimes"
	case "GET v3/{p}/jobs":
		return "ShowJobDetail"
	case "GET v3.1/{p}/jobs":
		return "ListTasks"
	}
	return ""
}

// huawei answers one call to DDS or IAM.
func (s *Sim) huawei(req *request) answer {
	switch req.operation {
	case "":
		return huaweiError(req, http.StatusNotFound, "APIGW.0101", "The API does not exist or has not been published in the environment")
	case "KeystoneCreateToken":
		return s.createToken(req)
	}
	account, problem := s.authenticateHuawei(req)
	if req.operation == "KeystoneListProjects" {
		return s.listProjects(req, account, problem)
	}
	if account == nil {
		return refuseHuawei(req, problem)
	}
	req.account = account
	stated := req.http.Header.Get("X-Project-Id")
	if account.ProjectIDs[req.region] != req.project || (stated != "" && stated != req.project) {
		return huaweiError(req, http.StatusForbidden, "DBS.200604", "The project does not belong to the account.")
	}
	if kind := req.refusedAs(); kind != "" {
		return huaweiFault(req, kind)
	}
	return s.huaweiOperation(req)
}

func (s *Sim) huaweiOperation(req *request) answer {
	switch req.operation {
	case "ListBackups":
		return s.listBackups(req)
	case "ListInstances":
		return s.listInstances(req)
	case "ListTasks":
		return s.listTasks(req)
	case "ShowJobDetail":
		return s.showJobDetail(req)
	}
	in := s.instance(req.account, req.instanceID)
	if in == nil || in.Region != req.region {
		return huaweiFault(req, FaultNotFound)
	}
	switch req.operation {
	case "ShowBackupPolicy":
		return s.showBackupPolicy(req, in)
	case "ListRestoreTimes":
		return s.listRestoreTimes(req, in)
	default:
		return s.createManualBackup(req, in)
	}
}

func huaweiOK(req *request, body any) answer {
	a := newJSON(http.StatusOK, body)
	a.header.Set("X-Request-Id", req.id)
	return a
}

func huaweiError(req *request, status int, code, message string) answer {
	body := object{"error_code": code, "error_msg": message}
	if strings.HasPrefix(code, "APIGW.") {
		body["request_id"] = req.id
	}
	a := huaweiOK(req, body)
	a.status, a.code = status, code
	return a
}

func huaweiBad(req *request, code, message string) *answer {
	a := huaweiError(req, http.StatusBadRequest, code, message)
	return &a
}

// iamError is an error of IAM, whose code is a number.
func iamError(req *request, status int, message string) answer {
	a := huaweiOK(req, object{"error": object{"code": status, "message": message, "title": http.StatusText(status)}})
	a.status, a.code = status, strconv.Itoa(status)
	return a
}

// huaweiFault returns the documented error of a fault.
func huaweiFault(req *request, kind FaultKind) answer {
	switch kind {
	case FaultThrottle:
		return huaweiError(req, http.StatusTooManyRequests, "APIGW.0308",
			"The throttling threshold has been reached: policy user over ratelimit,limit:60,time:1 minute")
	case FaultExpiredKey:
		return refuseHuawei(req, "token expires")
	case FaultWrongKey:
		return refuseHuawei(req, "verify aksk signature fail")
	case FaultNotFound:
		return huaweiError(req, http.StatusBadRequest, "DBS.280110", "The DB instance does not exist.")
	case FaultForbidden:
		if strings.HasPrefix(req.operation, "Keystone") {
			return iamError(req, http.StatusForbidden, "You are not authorized to perform the requested action.")
		}
		a := huaweiError(req, http.StatusForbidden, "DBS.280063",
			"Policy doesn't allow "+huaweiAction(req.operation)+" to be performed.")
		if body, ok := a.body.(object); ok {
			body["encoded_authorization_message"] = "AAAA"
		}
		return a
	default:
		return huaweiError(req, http.StatusInternalServerError, "DBS.280005", "Server error.")
	}
}

// huaweiAction returns the IAM action that an operation needs.
func huaweiAction(operation string) string {
	switch operation {
	case "ListBackups":
		return "dds:backup:list"
	case "CreateManualBackup":
		return "dds:instance:createManualBackup"
	}
	return "dds:instance:list"
}

// slice is the window on a list that a call asks for.
type slice struct{ offset, limit int }

// huaweiPaging reads offset and limit. An empty value counts as none.
func huaweiPaging(req *request) (slice, *answer) {
	window := slice{limit: 100}
	var err error
	if text := req.params.Get("limit"); text != "" {
		window.limit, err = strconv.Atoi(text)
		if err != nil || window.limit < 1 || window.limit > 100 {
			return window, huaweiBad(req, "DBS.280439", "The value of limit is invalid.")
		}
	}
	if text := req.params.Get("offset"); text != "" {
		window.offset, err = strconv.Atoi(text)
		if err != nil || window.offset < 0 {
			return window, huaweiBad(req, "DBS.280440", "The value of offset is invalid.")
		}
	}
	if req.repeatFirstPage {
		window.offset = 0
	}
	return window, nil
}

func sliceOf[T any](all []T, window slice) []T {
	from := min(len(all), window.offset)
	return all[from:min(len(all), from+window.limit)]
}

// newBackup is the body of CreateManualBackup.
type newBackup struct {
	InstanceID  string `json:"instance_id"`
	Name        string `json:"name"`
	Description string `json:"description"`
}

// backupRequest reads the body of CreateManualBackup; what cannot be read is empty, and refused later.
func backupRequest(body []byte) newBackup {
	var in struct {
		Backup newBackup `json:"backup"`
	}
	if err := json.Unmarshal(body, &in); err != nil {
		return newBackup{}
	}
	return in.Backup
}
