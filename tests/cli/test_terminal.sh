#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# On a terminal: colours, a moving bar, and a question that waits for its answer.
# shellcheck source=tests/cli/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

if ! command -v script >/dev/null; then
    echo "script(1) is missing"
    exit 77
fi
make_image fw.bin 30000
escape=$'\033'
device="--sim=stm32f405,time=virtual"
flash="'$unbrick' $device flash fw.bin --at 0x08000000"

# on_terminal ANSWER COMMAND: a command line in a terminal of its own; leaves out and $status.
on_terminal()
{
    printf '%s' "$1" | script -qec "$2" /dev/null >out 2>err
    status=$?
}

on_terminal $'\n' "$flash"
says out '\[Y/n\]'
check "Enter is yes ($status)" test "$status" = 0
says out 'Done in'
check "colours" grep -q "$escape\[32m" out
check "a moving line" grep -q $'\r'"$escape\[K" out
on_terminal $'y\n' "$flash"
check "y is yes ($status)" test "$status" = 0
on_terminal $'perhaps\nno\n' "$flash"
check "no is no ($status)" test "$status" = 7
says out 'Please answer yes or no'
says out 'UB-USE-008'
says out 'The device still holds what it held'
check "no leaves the device alone" bash -c "! sed 's/$escape\[[0-9;]*m//g' out | grep -qE '✓ (erase|write) '"
# Ctrl-C once the question stands there.
: >out
# shellcheck disable=SC2094 # what is written is watched
for ((i = 0; i < 500; i++)); do
    grep -q 'Y/n' out && printf '\003' && break
    sleep 0.02
done | script -qec "$flash" /dev/null >out 2>err
status=$?
check "Ctrl-C at the question ($status)" test "$status" = 130
says out 'UB-SYS-003'
says out 'The device still holds what it held'
check "nothing to go back from" bash -c '! grep -qi "restore\|go back" out'
on_terminal '' "$flash --yes"
check "--yes asks nothing" bash -c '! grep -q "Y/n" out'

on_terminal '' "NO_COLOR=1 $flash --yes"
check "NO_COLOR: no colours" bash -c "! grep -q '$escape\[[0-9;]*m' out"
says out 'Done in'
on_terminal '' "$flash --yes --no-color"
check "--no-color: no colours" bash -c "! grep -q '$escape\[[0-9;]*m' out"
on_terminal '' "TERM=dumb $flash --yes"
check "TERM=dumb: no escape codes at all" bash -c "! grep -q '$escape' out"

# No line is longer than the terminal is wide.
on_terminal '' "stty cols 60; '$unbrick' help flash"
check "help fits into 60 columns" bash -c "! sed 's/$escape\[[0-9;]*m//g; s/\r//g' out | grep -qE '^.{61}'"
on_terminal '' "stty cols 60; $flash --yes"
check "steps fit into 60 columns" bash -c "sed 's/.*\r$escape\[K//; s/$escape\[[0-9;]*m//g; s/\r//g' out | grep -vE '^(Done|Revert) ' | awk 'length > 60 { bad = 1 } END { exit bad }'"
finish
