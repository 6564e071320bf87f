package huawei

import (
	"net/http"
	"strconv"
	"strings"

	"mongodb_backup_exporter/internal/cloudsim/httpsim"
)

// credentialProblem starts every message about credentials.
const credentialProblem = "Incorrect IAM authentication information: "

func success(req *httpsim.Request, body any) httpsim.Answer {
	a := httpsim.NewJSON(http.StatusOK, body)
	a.Header.Set("X-Request-Id", req.ID)
	return a
}

// failure returns an error of DDS, or of the gateway before it.
func failure(req *httpsim.Request, status int, code, message string) httpsim.Answer {
	body := object{"error_code": code, "error_msg": message}
	if strings.HasPrefix(code, "APIGW.") {
		body["request_id"] = req.ID
	}
	a := success(req, body)
	a.Status, a.Code = status, code
	return a
}

func badRequest(req *httpsim.Request, code, message string) httpsim.Answer {
	return failure(req, http.StatusBadRequest, code, message)
}

// iamError returns an error of IAM, whose code is the HTTP status.
func iamError(req *httpsim.Request, status int, message string) httpsim.Answer {
	a := success(req, object{"error": object{"code": status, "message": message, "title": http.StatusText(status)}})
	a.Status, a.Code = status, strconv.Itoa(status)
	return a
}

// refusal returns the documented error for a reason.
func refusal(req *httpsim.Request, why httpsim.Refusal) httpsim.Answer {
	switch why {
	case httpsim.Throttled:
		return failure(req, http.StatusTooManyRequests, "APIGW.0308",
			"The throttling threshold has been reached: policy user over ratelimit,limit:60,time:1 minute")
	case httpsim.ExpiredKey:
		return unauthorized(req, "token expires")
	case httpsim.WrongKey:
		return unauthorized(req, "verify aksk signature fail")
	case httpsim.BadRequest:
		return badRequest(req, "DBS.200001", "Parameter error.")
	case httpsim.Unsupported:
		return noSuchAPI(req)
	case httpsim.NotFound:
		return failure(req, http.StatusBadRequest, "DBS.280110", "The DB instance does not exist.")
	case httpsim.Forbidden:
		return forbidden(req)
	default:
		return failure(req, http.StatusInternalServerError, "DBS.280005", "Server error.")
	}
}

// forbidden is the error for an operation that the account may not call.
func forbidden(req *httpsim.Request) httpsim.Answer {
	if isIAM(req) {
		return iamError(req, http.StatusForbidden, "You are not authorized to perform the requested action.")
	}
	body := object{
		"error_code":                    "DBS.280063",
		"error_msg":                     "Policy doesn't allow " + iamAction(req.Operation) + " to be performed.",
		"encoded_authorization_message": "AAAA",
	}
	a := success(req, body)
	a.Status, a.Code = http.StatusForbidden, "DBS.280063"
	return a
}

// noSuchAPI is the gateway's error for a path that it does not know.
func noSuchAPI(req *httpsim.Request) httpsim.Answer {
	return failure(req, http.StatusNotFound, "APIGW.0101",
		"The API does not exist or has not been published in the environment")
}

// unauthorized is the gateway's error for a call without valid credentials.
func unauthorized(req *httpsim.Request, problem string) httpsim.Answer {
	return failure(req, http.StatusUnauthorized, "APIGW.0301", credentialProblem+problem)
}

// iamAction returns the IAM action that an operation needs.
func iamAction(operation string) string {
	switch operation {
	case "ListBackups":
		return "dds:backup:list"
	case "CreateManualBackup":
		return "dds:instance:createManualBackup"
	case "ListTasks", "ShowJobDetail":
		return "dds:task:list"
	}
	return "dds:instance:list"
}

// isIAM reports whether a call goes to IAM.
func isIAM(req *httpsim.Request) bool {
	return strings.HasPrefix(req.Operation, "Keystone") || req.Operation == opAssumeAgency
}

// codeOf returns the API's code for an HTTP status: the gateway's own for the statuses that it sends.
func codeOf(status int) string {
	switch status {
	case http.StatusInternalServerError:
		return "DBS.280005"
	case http.StatusBadGateway:
		return "APIGW.0610"
	case http.StatusServiceUnavailable:
		return "APIGW.0613"
	case http.StatusGatewayTimeout:
		return "APIGW.0201"
	case http.StatusUnauthorized:
		return "APIGW.0301"
	case http.StatusForbidden:
		return "APIGW.0302"
	case http.StatusNotFound:
		return "APIGW.0101"
	}
	return "DBS.200001"
}
