#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# How fast: runs the measuring cases of the kernel tier side by side with other tools, and reads large firmware files
# beside objcopy and srec_cat; prints what was measured.
#
#   scripts/bench.sh [--docs] [CASE...]
#
# A CASE is one of the kernel tier, or `images` for the files alone. Without any, all of it.
# Leaves build/bench.json and build/benchmark.svg; with --docs the picture and the table go into docs/ too. Wants a
# computer that does nothing else, and a quarter of an hour.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.." || exit

docs=
if [[ ${1-} == --docs ]]; then
    docs=1
    shift
fi
cases=("$@")
images=
if [[ ${#cases[@]} -eq 0 || ${cases[0]} == images ]]; then
    images=1
    [[ ${#cases[@]} -eq 0 ]] || cases=("${cases[@]:1}")
fi
if [[ ${#cases[@]} -eq 0 && $# -eq 0 ]]; then
    # Those that only measure, and those about many devices.
    mapfile -t cases < <(find tests/kernel/cases \( -name '*-many*.sh' -o -name '*-list.sh' -o -name '9*-bench-*.sh' \) \
        ! -name '*-bench-write.sh' -printf '%f\n' | sed 's/\.sh$//' | sort)
fi
measures=$(mktemp)
trap 'rm -f "$measures"' EXIT
status=0
if [[ -n $images ]]; then
    # shellcheck source=scripts/lib.sh
    . scripts/lib.sh
    configure build && compile build tests/image/image_tool tests/image/cost_tool || exit 1
    MEASURES=$measures tests/image/speed.sh build/tests/image/cost_tool build/tests/image/image_tool || status=$?
    [[ $status -ne 77 ]] || status=0 # said that something to compare with is missing
fi
if [[ ${#cases[@]} -gt 0 ]]; then
    MEASURES=$measures KERNEL_DEADLINE=${KERNEL_DEADLINE:-1800} tests/kernel/run.sh build "${cases[@]}" || status=$?
fi
echo
if [[ ! -s $measures ]]; then
    echo "bench: nothing was measured" >&2
    exit 1
fi
scripts/bench_table.py "$measures" --json build/bench.json | tee build/bench.txt || exit 1
# The chart is of devices; files alone make none.
if [[ ${#cases[@]} -gt 0 ]] && scripts/bench_chart.py build/bench.json build/benchmark.svg; then
    echo
    echo "build/bench.json, build/bench.txt, build/benchmark.svg"
    [[ -z $docs ]] || scripts/bench_docs.sh build docs || exit 1
fi
exit "$status"
