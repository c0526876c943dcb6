#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Runs the example on a file that is made here: test_flash.sh EXAMPLE
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
head -c 20000 /dev/urandom >"$work/firmware.bin"

"$1" "$work/firmware.bin" "$work/vault" | tee "$work/out"
# Whole transfers of 2,048 bytes are written; what lies beside the image is preserved.
grep -q '^1-1: 20480 bytes written, read back and identical$' "$work/out"

status=0
"$1" 2>"$work/err" || status=$?
[[ $status == 2 ]]
grep -q '^usage: flash FILE \[VAULT\]$' "$work/err"

status=0
"$1" "$work/missing.bin" "$work/vault" 2>"$work/err" || status=$?
[[ $status == 5 ]]
grep -q '^UB-IMG-001: ' "$work/err"
