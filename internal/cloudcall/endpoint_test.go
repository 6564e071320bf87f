package cloudcall

import "testing"

func TestEndpoint(t *testing.T) {
	const bad = "must be a host, or an http or https URL without a path"
	tests := []struct{ endpoint, scheme, host, err string }{
		{"mongodb.cn-hangzhou.aliyuncs.com", "https", "mongodb.cn-hangzhou.aliyuncs.com", ""},
		{"127.0.0.1:8080", "https", "127.0.0.1:8080", ""},
		{"http://127.0.0.1:8080/", "http", "127.0.0.1:8080", ""},
		{"https://[::1]:8443", "https", "[::1]:8443", ""},
		{"", "", "", bad},
		{"http://", "", "", bad},
		{"http://:80", "", "", bad},
		{"ftp://host", "", "", bad},
		{"http://host/path", "", "", bad},
		{"http://user:secret@host", "", "", bad},
		{"http://host?a=b", "", "", bad},
		{"http://host#a", "", "", bad},
		{"host:port:port", "", "", bad},
	}
	for _, tt := range tests {
		t.Run(tt.endpoint, func(t *testing.T) {
			scheme, host, err := Endpoint(tt.endpoint)
			got := ""
			if err != nil {
				got = err.Error()
			}
			if scheme != tt.scheme || host != tt.host || got != tt.err {
				t.Errorf("Endpoint = %q, %q, %q; want %q, %q, %q", scheme, host, got, tt.scheme, tt.host, tt.err)
			}
		})
	}
}
