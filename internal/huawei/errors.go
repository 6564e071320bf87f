package huawei

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/huaweicloud/huaweicloud-sdk-go-v3/core/sdkerr"

	"mongodb_backup_exporter/internal/backup"
	"mongodb_backup_exporter/internal/cloudcall"
	"mongodb_backup_exporter/internal/wire"
)

// Classify turns an error of the SDK into an Error with a class: by the API's error code, or else by the HTTP status. DDS
// often sends HTTP 400 or 403 for what is neither a bad request nor a refused permission.
func Classify(op string, err error) *backup.Error {
	answer, ok := errors.AsType[*sdkerr.ServiceResponseError](err)
	if !ok {
		return wire.ProtocolError(op, wire.Clip(err.Error(), wire.LongestMessage))
	}
	code, message := codeAndMessage(answer)
	failure := &backup.Error{
		Op: op, Class: classOf(code, answer.StatusCode), Code: code,
		RequestID: wire.Clip(answer.RequestId, longestID), Status: answer.StatusCode, Err: errors.New(message),
	}
	failure.Hint = hint(op, failure)
	return failure
}

// longestID is how many characters of a code or a request id are kept. What is longer than an id may be is none.
const longestID = cloudcall.LongestID

// codeAndMessage returns the API's error code and message. When the SDK finds no code, its message is the whole body. From
// a body, only IAM's {"error": {"message": …}} is taken.
func codeAndMessage(answer *sdkerr.ServiceResponseError) (code, message string) {
	if answer.ErrorCode != "" {
		return wire.Clip(answer.ErrorCode, longestID), wire.Clip(answer.ErrorMessage, wire.LongestMessage)
	}
	var iam struct {
		Error struct {
			Message string `json:"message"`
		} `json:"error"`
	}
	if err := json.Unmarshal([]byte(answer.ErrorMessage), &iam); err == nil && iam.Error.Message != "" {
		return "", wire.Clip(iam.Error.Message, wire.LongestMessage)
	}
	return "", "the answer names no error code"
}

func classOf(code string, status int) backup.Class {
	return cmp.Or(classOfCode(code), cloudcall.ClassOfStatus(status))
}

// classOfCode returns the class of a code that says more than the HTTP status; "" for any other. The codes are those of
// the API gateway (APIGW) and of the database services (DBS).
func classOfCode(code string) backup.Class {
	switch code {
	case "APIGW.0301", "APIGW.0305", "APIGW.0307", "DBS.280056", "DBS.280064":
		return backup.ClassAuth
	case "APIGW.0302", "APIGW.0306", "APIGW.0310", "APIGW.0401", "APIGW.0402", "APIGW.0801", "APIGW.0802",
		"DBS.200010", "DBS.200604", "DBS.280015", "DBS.280019", "DBS.280032", "DBS.280063", "DBS.280408":
		return backup.ClassPermission
	case "APIGW.0308", "DBS.280443":
		return backup.ClassThrottled
	case "APIGW.0101", "DBS.200002", "DBS.200543", "DBS.201214", "DBS.201501", "DBS.201502", "DBS.280016", "DBS.280110":
		return backup.ClassNotFound
	case "DBS.00010009", "DBS.200011", "DBS.200019", "DBS.200076", "DBS.201000", "DBS.201014", "DBS.201015":
		return backup.ClassBusy
	case "APIGW.0601", "APIGW.0610", "APIGW.0613", "DBS.200998", "DBS.280005":
		return backup.ClassServer
	}
	return ""
}

// hint returns what a person can do about a failure; "" for nothing.
func hint(op string, failure *backup.Error) string {
	switch {
	case failure.Class == backup.ClassAuth && strings.Contains(failure.Err.Error(), "reach the limit"):
		return "the cloud has locked the access key for five minutes after too many refusals; check the account's credentials"
	case failure.Class == backup.ClassAuth:
		return "check the account's credentials: the access key and its secret, the security token, or the token file; and the clock of this machine"
	case failure.Code == "DBS.200604" || failure.Code == "APIGW.0802" || failure.Code == "APIGW.0310":
		return "check project_id and region: the credentials do not reach this project"
	case failure.Class == backup.ClassPermission && action(op) != "":
		return fmt.Sprintf("allow the IAM action %s to the account's user", action(op))
	case failure.Class == backup.ClassThrottled:
		return "lower requests_per_second, or poll less often"
	case failure.Code == "APIGW.0101":
		return "check the region and its endpoint"
	case failure.Class == backup.ClassNotFound:
		return "check the instance id, the region and project_id"
	case failure.Class == backup.ClassBusy:
		return "try again when the instance's status is normal"
	}
	return ""
}

// action returns the IAM action that an operation needs; "" when it is not known.
func action(op string) string {
	switch op {
	case opListInstances, opShowBackupPolicy, opListRestoreTimes:
		return "dds:instance:list"
	case opListBackups:
		return "dds:backup:list"
	case opListTasks:
		return "dds:task:list"
	case opCreateManualBackup:
		return "dds:instance:createManualBackup"
	case opListProjects:
		return "iam:projects:listProjects"
	}
	return ""
}
