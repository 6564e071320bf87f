#!/usr/bin/env bash
# build.sh DIRECTORY TOOL...: builds tools into DIRECTORY, unless they are there as this script would build them. Each tool is
# of a module of its own below this directory, so that none weighs on the exporter's. Needs Go.
#
# Beside each tool is a file with what it was made of: the checksums of its modules, Go, the system and the tags. A tool is
# built again when one of these has changed, whichever file is newer.
set -euo pipefail
into=$1
shift
here=$(cd "$(dirname "$0")" && pwd)
mkdir -p "$into"
into=$(cd "$into" && pwd)
export CGO_ENABLED=0
GO=${GO:-go}

# cost: roughly, seconds of one processor from an empty cache of Go. It tells who waits how long that is normal.
describe() {
	tags= flags= stub= replaced=
	case "$1" in
	# Prometheus without the discovery of clouds: static, file and http are always in it.
	promtool) module=prometheus package=github.com/prometheus/prometheus/cmd/promtool tags=remove_all_sd cost=110 \
		stub=kubernetes replaced=github.com/prometheus/prometheus/discovery/kubernetes ;;
	prometheus) module=prometheus package=github.com/prometheus/prometheus/cmd/prometheus tags=remove_all_sd cost=170 ;;
	alertmanager) module=prometheus package=github.com/prometheus/alertmanager/cmd/alertmanager cost=100 \
		stub=ui replaced=github.com/prometheus/alertmanager/ui ;;
	golangci-lint) module=. package=github.com/golangci/golangci-lint/v2/cmd/golangci-lint cost=200 ;;
	gofumpt) module=. package=mvdan.cc/gofumpt cost=20 ;;
	govulncheck) module=govulncheck package=golang.org/x/vuln/cmd/govulncheck cost=50 ;;
	goreleaser) module=goreleaser package=github.com/goreleaser/goreleaser/v2 cost=300 ;;
	cyclonedx-gomod) module=cyclonedx-gomod package=github.com/CycloneDX/cyclonedx-gomod/cmd/cyclonedx-gomod cost=40 ;;
	actionlint) module=actionlint package=github.com/rhysd/actionlint/cmd/actionlint cost=30 ;;
	helm) module=helm package=helm.sh/helm/v4/cmd/helm cost=240 ;;
	# Helm asks the server for its version.
	kube-apiserver) module=kube-apiserver package=k8s.io/kubernetes/cmd/kube-apiserver cost=400 \
		flags="-X k8s.io/component-base/version.gitVersion=$(cd "$here/kube-apiserver" && "$GO" list -m -f '{{.Version}}' k8s.io/kubernetes)" ;;
	*) echo "build.sh: there is no tool $1" >&2 && exit 2 ;;
	esac
}

# instead PACKAGE STUB DIRECTORY prints what go build needs to take the files of a tool's package for those of DIRECTORY in this
# module, with the package STUB of this module in place of PACKAGE: see there why. Go replaces no files in its cache of modules.
instead() {
	local main
	main=$(cd "$here/$module" && "$GO" list -f '{{.Dir}}' "$package")
	sed "s|\"$1\"|\"$(cd "$here/$module" && "$GO" list -m)/$2\"|" "$main/main.go" >"$work/main.go"
	! cmp -s "$main/main.go" "$work/main.go" || { echo "build.sh: main.go of $package does not import $1" >&2; exit 1; }
	printf '{"Replace":{"%s":"%s"' "$here/$module/$3/main.go" "$work/main.go"
	for file in "$main"/*.go; do
		case "$file" in
		*_test.go | */main.go) ;;
		*) printf ',"%s":"%s"' "$here/$module/$3/${file##*/}" "$file" ;;
		esac
	done
	echo '}}'
}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

for tool in "$@"; do
	describe "$tool"
	made_of="$(cat "$here/$module/go.mod" "$here/$module/go.sum" | cksum) $("$GO" env GOVERSION GOOS GOARCH | tr '\n' ' ')$tags $flags${stub:+ $(cksum <"$here/$module/$stub/$stub.go")}"
	[ -x "$into/$tool" ] && [ "$(cat "$into/$tool.made-of" 2>/dev/null)" = "$made_of" ] && continue
	echo "Building $tool, once. With an empty cache it takes some $cost seconds of one processor." >&2
	started=$SECONDS
	overlay=
	if [ -n "$stub" ]; then
		overlay="$work/overlay.json"
		instead "$replaced" "$stub" "$tool" >"$overlay"
		package=./$tool
	fi
	# Not in its place at once: another make may run the old one, or build it too.
	(cd "$here/$module" && "$GO" build -trimpath -ldflags "-s -w $flags" -tags "$tags" -overlay "$overlay" -o "$into/$tool.$$" "$package")
	mv "$into/$tool.$$" "$into/$tool"
	echo "$made_of" >"$into/$tool.made-of"
	echo "Built $tool in $((SECONDS - started)) seconds." >&2
done
