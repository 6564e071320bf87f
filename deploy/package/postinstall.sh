#!/bin/sh
# After a package is installed or upgraded. The service is not started: it needs a configuration first.
set -e
[ -d /run/systemd/system ] || exit 0
systemctl daemon-reload
# A new program takes the place of the old one. A service that does not run stays so.
systemctl try-restart mongodb_backup_exporter.service
