#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# Firmware files of other programs read by us, ours read by them: objcopy, srec_cat, dfu-suffix,
# dfuse-pack; and the firmware that Debian packages, where it is installed. FIRMWARE_ROOT names
# another root than / for the latter.
#
# usage: peers.sh IMAGE_TOOL
set -eu

tool=$(realpath "$1")
root=${FIRMWARE_ROOT:-}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
checks=0

for needed in objcopy srec_cat dfu-suffix dfuse-pack; do
    if ! command -v "$needed" >/dev/null; then
        echo "skipped: $needed is not installed"
        exit 77
    fi
done

fail()
{
    echo "FAILED: $*" >&2
    exit 1
}

# same WHAT FILE FILE: byte for byte
same()
{
    cmp "$2" "$3" || fail "$1"
    checks=$((checks + 1))
}

# says WHAT TEXT COMMAND...: the output has TEXT
says()
{
    what=$1
    text=$2
    shift 2
    "$@" >"$work/said" 2>&1 || { cat "$work/said" >&2; fail "$what"; }
    grep -qF -e "$text" "$work/said" || { cat "$work/said" >&2; fail "$what: no \"$text\""; }
    checks=$((checks + 1))
}

# refuses WHAT NUMBER COMMAND...: fails with that error
refuses()
{
    what=$1
    number=$2
    shift 2
    if "$@" >"$work/said" 2>&1; then
        fail "$what: not refused"
    fi
    grep -q "^$number " "$work/said" || { cat "$work/said" >&2; fail "$what: not error $number"; }
    checks=$((checks + 1))
}

# firmware NAME BYTES: reproducible bytes that no compressor or text finder takes for its own
firmware()
{
    awk -v n="$2" 'BEGIN { x = 12345; for (i = 0; i < n; i++) { x = (x * 1103515245 + 12345) % 2147483648;
        printf "%02x", int(x / 65536) % 256; if (i % 32 == 31) print "" } print "" }' |
        sed 's/../\\x&/g' | while IFS= read -r line; do
            # shellcheck disable=SC2059 # the line is the format: only \xNN
            /usr/bin/printf "$line"
        done >"$work/$1"
    [ "$(wc -c <"$work/$1")" -eq "$2" ] || fail "could not make $1"
}

firmware a.bin 5000
firmware b.bin 1237
cd "$work"

# Intel HEX <-> raw: objcopy and we agree both ways, across a 64 KiB border and near the end.
for at in 0x00000000 0x0000ff00 0x08000000 0x0800fff1 0xffffe000; do
    objcopy -I binary -O ihex --change-addresses "$at" a.bin theirs.hex
    "$tool" convert theirs.hex ours.bin
    same "read objcopy's hex at $at" a.bin ours.bin
    "$tool" --at "$at" convert a.bin ours.hex
    objcopy -I ihex -O binary ours.hex back.bin
    same "objcopy reads our hex at $at" a.bin back.bin
    case $at in
    *000000) # Where it has no need of segments, objcopy writes the same text but for line ends.
        tr -d '\r' <theirs.hex | grep -v '^:0400000[35]' >theirs.text
        same "the same text as objcopy at $at" theirs.text ours.hex
        ;;
    esac
done

# Gaps, and every form that srec_cat writes: 16, 20 and 32 bit addresses, long and short lines.
for form in "2 8" "3 16" "3 255" "4 1" "4 16" "4 255"; do
    size=${form% *}
    line=${form#* }
    second=0x8000
    [ "$size" -eq 2 ] || second=0x2fff0
    srec_cat a.bin -binary -offset 0x100 b.bin -binary -offset "$second" \
        -o theirs.hex -intel --address-length="$size" --line-length=$((line * 2 + 11))
    "$tool" convert theirs.hex ours.hex
    srec_cat ours.hex -intel -o ours.srec -motorola
    srec_cat theirs.hex -intel -o theirs.srec -motorola
    same "srec_cat finds the same in ours (form $form)" theirs.srec ours.srec
    says "segments of srec_cat (form $form)" "length 6237" "$tool" info theirs.hex
done

# DFU suffix: theirs read by us, ours accepted by them, byte for byte the same.
cp a.bin theirs.dfu
dfu-suffix -v 1209 -p 70b1 -d 0102 -a theirs.dfu >/dev/null 2>&1
says "ids of dfu-suffix" "ids 1209:70b1 device 0102" "$tool" info theirs.dfu
"$tool" convert theirs.dfu ours.bin
same "payload of dfu-suffix" a.bin ours.bin
"$tool" convert theirs.dfu ours.dfu
same "our suffix" theirs.dfu ours.dfu
says "dfu-suffix accepts ours" "Vendor ID:	0x1209" dfu-suffix -c ours.dfu
"$tool" convert a.bin any.dfu
says "dfu-suffix accepts ours for any device" "Vendor ID:	0xFFFF" dfu-suffix -c any.dfu
{ printf '\001'; tail -c +2 theirs.dfu; } >wrong.dfu
refuses "a damaged file" 504 "$tool" info wrong.dfu
if dfu-suffix -c wrong.dfu >/dev/null 2>&1; then fail "dfu-suffix likes wrong.dfu"; fi
refuses "a cut file" 505 sh -c "head -c 4000 theirs.dfu >cut.dfu; '$tool' info cut.dfu"

# DfuSe: two targets of two elements.
dfuse-pack -D 0x0483:0xdf11 -b 0x08000000:a.bin -b 0x08004000:b.bin -b 0x1fffc000@1:b.bin theirs.dfu
says "DfuSe of dfuse-pack: ids" "ids 0483:df11 device 0000" "$tool" info theirs.dfu
says "DfuSe of dfuse-pack: first" "segment alt 0 at 0x08000000 length 5000" "$tool" info theirs.dfu
says "DfuSe of dfuse-pack: second" "segment alt 0 at 0x08004000 length 1237" "$tool" info theirs.dfu
says "DfuSe of dfuse-pack: third" "segment alt 1 at 0x1fffc000 length 1237" "$tool" info theirs.dfu
"$tool" convert theirs.dfu ours.dfu
dfuse-pack --dump ours.dfu >said
if grep -E 'ERROR|Traceback' said; then fail "dfuse-pack does not like ours"; fi
grep -q 'usb: 0483:df11, device: 0x0000, dfu: 0x011a' said || fail "dfuse-pack: ids of ours"
same "dfuse-pack dumps our first element" a.bin ours.dfu.target0.image0.bin
same "dfuse-pack dumps our second element" b.bin ours.dfu.target0.image1.bin
same "dfuse-pack dumps our third element" b.bin ours.dfu.target1.image0.bin
says "dfu-suffix accepts our DfuSe" "BCD DFU:	0x011A" dfu-suffix -c ours.dfu
objcopy -I binary -O ihex --change-addresses 0x08000000 a.bin a.hex
"$tool" convert a.hex from_hex.dfu
dfuse-pack --dump from_hex.dfu >said
same "hex to DfuSe" a.bin from_hex.dfu.target0.image0.bin
refuses "two parts as raw" 519 "$tool" convert theirs.dfu no.bin
refuses "two settings as hex" 519 "$tool" convert theirs.dfu no.hex

# Firmware that Debian ships.
tomu=$root/usr/lib/firmware-tomu
if [ -e "$tomu/toboot.ihex" ]; then
    "$tool" convert "$tomu/toboot.ihex" out.bin
    same "toboot.ihex and toboot.bin" "$tomu/toboot.bin" out.bin
    "$tool" convert "$tomu/toboot-booster.dfu" out.bin
    same "toboot-booster.dfu and .bin" "$tomu/toboot-booster.bin" out.bin
    "$tool" convert "$tomu/toboot.elf" out.bin
    same "toboot.elf and toboot.bin" "$tomu/toboot.bin" out.bin
fi
for file in "$root"/usr/share/ubertooth/firmware/*.dfu; do
    [ -e "$file" ] || continue
    says "$file" "ids 1d50:6003" "$tool" info "$file"
    "$tool" convert "$file" out.dfu
    same "$file written again" "$file" out.dfu
done
for file in "$root"/usr/share/hackrf/*.dfu; do
    [ -e "$file" ] || continue
    refuses "$file" 504 "$tool" info "$file"
    says "$file, accepted by name" "ids 1fc9:000c" "$tool" --accept-bad-crc info "$file"
    "$tool" --accept-bad-crc convert "$file" out.bin
    head -c -16 "$file" >inner.bin
    same "$file without its suffix" inner.bin out.bin
done
microbit=$root/usr/share/firmware-microbit-micropython/firmware.hex
if [ -e "$microbit" ]; then
    "$tool" convert "$microbit" ours.hex
    srec_cat ours.hex -intel -o ours.srec -motorola -disable=exec_start_address
    srec_cat "$microbit" -intel -o theirs.srec -motorola -disable=exec_start_address
    same "micro:bit firmware" theirs.srec ours.srec
fi

echo "$checks checks passed"
