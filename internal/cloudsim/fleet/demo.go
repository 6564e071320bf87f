package fleet

import (
	"strings"
	"time"
)

// Regions and the project of the demo fleet.
const (
	DemoAlibabaRegion = "cn-hangzhou" // nearly all of Alibaba's instances
	DemoSecondRegion  = "cn-beijing"  // DemoWatched and DemoUnwatched
	DemoHuaweiRegion  = "cn-north-4"
	DemoProjectID     = "5f0c1b2a3d4e4f60718293a4b5c6d7e8"
)

// Instances of DemoSecondRegion, where the demo's configuration lists instances by id.
const (
	DemoWatched   = "dds-2zereportsprod" // is listed
	DemoUnwatched = "dds-2zescratchdev"  // was forgotten
)

// Demo returns a fleet with an instance for each situation that a user should see. It starts at now. As time passes,
// instances with a working schedule get more backups, and the others do not.
func Demo(now time.Time) Fleet {
	return demoFleet(now, func(scene) bool { return true })
}

// Healthy returns the instances of the demo fleet that are in order, at now and later.
func Healthy(now time.Time) Fleet {
	return demoFleet(now, func(sc scene) bool { return sc.healthy })
}

// scene is one situation of the demo.
type scene struct {
	id, name string
	healthy  bool
	change   func(in *Instance, now time.Time) // turns a healthy instance into the situation
}

func demoFleet(now time.Time, wanted func(scene) bool) Fleet {
	now = now.UTC().Truncate(time.Second)
	instances := func(scenes []scene) []Instance {
		var list []Instance
		for _, sc := range scenes {
			if wanted(sc) {
				list = append(list, sc.instance(now))
			}
		}
		return list
	}
	return Fleet{Accounts: []Account{
		{
			Cloud: Alibaba, AccessKeyID: "AKDEMOALIBABA0000000", AccessKeySecret: "demo-alibaba-key-secret",
			Instances: instances(alibabaScenes()),
		},
		{
			Cloud: Huawei, AccessKeyID: "AKDEMOHUAWEI00000000", AccessKeySecret: "demo-huawei-key-secret",
			AuthToken: "demo-huawei-user-token", ProjectIDs: map[string]string{DemoHuaweiRegion: DemoProjectID},
			Instances: instances(huaweiScenes()),
		},
	}}
}

// instance makes a healthy instance with daily backups and turns it into the situation.
func (sc scene) instance(now time.Time) Instance {
	team, _, _ := strings.Cut(sc.name, "-")
	in := Instance{
		ID: sc.id, Name: sc.name, Region: DemoAlibabaRegion, Topology: ReplicaSet, Storage: "cloud_essd1", Version: "6.0",
		Tags: map[string]string{"env": "prod", "team": team}, CreatedAt: now.AddDate(0, 0, -90),
		Policy: Policy{
			Weekdays: everyDay(), StartsAt: time.Duration(hashOf(sc.id)%24) * time.Hour, Window: time.Hour, RetentionDays: 14,
		},
		Live: &Schedule{Length: 9 * time.Minute, SizeBytes: 40 * gibibyte, GrowthPerDay: 200 * mebibyte},
	}
	if in.ofHuawei() {
		in.Region, in.Storage, in.Version = DemoHuaweiRegion, "ULTRAHIGH", "4.4"
	}
	if strings.HasPrefix(sc.id, "dds-2ze") {
		in.Region = DemoSecondRegion
	}
	in.Live.Since = later(in.CreatedAt, now.AddDate(0, 0, -in.Policy.RetentionDays))
	sc.change(&in, now)
	return in
}
