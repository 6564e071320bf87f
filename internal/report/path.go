package report

import "net/url"

// Path returns the path of the page of the target's instance, on the exporter.
func (t Target) Path() string {
	return "/instances/" + url.PathEscape(t.Cloud) + "/" + url.PathEscape(t.Account) + "/" + url.PathEscape(t.Region) + "/" + url.PathEscape(t.InstanceID)
}
