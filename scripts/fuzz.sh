#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Fuzzes every parser and the whole host: scripts/fuzz.sh [SECONDS each] [NAME]. New inputs go to build-fuzz/corpus, never
# into the tree.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.." || exit
# shellcheck source=scripts/lib.sh
. scripts/lib.sh

seconds=${1:-60}
only=${2-}
if [[ ! $seconds =~ ^[1-9][0-9]*$ ]]; then
    echo "usage: ./do fuzz [SECONDS] [NAME]" >&2
    exit 2
fi

# fuzzer-no-link: the library too reports which branches were taken, else the fuzzer would be blind.
CC=clang configure build-fuzz -Dfuzz=true -Db_sanitize=address,undefined -Db_lundef=false \
    -Dc_args=-fsanitize=fuzzer-no-link || exit 1
for source in fuzz/fuzz_*.c; do
    name=$(basename "$source" .c)
    name=${name#fuzz_}
    [[ -z $only || $only == "$name" ]] || continue
    compile build-fuzz "fuzz/fuzz_$name" || { not_ok "$name" "does not build" && continue; }
    mkdir -p "build-fuzz/corpus/$name" "build-fuzz/found/$name"
    seeds=()
    [[ -d fuzz/corpus/$name ]] && seeds=("fuzz/corpus/$name")
    echo "fuzzing $name for $seconds s"
    # Weighing inputs by their rarity (entropic) takes longer than running them, once there are many.
    if "build-fuzz/fuzz/fuzz_$name" -max_total_time="$seconds" -max_len=65536 -timeout=10 -rss_limit_mb=1024 \
        -entropic=0 \
        -artifact_prefix="build-fuzz/found/$name/" "build-fuzz/corpus/$name" "${seeds[@]}" \
        >"build-fuzz/$name.log" 2>&1; then
        ok "$name: $(grep -aE '^Done ' "build-fuzz/$name.log" | tail -n 1)"
    else
        tail -n 40 "build-fuzz/$name.log"
        not_ok "$name" "see build-fuzz/found/$name"
    fi
done
summary
