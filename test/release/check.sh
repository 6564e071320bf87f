#!/usr/bin/env bash
# Builds a release twice and compares all files. Then it installs the .deb in a fresh Debian, configures it as
# ../../docs/deployment.md says, and runs the unit's ExecStart as a user of its own against simulated clouds.
# Needs goreleaser and cyclonedx-gomod in $TOOLS (make release-check builds them), and for the second part root and debootstrap;
# says so and succeeds where these are missing, unless DEPLOY=required. With RELEASE_SYSTEMS=linux the release is that for Linux on this kind of processor
# only, which takes a third of the time. What is checked is what git knows, changes that are not committed included.
set -euo pipefail
cd "$(dirname "$0")/../.."
program=mongodb_backup_exporter
# shellcheck source=test/checked.sh
. test/checked.sh
export PATH="$TOOLS:$PATH"

work=$(mktemp -d)
running=()
finish() {
	code=$?
	[ ${#running[@]} = 0 ] || kill "${running[@]}" 2>/dev/null || true
	[ "$code" = 0 ] || { echo "release: FAILED; the end of the logs:"; tail -n 20 "$work"/*.log; } >&2
	wait
	rm -rf "$work"
}
trap finish EXIT
fail() { echo "release: $*" >&2; exit 1; }

# Two copies in two places, of the same commit. goreleaser takes the home of the project from the remote.
snapshot=$(git stash create 2>/dev/null)
snapshot=${snapshot:-$(git rev-parse HEAD)} # not HEAD, which may move meanwhile
export GIT_AUTHOR_NAME=check GIT_AUTHOR_EMAIL=check@example.com GIT_COMMITTER_NAME=check GIT_COMMITTER_EMAIL=check@example.com
export GIT_AUTHOR_DATE=2026-01-02T03:04:05Z GIT_COMMITTER_DATE=2026-01-02T03:04:05Z
systems=${RELEASE_SYSTEMS:-all}
arch=$("${GO:-go}" env GOARCH)
case "$systems" in
all) platforms=4 ;;
linux) platforms=1 ;;
*) fail "RELEASE_SYSTEMS is $systems, neither all nor linux" ;;
esac
release() { # release DIRECTORY
	mkdir -p "$work/$1"
	git archive "$snapshot" | tar -x -C "$work/$1"
	(
		cd "$work/$1"
		[ "$systems" = all ] || sed -i -e 's/^    goos: .*/    goos: [linux]/' -e "s/^    goarch: .*/    goarch: [$arch]/" .goreleaser.yaml
		git init -q && git add -A && git commit -q -m check
		git remote add origin https://github.com/mongodb-backup-exporter/mongodb_backup_exporter.git
		VERSION=$(make -s version) goreleaser release --snapshot --clean
	) >"$work/$1.log" 2>&1
	(cd "$work/$1/dist" && find . -maxdepth 1 -type f \( -name '*.tar.gz' -o -name '*.deb' -o -name '*.rpm' -o -name '*.cdx.json' -o -name 'sha256sums.txt' \) -exec sha256sum {} + | sort -k2) >"$work/$1.sums"
}
# The second is made later, in another place, by somebody with another umask and time zone.
release one
(umask 027 && TZ=Asia/Shanghai && export TZ && release elsewhere/two-levels-down) && mv "$work/elsewhere/two-levels-down.sums" "$work/two.sums"
files=$(wc -l <"$work/one.sums")
# For each platform an archive and the list of what is in it, for Linux two packages, and the checksums.
want=$((2 * platforms + (platforms > 1 ? 4 : 2) + 1))
[ "$files" = $want ] || fail "$files files, want $want: $(cat "$work/one.sums")"
diff "$work/one.sums" "$work/two.sums" >&2 || fail "two builds of one commit differ"
dist="$work/one/dist"
version=$(make -s -C "$work/one" version)
[[ "$version" == "$(cat VERSION)-20260102030405.g"* ]] || fail "the version is $version, want the time of the commit, and its name"
(cd "$dist" && sha256sum --quiet --check sha256sums.txt) || fail "sha256sums.txt is wrong"
grep -q '"name": "github.com/prometheus/client_golang"' "$dist/$program-$version.linux-$arch.cdx.json" || fail "the list of what is in the program does not have client_golang"
for archive in "$dist"/*.tar.gz; do
	listed=$(tar -tzf "$archive")
	for file in $program LICENSE THIRD_PARTY_LICENSES UPGRADING.md man/$program.1.gz completions/_$program completions/$program.bash systemd/$program.service alerts/mongodb_backup.rules.yml \
		dashboards/fleet.json examples/prometheus.yml examples/alertmanager.yml; do
		grep -q "^[^/]*/$file\$" <<<"$listed" || fail "$(basename "$archive") does not have $file"
	done
done
echo "release: $files files, twice the same"

case "$(dpkg --print-architecture 2>/dev/null)" in
amd64 | arm64) deb=$(ls "$dist"/*_"$(dpkg --print-architecture)".deb) ;;
*) not_checked "release: the packages are NOT INSTALLED, this is no Debian on amd64 or arm64" ;;
esac
packaged=$(dpkg-deb --field "$deb" Version)
for newer in "$(cat VERSION)~20260102030406.g0123456" "$(cat VERSION)"; do
	dpkg --compare-versions "$packaged" lt "$newer" || fail "the version of the package is $packaged, which is not older than $newer"
done
[ "$(dpkg-deb --info "$deb" conffiles)" = "/etc/$program/$program.yml" ] || fail "the configuration is no file that an upgrade keeps"
for command in debootstrap chroot setpriv curl openssl; do
	command -v "$command" >/dev/null || not_checked "release: the package is NOT INSTALLED, there is no $command here"
done
[ "$(id -u)" = 0 ] || not_checked "release: the package is NOT INSTALLED, only root may"

# shellcheck source=test/debian.sh
. test/debian.sh
fresh_debian "$work/debootstrap.log" || { tail -n 3 "$work/debootstrap.log" >&2; not_checked "release: the package is NOT INSTALLED, no Debian could be made"; }
root="$work/root"
cp -a "$debian" "$root"
cp "$deb" "$root/tmp/package.deb"
install_package() { chroot "$root" dpkg -i /tmp/package.deb >"$work/dpkg.log" 2>&1; }
install_package
for want in "755 /usr/bin/$program" "644 /etc/$program/$program.yml" "700 /etc/$program/secrets" "644 /usr/lib/systemd/system/$program.service" \
	"644 /usr/share/man/man1/$program.1.gz" "644 /usr/share/bash-completion/completions/$program" \
	"644 /usr/share/$program/alerts/mongodb_backup.rules.yml" "644 /usr/share/$program/dashboards/fleet.json" \
	"644 /usr/share/doc/mongodb-backup-exporter/examples/prometheus.yml" "644 /usr/share/doc/mongodb-backup-exporter/examples/alertmanager.yml"; do
	[ "$(stat -c '%a %U' "$root${want#* }")" = "${want%% *} root" ] || fail "${want#* } has the mode and owner $(stat -c '%a %U' "$root${want#* }")"
done
said=$(chroot "$root" $program --version 2>&1 | head -n 1)
[[ "$said" == *"version $version "* ]] || fail "the installed program says $said, not $version"
zcat "$root/usr/share/man/man1/$program.1.gz" | grep -q '^\.TH MONGODB_BACKUP_EXPORTER 1 ' || fail "the man page is none"
chroot "$root" bash -n /usr/share/bash-completion/completions/$program || fail "the completion for bash is no script"

# until_said FILE PATTERN PROCESS: prints what sed's PATTERN finds, once it does.
until_said() {
	local found
	until found=$(sed -n "$2" "$1" | head -n 1) && [ -n "$found" ]; do
		kill -0 "$3" 2>/dev/null || fail "a program ended: $(tail -n 5 "$1")"
		sleep 0.2
	done
	echo "$found"
}
touch "$work/demo.log" "$work/service.log" # which are read before they are written
"$root/usr/bin/$program" demo --demo.config-file="$work/demo.yml" --web.listen-address=127.0.0.1:0 >"$work/demo.log" 2>&1 &
running+=($!)
until_said "$work/demo.log" 's/^Status page  *//p' $! >/dev/null
cloud=$(sed -n 's/^ *endpoint: //p' "$work/demo.yml" | head -n 1)

# What an operator does: the region's line, and the two parts of the key. The clouds here are simulated, hence the endpoint.
sed -i "s|^\( *\)- id: cn-hangzhou|&\n\1  endpoint: $cloud|" "$root/etc/$program/$program.yml"
for part in id secret; do
	sed -n "s/^ *access_key_$part: //p" "$work/demo.yml" | head -n 1 | install -m 0400 /dev/stdin "$root/etc/$program/secrets/access_key_$part"
done
# A password and TLS, as that page says: its configuration of the web, with the hash of a password that is known here.
sed -n '/^   tls_server_config:$/,/^   ```$/{/```/!s/^   //p}' docs/deployment.md | sed "s|\$2y.*|'\$2a\$04\$6.bfFXysEnruy5mWpFrb7uaXAR7hZmTuooH8/byaUvsENYRIZwmfC'|" |
	install -m 0600 /dev/stdin "$root/etc/$program/secrets/web.yml"
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 1 -subj /CN=localhost -addext subjectAltName=IP:127.0.0.1 \
	-keyout "$work/tls.key" -out "$work/tls.crt" >"$work/openssl.log" 2>&1
for part in tls.crt tls.key; do install -m 0600 "$work/$part" "$root/etc/$program/secrets/$part"; done
# An upgrade keeps all of it. It meets a systemd that is too old, of which only the answers are there.
mkdir -p "$root/run/systemd/system"
printf '#!/bin/sh\necho "$*" >>/tmp/systemctl.log\necho "systemd 249 (249.11)"\n' | install -m 0755 /dev/stdin "$root/usr/bin/systemctl"
install_package
grep -qx "try-restart $program.service" "$root/tmp/systemctl.log" || fail "an upgrade does not restart the service"
grep -q 'systemd 249 does not take' "$work/dpkg.log" || fail "nothing says that systemd is too old for the unit: $(cat "$work/dpkg.log")"
grep -q "endpoint: $cloud" "$root/etc/$program/$program.yml" || fail "an upgrade overwrites the configuration"

# What systemd does for the unit: a user that nothing else has, its state directory, copies of the secrets, and ExecStart.
unit="$root/usr/lib/systemd/system/$program.service"
user=61184
state="/var/lib/$program" secrets="/run/credentials/$program.service"
install -d -o $user -g $user -m 0700 "$root$state" "$root$secrets"
for file in "$root/etc/$program/secrets"/*; do
	install -o $user -g $user -m 0400 "$file" "$root$secrets/secrets_$(basename "$file")"
done
start=$(sed -e ':a' -e '/\\$/{N;s/\\\n//;ba' -e '}' "$unit" | sed -n 's/^ExecStart=//p')
[ -n "$start" ] || fail "the unit has no ExecStart"
web=$(sed -n 's/^ *ARGS=\(--web.config.file=.*\)$/\1/p' docs/deployment.md)
[ -n "$web" ] || fail "docs/deployment.md does not say how to name the configuration of the web"
# shellcheck disable=SC2016
env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin STATE_DIRECTORY=$state ARGS="--web.listen-address=127.0.0.1:0 $web" chroot "$root" \
	setpriv --reuid=$user --regid=$user --clear-groups --no-new-privs --bounding-set=-all --inh-caps=-all \
	sh -c "umask 077; exec $start" >"$work/service.log" 2>&1 &
running+=($!)
address=$(until_said "$work/service.log" 's/.*msg=Listening address=\([^ ]*\).*/\1/p' $!)
ask() { curl --silent --cacert "$work/tls.crt" "$@" "https://$address/metrics"; }
code=$(ask --output /dev/null --write-out '%{http_code}') || fail "no answer at https://$address: $code"
[ "$code" = 401 ] || fail "without the password the answer is $code, want 401"
ask --fail --user prometheus:open >"$work/metrics" || fail "no metrics with the password"
grep -q '^mongodb_backup_health{.*region="cn-hangzhou".*state="late"} 1' "$work/metrics" || fail "no verdict is late, as one of the simulated clouds is"
grep -q "^${program}_build_info{.*version=\"$version\"} 1" "$work/metrics" || fail "build_info does not say $version"
kill "${running[1]}"
wait "${running[1]}" || fail "the service ended with $?"
[ -n "$(ls "$root$state")" ] || fail "no catalog is in the state directory"

chroot "$root" dpkg -r mongodb-backup-exporter >"$work/dpkg.log" 2>&1
grep -q "^disable --now $program.service" "$root/tmp/systemctl.log" || fail "removal does not stop the service"
[ ! -e "$root/usr/bin/$program" ] && [ -e "$root/etc/$program/$program.yml" ] || fail "removal does not remove the program, or does remove the configuration"
echo "release: the .deb installed in a fresh Debian, ran by its unit's ExecStart as user $user with TLS and a password, was upgraded and removed"
