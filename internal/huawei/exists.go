package huawei

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/huaweicloud/huaweicloud-sdk-go-v3/services/dds/v3/model"

	"mongodb_backup_exporter/internal/backup"
	"mongodb_backup_exporter/internal/cloudcall"
	"mongodb_backup_exporter/internal/wire"
)

// ownerExists returns an error of class not found when the instance that backups or jobs were asked for does not exist.
// found is how many the project lists. Manual backups outlive their instance: those of an instance that DDS does not have
// are no backups of a database. While the instances cannot be listed, what was found is believed.
func (s *Source) ownerExists(ctx context.Context, op, instanceID string, found int) error {
	if found > 0 && !s.missing(instanceID) {
		return nil
	}
	err := s.mustExist(ctx, op, instanceID)
	if found > 0 && backup.ClassOf(err) != backup.ClassNotFound {
		return nil
	}
	return err
}

// missing reports whether the last listing was whole and does not have the instance.
func (s *Source) missing(instanceID string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.whole && s.listed[instanceID].InstanceID == ""
}

// mustExist returns an error of class not found for an instance that DDS does not have. An instance without backups or
// jobs is not in the lists of the project, and neither is one that does not exist. That a listing lacks the instance proves
// nothing, because a list that moves while its pages are read lacks one that is there. So DDS is asked about the instance.
func (s *Source) mustExist(ctx context.Context, op, instanceID string) error {
	if s.lookUp(instanceID).InstanceID != "" {
		return nil
	}
	if !s.missing(instanceID) { // no whole listing says anything of it
		listing, err := s.instances.Get(ctx, instanceID, time.Time{})
		if slices.ContainsFunc(listing.Instances, func(in backup.Instance) bool { return in.InstanceID == instanceID }) {
			return nil // even if others could not be read
		}
		if err := cmp.Or(err, listing.Err()); err != nil {
			return err
		}
	}
	exists, err := s.question(instanceID).Get(ctx, op, time.Time{})
	if exists || err != nil {
		return err
	}
	gone := &backup.Error{Op: op, Class: backup.ClassNotFound, Err: fmt.Errorf("the project does not list instance %q", instanceID)}
	gone.Hint = hint(op, gone)
	return gone
}

// question returns what asks DDS about one instance. Its callers are operations, which share an answer.
func (s *Source) question(instanceID string) *cloudcall.Shared[bool] {
	s.mu.Lock()
	defer s.mu.Unlock()
	q, ok := s.byID[instanceID]
	if !ok {
		q = cloudcall.NewShared(opListInstances, s.shareFor, s.now, func(ctx context.Context, _ time.Time) (bool, error) {
			return s.find(cloudcall.About(ctx, instanceID, ""), instanceID)
		})
		s.byID[instanceID] = q
	}
	return q
}

// find asks DDS for one instance by its id, and reports whether it is in the answer. Other instances in it say nothing. One
// that was found counts as listed until the next whole listing, so that it is not asked for again before.
func (s *Source) find(ctx context.Context, instanceID string) (bool, error) {
	var r wire.Reader
	records, err := s.instanceRecords(ctx, model.ListInstancesRequest{Id: &instanceID}, &r)
	if err != nil {
		return false, err
	}
	listing := backup.Listing{Op: opListInstances}
	for i := range records {
		in, ok := convertInstance(&records[i], s.owner, &r)
		if !ok {
			listing.Unread++
		} else if in.InstanceID == instanceID {
			s.mu.Lock()
			defer s.mu.Unlock()
			s.listed[instanceID] = in
			return true, nil
		}
	}
	s.rejects.Report(s.target(instanceID), r)
	return false, listing.Err()
}
