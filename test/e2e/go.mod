module mongodb_backup_exporter/test/e2e

go 1.26

require github.com/google/go-cmp v0.7.0
