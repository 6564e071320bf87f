package cloudsim

import (
	"cmp"
	"net/http"
	"slices"
	"strconv"
	"time"
)

const (
	alibabaVersion = "2015-12-01"
	minuteTime     = "2006-01-02T15:04Z" // of parameters and of instances; records have seconds
)

// alibaba answers one call to ApsaraDB for MongoDB.
func (s *Sim) alibaba(req *request) answer {
	if req.http.URL.Path != "/" || (req.http.Method != http.MethodGet && req.http.Method != http.MethodPost) {
		return alibabaError(req, http.StatusNotFound, "InvalidApi.NotFound", "Specified api is not found, please check your url and method.")
	}
	account, refused := s.authenticateAlibaba(req)
	if account == nil {
		return refused
	}
	req.account = account
	version := cmp.Or(req.http.Header.Get("X-Acs-Version"), req.params.Get("Version"))
	if version != alibabaVersion {
		return alibabaError(req, http.StatusBadRequest, "InvalidVersion", "Specified parameter Version is not valid.")
	}
	serve := s.alibabaOperation(req.operation)
	if serve == nil {
		return alibabaError(req, http.StatusNotFound, "InvalidAction.NotFound", "Specified api is not found, please check your url and method.")
	}
	if kind := req.refusedAs(); kind != "" {
		return alibabaFault(req, kind)
	}
	return serve(req)
}

func (s *Sim) alibabaOperation(name string) func(*request) answer {
	switch name {
	case "DescribeRegions":
		return s.describeRegions
	case "DescribeDBInstances":
		return s.describeDBInstances
	case "DescribeDBInstanceAttribute":
		return s.ofInstance(s.describeDBInstanceAttribute)
	case "DescribeBackups":
		return s.ofInstance(s.describeBackups)
	case "DescribeBackupTasks":
		return s.ofInstance(s.describeBackupTasks)
	case "DescribeClusterBackups":
		return s.ofInstance(s.describeClusterBackups)
	case "DescribeBackupPolicy":
		return s.ofInstance(s.describeBackupPolicy)
	case "DescribeBackupStorage":
		return s.ofInstance(s.describeBackupStorage)
	case "DescribeInstanceRecoverTime":
		return s.ofInstance(s.describeInstanceRecoverTime)
	case "DescribeClusterRecoverTime":
		return s.ofInstance(s.describeClusterRecoverTime)
	case "CreateBackup":
		return s.ofInstance(s.createBackup)
	}
	return nil
}

// ofInstance wraps an operation on one instance of the account.
func (s *Sim) ofInstance(serve func(*request, *Instance) answer) func(*request) answer {
	return func(req *request) answer {
		if req.instanceID == "" {
			return missingParameter(req, "DBInstanceId")
		}
		in := s.instance(req.account, req.instanceID)
		region := req.params.Get("RegionId")
		if in == nil || (region != "" && region != in.Region) {
			return alibabaFault(req, FaultNotFound)
		}
		return serve(req, in)
	}
}

// alibabaOK returns a success; RequestId is added.
func alibabaOK(req *request, body object) answer {
	body["RequestId"] = req.id
	a := newJSON(http.StatusOK, body)
	a.header.Set("Content-Type", "application/json;charset=utf-8")
	a.header.Set("X-Acs-Request-Id", req.id)
	return a
}

// alibabaError returns an error. All values are strings: the aliyun command-line tool takes nothing else.
func alibabaError(req *request, status int, code, message string) answer {
	a := alibabaOK(req, object{
		"HostId":    req.http.Host,
		"Code":      code,
		"Message":   message,
		"Recommend": "https://api.alibabacloud.com/troubleshoot?q=" + code + "&product=Dds",
	})
	a.status, a.code = status, code
	return a
}

func missingParameter(req *request, name string) answer {
	return alibabaError(req, http.StatusBadRequest, "MissingParameter",
		"The request is missing a required parameter: "+name+".")
}

func invalidParameter(req *request, name string) answer {
	return alibabaError(req, http.StatusBadRequest, "InvalidParameter", "The specified parameter "+name+" is not valid.")
}

// unsupported is the answer for a storage or topology that an operation is not made for. The documentation has no code
// for it; this one is what sibling operations answer.
func unsupported(req *request) answer {
	return alibabaError(req, http.StatusBadRequest, "StorageTypeOrInstanceTypeNotSupported",
		"The storage type or instance type does not support this operation.")
}

// alibabaFault returns the documented error of a fault.
func alibabaFault(req *request, kind FaultKind) answer {
	switch kind {
	case FaultThrottle:
		return alibabaError(req, http.StatusBadRequest, "Throttling.User", "Request was denied due to user flow control.")
	case FaultForbidden:
		return alibabaError(req, http.StatusForbidden, "Forbidden.RAM",
			"User not authorized to operate on the specified resource, or this API doesn't support RAM.")
	case FaultExpiredKey:
		if req.account != nil && req.account.SecurityToken != "" {
			return alibabaError(req, http.StatusBadRequest, "InvalidSecurityToken.Expired", "Specified SecurityToken is expired.")
		}
		return alibabaError(req, http.StatusBadRequest, "InvalidAccessKeyId.Inactive", "Specified access key is disabled.")
	case FaultWrongKey:
		return alibabaError(req, http.StatusNotFound, "InvalidAccessKeyId.NotFound", "Specified access key is not found.")
	case FaultNotFound:
		return alibabaError(req, http.StatusNotFound, "InvalidDBInstanceId.NotFound",
			"The specified DB instance Id does not exist.")
	default:
		return alibabaError(req, http.StatusServiceUnavailable, "ServiceUnavailable",
			"The request has failed due to a temporary failure of the server.")
	}
}

// paging is the window on a list that a call asks for.
type paging struct{ number, size int }

// alibabaPaging reads the page number from the named parameter, and PageSize; bad is the refusal of what is not valid.
func alibabaPaging(req *request, numberParam string) (p paging, bad *answer) {
	p = paging{number: 1, size: 30}
	if text := req.params.Get(numberParam); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil || n < 1 {
			a := alibabaError(req, http.StatusBadRequest, "InvalidPageNumber.Malformed",
				"The specified parameter "+numberParam+" is not valid.")
			return p, &a
		}
		p.number = n
	}
	if text := req.params.Get("PageSize"); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil || !slices.Contains([]int{30, 50, 100}, n) {
			a := alibabaError(req, http.StatusBadRequest, "InvalidPageSize.Malformed", "The specified parameter PageSize is not valid.")
			return p, &a
		}
		p.size = n
	}
	return p, nil
}

// pageOf returns the records of one page.
func pageOf[T any](req *request, all []T, p paging) []T {
	if req.repeatFirstPage {
		p.number = 1
	}
	from := min(len(all), (p.number-1)*p.size)
	return all[from:min(len(all), from+p.size)]
}

// timeRange reads StartTime and EndTime; both may be left out.
func (s *Sim) timeRange(req *request) (start, end time.Time, bad *answer) {
	var err error
	refuse := func(code string) *answer {
		a := alibabaError(req, http.StatusBadRequest, code, "The specified parameter StartTime or EndTime is not valid.")
		return &a
	}
	if text := req.params.Get("StartTime"); text != "" {
		if start, err = time.Parse(minuteTime, text); err != nil {
			return start, end, refuse("InvalidStartTime.Malformed")
		}
	}
	end = req.now.AddDate(100, 0, 0)
	if text := req.params.Get("EndTime"); text != "" {
		end, err = time.Parse(minuteTime, text)
		if err != nil || (s.opts.Variants.FutureEndRejected && end.After(req.now)) {
			return start, end, refuse("InvalidEndTime.Malformed")
		}
	}
	if !end.After(start) {
		return start, end, refuse("InvalidStartTimeAndEndTime.Malformed")
	}
	return start, end, nil
}
