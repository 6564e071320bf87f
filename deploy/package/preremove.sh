#!/bin/sh
# Before a package is removed: dpkg says "remove", rpm says 0. On an upgrade the service goes on.
set -e
[ -d /run/systemd/system ] || exit 0
case "$1" in
remove | 0) systemctl disable --now mongodb_backup_exporter.service mongodb_backup_exporter.socket ;;
esac
