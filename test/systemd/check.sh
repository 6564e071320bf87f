#!/usr/bin/env bash
# Checks the units of ../../deploy/systemd with systemd-analyze (Debian package systemd); says so and succeeds where it is
# missing, unless DEPLOY=required. Nothing is started, and systemd need not run.
set -euo pipefail
cd "$(dirname "$0")/../.."
units=deploy/systemd
# shellcheck source=test/checked.sh
. test/checked.sh
most=20 # tenths: how exposed the service may be, of 100

command -v systemd-analyze >/dev/null || not_checked "systemd: NOT CHECKED, there is no systemd-analyze here"

# A machine with nothing but the units and the programs that they name.
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$work/etc/systemd/system" "$work/usr/bin" "$work/usr/lib/systemd/system" "$work/bin"
cp $units/*.service $units/*.socket "$work/etc/systemd/system/"
cp /usr/lib/systemd/system/*.target "$work/usr/lib/systemd/system/"
for program in /usr/bin/mongodb_backup_exporter /bin/sh; do
	printf '#!/bin/sh\n' >"$work$program"
	chmod +x "$work$program"
done

# verify succeeds with keys that it does not know, so it must print nothing.
said=$(systemd-analyze verify --root="$work" mongodb_backup_exporter.service mongodb_backup_exporter.socket 2>&1) || failed=1
[ -z "$said" ] && [ -z "${failed:-}" ] || { echo "systemd: verify says: $said" >&2; exit 1; }

# The same with the drop-in for older ones, as its page has it: it has to take the directory away, and to name the files.
dropin="$work/etc/systemd/system/mongodb_backup_exporter.service.d"
mkdir "$dropin"
sed -n '/^```ini$/,/^```$/{/^```/!p}' docs/deployment.md >"$dropin/secrets.conf"
grep -qx 'LoadCredential=' "$dropin/secrets.conf" && [ "$(grep -c '^LoadCredential=secrets_.*:/etc/mongodb_backup_exporter/secrets/' "$dropin/secrets.conf")" = 2 ] ||
	{ echo "systemd: docs/deployment.md has no drop-in that names two secrets instead of the directory" >&2; exit 1; }
said=$(systemd-analyze verify --root="$work" mongodb_backup_exporter.service 2>&1) || failed=1
[ -z "$said" ] && [ -z "${failed:-}" ] || { echo "systemd: verify says of the drop-in: $said" >&2; exit 1; }

score=$(systemd-analyze security --offline=true --threshold=$most $units/mongodb_backup_exporter.service) || {
	echo "$score" >&2
	echo "systemd: the service is more exposed than $most tenths" >&2
	exit 1
}
rated=$(sed -n 's/.*Overall exposure level for .*: \([0-9.]*\) .*/\1/p' <<<"$score")
grep -q "\`systemd-analyze security\` rates it $rated of 10" docs/deployment.md || echo "systemd: docs/deployment.md names another exposure than $rated; systemd $(systemd-analyze --version | head -n 1 | cut -d' ' -f2) may rate otherwise" >&2
echo "systemd: the units are well formed; ${score##*→ }"
