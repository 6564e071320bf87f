module mongodb_backup_exporter/test/e2e

go 1.26.0

require (
	github.com/google/go-cmp v0.7.0
	mongodb_backup_exporter v0.0.0
)

require gopkg.in/yaml.v3 v3.0.1

replace mongodb_backup_exporter => ../..
