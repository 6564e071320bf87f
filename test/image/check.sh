#!/usr/bin/env bash
# Builds the image of ../../Dockerfile with buildah, and runs it as its user on a root that is read only.
# Needs root, Go, buildah and debootstrap (Debian packages); says so and succeeds where they are missing, unless DEPLOY=required.
# No registry is asked. Two stand-ins take the names of the base images: Debian with this machine's Go for golang, and a root
# with nothing but /etc/passwd for distroless.
set -euo pipefail
cd "$(dirname "$0")/../.."
program=mongodb_backup_exporter
# shellcheck source=test/checked.sh
. test/checked.sh

for command in buildah debootstrap unshare chroot curl; do
	command -v "$command" >/dev/null || not_checked "image: NOT CHECKED, there is no $command here"
done
[ "$(id -u)" = 0 ] || not_checked "image: NOT CHECKED, only root may build without a container daemon"

# As in a container without privileges.
unshare --mount mount --bind /tmp /tmp 2>/dev/null || not_checked "image: NOT CHECKED, nothing may be mounted here"

work=$(mktemp -d)
running=
finish() {
	code=$?
	[ -z "$running" ] || kill "$running" 2>/dev/null || true
	[ "$code" = 0 ] || { echo "image: FAILED; the logs of what ran:"; tail -n 20 "$work"/*.log; } >&2
	buildah rm --all >/dev/null 2>&1 || true
	rm -rf "$work"
}
trap finish EXIT
fail() { echo "image: $*" >&2; exit 1; }

# Containers and images live below $work, so that none of this machine's is touched.
export CONTAINERS_STORAGE_CONF="$work/storage.conf" CONTAINERS_REGISTRIES_CONF="$work/registries.conf" BUILDAH_ISOLATION=chroot
printf '[storage]\ndriver = "vfs"\ngraphroot = "%s/graph"\nrunroot = "%s/run"\n' "$work" "$work" >"$CONTAINERS_STORAGE_CONF"
: >"$CONTAINERS_REGISTRIES_CONF"
echo '{"default": [{"type": "insecureAcceptAnything"}]}' >"$work/policy.json"

# shellcheck source=test/debian.sh
. test/debian.sh
fresh_debian "$work/debootstrap.log" || { tail -n 3 "$work/debootstrap.log" >&2; not_checked "image: NOT CHECKED, no Debian could be made"; }

# stand_in NAME: the working container "$base" becomes the image that Dockerfile takes by that name.
stand_in() { buildah commit --quiet --format docker --signature-policy "$work/policy.json" "$base" "$1" >/dev/null; buildah rm "$base" >/dev/null; }
from() { sed -n "s/^ARG $1=//p" Dockerfile; }

base=$(buildah from scratch)
buildah add --quiet "$base" "$debian" / >/dev/null
buildah config --env PATH=/usr/local/go/bin:/usr/bin:/bin --env GOTOOLCHAIN=local --env HOME=/root "$base"
stand_in "$(from BUILD_IMAGE)"

mkdir -p "$work/distroless/etc" "$work/distroless/home/nonroot"
echo 'nonroot:x:65532:65532:nonroot:/home/nonroot:/sbin/nologin' >"$work/distroless/etc/passwd"
base=$(buildah from scratch)
buildah add --quiet "$base" "$work/distroless" / >/dev/null
buildah config --workingdir /home/nonroot --user 65532 "$base"
stand_in "$(from BASE_IMAGE)"

version=v0.0.1-check
created=2026-01-02T03:04:05Z
build() { # build TAG
	buildah bud --quiet --format docker --isolation chroot --network host --pull-never --signature-policy "$work/policy.json" \
		--volume "$(go env GOROOT):/usr/local/go:ro" --volume "$(go env GOMODCACHE):/root/go/pkg/mod" --volume "$(go env GOCACHE):/root/.cache/go-build" \
		--build-arg VERSION=$version --build-arg REVISION=abc --build-arg CREATED=$created \
		--timestamp 1767322800 --platform "linux/$(go env GOARCH)" --tag "$1" . >"$work/build-$1.log" 2>&1
}
go mod download
build $program

said() { buildah inspect --type image --format "$1" $program; }
same() { [ "$2" = "$3" ] || fail "$1 is $2, not $3"; }
same user "$(said '{{.Docker.Config.User}}')" 65532:65532
same healthcheck "$(said '{{.Docker.Config.Healthcheck.Test}}')" "[CMD /$program health]"
same version "$(said '{{index .Docker.Config.Labels "org.opencontainers.image.version"}}')" $version
same revision "$(said '{{index .Docker.Config.Labels "org.opencontainers.image.revision"}}')" abc
same created "$(said '{{index .Docker.Config.Labels "org.opencontainers.image.created"}}')" $created

build again
layers() { buildah inspect --type image --format '{{.OCIv1.RootFS.DiffIDs}}' "$1"; }
same "the content of a second build" "$(layers again)" "$(layers $program)"

container=$(buildah from --pull-never --signature-policy "$work/policy.json" $program)
mounted=$(buildah mount "$container")
same "the owner of the state directory" "$(stat -c %u:%g "$mounted/var/lib/$program")" 65532:65532
inside() { # inside COMMAND...: as the image's user, on a root that is read only, without a capability
	# shellcheck disable=SC2016
	exec unshare --mount sh -c 'm=$1; shift; mount --bind "$m" "$m" && mount -o remount,ro,bind "$m" &&
		exec chroot --userspec=65532:65532 "$m" "$@"' sh "$mounted" "$@"
}
touch "$work/demo.log" # which the loop below may read before it is written
inside /$program demo --demo.config-file= --web.listen-address=127.0.0.1:0 >"$work/demo.log" 2>&1 &
running=$!
url=
until url=$(sed -n 's/^Status page  *//p' "$work/demo.log") && [ -n "$url" ]; do
	kill -0 "$running" 2>/dev/null || fail "the exporter ended"
	sleep 0.2
done
# What HEALTHCHECK runs, at the address of this run.
(inside /$program health --url="$url") >"$work/health.log" 2>&1 || fail "the command of HEALTHCHECK says that the exporter is not alive"
curl --silent --fail "${url}metrics" >"$work/metrics"
grep -q "^${program}_build_info{.*version=\"$version\"} 1" "$work/metrics" || fail "build_info does not say $version"
grep -q '^mongodb_backup_health{.*state="late"} 1' "$work/metrics" || fail "no verdict is late, as one of the demo is"
size=$(stat -c %s "$mounted/$program")

echo "image: built twice with the same content; runs as 65532:65532 on a read-only root; the program has $((size / 1048576)) MiB"
