package huawei

import (
	"strings"

	"mongodb_backup_exporter/internal/cloudsim/httpsim"
)

// Parse reads what the request says of itself: the operation from method and path. It never fails.
func (api *API) Parse(req *httpsim.Request) error {
	req.Operation = operationOf(parsePath(req))
	a, _ := parseAuthorization(req.HTTP.Header.Get("Authorization"))
	req.KeyID = a.KeyID
	switch req.Operation {
	case "ListBackups", "ShowBackupDownloadLink":
		req.InstanceID = req.Params.Get("instance_id")
	case "ListInstances":
		req.InstanceID = req.Params.Get("id")
	case "CreateManualBackup":
		req.InstanceID = readNewBackup(req.Body).InstanceID
	}
	return nil
}

// parsePath reads the project and the instance from the path. It returns the method and the path with {p} and {i} in
// their places.
func parsePath(req *httpsim.Request) string {
	segments := strings.Split(strings.Trim(req.HTTP.URL.Path, "/"), "/")
	route := req.HTTP.Method + " " + segments[0]
	switch {
	case len(segments) == 2 && segments[1] == "projects":
		route += "/projects"
	case len(segments) == 3 && segments[1] == "OS-CREDENTIAL":
		route += "/OS-CREDENTIAL/" + segments[2]
	case len(segments) == 3 && segments[1] == "auth":
		route += "/auth/" + segments[2]
	case len(segments) > 2:
		req.Project = segments[1]
		route += "/{p}/" + segments[2]
		if len(segments) > 4 && segments[2] == "instances" {
			req.InstanceID = segments[3]
			route += "/{i}/" + strings.Join(segments[4:], "/")
		} else if len(segments) > 3 {
			route += "/" + strings.Join(segments[3:], "/")
		}
	}
	return route
}

func operationOf(route string) string {
	switch route {
	case "GET v3/projects":
		return "KeystoneListProjects"
	case "POST v3/auth/tokens":
		return "KeystoneCreateToken"
	case "GET v3/auth/catalog":
		return "KeystoneShowCatalog"
	case "POST v3.0/OS-CREDENTIAL/securitytokens":
		return opAssumeAgency
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
	case "GET v3/{p}/backups/download-file":
		return "ShowBackupDownloadLink"
	case "GET v3/{p}/recycle-instances":
		return "ListRecycleInstances"
	case "GET v3/{p}/quotas":
		return "ShowQuotas"
	case "GET v3/{p}/jobs":
		return "ShowJobDetail"
	case "GET v3.1/{p}/jobs":
		return "ListTasks"
	}
	return ""
}
