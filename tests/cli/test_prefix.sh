#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# A boot header in front of a finished DFU file, as HackRF ships its firmware: refused in words that say what is wrong,
# flashed once exactly that is named. With a file made here, and with Debian's hackrf-firmware where it is installed.
# shellcheck source=tests/cli/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

hackrf="--sim=hackrf,time=virtual"
make_image fw.bin 3000

# The file is whole, then gets its header: 6 frames of 512 bytes.
expect 0 image convert fw.bin --ids 1fc9:000c:0000 -o fw.dfu
{ printf '\332\377\006\000'; printf '\377%.0s' {1..12}; cat fw.dfu; } >shipped.dfu
files=(shipped.dfu)
for file in /usr/share/hackrf/*.dfu; do
    [[ -e $file ]] && files+=("$file")
done

for file in "${files[@]}"; do
    expect 5 "$hackrf" flash "$file" --yes --no-backup
    says err 'UB-IMG-004'
    says err 'the boot header of 16 bytes was put in front afterwards, as in HackRF'
    says err '--accept bad-crc'
    expect 5 "$hackrf" flash "$file" --yes --no-backup --accept other-device
    expect 0 "$hackrf" flash "$file" --yes --no-backup --accept bad-crc
    says out 'came back at 1-1 as 1d50:6089 "HackRF One"'
    expect 0 image info "$file" --accept bad-crc
    says out 'prefix +lpc'
done

# Damaged as well: nothing can be proved, and nothing is said to be whole.
{ head -c 1000 shipped.dfu; printf x; tail -c +1002 shipped.dfu; } >damaged.dfu
expect 5 image info damaged.dfu
says err 'the file is damaged, or was made by a faulty tool'

# Made right, it needs no such word; without the header the device would not start it.
expect 0 image convert fw.bin --ids 1fc9:000c:0000 --prefix lpc -o right.dfu
expect 0 "$hackrf" flash right.dfu --yes --no-backup
expect 5 "$hackrf" flash fw.dfu --yes --no-backup
says err 'UB-IMG-020'
finish
