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
[ node_modules/.package-lock.json -nt package-lock.json ] || npm ci --no-audit --no-fund

cd ../../e2e
DASHBOARDS_SEEN=${1:-faults} exec "${GO:-go}" test -count=1 -timeout 8m -run '^TestDashboardsSeen$' .
