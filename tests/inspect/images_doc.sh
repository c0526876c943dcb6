#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# The runs in docs/images.md say what the command says. They need Debian's firmware-tomu. FIRMWARE_ROOT names another
# root than / for the package.
#
# usage: images_doc.sh UNBRICK PAGE
set -eu

unbrick=$(realpath "$1")
page=$(realpath "$2")
tomu=${FIRMWARE_ROOT:-}/usr/lib/firmware-tomu
if [ ! -e "$tomu/toboot.elf" ]; then
    echo "skipped: firmware-tomu is not installed"
    exit 77
fi
tomu=$(realpath "$tomu")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir "$work/bin" "$work/run"
ln -s "$unbrick" "$work/bin/unbrick"
export PATH="$work/bin:$PATH" LC_ALL=C.UTF-8 NO_COLOR=1
export UNBRICK_VAULT="$work/vault" UNBRICK_KEYS="$work/keys" XDG_CONFIG_HOME="$work/config" VAULT="$work/vault"
cd "$work/run"
cp "$tomu"/toboot* .
echo >empty

# Blocks whose first line is a command; what they say, with the vault's folder as the page has it.
awk '/^```$/ { inside = !inside; next } inside' "$page" >"$work/expected"
grep '^\$ ' "$work/expected" | cut -c3- >"$work/commands"
runs=0
while IFS= read -r command; do
    printf '$ %s\n' "$command"
    sh -c "$command" 2>&1 </dev/null | sed "s|$work/vault|\$VAULT|g" || :
    runs=$((runs + 1))
done <"$work/commands" >"$work/found"
if ! diff -u "$work/expected" "$work/found"; then
    echo "FAILED: docs/images.md says something else than the command"
    exit 1
fi
[ "$runs" -ge 9 ] || { echo "FAILED: only $runs runs found in docs/images.md"; exit 1; }
echo "ok: $runs runs"
