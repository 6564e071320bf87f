package alibaba

import (
	"encoding/json"
	"errors"
	"net/http"
	"strings"

	"github.com/alibabacloud-go/tea/tea"

	"mongodb_backup_exporter/internal/backup"
)

// Classify turns what the SDK returned into an Error of a known class: by the API's error code, else by the HTTP
// status, and never by the message, whose words change.
func Classify(op string, err error) *backup.Error {
	if none, ok := errors.AsType[*credentialsError](err); ok {
		return &backup.Error{Op: op, Class: backup.ClassAuth, Err: none, Hint: "give the account credentials, or make the SDK's default chain find some"}
	}
	answer, ok := errors.AsType[*tea.SDKError](err)
	if !ok {
		return &backup.Error{Op: op, Class: backup.ClassProtocol, Err: errors.New(withoutURLs(err.Error()))}
	}
	var said fault
	if err := json.Unmarshal([]byte(tea.StringValue(answer.Data)), &said); err != nil {
		said = fault{} // not all that the SDK makes an error of came from the cloud
	}
	if code := tea.StringValue(answer.Code); said.Code.text == "" && code != "<nil>" {
		said.Code.text = code
	}
	return said.failure(op, tea.IntValue(answer.StatusCode))
}

// fault is the body of an error: with HTTP 4xx and 5xx, and now and then with 200.
type fault struct {
	Code      scalar `json:"Code"`
	Message   scalar `json:"Message"`
	RequestID scalar `json:"RequestId"`
}

func (f fault) failure(op string, status int) *backup.Error {
	class := classOf(f.Code.text, status)
	failure := &backup.Error{
		Op: op, Class: class, Code: clip(f.Code.text, 80), RequestID: clip(f.RequestID.text, 80), Status: status,
		Hint: hint(op, class, strings.ToLower(f.Code.text)),
	}
	// What the cloud says of refused credentials repeats parts of them.
	if message := withoutURLs(f.Message.text); message != "" && class != backup.ClassAuth {
		failure.Err = errors.New(clip(message, 300))
	}
	return failure
}

// classOf knows the codes whose class does not follow from the HTTP status they come with. The API spells them with
// varying case.
func classOf(code string, status int) backup.Class {
	code = strings.ToLower(code)
	for _, rule := range codeRules() {
		for _, prefix := range rule.prefixes {
			if strings.HasPrefix(code, prefix) {
				return rule.class
			}
		}
	}
	return classOfStatus(status)
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

func classOfStatus(status int) backup.Class {
	switch {
	case status == http.StatusUnauthorized:
		return backup.ClassAuth
	case status == http.StatusForbidden:
		return backup.ClassPermission
	case status == http.StatusNotFound:
		return backup.ClassNotFound
	case status == http.StatusTooManyRequests:
		return backup.ClassThrottled
	case status >= http.StatusInternalServerError:
		return backup.ClassServer
	case status >= http.StatusBadRequest:
		return backup.ClassBadRequest
	}
	return backup.ClassProtocol
}

// hint says what to do about a failure, for those that a person can mend. code is in lower case.
func hint(op string, class backup.Class, code string) string {
	switch class {
	case backup.ClassAuth:
		return authHint(code)
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
	return "check the account's credentials"
}

// withoutURLs drops URLs from a text: they may carry keys, signatures and tokens.
func withoutURLs(text string) string {
	words := strings.Fields(text)
	for i, word := range words {
		if strings.Contains(word, "://") {
			words[i] = "(URL)"
		}
	}
	return strings.Join(words, " ")
}

// clip shortens a text to a number of bytes.
func clip(text string, longest int) string {
	if len(text) <= longest {
		return text
	}
	return strings.ToValidUTF8(text[:longest], "") + "…"
}
