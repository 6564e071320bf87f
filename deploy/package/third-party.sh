#!/bin/sh
# Prints the licences of the modules that are compiled into the program on Linux or macOS: what they ask whoever passes it on
# to pass on too.
set -eu
for system in linux darwin; do
	GOOS=$system CGO_ENABLED=0 "${GO:-go}" list -deps -f '{{with .Module}}{{if not .Main}}{{.Path}} {{.Version}} {{.Dir}}{{end}}{{end}}' .
done | LC_ALL=C sort -u | while read -r module version dir; do
	[ -n "$module" ] || continue
	for file in "$dir"/LICENSE* "$dir"/COPYING* "$dir"/NOTICE*; do
		[ -f "$file" ] || continue
		printf '%s %s: %s\n\n' "$module" "$version" "$(basename "$file")"
		cat "$file"
		printf '\n--------------------------------------------------------------------------------\n\n'
	done
done
