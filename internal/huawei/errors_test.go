package huawei

import (
	"errors"
	"strings"
	"testing"

	"github.com/huaweicloud/huaweicloud-sdk-go-v3/core/sdkerr"

	"mongodb_backup_exporter/internal/backup"
	"mongodb_backup_exporter/internal/wire"
)

func TestClassify(t *testing.T) {
	answer := func(status int, code, message string) error {
		return &sdkerr.ServiceResponseError{StatusCode: status, RequestId: "rid-1", ErrorCode: code, ErrorMessage: message}
	}
	tests := []struct {
		name  string
		op    string
		err   error
		class backup.Class
		text  string
	}{
		{
			"wrong secret", opListBackups,
			answer(401, "APIGW.0301", "Incorrect IAM authentication information: verify aksk signature fail"), backup.ClassAuth,
			"ListBackups: auth APIGW.0301 (HTTP 401): Incorrect IAM authentication information: verify aksk signature fail [request id rid-1]; " +
				"check the account's credentials: the access key and its secret, the security token, or the token file; and the clock of this machine",
		},
		{
			"locked key", opListBackups,
			answer(401, "APIGW.0301", "Incorrect IAM authentication information: AK access failed to reach the limit,forbidden"), backup.ClassAuth,
			"ListBackups: auth APIGW.0301 (HTTP 401): Incorrect IAM authentication information: AK access failed to reach the limit,forbidden [request id rid-1]; " +
				"the cloud has locked the access key for five minutes after too many refusals; check the account's credentials",
		},
		{
			"permission on backups", opListBackups, answer(403, "DBS.280063", "no permission"), backup.ClassPermission,
			"ListBackups: permission DBS.280063 (HTTP 403): no permission [request id rid-1]; allow the IAM action dds:backup:list to the account's user",
		},
		{
			"permission with HTTP 400", opShowBackupPolicy, answer(400, "DBS.200010", "denied"), backup.ClassPermission,
			"ShowBackupPolicy: permission DBS.200010 (HTTP 400): denied [request id rid-1]; allow the IAM action dds:instance:list to the account's user",
		},
		{
			"permission on tasks", opListTasks, answer(403, "DBS.280032", "denied"), backup.ClassPermission,
			"ListTasks: permission DBS.280032 (HTTP 403): denied [request id rid-1]; allow the IAM action dds:task:list to the account's user",
		},
		{
			"permission to create", opCreateManualBackup, answer(403, "", "{}"), backup.ClassPermission,
			"CreateManualBackup: permission (HTTP 403): the answer names no error code [request id rid-1]; " +
				"allow the IAM action dds:instance:createManualBackup to the account's user",
		},
		{
			"foreign project", opListInstances, answer(403, "DBS.200604", "not owner"), backup.ClassPermission,
			"ListInstances: permission DBS.200604 (HTTP 403): not owner [request id rid-1]; check project_id and region: the credentials do not reach this project",
		},
		{
			"throttled", opListBackups, answer(429, "APIGW.0308", "policy user over ratelimit,limit:60,time:1 minute"), backup.ClassThrottled,
			"ListBackups: throttled APIGW.0308 (HTTP 429): policy user over ratelimit,limit:60,time:1 minute [request id rid-1]; " +
				"lower requests_per_second, or poll less often",
		},
		{
			"instance does not exist, with HTTP 400", opShowBackupPolicy, answer(400, "DBS.280110", "no such instance"), backup.ClassNotFound,
			"ShowBackupPolicy: not_found DBS.280110 (HTTP 400): no such instance [request id rid-1]; check the instance id, the region and project_id",
		},
		{
			"wrong endpoint", opListBackups, answer(404, "APIGW.0101", "no such API"), backup.ClassNotFound,
			"ListBackups: not_found APIGW.0101 (HTTP 404): no such API [request id rid-1]; check the region and its endpoint",
		},
		{
			"busy, with HTTP 403", opCreateManualBackup, answer(403, "DBS.200019", "another operation"), backup.ClassBusy,
			"CreateManualBackup: busy DBS.200019 (HTTP 403): another operation [request id rid-1]; try again when the instance's status is normal",
		},
		{
			"bad request", opListBackups, answer(400, "DBS.280439", "limit"), backup.ClassBadRequest,
			"ListBackups: bad_request DBS.280439 (HTTP 400): limit [request id rid-1]",
		},
		{
			"overload, with HTTP 400", opListBackups, answer(400, "DBS.200998", "busy"), backup.ClassServer,
			"ListBackups: server DBS.200998 (HTTP 400): busy [request id rid-1]",
		},
		{
			"gateway timeout under a code of a bad request", opListBackups, answer(504, "APIGW.0201", "Backend timeout."), backup.ClassServer,
			"ListBackups: server APIGW.0201 (HTTP 504): Backend timeout. [request id rid-1]",
		},
		{
			"unknown code goes by the status", opListBackups, answer(503, "DBS.999999", "new"), backup.ClassServer,
			"ListBackups: server DBS.999999 (HTTP 503): new [request id rid-1]",
		},
		{
			"IAM's own form", opListProjects,
			answer(401, "", `{"error":{"code":401,"message":"The request you have made requires authentication.","title":"Unauthorized"}}`), backup.ClassAuth,
			"KeystoneListProjects: auth (HTTP 401): The request you have made requires authentication. [request id rid-1]; " +
				"check the account's credentials: the access key and its secret, the security token, or the token file; and the clock of this machine",
		},
		{
			"a body of another form is not shown", opListBackups, answer(400, "", `{"secret":"xyz"}`), backup.ClassBadRequest,
			"ListBackups: bad_request (HTTP 400): the answer names no error code [request id rid-1]",
		},
		{
			"redirect", opListBackups, answer(302, "", `{}`), backup.ClassProtocol,
			"ListBackups: protocol (HTTP 302): the answer names no error code [request id rid-1]",
		},
		{
			"not of the service", opListBackups, errors.New("request field x read null value"), backup.ClassProtocol,
			"ListBackups: protocol: request field x read null value",
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := Classify(tt.op, tt.err)
			if got.Class != tt.class {
				t.Errorf("class %q, want %q", got.Class, tt.class)
			}
			if got.Error() != tt.text {
				t.Errorf("text\n got %q\nwant %q", got.Error(), tt.text)
			}
		})
	}
}

// Each code comes with the statuses that are documented or were seen. The codes of a busy instance and of what does not
// exist come with several.
func TestEveryCodeHasItsClass(t *testing.T) {
	tests := []struct {
		name     string
		class    backup.Class
		statuses []int
		codes    string
	}{
		{"credentials", backup.ClassAuth, []int{400, 401}, "APIGW.0301 APIGW.0305 APIGW.0307 DBS.280056 DBS.280064"},
		{
			"permission", backup.ClassPermission,
			[]int{400, 403},
			"APIGW.0302 APIGW.0306 APIGW.0310 APIGW.0401 APIGW.0402 APIGW.0801 APIGW.0802 " +
				"DBS.200010 DBS.200604 DBS.280015 DBS.280019 DBS.280032 DBS.280063 DBS.280408",
		},
		{"too many calls", backup.ClassThrottled, []int{400, 429}, "APIGW.0308 DBS.280443"},
		{"path or host", backup.ClassNotFound, []int{404}, "APIGW.0101"},
		{"instance does not exist", backup.ClassNotFound, []int{400, 404}, "DBS.200002 DBS.201501 DBS.201502 DBS.280016 DBS.280110"},
		{"backup does not exist", backup.ClassNotFound, []int{400, 404}, "DBS.201214"},
		{"job does not exist", backup.ClassNotFound, []int{400, 404}, "DBS.200543"},
		{
			"instance is busy", backup.ClassBusy,
			[]int{400, 403},
			"DBS.00010009 DBS.200011 DBS.200019 DBS.200076 DBS.201000 DBS.201014 DBS.201015",
		},
		{"the service fails", backup.ClassServer, []int{500, 502, 503, 504}, "APIGW.0201 APIGW.0601 APIGW.0610 APIGW.0613 DBS.280005"},
		{"the service fails, with another status", backup.ClassServer, []int{400, 403}, "APIGW.0601 APIGW.0610 APIGW.0613 DBS.200998 DBS.280005"},
		{
			"bad parameter", backup.ClassBadRequest,
			[]int{400},
			"APIGW.0201 DBS.200001 DBS.201006 DBS.280001 DBS.280067 DBS.280068 DBS.280124 DBS.280342 DBS.280404 DBS.280409 " +
				"DBS.280416 DBS.280439 DBS.280440",
		},
		{"order for a manual backup", backup.ClassBadRequest, []int{400}, "DBS.201201 DBS.280127 DBS.280277"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			for code := range strings.FieldsSeq(tt.codes) {
				for _, status := range tt.statuses {
					if got := classOf(code, status); got != tt.class {
						t.Errorf("%s with HTTP %d is %q, want %q", code, status, got, tt.class)
					}
				}
			}
		})
	}
}

func TestLongMessagesAreClipped(t *testing.T) {
	got := Classify("X", &sdkerr.ServiceResponseError{StatusCode: 400, ErrorCode: "E", ErrorMessage: "a\n\tb\xff " + strings.Repeat("é", 400)})
	want := "a b� " + strings.Repeat("é", wire.LongestMessage-len([]rune("a b� "))) + "…"
	if got.Err.Error() != want {
		t.Errorf("got %q, want %q", got.Err, want)
	}
}
