package alibaba

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/alibabacloud-go/tea/tea"

	"mongodb_backup_exporter/internal/backup"
)

// sdkError returns the error that the SDK makes of an answer.
func sdkError(status int, code, message string) *tea.SDKError {
	return tea.NewSDKError(map[string]any{
		"code": code, "statusCode": status, "message": "code: 400, " + message + " request id: R",
		"data": map[string]any{"Code": code, "Message": message, "RequestId": "R", "HostId": "h", "Recommend": "http://r"},
	})
}

func TestClassOf(t *testing.T) {
	tests := []struct {
		code   string
		status int
		want   backup.Class
	}{
		{"Throttling", 400, backup.ClassThrottled},
		{"Throttling.User", 400, backup.ClassThrottled},
		{"Throttling.Api", 429, backup.ClassThrottled},
		{"throttling.whatever", 503, backup.ClassThrottled},
		{"ServiceUnavailable", 503, backup.ClassServer},
		{"InternalError", 500, backup.ClassServer},
		{"InternalError", 200, backup.ClassServer},
		{"SignatureNonceUsed", 400, backup.ClassServer},
		{"InvalidDBInstanceId.NotFound", 404, backup.ClassNotFound},
		{"InvalidDbInstanceId.NotFound", 400, backup.ClassNotFound},
		{"InvalidNodeId.NotFound", 404, backup.ClassNotFound},
		{"InvalidRegionId.NotFound", 404, backup.ClassNotFound},
		{"InvalidDBInstance.Malformed", 400, backup.ClassNotFound},
		{"Something.NotFound", 404, backup.ClassNotFound},
		{"InvalidBackupSetID.NotFound", 404, backup.ClassBadRequest},
		{"InvalidBackup.NotFound", 404, backup.ClassBadRequest},
		{"InvalidRestoreTime.Format", 400, backup.ClassBadRequest},
		{"IncorrectBackupSetState", 403, backup.ClassBadRequest},
		{"InvalidBackupLogStatus", 403, backup.ClassBadRequest},
		{"IncorrectDBInstanceType", 403, backup.ClassUnsupported},
		{"IncorrectEngineVersion", 403, backup.ClassUnsupported},
		{"BackupExpireTimeExceedLimit", 400, backup.ClassBadRequest},
		{"BackupAttachLogStatusNotSupported", 400, backup.ClassBadRequest},
		{"InvalidDBInstanceType.ValueNotSupport", 400, backup.ClassBadRequest},
		{"InvalidStartTimeAndEndTime.Malformed", 400, backup.ClassBadRequest},
		{"LogApiFrequencyExceeded", 403, backup.ClassThrottled},
		{"InvalidSecurityToken.Malformed", 400, backup.ClassAuth},
		{"InvalidAction", 403, backup.ClassUnsupported},
		{"InvalidStatus.NotFound", 404, backup.ClassBadRequest},
		{"InvalidStartTime.Malformed", 400, backup.ClassBadRequest},
		{"InvalidEndTime.Malformed", 400, backup.ClassBadRequest},
		{"InvalidPageSize.Malformed", 400, backup.ClassBadRequest},
		{"MissingParameter", 400, backup.ClassBadRequest},
		{"InvalidParameter", 400, backup.ClassBadRequest},
		{"InvalidBackupMethod.ValueNotSupport", 400, backup.ClassBadRequest},
		{"Forbidden.RAM", 403, backup.ClassPermission},
		{"Forbedden.NotSupportRAM", 403, backup.ClassPermission},
		{"NoPermission", 403, backup.ClassPermission},
		{"InvalidAccessKeyId.NotFound", 404, backup.ClassAuth},
		{"InvalidAccessKeyId.Inactive", 400, backup.ClassAuth},
		{"SignatureDoesNotMatch", 400, backup.ClassAuth},
		{"SignatureDoesNotMatch", 403, backup.ClassAuth},
		{"IncompleteSignature", 400, backup.ClassAuth},
		{"InvalidTimeStamp.Expired", 400, backup.ClassAuth},
		{"InvalidTimeStamp.Format", 400, backup.ClassAuth},
		{"InvalidSecurityToken.Expired", 400, backup.ClassAuth},
		{"InvalidSecurityToken.MismatchWithAccessKey", 400, backup.ClassAuth},
		{"OperationDenied.BackupJobExists", 403, backup.ClassBusy},
		{"OperationDenied.DBInstanceStatus", 403, backup.ClassBusy},
		{"InstanceStatusInvalid", 400, backup.ClassBusy},
		{"InstanceStatusInvalid", 403, backup.ClassBusy},
		{"OperationDenied.BackupJobExists", 400, backup.ClassBusy},
		{"OperationDenied.DBInstanceStatus", 400, backup.ClassBusy},
		{"IncorrectDBInstanceState", 400, backup.ClassBusy},
		{"IncorrectDBInstanceState", 403, backup.ClassBusy},
		{"OperationDenied.NoDatabase", 403, backup.ClassBadRequest},
		{"StorageTypeOrInstanceTypeNotSupported", 400, backup.ClassUnsupported},
		{"SingleNodeNotSupport", 400, backup.ClassUnsupported},
		{"IncorrectDBInstanceType", 403, backup.ClassUnsupported},
		{"IncorrectEngineVersion", 403, backup.ClassUnsupported},
		{"InvalidAction", 403, backup.ClassUnsupported},
		{"InvalidAction.NotFound", 404, backup.ClassUnsupported},
		{"InvalidApi.NotFound", 404, backup.ClassUnsupported},
		{"InvalidVersion", 400, backup.ClassBadRequest},
		{"InvalidParameter.Engine", 400, backup.ClassBadRequest},
		{"OperationDenied.NotSupport", 400, backup.ClassBadRequest},
		{"UnsupportedOperation", 400, backup.ClassBadRequest},
		{"", 401, backup.ClassAuth},
		{"", 403, backup.ClassPermission},
		{"", 404, backup.ClassNotFound},
		{"", 429, backup.ClassThrottled},
		{"", 500, backup.ClassServer},
		{"", 599, backup.ClassServer},
		{"", 418, backup.ClassBadRequest},
		{"", 200, backup.ClassProtocol},
		{"", 0, backup.ClassProtocol},
	}
	for _, tt := range tests {
		t.Run(fmt.Sprintf("%s %d", tt.code, tt.status), func(t *testing.T) {
			if got := classOf(tt.code, tt.status); got != tt.want {
				t.Errorf("class = %q, want %q", got, tt.want)
			}
			if got := classOf(strings.ToUpper(tt.code), tt.status); got != tt.want {
				t.Errorf("class of the code in upper case = %q, want %q", got, tt.want)
			}
		})
	}
}

func TestClassify(t *testing.T) {
	tests := []struct {
		name string
		err  error
		want string
	}{
		{
			"permission", sdkError(403, "Forbidden.RAM", "User not authorized"),
			"DescribeBackups: permission Forbidden.RAM (HTTP 403): User not authorized [request id R]; allow the RAM action dds:DescribeBackups to the account's user",
		},
		{
			"throttled", sdkError(400, "Throttling.User", "Request was denied due to user flow control."),
			"DescribeBackups: throttled Throttling.User (HTTP 400): Request was denied due to user flow control. [request id R]; lower requests_per_second, or poll less often",
		},
		{
			"not found", sdkError(404, "InvalidDBInstanceId.NotFound", "It does not exist."),
			"DescribeBackups: not_found InvalidDBInstanceId.NotFound (HTTP 404): It does not exist. [request id R]; check the instance id, its nodes and the region",
		},
		{
			"an id that cannot exist", sdkError(400, "InvalidDBInstance.Malformed", "Too many instance ids or instance id format is invalid."),
			"DescribeBackups: not_found InvalidDBInstance.Malformed (HTTP 400): Too many instance ids or instance id format is invalid. [request id R]; check the instance id: the cloud says that it does not have the form of one",
		},
		{
			"busy", sdkError(403, "OperationDenied.BackupJobExists", "Backup job exists."),
			"DescribeBackups: busy OperationDenied.BackupJobExists (HTTP 403): Backup job exists. [request id R]; try again when the instance is running and no other backup is",
		},
		{
			"wrong key: its words are kept back", sdkError(404, "InvalidAccessKeyId.NotFound", "Specified access key LTAIsecret is not found."),
			"DescribeBackups: auth InvalidAccessKeyId.NotFound (HTTP 404) [request id R]; check the access key id: it does not exist or is disabled",
		},
		{
			"wrong secret", sdkError(400, "SignatureDoesNotMatch", "server string to sign is:POST&AccessKeyId=LTAIsecret"),
			"DescribeBackups: auth SignatureDoesNotMatch (HTTP 400) [request id R]; check the access key secret: it does not belong to the access key id",
		},
		{
			"expired token", sdkError(400, "InvalidSecurityToken.Expired", "expired"),
			"DescribeBackups: auth InvalidSecurityToken.Expired (HTTP 400) [request id R]; renew the security token, and check that it belongs to the access key",
		},
		{
			"clock", sdkError(400, "InvalidTimeStamp.Expired", "expired"),
			"DescribeBackups: auth InvalidTimeStamp.Expired (HTTP 400) [request id R]; set the clock of this machine",
		},
		{
			"other signature trouble", sdkError(400, "IncompleteSignature", "x"),
			"DescribeBackups: auth IncompleteSignature (HTTP 400) [request id R]; check the account's credentials",
		},
		{
			"URL in the message", sdkError(400, "InvalidParameter", "see\nhttps://oss/?Signature=SIGNED for more"),
			"DescribeBackups: bad_request InvalidParameter (HTTP 400): see (URL) for more [request id R]",
		},
		{
			"long message", sdkError(400, "InvalidParameter", strings.Repeat("é", 257)),
			"DescribeBackups: bad_request InvalidParameter (HTTP 400): " + strings.Repeat("é", 256) + "… [request id R]",
		},
		{
			"no code", tea.NewSDKError(map[string]any{"code": "<nil>", "statusCode": 503, "message": "m", "data": map[string]any{}}),
			"DescribeBackups: server (HTTP 503)",
		},
		{
			"code in lower case", tea.NewSDKError(map[string]any{"code": "Throttling", "statusCode": 400, "message": "m", "data": map[string]any{"code": "Throttling", "requestId": "R"}}),
			"DescribeBackups: throttled Throttling (HTTP 400) [request id R]; lower requests_per_second, or poll less often",
		},
		{
			"no data", &tea.SDKError{Code: new("InvalidCredentials")},
			"DescribeBackups: auth InvalidCredentials; check the account's credentials",
		},
		{"nothing at all", &tea.SDKError{}, "DescribeBackups: protocol"},
		{"not of the cloud", errors.New("cannot parse https://u:p@proxy:1"), "DescribeBackups: protocol: cannot parse (URL)"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := Classify("DescribeBackups", tt.err).Error(); got != tt.want {
				t.Errorf("got  %s\nwant %s", got, tt.want)
			}
		})
	}
}
