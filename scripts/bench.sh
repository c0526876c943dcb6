#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# How fast: runs the measuring cases of the kernel tier (tests/kernel/cases/*bench*) and prints what they measured.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.." || exit

mapfile -t cases < <(find tests/kernel/cases -name '*bench*.sh' -printf '%f\n' | sed 's/\.sh$//' | sort)
if [[ ${#cases[@]} -eq 0 ]]; then
    echo "bench: the kernel tier has no measuring cases (tests/kernel/cases/*bench*.sh)" >&2
    exit 1
fi
measures=$(mktemp)
trap 'rm -f "$measures"' EXIT
MEASURES=$measures tests/kernel/run.sh build "${cases[@]}"
status=$?
echo
if [[ ! -s $measures ]]; then
    echo "bench: nothing was measured" >&2
    exit 1
fi
awk '{ printf "%-48s %12s %s\n", $1, $2, $3 }' "$measures"
exit "$status"
