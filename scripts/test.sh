#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# All tests. The last line is the sum: "N passed, N failed".
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.." || exit
# shellcheck source=scripts/lib.sh
. scripts/lib.sh

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

heading() { printf '\n== %s (%d s)\n' "$1" "$SECONDS"; }

# Adds the numbers of a line "key: number" of meson's summary.
number_of() { sed -n "s/^$1: *\([0-9][0-9]*\) *$/\1/p" "$2" | tail -n 1; }

# Runs meson's tests in folder $1 with the arguments that follow, and counts each.
meson_tests()
{
    local log=$work/meson.log key value before=$((passed + failed)) bad=0
    meson test -C "$1" --print-errorlogs --num-processes "$(nproc)" "${@:2}" >"$log" 2>&1
    local status=$?
    for key in Ok "Expected Fail"; do
        value=$(number_of "$key" "$log") && passed=$((passed + ${value:-0}))
    done
    for key in Fail "Unexpected Pass" Timeout; do
        value=$(number_of "$key" "$log") && bad=$((bad + ${value:-0}))
    done
    failed=$((failed + bad))
    value=$(number_of Skipped "$log") && skipped=$((skipped + ${value:-0}))
    if [[ $status -ne 0 || $bad -gt 0 ]]; then
        cat "$log"
        # Something went wrong that is no test: a program does not build.
        [[ $bad -gt 0 ]] || not_ok "tests in $1" "meson test ended with status $status"
    elif [[ $((passed + failed)) -eq $before ]]; then
        not_ok "tests in $1" "none was run"
    else
        grep -E '^(Ok|Skipped):' "$log"
    fi
}

# One flash run under valgrind: no leak, no bad access.
leak_check()
{
    # A firmware that the model takes for one: stack pointer and reset vector, then content.
    { printf '\000\040\000\040\101\001\000\010' && head -c 40000 build/unbrick; } >"$work/firmware.bin"
    if [[ $(head -c 11 "$work/firmware.bin" | wc -c) -ne 11 ]]; then
        not_ok "valgrind" "no firmware to flash"
        return
    fi
    UNBRICK_VAULT=$work/vault valgrind --quiet --error-exitcode=99 --leak-check=full \
        --show-leak-kinds=definite,indirect,possible --errors-for-leak-kinds=definite,indirect,possible \
        build/unbrick --sim "stm32f405,state=$work/chip.bin" flash "$work/firmware.bin" --at 0x08000000 --yes \
        >"$work/valgrind.log" 2>&1
    local status=$?
    if [[ $status -eq 0 ]]; then
        ok "one flash run under valgrind: no leak, no bad access"
    else
        tail -n 40 "$work/valgrind.log"
        not_ok "one flash run under valgrind" "status $status"
    fi
}

# What is installed is what a program needs: header, library, pkg-config, and only ub_ symbols.
install_check()
{
    local root=$work/root libdir flags
    if ! meson install -C build --no-rebuild --destdir "$root" >"$work/install.log" 2>&1; then
        cat "$work/install.log"
        not_ok "install"
        return
    fi
    libdir=$(dirname "$(find "$root" -name unbrick.pc | head -n 1)")
    if ! flags=$(PKG_CONFIG_PATH=$libdir PKG_CONFIG_SYSROOT_DIR=$root pkg-config --cflags --libs unbrick); then
        not_ok "pkg-config --cflags --libs unbrick"
        return
    fi
    [[ -f examples/flash.c ]] || { not_ok "example" "examples/flash.c is missing" && return; }
    # shellcheck disable=SC2086 # flags are words
    if gcc -std=c11 -Wall -Wextra -Werror -o "$work/example" examples/flash.c $flags 2>"$work/example.log"; then
        ok "examples/flash.c builds with pkg-config against what is installed"
    else
        cat "$work/example.log"
        not_ok "examples/flash.c with pkg-config"
    fi
}

kernel_tier()
{
    local log=$work/kernel.log line
    tests/kernel/run.sh build 2>&1 | tee "$log" | grep -vE '^(#|$)'
    line=$(sed -n 's/^kernel: \([0-9]*\) passed, \([0-9]*\) failed.*/\1 \2/p' "$log" | tail -n 1)
    if [[ -z $line ]]; then
        not_ok "kernel tier" "it did not come to its end"
        return
    fi
    passed=$((passed + ${line% *}))
    failed=$((failed + ${line#* }))
    skipped=$((skipped + $(grep -c '^skip ' "$log")))
    [[ ${line% *} -gt 0 || ${line#* } -gt 0 ]] || not_ok "kernel tier" "no case was run"
}

heading "gcc, warnings are errors"
if CC=gcc configure build -Dwerror=true && compile build; then
    ok "build with gcc"
    heading "tests"
    meson_tests build
    heading "installed files"
    install_check
    heading "leaks"
    leak_check
else
    not_ok "build with gcc"
fi

heading "tests under AddressSanitizer and UndefinedBehaviorSanitizer"
# Not with -Werror: gcc's sanitizers make -Wconversion see things (gcc manual, "Instrumentation Options").
if CC=gcc configure build-asan -Db_sanitize=address,undefined -Db_lundef=false && compile build-asan; then
    meson_tests build-asan --suite quick
else
    not_ok "build with sanitizers"
fi

heading "clang, warnings are errors"
if CC=clang configure build-clang -Dwerror=true && compile build-clang; then
    ok "build with clang"
else
    not_ok "build with clang"
fi

heading "kernel tier"
if [[ -x build/unbrick ]]; then
    kernel_tier
else
    not_ok "kernel tier" "build/unbrick is missing"
fi

printf '\n%d s\n' "$SECONDS"
summary
