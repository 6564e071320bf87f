package config

import (
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// maxTags is the number of tags that an instance can have; it is the same for every cloud.
const maxTags = 20

func (v *validator) region(at path, cloud string, r Region) {
	v.id(at.key("id"), r.ID, regionExamples())
	v.endpoint(at.key("endpoint"), r.Endpoint)
	v.endpoint(at.key("iam_endpoint"), r.IAMEndpoint)
	if r.ProjectID != "" && v.supports(at, cloud, "project_id") && !isProjectID(r.ProjectID) {
		v.addf(at.key("project_id"), "must be 32 hexadecimal digits in lower case; leave it out to have it looked up")
	}
	if r.IAMEndpoint != "" {
		v.supports(at, cloud, "iam_endpoint")
	}
	if len(r.Instances) == 0 && !r.Discovery.Enabled {
		v.addf(at, "nothing is watched here; list instances, or write discovery: {enabled: true}")
	}
	v.discovery(at.key("discovery"), r)
}

func isProjectID(s string) bool { return regexp.MustCompile(`^[0-9a-f]{32}$`).MatchString(s) }

func (v *validator) instances(at path, cloud string, r Region, seen places) {
	for i, in := range r.Instances {
		at := at.key("instances").index(i)
		v.id(at.key("id"), in.ID, "dds-bp1xxxxxxxx")
		v.once(seen, in.ID, at.key("id"))
		if len(in.Nodes) > 0 {
			v.supports(at, cloud, "nodes")
		}
		nodes := places{}
		for j, node := range in.Nodes {
			at := at.key("nodes").index(j)
			v.id(at, node, "d-bp1xxxxxxxx")
			v.once(nodes, node, at)
		}
	}
}

func (v *validator) discovery(at path, r Region) {
	d := r.Discovery
	if len(d.Tags) > 0 && !d.Enabled {
		v.addf(at.key("tags"), "has no effect without enabled: true")
	}
	if len(d.Tags) > maxTags {
		v.addf(at.key("tags"), "%d tags are too many: an instance has %d at most", len(d.Tags), maxTags)
	}
	if _, ok := d.Tags[""]; ok {
		v.addf(at.key("tags"), "the name of a tag must not be empty")
	}
	excluded := places{}
	for i, id := range d.Exclude {
		at := at.key("exclude").index(i)
		v.id(at, id, "dds-bp1xxxxxxxx")
		v.once(excluded, id, at)
		if slices.ContainsFunc(r.Instances, func(in Instance) bool { return in.ID == id }) && id != "" {
			v.addf(at, "%q is listed under instances as well; keep one of the two", id)
		}
	}
}

// id reports an id that does not consist of letters, digits and dashes: ids become part of request paths.
func (v *validator) id(at path, id, example string) {
	switch {
	case id == "":
		v.addf(at, "is missing; write an id such as %s", example)
	case strings.Trim(id, "0123456789-"+letters) != "":
		v.addf(at, "%q must hold nothing but letters, digits and dashes, such as %s", id, example)
	}
}

// endpoint reports what is not host, host:port, or one of them after http:// or https://. The message does not repeat the
// value, which may contain a password.
func (v *validator) endpoint(at path, endpoint string) {
	if endpoint == "" {
		return
	}
	full := endpoint
	if !strings.Contains(full, "://") {
		full = "https://" + full
	}
	u, err := url.Parse(full)
	if err != nil || (u.Scheme != "http" && u.Scheme != "https") || full != u.Scheme+"://"+u.Host || !isHost(u) {
		v.addf(at, "must be host, host:port, http://host:port or https://host:port, without user, path or query")
	}
}

// isHost reports whether the host is a name or an address, and the port, if any, a number from 1 to 65535.
func isHost(u *url.URL) bool {
	if port := u.Port(); port != "" || strings.HasSuffix(u.Host, ":") {
		if n, err := strconv.Atoi(port); err != nil || n < 1 || n > 65535 {
			return false
		}
	}
	return regexp.MustCompile(`^([0-9A-Za-z._-]+|[0-9A-Fa-f:.]+:[0-9A-Fa-f:.]*)$`).MatchString(u.Hostname())
}
