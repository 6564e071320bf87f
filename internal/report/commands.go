package report

import (
	"strings"

	"mongodb_backup_exporter/internal/backup"
)

// Command is a line for a shell, and what it does.
type Command struct{ What, Line string }

// Plain reports whether a text has only letters, digits and . _ -, as ids of clouds have, and does not begin with a dash.
// Neither a shell nor Markdown takes it for more than a word.
func Plain(text string) bool {
	plain := func(c rune) bool {
		return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '.' || c == '_' || c == '-'
	}
	return text != "" && text[0] != '-' && strings.IndexFunc(text, func(c rune) bool { return !plain(c) }) < 0
}

// commands returns what can be run about an instance. There are none where its id could mean more to a shell.
func commands(in backup.Instance) []Command {
	if !Plain(in.InstanceID) || !Plain(in.Region) {
		return nil
	}
	of := " --config.file=FILE --instance=" + in.InstanceID
	if Plain(in.Account) {
		of += " --account=" + in.Account
	}
	of += " --region=" + in.Region
	all := []Command{
		{"Start a backup now, and follow it", "mongodb_backup_exporter backup create" + of + " --wait"},
		{"Follow the backup that runs", "mongodb_backup_exporter backup follow" + of},
		{"List its backups", "mongodb_backup_exporter backup list" + of},
	}
	fill := strings.NewReplacer("REGION", in.Region, "INSTANCE", in.InstanceID)
	for _, c := range ofCloud(in) {
		all = append(all, Command{c.What, fill.Replace(c.Line)})
	}
	return all
}

// ofCloud returns the commands of the cloud's own command line.
func ofCloud(in backup.Instance) []Command {
	const alibaba, huawei = " --region REGION --DBInstanceId INSTANCE", " --cli-region=REGION --project_id=PROJECT --instance_id=INSTANCE"
	const lastDays = ` --StartTime "$(date -u -d '-8 days' +%FT%H:%MZ)" --EndTime "$(date -u +%FT%H:%MZ)"`
	switch in.Cloud {
	case backup.Alibaba:
		list := Command{"List its backups with the cloud's own command", "aliyun dds DescribeBackups" + alibaba + lastDays}
		if len(in.Nodes) > 0 && Plain(in.Nodes[0]) {
			list = Command{"List the backups of a shard", "aliyun dds DescribeBackups" + alibaba + " --NodeId " + in.Nodes[0] + lastDays}
		}
		return []Command{
			list,
			{"Show its jobs", "aliyun dds DescribeBackupTasks" + alibaba},
			{"Show its policy", "aliyun dds DescribeBackupPolicy" + alibaba},
		}
	case backup.Huawei:
		return []Command{
			{"List its backups with the cloud's own command", "hcloud DDS ListBackups" + huawei},
			{"Show its policy", "hcloud DDS ShowBackupPolicy" + huawei},
		}
	}
	return nil
}

// Console is where the backups of an instance are in the cloud's console.
type Console struct {
	URL  string // of the console; the addresses of pages in it are documented by neither cloud
	Name string // of the service there
	Path string // from there on, in words
}

// console returns where to look; nil: the cloud is not known.
func console(in backup.Instance) *Console {
	switch in.Cloud {
	case backup.Alibaba:
		return &Console{"https://mongodb.console.aliyun.com/", "ApsaraDB for MongoDB", in.Region + " → " + in.InstanceID + " → Backup and Recovery"}
	case backup.Huawei:
		return &Console{"https://console.huaweicloud.com/dds/", "Document Database Service", in.Region + " → Instances → " + in.InstanceID + " → Backups & Restorations"}
	}
	return nil
}
