package alibaba

import (
	"net/http"

	"mongodb_backup_exporter/internal/cloudsim/httpsim"
)

// success returns an answer without an error, and adds RequestId to its body.
func success(req *httpsim.Request, body object) httpsim.Answer {
	body["RequestId"] = req.ID
	a := httpsim.NewJSON(http.StatusOK, body)
	a.Header.Set("Content-Type", "application/json;charset=utf-8")
	a.Header.Set("X-Acs-Request-Id", req.ID)
	return a
}

// failure returns an error. All values are strings: the aliyun command-line tool reads nothing else.
func failure(req *httpsim.Request, status int, code, message string) httpsim.Answer {
	a := success(req, object{
		"HostId":    req.HTTP.Host,
		"Code":      code,
		"Message":   message,
		"Recommend": "https://api.alibabacloud.com/troubleshoot?q=" + code + "&product=Dds",
	})
	a.Status, a.Code = status, code
	return a
}

func badRequest(req *httpsim.Request, code, message string) httpsim.Answer {
	return failure(req, http.StatusBadRequest, code, message)
}

func noSuchAPI(req *httpsim.Request, code string) httpsim.Answer {
	return failure(req, http.StatusNotFound, code, "Specified api is not found, please check your url and method.")
}

func missingParameter(req *httpsim.Request, name string) httpsim.Answer {
	return badRequest(req, "MissingParameter", "The request is missing a required parameter: "+name+".")
}

func invalidParameter(req *httpsim.Request, name string) httpsim.Answer {
	return badRequest(req, "InvalidParameter", "The specified parameter "+name+" is not valid.")
}

// unsupported returns the error for a storage or topology that an operation does not support. The documentation names
// no code for it: this one is the code of similar operations.
func unsupported(req *httpsim.Request) httpsim.Answer {
	return badRequest(req, "StorageTypeOrInstanceTypeNotSupported",
		"The storage type or instance type does not support this operation.")
}

// refusal returns the documented error for a reason.
func refusal(req *httpsim.Request, why httpsim.Refusal) httpsim.Answer {
	switch why {
	case httpsim.Throttled:
		return badRequest(req, "Throttling.User", "Request was denied due to user flow control.")
	case httpsim.Forbidden:
		return failure(req, http.StatusForbidden, "Forbidden.RAM",
			"User not authorized to operate on the specified resource, or this API doesn't support RAM.")
	case httpsim.ExpiredKey:
		if req.Account != nil && req.Account.SecurityToken != "" {
			return badRequest(req, "InvalidSecurityToken.Expired", "Specified SecurityToken is expired.")
		}
		return badRequest(req, "InvalidAccessKeyId.Inactive", "Specified access key is disabled.")
	case httpsim.WrongKey:
		return failure(req, http.StatusNotFound, "InvalidAccessKeyId.NotFound", "Specified access key is not found.")
	case httpsim.BadRequest:
		return badRequest(req, "InvalidParameter", "The specified parameter is not valid.")
	case httpsim.Unsupported:
		return unsupported(req)
	case httpsim.NotFound:
		return failure(req, http.StatusNotFound, "InvalidDBInstanceId.NotFound",
			"The specified DB instance Id does not exist.")
	default:
		return failure(req, http.StatusServiceUnavailable, "ServiceUnavailable",
			"The request has failed due to a temporary failure of the server.")
	}
}

// codeOf returns the API's code for an HTTP status.
func codeOf(status int) string {
	switch {
	case status == http.StatusInternalServerError:
		return "InternalError"
	case status > http.StatusInternalServerError:
		return "ServiceUnavailable"
	case status == http.StatusForbidden:
		return "Forbidden"
	case status == http.StatusNotFound:
		return "InvalidApi.NotFound"
	}
	return "InvalidParameter"
}
