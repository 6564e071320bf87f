#!/usr/bin/env bash
# Builds a release twice and compares all files. Then it installs the .deb in a fresh Debian, configures it as
# ../../docs/deployment.md says, and runs the unit's ExecStart as a user of its own against simulated clouds.
# Needs goreleaser and cyclonedx-gomod in $TOOLS (make release-check builds them), and for the second part root and debootstrap;
# says so and succeeds where these are missing. With RELEASE_SYSTEMS=linux the release is that for Linux on this kind of processor
# only, which takes a third of the time. What is checked is what git knows, changes that are not committed included.
set -euo pipefail
cd "$(dirname "$0")/../.."
program=mongodb_backup_exporter
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
version=$(cat VERSION)-check
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
		VERSION=$version goreleaser release --snapshot --clean
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
(cd "$dist" && sha256sum --quiet --check sha256sums.txt) || fail "sha256sums.txt is wrong"
grep -q '"name": "github.com/prometheus/client_golang"' "$dist/$program-$version.linux-$arch.cdx.json" || fail "the list of what is in the program does not have client_golang"
for archive in "$dist"/*.tar.gz; do
	listed=$(tar -tzf "$archive")
	for file in $program LICENSE THIRD_PARTY_LICENSES UPGRADING.md man/$program.1.gz completions/_$program completions/$program.bash systemd/$program.service alerts/mongodb_backup.rules.yml; do
		grep -q "^[^/]*/$file\$" <<<"$listed" || fail "$(basename "$archive") does not have $file"
	done
done
echo "release: $files files, twice the same"

case "$(dpkg --print-architecture 2>/dev/null)" in
amd64 | arm64) deb=$(ls "$dist"/*_"$(dpkg --print-architecture)".deb) ;;
*) echo "release: the packages are NOT INSTALLED, this is no Debian on amd64 or arm64"; exit 0 ;;
esac
[ "$(dpkg-deb --info "$deb" conffiles)" = "/etc/$program/$program.yml" ] || fail "the configuration is no file that an upgrade keeps"
for command in debootstrap chroot setpriv curl; do
	command -v "$command" >/dev/null || { echo "release: the package is NOT INSTALLED, there is no $command here"; exit 0; }
done
[ "$(id -u)" = 0 ] || { echo "release: the package is NOT INSTALLED, only root may"; exit 0; }

# shellcheck source=test/debian.sh
. test/debian.sh
fresh_debian "$work/debootstrap.log" || { tail -n 3 "$work/debootstrap.log"; echo "release: the package is NOT INSTALLED, no Debian could be made"; exit 0; } >&2
root="$work/root"
cp -a "$debian" "$root"
cp "$deb" "$root/tmp/package.deb"
install_package() { chroot "$root" dpkg -i /tmp/package.deb >"$work/dpkg.log" 2>&1; }
install_package
for want in "755 /usr/bin/$program" "644 /etc/$program/$program.yml" "700 /etc/$program/secrets" "644 /usr/lib/systemd/system/$program.service" \
	"644 /usr/share/man/man1/$program.1.gz" "644 /usr/share/bash-completion/completions/$program"; do
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
install_package # an upgrade keeps both
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
# shellcheck disable=SC2016
env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin STATE_DIRECTORY=$state ARGS=--web.listen-address=127.0.0.1:0 chroot "$root" \
	setpriv --reuid=$user --regid=$user --clear-groups --no-new-privs --bounding-set=-all --inh-caps=-all \
	sh -c "umask 077; exec $start" >"$work/service.log" 2>&1 &
running+=($!)
address=$(until_said "$work/service.log" 's/.*msg=Listening address=\([^ ]*\).*/\1/p' $!)
curl --silent --fail "http://$address/metrics" >"$work/metrics" || fail "no answer at $address"
grep -q '^mongodb_backup_health{.*region="cn-hangzhou".*state="late"} 1' "$work/metrics" || fail "no verdict is late, as one of the simulated clouds is"
grep -q "^${program}_build_info{.*version=\"$version\"} 1" "$work/metrics" || fail "build_info does not say $version"
kill "${running[1]}"
wait "${running[1]}" || fail "the service ended with $?"
[ -n "$(ls "$root$state")" ] || fail "no catalog is in the state directory"

chroot "$root" dpkg -r mongodb-backup-exporter >"$work/dpkg.log" 2>&1
[ ! -e "$root/usr/bin/$program" ] && [ -e "$root/etc/$program/$program.yml" ] || fail "removal does not remove the program, or does remove the configuration"
echo "release: the .deb installed in a fresh Debian, ran by its unit's ExecStart as user $user, was upgraded and removed"
