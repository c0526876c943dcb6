# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# For the tests of the command: a folder of its own, a virtual device in virtual time, and counting what is right.
# A test sources this with the command's path as $1, calls `check` and `expect`, and ends with `finish`.
set -uo pipefail

unbrick=$(realpath "$1")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1
export UNBRICK_VAULT=$work/vault XDG_CONFIG_HOME=$work/config LC_ALL=C.UTF-8 TERM=xterm
unset NO_COLOR

# shellcheck disable=SC2034 # for the tests
sim="--sim=stm32f405,time=virtual"
passed=0
failed=0

# The outcome of one check: ok WHAT, not_ok WHAT.
ok()
{
    passed=$((passed + 1))
    echo "ok      $1"
}

not_ok()
{
    failed=$((failed + 1))
    echo "FAILED  $1"
    [[ -s out ]] && cut -c1-300 out | sed 's/^/    out: /' | head -n 6
    [[ -s err ]] && sed 's/^/    err: /' err | head -n 6
}

# check WHAT COMMAND...: right if the command succeeds.
check()
{
    local what=$1
    shift
    if "$@" >/dev/null 2>&1; then ok "$what"; else not_ok "$what"; fi
}

# run ARGUMENT...: the command without a terminal; leaves out, err and $status.
run()
{
    "$unbrick" "$@" >out 2>err </dev/null
    status=$?
}

# expect STATUS ARGUMENT...: right if the command ends with that status.
expect()
{
    local wanted=$1
    shift
    run "$@"
    if [[ $status == "$wanted" ]]; then
        ok "status $wanted: unbrick $*"
    else
        not_ok "status $status instead of $wanted: unbrick $*"
    fi
}

# says FILE PATTERN: right if the file (out or err) has a line that fits.
says()
{
    check "$1 says: $2" grep -qE -- "$2" "$1"
}

# A file of $2 bytes named $1: the same in every run, and no known kind of file.
make_image()
{
    python3 -c 'import random, sys
open(sys.argv[1], "wb").write(random.Random(sys.argv[1]).randbytes(int(sys.argv[2])))' "$1" "$2"
}

# The same with a vector table in front, for a device whose program memory begins at 0x08000000.
make_firmware()
{
    make_image "$1" "$2"
    printf '\000\020\000\040\001\001\000\010' | dd of="$1" conv=notrunc status=none
}

finish()
{
    echo "$passed passed, $failed failed"
    [[ $failed == 0 && $passed -gt 0 ]]
    exit
}
