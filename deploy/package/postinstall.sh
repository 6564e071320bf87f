#!/bin/sh
# After a package is installed or upgraded. The service is not started: it needs a configuration first.
set -e
[ -d /run/systemd/system ] || exit 0
systemctl daemon-reload
systemd=$(systemctl --version | sed -n '1s/^systemd \([0-9]*\).*/\1/p')
if [ "${systemd:-251}" -lt 251 ]; then
	echo "mongodb_backup_exporter: systemd $systemd does not take the unit's directory of secrets, as 251 does. Add a drop-in that names each file:" >&2
	echo "https://github.com/mongodb-backup-exporter/mongodb_backup_exporter/blob/main/docs/deployment.md#which-systemd" >&2
fi
# A new program takes the place of the old one. A service that does not run stays so.
systemctl try-restart mongodb_backup_exporter.service
