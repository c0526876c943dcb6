#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# What `unbrick image info` says of each firmware file that Debian packages: its format, its size, the vector table, the
# versions and USB ids in it, and what is refused. FIRMWARE_ROOT names another root than / for the packages.
#
# usage: debian.sh UNBRICK
set -eu

unbrick=$(realpath "$1")
root=${FIRMWARE_ROOT:-}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export XDG_CONFIG_HOME="$work/no-config" UNBRICK_VAULT="$work/vault" NO_COLOR=1
checks=0
packages=0
seen=0

fail()
{
    echo "FAILED: $*" >&2
    [ ! -s "$work/said" ] || cat "$work/said" >&2
    exit 1
}

# package NAME FILE: is it there?
package()
{
    if [ -e "$root$2" ]; then
        packages=$((packages + 1))
        return 0
    fi
    echo "left out: $1 is not installed"
    return 1
}

# info STATUS FILE OPTION... -- LINE...: the exit status, and every line somewhere in what is said (blanks count as one)
info()
{
    status=$1
    file=$root$2
    shift 2
    options=
    while [ "$1" != -- ]; do
        options="$options $1"
        shift
    done
    shift
    found=0
    # shellcheck disable=SC2086 # several options
    "$unbrick" image info $options "$file" >"$work/said" 2>&1 || found=$?
    [ "$found" = "$status" ] || fail "$file: status $found instead of $status"
    tr -s ' \n' '  ' <"$work/said" >"$work/words"
    for line in "$@"; do
        grep -qF -e "$line" "$work/words" || fail "$file: no \"$line\""
        checks=$((checks + 1))
    done
    seen=$((seen + 1))
    # shellcheck disable=SC2086 # several options
    "$unbrick" image info --json $options "$file" >"$work/json" 2>/dev/null || :
    grep -q '"type":"image"' "$work/json" || fail "$file: no JSON"
}

# without LINE: the last file's answer does not have it
without()
{
    if grep -qF -e "$1" "$work/words"; then
        fail "\"$1\" is said"
    fi
    checks=$((checks + 1))
}

tomu=/usr/lib/firmware-tomu
if package firmware-tomu $tomu/toboot.bin; then
    toboot='stack 0x20002000, starts at 0x0000034f, inside the image'
    info 0 $tomu/toboot.bin -- 'format raw binary' '5,664 of them firmware' "$toboot" 'texts "2.0~rc7-2"' \
        'shows as 1209:70b1, release 1.01'
    info 0 $tomu/toboot.ihex -- 'format Intel HEX' '0x00000000-0x0000161f 5,664 bytes' "$toboot" 'texts "2.0~rc7-2"'
    info 0 $tomu/toboot.elf -- 'format ELF' '5,664 of them firmware' 'machine Arm' 'entry 0x0000034f' "$toboot"
    booster='stack 0x20002000, starts at 0x0000411d, inside the image'
    info 0 $tomu/toboot-booster.bin -- 'format raw binary' '6,660 of them firmware' "$booster"
    info 0 $tomu/toboot-booster.dfu -- 'format DFU file' '6,660 of them firmware' 'for 1209:70b1, release any' "$booster" \
        'shows as 1209:70b1'
fi

hackrf=/usr/share/hackrf
if package hackrf-firmware $hackrf/hackrf_one_usb.bin; then
    info 0 $hackrf/hackrf_one_usb.bin -- 'format raw binary' '44,848 of them firmware' \
        'stack 0x10087fe0, starts at 0x0000787d, inside the image' 'texts "2022.09.1"' 'shows as 1d50:6089, release 1.06'
    info 0 $hackrf/hackrf_jawbreaker_usb.bin -- '37,224 of them firmware' 'stack 0x1008ffe0' 'shows as 1d50:604b'
    info 0 $hackrf/hackrf_rad1o_usb.bin -- '72,884 of them firmware' 'stack 0x1008ffe0' 'shows as 1d50:cc15'
    for name in one jawbreaker rad1o; do
        # their CRC is wrong as shipped
        info 5 $hackrf/hackrf_${name}_usb.dfu -- 'UB-IMG-004' 'CRC' '--accept bad-crc'
        without 'nobody vouches'
        info 0 $hackrf/hackrf_${name}_usb.dfu --accept bad-crc -- 'format DFU file' 'for 1fc9:000c' 'prefix lpc' \
            'inside the image' 'texts "2022.09.1"'
    done
    # a bitstream for a CPLD: raw bytes, in which nothing is found
    info 0 $hackrf/default.xsvf -- 'format raw binary' '37,629 of them firmware'
    without 'vectors'
    without 'texts'
    info 5 $hackrf/README.firmware -- 'UB-IMG-012' 'is a text file'
fi

ubertooth=/usr/share/ubertooth/firmware
if package ubertooth-firmware $ubertooth/bluetooth_rxtx.dfu; then
    info 0 $ubertooth/bluetooth_rxtx.dfu -- 'format DFU file' '29,653 of them firmware' 'for 1d50:6003' \
        'stack 0x10003fe0, starts at 0x00008cc9, inside the image' 'texts "2018-12-R1"' 'shows as 1d50:6002'
    info 0 $ubertooth/bootloader.bin -- 'format raw binary' '8,008 of them firmware' 'starts at 0x00000431' \
        'shows as 1d50:6003'
    info 0 $ubertooth/assembly_test.dfu -- 'format DFU file' 'starts at 0x00001145, inside the image'
    info 0 $ubertooth/blinky.dfu -- 'for 1d50:6003' 'starts at 0x0000427d, inside the image'
    without 'shows as'
    info 0 $ubertooth/cc2400_test.dfu -- 'for 1d50:6003' 'starts at 0x0000427d, inside the image'
    info 0 $ubertooth/clock_test.dfu -- 'for 1d50:6003' 'starts at 0x00004281, inside the image'
    info 0 $ubertooth/usb_test.dfu -- 'for 1d50:6003' 'starts at 0x000044e1, inside the image'
fi

microbit=/usr/share/firmware-microbit-micropython/firmware.hex
if package firmware-microbit-micropython $microbit; then
    info 0 $microbit -- 'format Intel HEX' '243,880 of them firmware' '0x00000000-0x0003b88b 243,852 bytes' \
        '0x100010c0-0x100010db 28 bytes' 'stack 0x20004000, starts at 0x0001ccd9, inside the image' \
        '"v1.9.2-34-gd64154c73", "v1.0.1+unknown"'
fi

nxt=/usr/share/nxt-firmware/nxt_firmware.bin
if package nxt-firmware $nxt; then
    # an ARM7: no vector table of a Cortex-M
    info 0 $nxt -- 'format raw binary' '262,144 of them firmware' 'blank 103,960 bytes' 'shows as 0694:0002'
    without 'vectors'
fi

if [ "$packages" = 0 ]; then
    echo "skipped: none of Debian's firmware packages is installed"
    exit 77
fi
echo "ok: $checks checks of $seen files from $packages packages"
