package alibaba

import (
	"cmp"
	"errors"
	"strings"

	"github.com/alibabacloud-go/tea/tea"

	"mongodb_backup_exporter/internal/backup"
	"mongodb_backup_exporter/internal/cloudcall"
	"mongodb_backup_exporter/internal/wire"
)

// Classify turns an error of the SDK into an Error with a class: by the API's error code, or else by the HTTP status. It
// does not look at the message, because messages change.
func Classify(op string, err error) *backup.Error {
	answer, ok := errors.AsType[*tea.SDKError](err)
	if !ok {
		return wire.ProtocolError(op, wire.Clip(err.Error(), wire.LongestMessage))
	}
	var body fault
	if err := wire.Unmarshal([]byte(tea.StringValue(answer.Data)), &body); err != nil {
		body = fault{} // the SDK made the error itself
	}
	if code := tea.StringValue(answer.Code); body.Code.Text == "" && code != "<nil>" {
		body.Code.Text = code
	}
	return body.failure(op, tea.IntValue(answer.StatusCode))
}

// fault is the body of an error: of HTTP 4xx and 5xx, and sometimes of 200.
type fault struct {
	Code      wire.Scalar `json:"Code"`
	Message   wire.Scalar `json:"Message"`
	RequestID wire.Scalar `json:"RequestId"`
}

func (f fault) failure(op string, status int) *backup.Error {
	failure := &backup.Error{
		Op: op, Class: classOf(f.Code.Text, status), Code: f.Code.Clip(longestID),
		RequestID: f.RequestID.Clip(longestID), Status: status,
	}
	// The cloud's message about refused credentials repeats parts of them.
	if message := f.Message.Clip(wire.LongestMessage); message != "" && failure.Class != backup.ClassAuth {
		failure.Err = errors.New(message)
	}
	failure.Hint = hint(op, failure)
	return failure
}

// longestID is how many characters of a code or a request id are kept. What is longer than an id may be is none.
const longestID = cloudcall.LongestID

func classOf(code string, status int) backup.Class {
	return cmp.Or(classOfCode(code), cloudcall.ClassOfStatus(status))
}

// classOfCode returns the class of a code that says more than the HTTP status; "" for any other. The API varies the case
// of its codes.
func classOfCode(code string) backup.Class {
	code = strings.ToLower(code)
	for _, rule := range codeRules() {
		for _, prefix := range rule.prefixes {
			if strings.HasPrefix(code, prefix) {
				return rule.class
			}
		}
	}
	return ""
}

// codeRule is the class of all codes that begin with one of the prefixes.
type codeRule struct {
	class    backup.Class
	prefixes []string
}

// codeRules returns the rules; the first that fits counts.
func codeRules() []codeRule {
	return []codeRule{
		{backup.ClassThrottled, []string{"throttling", "logapifrequencyexceeded"}},
		{backup.ClassAuth, []string{
			"invalidaccesskeyid", "invalidaccesskeysecret", "signaturedoesnotmatch", "incompletesignature", "invalidsecuritytoken",
			"missingsecuritytoken", "securitytokenexpired", "invalidtimestamp", "invalidcredentials",
		}},
		// Each attempt has a new nonce. One that was used is an attempt that the network delivered twice.
		{backup.ClassServer, []string{"signaturenonceused", "serviceunavailable", "internalerror", "internal.error"}},
		{backup.ClassPermission, []string{"forbidden", "forbedden", "nopermission", "unauthorized"}},
		{backup.ClassBusy, []string{
			"operationdenied.backupjobexists", "operationdenied.dbinstancestatus", "operationdenied.outofusage",
			"instancestatusinvalid", "incorrectdbinstancestate",
		}},
		// Only codes that are documented for it: any other refusal may be a fault of the moment, and is a failure.
		{backup.ClassUnsupported, []string{
			"storagetypeorinstancetypenotsupported", "singlenodenotsupport", "incorrectdbinstancetype", "incorrectengineversion",
			"invalidaction", "invalidapi",
		}},
		// A backup that is not found says nothing about the instance.
		{backup.ClassBadRequest, []string{
			"invalidbackupmethod", "operationdenied", "missingparameter", "invalidstatus", "incorrectbackupsetstate",
			"invalidbackuplogstatus", "invalidbackupsetid", "invalidbackup.notfound",
		}},
		{backup.ClassNotFound, []string{
			"invaliddbinstanceid.notfound", malformedID, "invalidinstanceid.notfound", "invalidnodeid.notfound", "invalidregionid.notfound",
		}},
	}
}

// malformedID is the code for an instance id that cannot exist.
const malformedID = "invaliddbinstance.malformed"

// hint returns what a person can do about a failure; "" for nothing.
func hint(op string, failure *backup.Error) string {
	switch failure.Class {
	case backup.ClassAuth:
		return authHint(strings.ToLower(failure.Code))
	case backup.ClassPermission:
		return "allow the RAM action dds:" + op + " to the account's user"
	case backup.ClassThrottled:
		return "lower requests_per_second, or poll less often"
	case backup.ClassNotFound:
		if strings.EqualFold(failure.Code, malformedID) {
			return "check the instance id: the cloud says that it does not have the form of one"
		}
		return "check the instance id, its nodes and the region"
	case backup.ClassBusy:
		return "try again when the instance is running and no other backup is"
	default:
		return ""
	}
}

func authHint(code string) string {
	switch {
	case strings.HasPrefix(code, "invalidaccesskeyid"):
		return "check the access key id: it does not exist or is disabled"
	case strings.HasPrefix(code, "signaturedoesnotmatch"):
		return "check the access key secret: it does not belong to the access key id"
	case strings.Contains(code, "securitytoken"):
		return "renew the security token, and check that it belongs to the access key"
	case strings.HasPrefix(code, "invalidtimestamp"):
		return "set the clock of this machine"
	}
	return cloudcall.CheckCredentials
}
