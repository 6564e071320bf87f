package config

import (
	"net/url"
	pattern "path"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// maxLabel is how many characters an id or name may have: they are labels. What is longer is a mistake, such as a list in
// the wrong place.
const maxLabel = 256

// maxTags is the number of tags that an instance can have; it is the same for every cloud.
const maxTags = 20

func (v *validator) region(at path, cloud string, r Region) {
	v.id(at.key("id"), r.ID, regionExamples())
	if r.ID == AllRegions {
		v.allRegions(at, cloud, r)
	}
	v.endpoint(at.key("endpoint"), r.Endpoint)
	v.endpoint(at.key("iam_endpoint"), r.IAMEndpoint)
	if r.ProjectID != "" && v.supports(at, cloud, "project_id") && !isProjectID(r.ProjectID) {
		v.addf(at.key("project_id"), "%q must be 32 hexadecimal digits in lower case; leave it out to have it looked up", r.ProjectID)
	}
	if r.IAMEndpoint != "" {
		v.supports(at, cloud, "iam_endpoint")
	}
	if len(r.Instances) == 0 && !r.Discovery.Enabled {
		v.addf(at, "nothing is watched here; list instances, or write discovery: {enabled: true}")
	}
	v.line(at.key("owner_tag"), r.OwnerTag)
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
	v.tags(at.key("tags"), d.Tags)
	excluded := places{}
	for i, e := range d.Exclude {
		at := at.key("exclude").index(i)
		v.exclusion(at, e)
		if len(e.Tags) > 0 || e.Name != "" {
			continue
		}
		v.once(excluded, e.ID, at)
		if slices.ContainsFunc(r.Instances, func(in Instance) bool { return in.ID == e.ID }) && e.ID != "" {
			v.addf(at, "%q is listed under instances as well; keep one of the two", e.ID)
		}
	}
}

// exclusion reports an entry that sets nothing, or values that no instance can have.
func (v *validator) exclusion(at path, e Exclusion) {
	if e.ID == "" && e.Name == "" && len(e.Tags) == 0 {
		v.addf(at, "is missing; write an id such as dds-bp1xxxxxxxx, {name: \"tmp-*\"} or {tags: {env: dev}}")
		return
	}
	if e.ID != "" {
		v.id(at, e.ID, "dds-bp1xxxxxxxx")
	}
	if _, err := pattern.Match(e.Name, ""); err != nil {
		v.addf(at.key("name"), "%q is not a pattern: a [ needs its ], and a \\ a character after it", e.Name)
	}
	v.tags(at.key("tags"), e.Tags)
}

// tags reports tags that no instance can have.
func (v *validator) tags(at path, tags map[string]string) {
	if len(tags) > maxTags {
		v.addf(at, "%d tags are too many: an instance has %d at most", len(tags), maxTags)
	}
	if _, ok := tags[""]; ok {
		v.addf(at, "the name of a tag must not be empty")
	}
}

// id reports an id that does not consist of letters, digits and dashes: ids become part of request paths.
func (v *validator) id(at path, id, example string) {
	switch {
	case id == "":
		v.addf(at, "is missing; write an id such as %s", example)
	case len(id) > maxLabel:
		v.addf(at, "must not be longer than %d characters; write an id such as %s", maxLabel, example)
	case strings.Trim(id, "0123456789-"+letters) != "":
		v.addf(at, "%q must hold nothing but letters, digits and dashes, such as %s", id, example)
	}
}

// endpoint reports an endpoint that is not host, host:port, or one of them after http:// or https://. The message does not
// repeat the value, which may contain a password.
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
