#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# How fast 16 MiB of firmware are read out of a file of hexadecimal lines, beside objcopy and srec_cat, each a process of
# its own, in turn; and how much memory that takes. Fails if reading is not twice as fast as objcopy makes a raw file of
# it, or if the peak memory is more than three times the firmware.
#
#   speed.sh COST_TOOL IMAGE_TOOL [--check]
#
# Prints lines "NAME VALUE UNIT"; where MEASURES names a file they go there too. With --check, processor time is what is
# compared, and of few runs: other work on the computer does not count then.
set -euo pipefail

cost=$(realpath "$1")
tool=$(realpath "$2")
rounds=15
field=0
if [[ ${3-} == --check ]]; then
    rounds=5
    field=1
fi
mib=16
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
for needed in objcopy srec_cat; do
    if ! command -v "$needed" >/dev/null; then
        echo "skipped: $needed is not installed"
        exit 77
    fi
done
cd "$work"
failed=0

measure()
{
    printf '%-40s %8s %s\n' "$@"
    [[ -z ${MEASURES-} ]] || echo "$@" >>"$MEASURES"
}

# compare WHAT BFD_FORMAT FILE SREC_CAT_FORMAT
compare()
{
    local what=$1 format=$2 file=$3 kind=$4
    local ours theirs others
    # Best of all rounds: microseconds, processor microseconds, peak KiB. A race that is lost is run again: what
    # else the computer does may fall on one of the two.
    for _ in 1 2 3; do
        "$cost" "$rounds" "$tool" read "$file" -- objcopy -I "$format" -O binary "$file" theirs.bin \
            -- srec_cat "$file" "$kind" -offset -0x08000000 -o others.bin -binary >costs
        { read -ra ours; read -ra theirs; read -ra others; } <costs
        ((2 * ours[field] > theirs[field])) || break
    done
    cmp firmware.bin theirs.bin
    cmp firmware.bin others.bin
    "$tool" convert "$file" ours.bin
    cmp firmware.bin ours.bin
    measure "read-$mib-MiB-of-$what" "$((ours[field] / 1000))" ms
    measure "read-$mib-MiB-of-$what-objcopy" "$((theirs[field] / 1000))" ms
    measure "read-$mib-MiB-of-$what-srec_cat" "$((others[field] / 1000))" ms
    measure "read-$mib-MiB-of-$what-to-objcopy" "$((100 * ours[field] / theirs[field]))" %
    measure "read-$mib-MiB-of-$what-memory" "${ours[2]}" KiB
    measure "read-$mib-MiB-of-$what-memory-objcopy" "${theirs[2]}" KiB
    if ((2 * ours[field] > theirs[field])); then
        echo "FAILED: $what is not read twice as fast as by objcopy" >&2
        failed=1
    fi
    if ((ours[2] > 3 * mib * 1024)); then
        echo "FAILED: reading $what takes more than three times the firmware's memory" >&2
        failed=1
    fi
}

# Bytes without any order, which no reader can guess.
openssl enc -aes-128-ctr -K 00 -iv 00 -in /dev/zero 2>/dev/null | head -c $((mib * 1024 * 1024)) >firmware.bin || true
[[ $(wc -c <firmware.bin) == $((mib * 1024 * 1024)) ]]
objcopy -I binary -O ihex --change-addresses 0x08000000 firmware.bin firmware.hex
objcopy -I binary -O srec --change-addresses 0x08000000 firmware.bin firmware.srec
compare Intel-HEX ihex firmware.hex -intel
compare S-records srec firmware.srec -motorola
exit "$failed"
