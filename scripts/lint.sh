#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Form and habits: every check is counted; the last line is "N passed, N failed".
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.." || exit
# shellcheck source=scripts/lib.sh
. scripts/lib.sh

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

mapfile -t c_files < <(project_files '*.c' '*.h')
mapfile -t texts < <(project_files '*.c' '*.h' '*.py' '*.sh' '*.yaml' '*.build' 'do' '.ci/run')
mapfile -t scripts < <(project_files '*.sh' 'do' '.ci/run' 'tests/kernel/init')
mapfile -t sources < <(project_files 'src/*.c')

format_check()
{
    local file
    for file in "${c_files[@]}"; do
        clang-format --dry-run -Werror "$file" >"$work/format" 2>&1 && continue
        not_ok "clang-format $file" "$(grep -c 'error:' "$work/format") places; clang-format -i $file mends it"
        return 1
    done
    ok "clang-format on ${#c_files[@]} files"
}

# The house's own rules; each of its lines is a check.
house_check()
{
    scripts/check-house.py "${texts[@]}" >"$work/house" 2>&1 || true
    [[ -e build/src/libunbrick.so ]] && scripts/check-house.py --symbols build/src/libunbrick.so >>"$work/house" 2>&1
    cat "$work/house"
    passed=$((passed + $(grep -c '^ok ' "$work/house")))
    failed=$((failed + $(grep -c '^FAILED ' "$work/house")))
    grep -q '^ok \|^FAILED ' "$work/house" || not_ok "house rules" "none was checked"
    if grep -q '^Traceback' "$work/house"; then
        not_ok "house rules" "the checker itself failed"
    fi
}

shell_check()
{
    if shellcheck -x "${scripts[@]}" >"$work/shell" 2>&1; then
        ok "shellcheck on ${#scripts[@]} scripts"
    else
        cat "$work/shell"
        not_ok "shellcheck"
    fi
}

# Runs clang-tidy on one file; leaves its findings in $work/tidy/. For xargs.
tidy_one()
{
    local log
    log=$work/tidy/${1//\//_}
    clang-tidy --quiet -p build --extra-arg=-Wno-unknown-warning-option "$1" >"$log" 2>/dev/null || echo "$1" >>"$log.bad"
}

tidy_check()
{
    local file
    mkdir "$work/tidy"
    export work
    export -f tidy_one
    # Files that are not in the build yet have no compile command, and so cannot be checked.
    for file in "${sources[@]}"; do
        grep -q "\"file\": \"[^\"]*$file\"" build/compile_commands.json && echo "$file"
    done >"$work/tidied"
    xargs -P "$(nproc)" -I FILE bash -c 'tidy_one FILE' <"$work/tidied"
    while read -r file; do
        log=$work/tidy/${file//\//_}
        if [[ -e $log.bad ]]; then
            cat "$log"
            not_ok "clang-tidy $file"
        else
            passed=$((passed + 1))
        fi
    done <"$work/tidied"
    echo "ok      clang-tidy on $(($(wc -l <"$work/tidied") - $(find "$work/tidy" -name '*.bad' | wc -l))) of ${#sources[@]} files"
}

format_check
shell_check
if build; then
    ok "build"
else
    not_ok "build"
fi
house_check
if [[ -f build/compile_commands.json ]]; then
    tidy_check
else
    not_ok "clang-tidy" "there is no build/compile_commands.json"
fi
echo "$SECONDS s"
summary
