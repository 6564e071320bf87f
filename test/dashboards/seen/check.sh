#!/usr/bin/env bash
# Looks at the dashboards (check.sh) or draws the pictures of docs/images (check.sh pictures). Says so and succeeds where there
# is no Chromium, unless SEEN=required. The first run fetches some 450 MB of npm packages, which are kept for all clones: to unpack
# them costs as much as to look at the dashboards.
set -euo pipefail
cd "$(dirname "$0")"

CHROMIUM=${CHROMIUM:-$(command -v chromium || command -v chromium-browser || command -v google-chrome || true)}
if [ -z "$CHROMIUM" ] || ! command -v npm >/dev/null; then
	echo "dashboards-seen: NOT CHECKED, it needs Chromium and Node.js (Debian: apt-get install chromium nodejs npm)" >&2
	[ "${SEEN:-}" != required ]
	exit
fi
export CHROMIUM

kept="${XDG_CACHE_HOME:-$HOME/.cache}/mongodb_backup_exporter/npm"
packages="$kept/$(cat package-lock.json .npmrc | cksum | tr ' ' -)-$(node --version)"
if [ ! -d "$packages" ]; then
	mkdir -p "$kept"
	new=$(mktemp -d "$kept/new.XXXXXX") # not in its place before it is complete
	trap 'rm -rf "$new"' EXIT
	cp package.json package-lock.json .npmrc "$new"
	said=$(cd "$new" && npm ci --no-audit --no-fund 2>&1) || {
		echo "$said" >&2
		grep -qE 'code (ENOTFOUND|EAI_AGAIN|ECONN[A-Z]*|E?TIMEDOUT|ENETUNREACH|ERR_SOCKET_TIMEOUT|E5[0-9][0-9])' <<<"$said" || exit 1
		echo "dashboards-seen: NOT CHECKED, the registry of npm cannot be reached" >&2
		[ "${SEEN:-}" != required ]
		exit
	}
	find "$kept" -mindepth 1 -maxdepth 1 ! -name 'new.*' -exec rm -rf {} + # of another lock file
	mv -T "$new" "$packages" || { [ -d "$packages" ] && rm -rf "$new"; } # or another was first
fi
rm -rf node_modules
ln -s "$packages/node_modules" node_modules

cd ../../e2e
DASHBOARDS_SEEN=${1:-faults} CGO_ENABLED=0 exec "${GO:-go}" test -trimpath -count=1 -timeout 8m -run '^TestDashboardsSeen$' .
