package cloudsim_test

import (
	"errors"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	openapi "github.com/alibabacloud-go/darabonba-openapi/v2/client"
	dds "github.com/alibabacloud-go/dds-20151201/v8/client"
	"github.com/alibabacloud-go/tea/tea"
	"github.com/huaweicloud/huaweicloud-sdk-go-v3/core/auth/basic"
	"github.com/huaweicloud/huaweicloud-sdk-go-v3/core/config"
	"github.com/huaweicloud/huaweicloud-sdk-go-v3/core/region"
	"github.com/huaweicloud/huaweicloud-sdk-go-v3/core/sdkerr"
	hwdds "github.com/huaweicloud/huaweicloud-sdk-go-v3/services/dds/v3"
	"github.com/huaweicloud/huaweicloud-sdk-go-v3/services/dds/v3/model"

	"mongodb_backup_exporter/internal/cloudsim"
	"mongodb_backup_exporter/internal/cloudsim/fleet"
)

// demoNow is the time in which the fleet lives. The SDKs sign with the machine's clock.
var demoNow = time.Date(2026, 8, 6, 12, 0, 0, 0, time.UTC)

func serve(t *testing.T, change func(*fleet.Fleet)) (url string, f fleet.Fleet) {
	t.Helper()
	f = fleet.Demo(demoNow)
	change(&f)
	server := httptest.NewServer(cloudsim.New(cloudsim.Options{
		Fleet: f, Now: func() time.Time { return demoNow }, WallNow: time.Now,
	}))
	t.Cleanup(server.Close)
	return server.URL, f
}

func alibabaClient(t *testing.T, url string, config openapi.Config) *dds.Client {
	t.Helper()
	config.Endpoint, config.Protocol = new(strings.TrimPrefix(url, "http://")), new("http")
	config.RegionId = new(fleet.DemoAlibabaRegion)
	client, err := dds.NewClient(&config)
	if err != nil {
		t.Fatal(err)
	}
	return client
}

func TestAlibabaSDK(t *testing.T) {
	for name, tc := range map[string]struct{ token, algorithm string }{
		"current signature":     {},
		"temporary credentials": {token: "sts-token"},
		"legacy signature":      {algorithm: "v2"},
	} {
		t.Run(name, func(t *testing.T) {
			url, f := serve(t, func(f *fleet.Fleet) { f.Accounts[0].SecurityToken = tc.token })
			client := alibabaClient(t, url, openapi.Config{
				AccessKeyId:     new(f.Accounts[0].AccessKeyID),
				AccessKeySecret: new(f.Accounts[0].AccessKeySecret),
				SecurityToken:   nonEmpty(tc.token), SignatureAlgorithm: nonEmpty(tc.algorithm),
			})
			testAlibabaCalls(t, client)
		})
	}
}

func testAlibabaCalls(t *testing.T, client *dds.Client) {
	t.Helper()
	list, err := client.DescribeDBInstances(&dds.DescribeDBInstancesRequest{
		RegionId: new(fleet.DemoAlibabaRegion), DBInstanceType: new("sharding"), PageSize: tea.Int32(100),
		Tag: []*dds.DescribeDBInstancesRequestTag{{Key: new("env"), Value: new("prod")}},
	})
	if err != nil {
		t.Fatal(err)
	}
	if n := len(list.Body.DBInstances.DBInstance); n != 4 || len(list.Body.DBInstances.DBInstance[0].ShardList.ShardAttribute) != 3 {
		t.Errorf("%d clusters: %v", n, list.Body)
	}
	backups, err := client.DescribeBackups(&dds.DescribeBackupsRequest{
		DBInstanceId: new("dds-bp1ordersprod"), PageSize: tea.Int32(50),
		StartTime: new("2020-01-01T00:00Z"), EndTime: new("2120-01-01T00:00Z"),
	})
	if err != nil {
		t.Fatal(err)
	}
	if n := len(backups.Body.Backups.Backup); n < 13 || tea.StringValue(backups.Body.Backups.Backup[0].BackupStatus) != "Success" {
		t.Errorf("%d backups: %v", n, backups.Body)
	}
	tasks, err := client.DescribeBackupTasks(&dds.DescribeBackupTasksRequest{DBInstanceId: new("dds-bp1searchprod")})
	if err != nil {
		t.Fatal(err)
	}
	if len(tasks.Body.BackupJobs) == 0 || !strings.HasSuffix(tea.StringValue(tasks.Body.BackupJobs[0].Progress), "%") {
		t.Errorf("tasks: %v", tasks.Body)
	}
	_, err = client.DescribeBackups(&dds.DescribeBackupsRequest{DBInstanceId: new("dds-none")})
	if sdk, ok := errors.AsType[*tea.SDKError](err); !ok || tea.StringValue(sdk.Code) != "InvalidDBInstanceId.NotFound" || tea.IntValue(sdk.StatusCode) != 404 {
		t.Errorf("unknown instance: %v", err)
	}
}

func nonEmpty(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

func TestHuaweiSDK(t *testing.T) {
	for name, tc := range map[string]struct {
		token, project string
	}{
		"project given":         {project: fleet.DemoProjectID},
		"project looked up":     {},
		"temporary credentials": {project: fleet.DemoProjectID, token: "sts-token"},
	} {
		t.Run(name, func(t *testing.T) {
			url, f := serve(t, func(f *fleet.Fleet) {
				f.Accounts[1].SecurityToken = tc.token
				f.Accounts[1].AccessKeyID += name[:1] // the SDK keeps the project of a key for the whole process
			})
			credentials, err := basic.NewCredentialsBuilder().WithAk(f.Accounts[1].AccessKeyID).
				WithSk(f.Accounts[1].AccessKeySecret).WithSecurityToken(tc.token).WithProjectId(tc.project).
				WithIamEndpointOverride(url).SafeBuild()
			if err != nil {
				t.Fatal(err)
			}
			client, err := hwdds.DdsClientBuilder().WithCredential(credentials).
				WithRegion(region.NewRegion(fleet.DemoHuaweiRegion, url)).
				WithHttpConfig(config.DefaultHttpConfig().WithUserAgent("cloudsim-test")).SafeBuild()
			if err != nil {
				t.Fatal(err)
			}
			testHuaweiCalls(t, hwdds.NewDdsClient(client), f.Accounts[1].Instances)
		})
	}
}

func testHuaweiCalls(t *testing.T, client *hwdds.DdsClient, instances []fleet.Instance) {
	t.Helper()
	list, err := client.ListInstances(&model.ListInstancesRequest{})
	if err != nil {
		t.Fatal(err)
	}
	if *list.TotalCount != int32(len(instances)) || len(*list.Instances) != len(instances) {
		t.Errorf("instances: %v", list)
	}
	begin, end := "2020-01-01 00:00:00", "2120-01-01 00:00:00"
	backups, err := client.ListBackups(&model.ListBackupsRequest{BeginTime: &begin, EndTime: &end, InstanceId: &instances[0].ID})
	if err != nil {
		t.Fatal(err)
	}
	if len(*backups.Backups) < 13 || (*backups.Backups)[0].Status.Value() == "" || (*backups.Backups)[1].Size < 1<<20 {
		t.Errorf("backups: %v", backups)
	}
	policy, err := client.ShowBackupPolicy(&model.ShowBackupPolicyRequest{InstanceId: instances[0].ID})
	if err != nil {
		t.Fatal(err)
	}
	if policy.BackupPolicy.KeepDays != 14 || *policy.BackupPolicy.Period != "1,2,3,4,5,6,7" {
		t.Errorf("policy: %v", policy)
	}
	now := demoNow
	tasks, err := client.ListTasks(&model.ListTasksRequest{
		StartTime: now.AddDate(0, 0, -7).Format("2006-01-02T15:04:05-0700"), EndTime: now.Format("2006-01-02T15:04:05-0700"),
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(*tasks.Jobs) == 0 {
		t.Errorf("tasks: %v", tasks)
	}
	times, err := client.ListRestoreTimes(&model.ListRestoreTimesRequest{InstanceId: instances[0].ID, Date: now.Format(time.DateOnly)})
	if err != nil {
		t.Fatal(err)
	}
	if len(*times.RestoreTime) != 1 || (*times.RestoreTime)[0].EndTime != demoNow.Add(-5*time.Minute).UnixMilli() {
		t.Errorf("restore times: %v", times)
	}
	made, err := client.CreateManualBackup(&model.CreateManualBackupRequest{Body: &model.CreateManualBackupRequestBody{
		Backup: &model.CreateManualBackupOption{InstanceId: instances[1].ID, Name: "before-upgrade"},
	}})
	if err != nil {
		t.Fatal(err)
	}
	job, err := client.ShowJobDetail(&model.ShowJobDetailRequest{Id: *made.JobId})
	if err != nil || job.Job.Status != "Running" {
		t.Errorf("job: %v, %v", job, err)
	}
	limit := int32(101)
	_, err = client.ListBackups(&model.ListBackupsRequest{Limit: &limit})
	if sdk, ok := errors.AsType[*sdkerr.ServiceResponseError](err); !ok || sdk.ErrorCode != "DBS.280439" || sdk.RequestId == "" {
		t.Errorf("limit 101: %v", err)
	}
}
