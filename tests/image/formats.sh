#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# ELF files beside objcopy, boot headers beside dfu-prefix, and firmware that Debian packages in several formats, where
# it is installed (FIRMWARE_ROOT names another root than /). With the Arm cross binutils, ELF files of many layouts are
# linked here; with uf2conv of microsoft/uf2 (PyPI: adafruit-uf2; UF2CONV names it), UF2 files are compared.
#
# usage: formats.sh IMAGE_TOOL
set -eu

tool=$(realpath "$1")
root=${FIRMWARE_ROOT:-}
uf2conv=${UF2CONV:-uf2conv}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
checks=0

for needed in objcopy dfu-suffix dfu-prefix; do
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

# refuses WHAT NUMBER TEXT COMMAND...: fails with that error in those words
refuses()
{
    what=$1
    number=$2
    text=$3
    shift 3
    if "$@" >"$work/said" 2>&1; then
        fail "$what: not refused"
    fi
    grep -q "^$number " "$work/said" || { cat "$work/said" >&2; fail "$what: not error $number"; }
    grep -qF -e "$text" "$work/said" || { cat "$work/said" >&2; fail "$what: no \"$text\""; }
    checks=$((checks + 1))
}

# to_hex FILE OUT: as Intel HEX without the record of where it starts, which has two forms
to_hex()
{
    "$tool" --at 0 convert "$1" out.hex ihex
    grep -v '^:0400000[35]' out.hex >"$2"
}

# like_objcopy FILE: the same bytes at the same addresses, and the same raw file once gaps are filled.
# objcopy of another architecture knows the file by its byte order only.
like_objcopy()
{
    case $(od -An -tx1 -j5 -N1 "$1") in
        *01*) order=elf32-little ;;
        *) order=elf32-big ;;
    esac
    objcopy -I $order -O ihex "$1" theirs.hex
    objcopy -I $order -O srec "$1" theirs.srec
    objcopy -I $order -O binary "$1" theirs.bin
    to_hex theirs.hex theirs2.hex
    to_hex "$1" ours.hex
    same "$1 as objcopy -O ihex has it" theirs2.hex ours.hex
    to_hex theirs.srec theirs2.hex
    same "$1 as objcopy -O srec has it" theirs2.hex ours.hex
    "$tool" --fill 0 convert "$1" ours.bin
    same "$1 as objcopy -O binary has it" theirs.bin ours.bin
}

cd "$work"
awk 'BEGIN { x = 7; for (i = 0; i < 3001; i++) { x = (x * 1103515245 + 12345) % 2147483648;
    printf "\\%03o", int(x / 65536) % 256 } }' >octal
# shellcheck disable=SC2059 # the file is the format: only \NNN
printf "$(cat octal)" >fw.bin

# Boot headers: theirs read by us, ours as theirs.
for size in 1 511 512 513 1000 3001; do
    head -c "$size" fw.bin >part.bin
    cp part.bin theirs.dfu
    dfu-suffix -v 1fc9 -p 000c -d 0000 -a theirs.dfu >/dev/null 2>&1
    dfu-prefix -L -a theirs.dfu >/dev/null 2>&1
    "$tool" --prefix lpc --ids 1fc9:000c:0000 convert part.bin ours.dfu
    same "LPC header of $size bytes" theirs.dfu ours.dfu
    says "LPC header of $size bytes is known" "claim prefix 0x0 0x0 lpc" "$tool" info theirs.dfu
    "$tool" --prefix none convert theirs.dfu ours.bin
    same "LPC header of $size bytes taken away" part.bin ours.bin
    dfu-prefix -L -D ours.dfu >/dev/null 2>&1
    "$tool" convert ours.dfu ours.bin
    same "dfu-prefix takes ours away" part.bin ours.bin

    cp part.bin theirs.dfu
    dfu-suffix -v 1cbe -p 00ff -d 0100 -a theirs.dfu >/dev/null 2>&1
    dfu-prefix -s 0x2800 -a theirs.dfu >/dev/null 2>&1
    "$tool" --prefix ti --prefix-at 0x2800 --ids 1cbe:00ff:0100 convert part.bin ours.dfu
    same "TI prefix of $size bytes" theirs.dfu ours.dfu
    says "TI prefix of $size bytes is known" "claim prefix 0x2800 0x0 ti" "$tool" info theirs.dfu
    says "dfu-prefix knows ours" "Address:	0x00002800" dfu-prefix -c ours.dfu
    "$tool" --prefix none convert theirs.dfu ours.bin
    same "TI prefix of $size bytes taken away" part.bin ours.bin
done
says "dfu-suffix accepts what we write" "Vendor ID:	0x1CBE" dfu-suffix -c ours.dfu

# Programs and objects of this computer are named as what they are.
if [ "$(od -An -tx1 -N4 /bin/sh | tr -d ' ')" = 7f454c46 ]; then
    refuses "a program of this computer" 524 "not firmware" "$tool" info /bin/sh
fi

# ELF files of many layouts.
if command -v arm-none-eabi-ld >/dev/null && command -v arm-none-eabi-as >/dev/null; then
    cat >code.s <<'EOF'
    .section .vectors,"a"
    .word 0x20001000
    .word reset + 1
    .text
    .thumb
    .global reset
reset:
    .rept 333
    .byte 1, 2, 3, 4, 5
    .endr
    .section .rodata,"a"
    .byte 0xaa, 0xbb, 0xcc
    .section .ramcode,"awx"
    .rept 77
    .byte 0x77
    .endr
    .data
    .byte 0x11, 0x22, 0x33, 0x44, 0x55
    .section .empty,"a"
    .section .note.gnu.build-id,"a",%note
    .byte 4, 0, 0, 0
    .section .noinit,"aw",%nobits
    .space 32
    .bss
    .space 64
EOF
    link=0
    for endian in EL EB; do
        arm-none-eabi-as -mcpu=cortex-m3 -$endian code.s -o code.o
        for page in 4 16 4096 65536; do
            for origin in 0x00000000 0x00000100 0x08000000 0x0800c000 0xfffe0000; do
                for gap in 0 1 0x200 0x1c000; do
                    cat >layout.ld <<EOF
ENTRY(reset)
MEMORY { FLASH (rx): ORIGIN = $origin, LENGTH = 128K  RAM (rwx): ORIGIN = 0x20000000, LENGTH = 8K }
SECTIONS {
  .vectors : { KEEP(*(.vectors)) } >FLASH
  .text ORIGIN(FLASH) + 8 + $gap : { *(.text*) } >FLASH
  .rodata : ALIGN(8) { *(.rodata*) } >FLASH
  .note : { *(.note*) } >FLASH
  .empty : { *(.empty) } >FLASH
  .ramcode : { *(.ramcode) } >RAM AT>FLASH
  .data : { *(.data*) } >RAM AT>FLASH
  .bss : { *(.bss*) } >RAM
  .noinit (NOLOAD) : { *(.noinit) } >RAM
}
EOF
                    arm-none-eabi-ld -$endian -z max-page-size=$page -T layout.ld code.o -o fw.elf 2>/dev/null
                    like_objcopy fw.elf
                    link=$((link + 1))
                done
            done
        done
        # Without a script: the first segment may begin with the ELF header.
        for page in 16 256 65536; do
            arm-none-eabi-ld -$endian -e reset -z max-page-size=$page code.o -o fw.elf 2>/dev/null
            like_objcopy fw.elf
            arm-none-eabi-ld -$endian -e reset -N code.o -o fw.elf
            like_objcopy fw.elf
            link=$((link + 2))
        done
        cat >headers.ld <<EOF
ENTRY(reset)
PHDRS { all PT_LOAD FILEHDR PHDRS; data PT_LOAD; }
SECTIONS {
  . = 0x08000000 + SIZEOF_HEADERS;
  .vectors ALIGN(0x100) : { KEEP(*(.vectors)) } :all
  .text : { *(.text*) *(.rodata*) } :all
  .data 0x20000000 : AT(0x08002000) { *(.data*) *(.ramcode) } :data
  .bss : { *(.bss*) *(.noinit) } :data
}
EOF
        arm-none-eabi-ld -$endian -z max-page-size=16 -T headers.ld code.o -o fw.elf
        like_objcopy fw.elf
        arm-none-eabi-objcopy --strip-section-headers fw.elf bare.elf 2>/dev/null &&
            refuses "headers that would be flashed" 524 "begins with the ELF header" "$tool" info bare.elf
        arm-none-eabi-strip fw.elf
        like_objcopy fw.elf
        refuses "an object file" 524 "is an object file" "$tool" info code.o
    done
    echo "$link layouts of ELF files linked"
else
    echo "without arm-none-eabi-ld: no ELF files linked"
fi

# UF2 beside uf2conv, which pads with zeros behind raw bytes and with 0xff around Intel HEX.
if command -v "$uf2conv" >/dev/null; then
    for size in 33 255 256 257 3001; do
        head -c "$size" fw.bin >part.bin
        "$uf2conv" -c -b 0x10000000 -f RP2040 -o theirs.uf2 part.bin >/dev/null
        "$tool" --at 0x10000000 --fill 0 --uf2-family 0xe48bff56 convert part.bin ours.uf2
        same "UF2 of $size raw bytes" theirs.uf2 ours.uf2
        for at in 0x08000000 0x08000080 0x080000ff 0x0800fff0; do
            objcopy -I binary -O ihex --change-addresses $at part.bin part.hex
            "$uf2conv" -c -f 0x57755a57 -o theirs.uf2 part.hex >/dev/null
            "$tool" --uf2-family 0x57755a57 convert part.hex ours.uf2
            same "UF2 of $size bytes at $at" theirs.uf2 ours.uf2
            "$tool" convert theirs.uf2 ours.hex
            says "UF2 of $size bytes at $at is known" "claim uf2-family 0x57755a57 0x0 STM32F4" "$tool" info theirs.uf2
        done
    done
else
    echo "without uf2conv: UF2 not compared"
fi

# One firmware in four formats: what the package has of it, and the .dfu that dfu-suffix makes.
tomu=$root/usr/lib/firmware-tomu
if [ -e "$tomu/toboot.elf" ]; then
    cp "$tomu/toboot.bin" toboot.dfu
    dfu-suffix -v 1209 -p 70b1 -a toboot.dfu >/dev/null 2>&1
    for file in "$tomu/toboot.elf" "$tomu/toboot.ihex" "$tomu/toboot.bin" toboot.dfu; do
        to_hex "$file" "$(basename "$file").hex"
        "$tool" convert "$file" out.bin
        same "$file as raw bytes" "$tomu/toboot.bin" out.bin
        same "$file loads to the same image" toboot.elf.hex "$(basename "$file").hex"
    done
    like_objcopy "$tomu/toboot.elf"
    says "what toboot.elf says of itself" "claim machine 0x28 0x5000200 Arm" "$tool" info "$tomu/toboot.elf"
fi

# The files of HackRF: a boot header in front of a finished DFU file, and so a wrong CRC.
for file in "$root"/usr/share/hackrf/*.dfu; do
    [ -e "$file" ] || continue
    refuses "$file" 504 "the boot header of 16 bytes was put in front afterwards, as in HackRF's files" \
        "$tool" info "$file"
    says "$file, accepted by name" "claim prefix 0x0 0x0 lpc" "$tool" --accept-bad-crc info "$file"
    "$tool" --accept-bad-crc convert "$file" out.dfu
    says "$file is right once it is written again" "ids 1fc9:000c" "$tool" info out.dfu
    says "dfu-suffix likes it then" "Vendor ID:	0x1FC9" dfu-suffix -c out.dfu
    head -c -4 "$file" >theirs.dfu
    head -c -4 out.dfu >ours.dfu
    same "$file but for its CRC" theirs.dfu ours.dfu
    "$tool" --accept-bad-crc --prefix none convert "$file" out.bin
    tail -c +17 "$file" | head -c -16 >inner.bin
    same "$file without header and suffix" inner.bin out.bin
done

echo "$checks checks passed"
