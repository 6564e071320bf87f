module mongodb_backup_exporter/test/e2e

go 1.26
