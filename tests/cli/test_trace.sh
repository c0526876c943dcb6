#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# --trace, --replay and --lenient as a person uses them.
# shellcheck source=tests/cli/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

dev=--sim=stm32l0,time=virtual
at=(--at 0x08000000)
make_image firmware.bin 3072
make_image other.bin 3072

# Recorded, and done again from the recording: the same words but for the device's.
expect 0 "$dev" --trace run.trace flash firmware.bin "${at[@]}" --yes
sed 's/Revert.*//' out >recorded
find "$UNBRICK_VAULT" -type f -exec sha256sum {} + | sort >vault-before
mkdir scratch
export TMPDIR=$work/scratch
expect 0 --replay run.trace flash firmware.bin "${at[@]}" --yes
says out 'device .*STM32L0.*, replayed\)$'
check "no way back is told that does not exist" bash -c '! grep -q "Revert with" out'
expect 8 --replay run.trace flash other.bin "${at[@]}" --yes
check "nothing of a replay is in the person's vault" \
    cmp vault-before <(find "$UNBRICK_VAULT" -type f -exec sha256sum {} + | sort)
check "nor is anything left elsewhere" rmdir scratch
mkdir scratch
another=(--vault "$work/another")
expect 0 --replay run.trace "${another[@]}" flash firmware.bin "${at[@]}" --yes
says out "Revert with: unbrick --replay run.trace --vault .*another restore"
sed 's/, replayed)/)/;s/Revert.*//' out >replayed
check "the same otherwise" cmp recorded replayed
expect 0 --replay run.trace list
says out '1-1.*0483:df11'
set -- "$work"/another/backups/2*/backup.json
check "the backup is in the vault that was named" test -e "$1"

# Something else is asked than then.
expect 8 --replay run.trace flash other.bin "${at[@]}" --yes
says err 'UB-USB-008'
says err 'the trace holds "21 01 .*" \(line [0-9]+\), asked was "21 01 .*" with other data'
expect 0 --replay run.trace --lenient flash firmware.bin "${at[@]}" --yes --no-backup --stay
expect 5 --replay run.trace --lenient flash firmware.bin --at 0x20000000 --yes --no-backup --stay
says err '`unbrick --replay run\.trace --lenient info'
expect 8 --replay run.trace flash firmware.bin "${at[@]}" --yes --no-backup --stay

# What goes wrong is where it says.
expect 8 "$dev,fault=unplug@40" --trace wrong.trace flash firmware.bin "${at[@]}" --yes --no-backup
says err '^Every transfer is recorded in wrong.trace$'
cp err told
expect 8 --replay wrong.trace flash firmware.bin "${at[@]}" --yes --no-backup
check "the same error" cmp <(sed -n 2p told) <(sed -n 2p err)

# Files that are not for it, and options that do not go together.
expect 2 --replay firmware.bin list
says err 'not a trace'
expect 2 --replay nowhere.trace list
expect 0 "$dev" --trace run.pcap list
expect 2 --replay run.pcap list
says err 'packet capture'
expect 10 "$dev" --trace firmware.bin list
says err 'left alone'
check "and so it is" test "$(stat -c %s firmware.bin)" = 3072
expect 2 "$dev" --replay run.trace list
cp run.trace kept.trace
expect 2 --replay run.trace --trace run.trace list
check "it is still whole" cmp run.trace kept.trace

# No room for the recording: a warning, and the work is done.
# shellcheck disable=SC2317 # called by check
full()
{
    (ulimit -f 8 && "$unbrick" "$dev" --trace full.trace flash firmware.bin "${at[@]}" --yes --no-backup) >out 2>err
}
check "the device is flashed although the recording has no room" full
says out '! .*the recording in full.trace ends early'
says out 'Done in'
check "once" test "$(grep -c 'ends early' out)" = 1
expect 0 --replay full.trace list
finish
