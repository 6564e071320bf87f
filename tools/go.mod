module mongodb_backup_exporter/tools

go 1.26
