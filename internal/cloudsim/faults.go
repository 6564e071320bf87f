package cloudsim

// FaultKind says what goes wrong.
type FaultKind string

// Faults that take time.
const (
	FaultLatency  FaultKind = "latency"   // the answer comes after Delay
	FaultHang     FaultKind = "hang"      // no answer until the client leaves or the fault is removed; then the connection is reset
	FaultHangBody FaultKind = "hang_body" // as hang, after the header and half of the body
	FaultDrip     FaultKind = "drip"      // the body comes 16 bytes at a time, with Delay in between (0: 100 ms)
)

// Faults that put another answer in the place of the real one. They do not check credentials, except for forbidden and
// not_found: there, a call with wrong credentials gets the error for wrong credentials.
const (
	FaultThrottle       FaultKind = "throttle"          // 400 Throttling.User or 429 APIGW.0308, with Delay as the time to wait (0: 1 s, negative: not sent)
	FaultThrottleHTML   FaultKind = "throttle_html"     // 429 with an HTML page
	FaultForbidden      FaultKind = "forbidden"         // 403 Forbidden.RAM or DBS.280063
	FaultExpiredKey     FaultKind = "expired_key"       // 400 InvalidSecurityToken.Expired or InvalidAccessKeyId.Inactive, or 401 APIGW.0301 token expires
	FaultWrongKey       FaultKind = "wrong_key"         // 404 InvalidAccessKeyId.NotFound or 401 APIGW.0301 verify aksk signature fail
	FaultNotFound       FaultKind = "not_found"         // 404 InvalidDBInstanceId.NotFound or 400 DBS.280110
	FaultBadRequest     FaultKind = "bad_request"       // 400 InvalidParameter or DBS.200001
	FaultUnsupported    FaultKind = "unsupported"       // 400 StorageTypeOrInstanceTypeNotSupported or 404 APIGW.0101
	FaultServerError    FaultKind = "server_error"      // 503 ServiceUnavailable or 500 DBS.280005, as JSON
	FaultErrorJSON      FaultKind = "error_json"        // Status (0: 500) with the cloud's form of an error, which names Code
	FaultErrorHTML      FaultKind = "error_html"        // Status (0: 500) with an HTML page
	FaultErrorText      FaultKind = "error_text"        // Status (0: 500) with plain text
	FaultErrorEmpty     FaultKind = "error_empty"       // Status (0: 500) without a body
	FaultBadGatewayHTML FaultKind = "bad_gateway_html"  // 502 with an HTML page
	FaultUnavailable    FaultKind = "unavailable_empty" // 503 without a body
	FaultErrorIn200     FaultKind = "error_in_200"      // 200 with the body of an error
	FaultRedirect       FaultKind = "redirect"          // Status (0: 302) to a log-in page
	FaultHTML200        FaultKind = "html_200"          // 200 with an HTML page
	FaultEmpty          FaultKind = "empty"             // 200 without a body
	FaultEmptyObject    FaultKind = "empty_object"      // 200 {}
	FaultEmptyArray     FaultKind = "empty_array"       // 200 []
	FaultJSONString     FaultKind = "json_string"       // 200 with a JSON string
	FaultNoContent      FaultKind = "no_content"        // 204
	FaultNotModified    FaultKind = "not_modified"      // 304
)

// Faults in the bytes of the answer, or in its header.
const (
	FaultTruncated     FaultKind = "truncated"          // the first half of the JSON, as a complete HTTP answer
	FaultHugeBody      FaultKind = "huge_body"          // the answer, padded to 9 MiB
	FaultGzip          FaultKind = "gzip"               // the answer, compressed though nobody asked
	FaultGzipBomb      FaultKind = "gzip_bomb"          // the answer, padded to 64 MiB and compressed to 0.1 MiB
	FaultCorruptGzip   FaultKind = "corrupt_gzip"       // the answer, compressed, with a wrong checksum
	FaultBOM           FaultKind = "bom"                // a byte order mark before the answer
	FaultNUL           FaultKind = "nul"                // a zero byte in the first string
	FaultInvalidUTF8   FaultKind = "invalid_utf8"       // every string begins with a byte that is not UTF-8
	FaultDeepNesting   FaultKind = "deep_nesting"       // a field more, with 100,000 lists in each other
	FaultDuplicateKeys FaultKind = "duplicate_keys"     // every field comes a second time, as null
	FaultContentType   FaultKind = "wrong_content_type" // the answer, said to be application/xml
	FaultHugeHeader    FaultKind = "huge_header"        // a header of 11 MiB
	FaultShortLength   FaultKind = "short_length"       // the header promises half of the body
	FaultLongLength    FaultKind = "long_length"        // the header promises 100 bytes more than there are
)

// Faults in the JSON of the answer. Those of lists do nothing to an answer without one.
const (
	FaultWrongTypeTop     FaultKind = "wrong_type_top"     // the answer is in a list
	FaultWrongTypeList    FaultKind = "wrong_type_list"    // the list is an object
	FaultWrongTypeRecords FaultKind = "wrong_type_records" // every record is a string; an empty list gets one
	FaultWrongTypeRecord  FaultKind = "wrong_type_record"  // the id of the first record is an object; an empty list gets such a record
	FaultWrongTypeFields  FaultKind = "wrong_type_fields"  // every field of the first record is an object, but for its id
	FaultNullRecord       FaultKind = "null_record"        // the first record is null; an empty list gets one
	FaultNullList         FaultKind = "null_list"          // the list is null
	FaultMissingList      FaultKind = "missing_list"       // there is no list
	FaultWrongTotal       FaultKind = "wrong_total"        // the total count is 1,000 too high
	FaultLowTotal         FaultKind = "low_total"          // the total count is 1
	FaultDuplicatePage    FaultKind = "duplicate_page"     // every page is the first one
	FaultEndlessPages     FaultKind = "endless_pages"      // after every page comes another, with the first record under a new id; each comes after Delay (0: at once)
	FaultMovingList       FaultKind = "moving_list"        // a new record shifts the list by one after the first page was read; the total does not count it
)

// Faults that break the connection.
const (
	FaultReset     FaultKind = "reset"      // it is reset before the answer
	FaultResetBody FaultKind = "reset_body" // it is reset in the middle of the body
	FaultClose     FaultKind = "close"      // it is closed before the answer
	FaultCut       FaultKind = "cut"        // it is closed in the middle of the body
)

// Faults of an endpoint. They break connections before any call, so that they cannot name an operation, an instance or a
// node. They have an effect where the simulation listens with [Sim.Listen]. When one is added, the connections that it
// matches are closed.
const (
	FaultSlowAccept         FaultKind = "slow_accept"         // nothing is read from a new connection for Delay (0: 1 min)
	FaultWrongCertificate   FaultKind = "wrong_certificate"   // the certificate is for another host
	FaultExpiredCertificate FaultKind = "expired_certificate" // the certificate ended yesterday
	FaultPlainHTTP          FaultKind = "plain_http"          // the endpoint does not speak TLS
)

// FaultKinds returns every kind.
func FaultKinds() []FaultKind {
	rows := behaviours()
	kinds := make([]FaultKind, 0, len(rows))
	for _, row := range rows {
		kinds = append(kinds, row.kind)
	}
	return kinds
}
