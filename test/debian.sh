# Sourced by the checks that need a Debian of their own. It is made once and kept.

# fresh_debian LOG: sets $debian to a directory with a minimal Debian. It fails where the mirror cannot be reached; why is in LOG.
fresh_debian() {
	debian="${XDG_CACHE_HOME:-$HOME/.cache}/mongodb_backup_exporter/image/debian-bookworm"
	[ ! -e "$debian.complete" ] || return 0
	echo "making a Debian to install in, once; this takes two minutes" >&2
	rm -rf "$debian"
	mkdir -p "$debian"
	timeout 600 debootstrap --variant=minbase --include=ca-certificates bookworm "$debian" >"$1" 2>&1 || { rm -rf "$debian"; return 1; }
	touch "$debian.complete"
}
