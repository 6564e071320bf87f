package faultmatrix

import (
	"fmt"
	"strconv"
	"time"

	"mongodb_backup_exporter/internal/cloudsim"
	"mongodb_backup_exporter/internal/cloudsim/fleet"
)

// outcome is what must come of a call that a fault hits.
type outcome int

const (
	either outcome = iota // it fails or works, but works only with the right values
	fails
	works
)

// row is one fault and what it must do.
type row struct {
	name  string
	cloud string // "": both
	fault cloudsim.Fault
	want  outcome

	ofLists     bool // want holds for lists that must be complete; for all else it is either
	loses       bool // records may be lost, so that a poll that works may show other values
	unsupported bool // of an optional scope it may say that the cloud does not offer it
	endpoint    bool // it breaks connections, so that it concerns every operation
	heavy       bool // it moves so many bytes that one operation must do
	slow        bool // a poll goes on until it is given up
	heal        int  // scrapes until all is good again; 0: two
}

func kind(k cloudsim.FaultKind, want outcome) row {
	return row{name: string(k), fault: cloudsim.Fault{Kind: k}, want: want}
}

func (r row) delayed(d time.Duration) row {
	r.fault.Delay = d
	r.name += " " + d.String()
	return r
}

// rows returns the faults of a cloud.
func rows(cloud string) []row {
	var all []row
	for _, list := range [][]row{slowRows(), errorRows(), statusRows(), bodyRows(), recordRows(), connectionRows(), alibabaRows(), huaweiRows()} {
		for _, r := range list {
			if r.cloud == "" || r.cloud == cloud {
				all = append(all, r)
			}
		}
	}
	return all
}

func slowRows() []row {
	return []row{
		kind(cloudsim.FaultLatency, works).delayed(200 * time.Millisecond),
		kind(cloudsim.FaultLatency, fails).delayed(15 * time.Second),
		kind(cloudsim.FaultHang, fails),
		kind(cloudsim.FaultHangBody, fails),
		kind(cloudsim.FaultDrip, fails).delayed(4 * time.Second),
	}
}

func errorRows() []row {
	list := []row{
		kind(cloudsim.FaultThrottle, fails),
		kind(cloudsim.FaultThrottle, fails).delayed(-1), // it does not say how long to wait
		slowly(kind(cloudsim.FaultThrottle, fails).delayed(time.Hour)),
		kind(cloudsim.FaultThrottleHTML, fails),
		kind(cloudsim.FaultForbidden, fails),
		refusingKey(kind(cloudsim.FaultExpiredKey, fails)),
		refusingKey(kind(cloudsim.FaultWrongKey, fails)),
		kind(cloudsim.FaultNotFound, fails),
		kind(cloudsim.FaultBadRequest, fails),
		refusing(cloudsim.FaultUnsupported),
		kind(cloudsim.FaultServerError, fails),
		kind(cloudsim.FaultBadGatewayHTML, fails),
		kind(cloudsim.FaultUnavailable, fails),
		kind(cloudsim.FaultErrorIn200, fails),
		kind(cloudsim.FaultHTML200, fails),
		kind(cloudsim.FaultEmpty, fails),
		kind(cloudsim.FaultEmptyObject, fails),
		kind(cloudsim.FaultEmptyArray, fails),
		kind(cloudsim.FaultJSONString, fails),
		kind(cloudsim.FaultNoContent, fails),
		kind(cloudsim.FaultNotModified, fails),
	}
	for _, status := range []int{301, 302, 307, 308} {
		list = append(list, withStatus(cloudsim.FaultRedirect, status))
	}
	return list
}

// refusingKey returns the row with the time that refused credentials need: the pause before they are tried again grows.
func refusingKey(r row) row {
	r.heal = 4
	return r
}

// refusingKeys does the same for all rows of a list.
func refusingKeys(list []row) []row {
	for i := range list {
		list[i] = refusingKey(list[i])
	}
	return list
}

// refusing is a kind with which a cloud says that it does not offer an operation.
func refusing(k cloudsim.FaultKind) row {
	r := kind(k, fails)
	r.unsupported = true
	return r
}

// statusRows are failures of gateways and proxies.
func statusRows() []row {
	var list []row
	for _, k := range []cloudsim.FaultKind{cloudsim.FaultErrorJSON, cloudsim.FaultErrorHTML, cloudsim.FaultErrorText, cloudsim.FaultErrorEmpty} {
		for _, status := range []int{500, 502, 503, 504} {
			list = append(list, withStatus(k, status))
		}
	}
	return append(list, withStatus(cloudsim.FaultErrorHTML, 404), withStatus(cloudsim.FaultErrorHTML, 403), refusingKey(withStatus(cloudsim.FaultErrorEmpty, 401)))
}

func withStatus(k cloudsim.FaultKind, status int) row {
	r := kind(k, fails)
	r.name += " " + strconv.Itoa(status)
	r.fault.Status = status
	return r
}

func heavy(k cloudsim.FaultKind) row {
	r := kind(k, fails)
	r.heavy = true
	return r
}

func bodyRows() []row {
	return []row{
		kind(cloudsim.FaultTruncated, fails),
		heavy(cloudsim.FaultHugeBody),
		kind(cloudsim.FaultGzip, works),
		heavy(cloudsim.FaultGzipBomb),
		kind(cloudsim.FaultCorruptGzip, fails),
		kind(cloudsim.FaultBOM, either),
		kind(cloudsim.FaultNUL, fails),
		kind(cloudsim.FaultInvalidUTF8, either),
		kind(cloudsim.FaultDeepNesting, either),
		kind(cloudsim.FaultDuplicateKeys, either),
		kind(cloudsim.FaultContentType, either),
		heavy(cloudsim.FaultHugeHeader),
		kind(cloudsim.FaultShortLength, fails),
		kind(cloudsim.FaultLongLength, fails),
		kind(cloudsim.FaultWrongTypeTop, fails),
	}
}

// ofList is a kind that spoils the list of an answer.
func ofList(k cloudsim.FaultKind, want outcome) row {
	r := kind(k, want)
	r.ofLists = true
	return r
}

// losing is a kind that makes a record unreadable.
func losing(k cloudsim.FaultKind) row {
	r := kind(k, either)
	r.loses = true
	return r
}

// slowly returns the row as one whose polls go on until they are given up.
func slowly(r row) row {
	r.slow, r.heal = true, 3
	return r
}

func recordRows() []row {
	return []row{
		ofList(cloudsim.FaultNullList, fails),
		ofList(cloudsim.FaultMissingList, fails),
		ofList(cloudsim.FaultWrongTypeList, fails),
		losing(cloudsim.FaultWrongTypeRecords),
		losing(cloudsim.FaultWrongTypeRecord),
		losing(cloudsim.FaultWrongTypeFields),
		losing(cloudsim.FaultNullRecord),
		// A list is given up after a thousand pages, too. To read so many costs as much as ten other cases.
		slowly(ofList(cloudsim.FaultEndlessPages, fails)).delayed(4 * time.Second),
		kind(cloudsim.FaultWrongTotal, either),
		kind(cloudsim.FaultLowTotal, either),
		kind(cloudsim.FaultDuplicatePage, either),
		kind(cloudsim.FaultMovingList, works),
	}
}

func ofEndpoint(k cloudsim.FaultKind) row {
	r := kind(k, fails)
	r.endpoint = true
	return r
}

func connectionRows() []row {
	return []row{
		kind(cloudsim.FaultReset, fails),
		kind(cloudsim.FaultResetBody, fails),
		kind(cloudsim.FaultClose, fails),
		kind(cloudsim.FaultCut, fails),
		ofEndpoint(cloudsim.FaultSlowAccept),
		ofEndpoint(cloudsim.FaultWrongCertificate),
		ofEndpoint(cloudsim.FaultExpiredCertificate),
		ofEndpoint(cloudsim.FaultPlainHTTP),
	}
}

// coded returns a row for each documented code of a cloud with one HTTP status. Of the codes that mean that a parameter
// or a path is wrong, a cloud may use any to say that it does not offer an operation.
func coded(cloud string, status int, unsupported bool, codes ...string) []row {
	list := make([]row, 0, len(codes))
	for _, code := range codes {
		r := withStatus(cloudsim.FaultErrorJSON, status)
		r.name = fmt.Sprintf("%d %s", status, code)
		r.cloud, r.fault.Code, r.unsupported = cloud, code, unsupported
		list = append(list, r)
	}
	return list
}

func concat(lists ...[]row) []row {
	var all []row
	for _, list := range lists {
		all = append(all, list...)
	}
	return all
}

func alibabaRows() []row {
	const cloud = fleet.Alibaba
	return concat(
		refusingKeys(concat(
			coded(cloud, 401, false, "InvalidSecurityToken.Expired", "InvalidCredentials"),
			coded(cloud, 403, false, "SignatureDoesNotMatch"),
			coded(cloud, 404, false, "InvalidAccessKeyId.NotFound"),
			coded(cloud, 400, false, "InvalidAccessKeyId.Inactive", "SignatureDoesNotMatch", "IncompleteSignature",
				"InvalidTimeStamp.Expired", "InvalidTimeStamp.Format", "InvalidSecurityToken.Expired",
				"InvalidSecurityToken.Malformed", "InvalidSecurityToken.MismatchWithAccessKey"),
		)),
		coded(cloud, 403, false, "Forbidden.RAM", "Forbedden.NotSupportRAM", "NoPermission",
			"OperationDenied.BackupJobExists", "OperationDenied.DBInstanceStatus", "LogApiFrequencyExceeded"),
		coded(cloud, 403, true, "InvalidAction", "OperationDenied.NoDatabase"),
		coded(cloud, 404, false, "InvalidDBInstanceId.NotFound", "InvalidDbInstanceId.NotFound", "InvalidNodeId.NotFound",
			"InvalidRegionId.NotFound"),
		coded(cloud, 404, true, "InvalidApi.NotFound", "InvalidAction.NotFound", "InvalidStatus.NotFound"),
		coded(cloud, 400, false, "Throttling", "Throttling.User", "Throttling.Api", "SignatureNonceUsed", "InstanceStatusInvalid"),
		coded(cloud, 400, true, "StorageTypeOrInstanceTypeNotSupported", "SingleNodeNotSupport", "MissingParameter", "InvalidParameter",
			"InvalidStartTime.Malformed", "InvalidEndTime.Malformed", "InvalidStartTimeAndEndTime.Malformed", "InvalidPageSize.Malformed",
			"InvalidDBInstance.Malformed", "InvalidBackupMethod.ValueNotSupport"),
	)
}

func huaweiRows() []row {
	const cloud = fleet.Huawei
	return concat(
		refusingKeys(coded(cloud, 401, false, "APIGW.0301", "APIGW.0305", "APIGW.0307", "DBS.280056", "DBS.280064")),
		coded(cloud, 403, false, "APIGW.0302", "APIGW.0306", "APIGW.0310", "APIGW.0401", "APIGW.0402", "APIGW.0801", "APIGW.0802",
			"DBS.280032", "DBS.280063", "DBS.200604", "DBS.280019", "DBS.200019", "DBS.200076", "DBS.201000", "DBS.201014",
			"DBS.201015", "DBS.200011", "DBS.00010009"),
		coded(cloud, 404, false, "DBS.200002"),
		coded(cloud, 404, true, "APIGW.0101"),
		coded(cloud, 400, false, "DBS.280015", "DBS.200010", "DBS.280408", "DBS.280110", "DBS.201501", "DBS.201502", "DBS.201214",
			"DBS.280016", "DBS.280443", "DBS.200998"),
		coded(cloud, 400, true, "DBS.200001", "DBS.280001", "DBS.280404", "DBS.280124", "DBS.280067", "DBS.280068", "DBS.280409",
			"DBS.280416", "DBS.280342", "DBS.280439", "DBS.280440", "DBS.201006", "APIGW.0201"),
	)
}
