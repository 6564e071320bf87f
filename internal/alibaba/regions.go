package alibaba

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"mongodb_backup_exporter/internal/backup"
	"mongodb_backup_exporter/internal/wire"
)

// centralHost answers for no region in particular. The documentation asks it for the regions.
const centralHost = "mongodb.aliyuncs.com"

// maxRegions is more than the cloud has. Each region is polled, so an answer must not name any number.
const maxRegions = 200

// regionsAnswer is the answer to DescribeRegions. The EndPoint of a region is not read: an answer must not say where
// signed calls go. The host of a region follows from its id.
type regionsAnswer struct {
	fault
	Regions wire.Part[regionList]
}

type regionList struct{ DdsRegion wire.List[regionRecord] }

type regionRecord struct {
	RegionID wire.Scalar `json:"RegionId"`
}

// Missing implements wire.Answer. Every account has regions, so an empty list is no answer.
func (a *regionsAnswer) Missing() string {
	return wire.MissingUnless(a.Regions.Present() && len(a.Regions.Value.DdsRegion.Items) > 0, "Regions")
}

// Regions lists the ids of all regions in which the account may have instances, sorted. An error that comes with ids
// says that some regions could not be read.
func (s *Source) Regions(ctx context.Context) ([]string, error) {
	const op = opDescribeRegions
	a, err := ask[regionsAnswer](ctx, s.client, operation{name: op})
	if err != nil {
		return nil, err
	}
	var r wire.Reader
	ids, unread := regionIDs(a.Regions.Value.DdsRegion.Items, &r)
	s.rejects.Report(s.owner, r)
	switch {
	case len(ids) > maxRegions:
		return nil, wire.ProtocolError(op, fmt.Sprintf("%d regions are more than there can be", len(ids)))
	case unread > 0:
		return ids, &backup.Error{Op: op, Class: backup.ClassProtocol, Err: fmt.Errorf("%d of the listed regions could not be read", unread)}
	}
	return ids, nil
}

// RegionNotOffered reports whether a failure says that there is no such region for the account. Only codes count that are
// documented for it.
func RegionNotOffered(err error) bool {
	return strings.HasPrefix(strings.ToLower(backup.CodeOf(err)), "invalidregionid")
}

// regionIDs returns the ids of the records, each once: the cloud has a record for each group of zones. An id becomes
// part of a host name, so that nothing but the id of a region may pass.
func regionIDs(records []regionRecord, r *wire.Reader) (ids []string, unread int) {
	isRegion := regexp.MustCompile(`^[a-z][a-z0-9]*(-[a-z0-9]+)+$`)
	for i := range records {
		id, ok := r.ID("RegionId", records[i].RegionID)
		if ok && (len(id) > longestRegion || !isRegion.MatchString(id)) {
			r.Reject("RegionId", records[i].RegionID, "the id of a region")
			ok = false
		}
		if !ok {
			unread++
			continue
		}
		ids = append(ids, id)
	}
	slices.Sort(ids)
	return slices.Compact(ids), unread
}

// longestRegion is how many characters the id of a region may have: the part of a host name between two dots.
const longestRegion = 63
