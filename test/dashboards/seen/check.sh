#!/usr/bin/env bash
# Looks at the dashboards (check.sh) or draws the pictures of docs/images (check.sh pictures). Says so and succeeds where there
# is no Chromium, unless SEEN=required. The first run fetches some 450 MB of npm packages.
set -euo pipefail
cd "$(dirname "$0")"

CHROMIUM=${CHROMIUM:-$(command -v chromium || command -v chromium-browser || command -v google-chrome || true)}
if [ -z "$CHROMIUM" ] || ! command -v npm >/dev/null; then
	echo "dashboards-seen: NOT CHECKED, it needs Chromium and Node.js (Debian: apt-get install chromium nodejs npm)" >&2
	[ "${SEEN:-}" != required ]
	exit
fi
export CHROMIUM

# npm writes this file last.
[ node_modules/.package-lock.json -nt package-lock.json ] || said=$(npm ci --no-audit --no-fund 2>&1) || {
	echo "$said" >&2
	grep -qE 'code (ENOTFOUND|EAI_AGAIN|ECONN[A-Z]*|E?TIMEDOUT|ENETUNREACH|ERR_SOCKET_TIMEOUT|E5[0-9][0-9])' <<<"$said" || exit 1
	echo "dashboards-seen: NOT CHECKED, the registry of npm cannot be reached" >&2
	[ "${SEEN:-}" != required ]
	exit
}

cd ../../e2e
DASHBOARDS_SEEN=${1:-faults} CGO_ENABLED=0 exec "${GO:-go}" test -trimpath -count=1 -timeout 8m -run '^TestDashboardsSeen$' .
