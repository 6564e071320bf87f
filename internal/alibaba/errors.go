package alibaba

import (
	"encoding/json"
	"errors"
	"strings"

	"github.com/alibabacloud-go/tea/tea"

	"mongodb_backup_exporter/internal/backup"
	"mongodb_backup_exporter/internal/cloudcall"
	"mongodb_backup_exporter/internal/wire"
)

// Classify turns what the SDK returned into an Error of a known class: by the API's error code, else by the HTTP
// status, and never by the message, whose words change.
func Classify(op string, err error) *backup.Error {
	answer, ok := errors.AsType[*tea.SDKError](err)
	if !ok {
		return &backup.Error{Op: op, Class: backup.ClassProtocol, Err: errors.New(wire.Clip(err.Error(), longestMessage))}
	}
	var said fault
	if err := json.Unmarshal([]byte(tea.StringValue(answer.Data)), &said); err != nil {
		said = fault{} // not all that the SDK makes an error of came from the cloud
	}
	if code := tea.StringValue(answer.Code); said.Code.Text == "" && code != "<nil>" {
		said.Code.Text = code
	}
	return said.failure(op, tea.IntValue(answer.StatusCode))
}

// fault is the body of an error: with HTTP 4xx and 5xx, and now and then with 200.
type fault struct {
	Code      wire.Scalar `json:"Code"`
	Message   wire.Scalar `json:"Message"`
	RequestID wire.Scalar `json:"RequestId"`
}

func (f fault) failure(op string, status int) *backup.Error {
	failure := &backup.Error{
		Op: op, Class: classOf(f.Code.Text, status), Code: wire.Clip(f.Code.Text, 80),
		RequestID: wire.Clip(f.RequestID.Text, 80), Status: status,
	}
	// What the cloud says of refused credentials repeats parts of them.
	if message := wire.Clip(f.Message.Text, longestMessage); message != "" && failure.Class != backup.ClassAuth {
		failure.Err = errors.New(message)
	}
	failure.Hint = hint(op, failure)
	return failure
}

// longestMessage bounds what an error shows of the cloud's own words, in bytes.
const longestMessage = 300

func classOf(code string, status int) backup.Class {
	if class, ok := classOfCode(code); ok {
		return class
	}
	return cloudcall.ClassOfStatus(status)
}

// classOfCode knows the codes whose class does not follow from the HTTP status they come with. The API spells them with
// varying case.
func classOfCode(code string) (class backup.Class, ok bool) {
	code = strings.ToLower(code)
	for _, rule := range codeRules() {
		for _, prefix := range rule.prefixes {
			if strings.HasPrefix(code, prefix) {
				return rule.class, true
			}
		}
	}
	return "", false
}

type codeRule struct {
	class    backup.Class
	prefixes []string
}

// codeRules are tried in turn.
func codeRules() []codeRule {
	return []codeRule{
		{backup.ClassThrottled, []string{"throttling"}},
		{backup.ClassAuth, []string{
			"invalidaccesskeyid", "invalidaccesskeysecret", "signaturedoesnotmatch", "incompletesignature", "invalidsecuritytoken",
			"missingsecuritytoken", "securitytokenexpired", "invalidtimestamp", "invalidcredentials",
		}},
		// The nonce is new with each attempt of ours, so this is an attempt that the network delivered twice.
		{backup.ClassServer, []string{"signaturenonceused", "serviceunavailable", "internalerror", "internal.error"}},
		{backup.ClassPermission, []string{"forbidden", "forbedden", "nopermission", "unauthorized"}},
		{backup.ClassBusy, []string{
			"operationdenied.backupjobexists", "operationdenied.dbinstancestatus", "operationdenied.outofusage",
			"instancestatusinvalid", "incorrectdbinstancestate",
		}},
		{backup.ClassUnsupported, []string{
			"storagetypeorinstancetypenotsupported", "singlenodenotsupport", "invalidaction", "invalidapi", "invalidversion",
			"unsupportedoperation", "operationdenied.notsupport",
		}},
		{backup.ClassBadRequest, []string{"invalidbackupmethod", "operationdenied", "missingparameter", "invalidstatus"}},
		{backup.ClassNotFound, []string{
			"invaliddbinstanceid.notfound", "invalidinstanceid.notfound", "invalidnodeid.notfound", "invalidregionid.notfound",
		}},
	}
}

const checkCredentials = "check the account's credentials"

// hint says what to do about a failure, for those that a person can mend.
func hint(op string, failure *backup.Error) string {
	switch failure.Class {
	case backup.ClassAuth:
		return authHint(strings.ToLower(failure.Code))
	case backup.ClassPermission:
		return "allow the RAM action dds:" + op + " to the account's user"
	case backup.ClassThrottled:
		return "lower requests_per_second, or poll less often"
	case backup.ClassNotFound:
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
	return checkCredentials
}
