package e2e

import (
	"testing"
	"time"
)

// alibabaTargets are the shards of the healthy fleet's instances in Alibaba Cloud.
func alibabaTargets() map[string][]string {
	return map[string][]string{
		"orders-prod": {""}, "payments-prod": {""}, "search-prod": {""}, "reports-prod": {""},
		"events-prod": {"d-bp1eventsa", "d-bp1eventsb", "d-bp1eventsc"},
		"ledger-prod": {"d-bp1ledgera", "d-bp1ledgerb", "d-bp1ledgerc"},
	}
}

// stale returns the alerts for targets whose backups cannot be read.
func stale(targets map[string][]string) []alert {
	var list []alert
	for instance, shards := range targets {
		for _, shard := range shards {
			list = append(list, alert{"MongoDBBackupDataStale", instance, shard, "warning"})
		}
	}
	return list
}

// unreadable returns the alerts for instances of which something other than the backups cannot be read.
func unreadable(targets map[string][]string) []alert {
	var list []alert
	for instance := range targets {
		list = append(list, alert{"MongoDBBackupPollFailing", instance, "", "warning"})
	}
	return list
}

// TestRefusedCredentials: one alert per region of the account is reported, and none about its instances.
func TestRefusedCredentials(t *testing.T) {
	t.Parallel()
	s := start(t, setup{fleet: "healthy", staleAfter: 20 * time.Second})
	end := s.fault(t, `{"cloud": "alibaba", "kind": "expired_key"}`)

	down := []alert{
		{"MongoDBBackupAccountDown", "demo-alibaba/cn-beijing", "", "critical"},
		{"MongoDBBackupAccountDown", "demo-alibaba/cn-hangzhou", "", "critical"},
	}
	s.expect(t, down, stale(alibabaTargets()), "MongoDBBackupPollFailing") // PollFailing fires later
	s.assertText(t, message{
		down[1],
		`alibaba account demo-alibaba, region cn-hangzhou: the cloud refuses the credentials or does not answer.`,
		`No exporter could read anything of alibaba account demo-alibaba, region cn-hangzhou for at least 15 minutes: the credentials are refused, or no call is answered. No other alert about its instances can be relied on. The exporter's status page shows what the cloud said.`,
	})
	if n := s.receiver.first(t, down[1]); n.Receiver != "pager" {
		t.Errorf("sent to %s, want pager", n.Receiver)
	}

	end()
	s.expect(t, nil, nil)
	s.assertReported(t, down, "MongoDBBackupDataStale", "MongoDBBackupPollFailing")
}

// TestUnreadableInstance: an instance that cannot be read is reported once, when its data are withdrawn, and no other.
func TestUnreadableInstance(t *testing.T) {
	t.Parallel()
	s := start(t, setup{fleet: "healthy", staleAfter: 10 * time.Second})
	orders := map[string][]string{"orders-prod": {""}}
	end := s.fault(t, `{"instance_id": "dds-bp1ordersprod", "kind": "forbidden"}`)

	s.expect(t, stale(orders), unreadable(orders))
	if unknown, err := s.number(`mongodb_backup_health{instance_id="dds-bp1ordersprod", state="unknown"}`); err != nil || unknown != 1 {
		t.Errorf("health unknown is %v %v, want 1", unknown, err)
	}
	if rows, err := s.query(`mongodb_backup_last_success_timestamp_seconds{instance_id="dds-bp1ordersprod"}`); err != nil || len(rows) > 0 {
		t.Errorf("still shown as current: %v %v", rows, err)
	}
	s.assertText(t, message{
		stale(orders)[0],
		`Nobody knows whether orders-prod is backed up.`,
		`alibaba account demo-alibaba, region cn-hangzhou, instance dds-bp1ordersprod: no exporter can read its backup list; last read: <time>. Late and Never go on with the last known verdict; other alerts about it speak of the last reading, or not at all. The exporter's status page says why.`,
	})

	end()
	s.expect(t, nil, nil)
	s.assertReported(t, stale(orders), "MongoDBBackupPollFailing")
}

// TestThrottled: when the cloud throttles every call, there is one message per region, not one per instance.
func TestThrottled(t *testing.T) {
	t.Parallel()
	s := start(t, setup{fleet: "healthy"})
	end := s.fault(t, `{"cloud": "alibaba", "kind": "throttle", "delay": "-1s"}`)

	throttled := []alert{
		{"MongoDBBackupThrottled", "demo-alibaba/cn-beijing", "", "warning"},
		{"MongoDBBackupThrottled", "demo-alibaba/cn-hangzhou", "", "warning"},
		{"MongoDBBackupDiscoveryFailing", "demo-alibaba/cn-beijing", "", "warning"},
		{"MongoDBBackupDiscoveryFailing", "demo-alibaba/cn-hangzhou", "", "warning"},
	}
	reported := append(stale(alibabaTargets()), throttled...)
	s.expect(t, reported, unreadable(alibabaTargets()))
	s.assertText(t, message{
		throttled[1],
		`alibaba account demo-alibaba, region cn-hangzhou: <percent> of the calls to the cloud are throttled.`,
		`The cloud rejects <percent> of the calls for alibaba account demo-alibaba, region cn-hangzhou as too many, for at least half an hour. Readings get older, and other tools of the same account may be throttled with us.`,
	})
	if got := s.receiver.messages(); got != 2 {
		t.Errorf("%d messages, want one per region", got)
	}

	end()
	s.expect(t, nil, nil)
	s.assertReported(t, reported, "MongoDBBackupPollFailing")
}

// TestExportersDie: the end of one exporter of a pair is a warning, that of both is critical.
func TestExportersDie(t *testing.T) {
	t.Parallel()
	s := start(t, setup{fleet: "healthy", exporters: 2})
	one := []alert{{"MongoDBBackupExporterDown", s.exporters[0].address, "", "warning"}}
	both := []alert{{"MongoDBBackupExporterAbsent", "", "", "critical"}}

	s.exporters[0].process.kill(t)
	s.expect(t, one, nil)
	s.assertText(t, message{
		one[0],
		"mongodb_backup_exporter " + s.exporters[0].address + " is down; others still watch its accounts.",
		"Prometheus cannot scrape " + s.exporters[0].address + " (job mongodb_backup). Every account it watched is watched by another exporter, so no verdict is lost, but there is one exporter less.",
	})

	s.exporters[1].process.kill(t)
	s.expect(t, both, nil)
	s.assertText(t, message{
		both[0],
		`No mongodb_backup_exporter is being scraped: nobody watches any backup.`,
		`Prometheus has no sample of any mongodb_backup_exporter: it is down, unreachable, or not in the scrape configuration. No other backup alert can fire.`,
	})

	s.startExporter(t, 0)
	s.startExporter(t, 1)
	wait(t, patience, s.targetsAreUp)
	s.expect(t, nil, nil)
	s.assertReported(t, append(one, both...))
}
