#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# One firmware packed by every program that Debian has for it, and read from there: it has to be the
# same as the file that was packed. firmware-tomu's toboot is taken where it is installed
# (FIRMWARE_ROOT names another root than /), else a file made here.
#
# usage: peers.sh PACK_TOOL IMAGE_TOOL
set -eu

pack_tool=$(realpath "$1")
image_tool=$(realpath "$2")
toboot=${FIRMWARE_ROOT:-}/usr/lib/firmware-tomu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
checks=0

for needed in zip 7z tar gzip xz zstd bzip2 lz4 gcab sha1sum sha256sum; do
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

# The image in a file, without what belongs to the file.
image()
{
    "$image_tool" info "$1" | grep -E '^(format|length|segment|ids|target) ' || fail "cannot read $1"
}

# same ARCHIVE PACKED MEMBER: it holds the same image as $firmware
same()
{
    image "$firmware" >plain
    image "$1" >packed
    cmp plain packed || fail "$1: another image than $firmware"
    "$pack_tool" open "$1" >said
    grep -qxF "packed $2" said || { cat said >&2; fail "$1: not packed as $2"; }
    grep -qxF "member $3" said || { cat said >&2; fail "$1: not member $3"; }
    checks=$((checks + 1))
}

# says TEXT COMMAND...: a line of the output is TEXT
says()
{
    text=$1
    shift
    "$@" >said 2>&1 || { cat said >&2; fail "$*"; }
    grep -qxF -e "$text" said || { cat said >&2; fail "$*: no \"$text\""; }
    checks=$((checks + 1))
}

# refuses NUMBER COMMAND...: fails with that error
refuses()
{
    number=$1
    shift
    if "$@" >said 2>&1; then
        fail "$*: not refused"
    fi
    grep -q "^$number " said || { cat said >&2; fail "$*: not error $number"; }
    checks=$((checks + 1))
}

# every_kind: packs $firmware, which lies here, in all the ways there are
every_kind()
{
    for level in 0 1 9; do
        zip -qX -$level out.zip "$firmware"
        same out.zip zip "$firmware"
        rm out.zip
    done
    zip -qX -Z bzip2 out.zip "$firmware"
    same out.zip zip "$firmware"
    zip -qX -fz out.zip "$firmware" # Zip64
    same out.zip zip "$firmware"
    zip -qX - "$firmware" | cat >streamed.zip # lengths after the content
    same streamed.zip zip "$firmware"
    for method in Copy Deflate BZip2 LZMA PPMd; do
        rm -f out.zip
        7z a -bd -tzip -mm=$method out.zip "$firmware" >/dev/null
        same out.zip zip "$firmware"
    done
    for method in Copy LZMA LZMA2 PPMd BZip2 Deflate; do
        rm -f out.7z
        7z a -bd -m0=$method out.7z "$firmware" >/dev/null
        same out.7z 7z "$firmware"
    done
    for format in oldgnu gnu ustar pax; do
        tar --format=$format -cf out.tar "$firmware"
        same out.tar tar "$firmware"
    done
    tar -cf out.tar "$firmware"
    for row in gzip:gz xz:xz zstd:zst bzip2:bz2 lz4:lz4; do
        program=${row%:*}
        ending=${row#*:}
        # toboot.bin gives up its name, which gzip would keep
        "$program" -c <"$firmware" >"$firmware.$ending"
        same "$firmware.$ending" "$program" "$firmware"
        "$program" -c <out.tar >"out.tar.$ending"
        same "out.tar.$ending" "$program, tar" "$firmware"
        rm "$firmware.$ending"
    done
    gzip -k "$firmware"
    mv "$firmware.gz" renamed
    same renamed gzip "$firmware"
    gcab -cn out.cab "$firmware"
    same out.cab cab "$firmware"
    gcab -czn out.cab "$firmware"
    same out.cab cab "$firmware"
    zip -qX nested.zip out.tar.gz
    same nested.zip "zip, gzip, tar" "out.tar.gz/$firmware"
    rm -f out.* nested.zip streamed.zip renamed
}

cd "$work"
if [ -e "$toboot/toboot.bin" ]; then
    cp "$toboot"/toboot* .
    files="toboot.bin toboot.ihex toboot.elf toboot-booster.dfu"
else
    awk 'BEGIN { for (i = 0; i < 300; i++) printf "%c%c%c", 1 + i % 100, 128 + i % 50, 200 }' >fw.bin
    files=fw.bin
fi
for firmware in $files; do
    every_kind
done

# A 4 GiB file of zeros: refused at once, not after 4 GiB.
head -c 4G /dev/zero | gzip -1 >zeros.bin.gz
refuses 530 timeout 20 "$pack_tool" open zeros.bin.gz
truncate -s 4G zeros.bin
tar -cSf zeros.tar zeros.bin
refuses 530 timeout 20 "$pack_tool" open zeros.tar
rm zeros.*

# Cut anywhere, a compressed file gives an error.
for row in gzip:gz xz:xz zstd:zst bzip2:bz2 lz4:lz4; do
    program=${row%:*}
    "$program" -c <"$firmware" >whole
    size=$(wc -c <whole)
    for part in 1 2 3 4; do
        head -c $((size * part / 5)) whole >cut.part
        refuses 526 "$pack_tool" open cut.part
    done
done

# A cabinet as LVFS has it.
cat >board.metainfo.xml <<EOF
<?xml version="1.0" encoding="UTF-8"?>
<component type="firmware">
  <id>org.example.board.firmware</id>
  <name>Board</name>
  <summary>Firmware</summary>
  <developer_name>Example Works</developer_name>
  <metadata_license>CC0-1.0</metadata_license>
  <project_license>MIT</project_license>
  <provides><firmware type="flashed">2082b5e0-7a64-478a-b1b2-e3404fab6dad</firmware></provides>
  <releases><release version="2.0.1" date="2026-01-02"><description><p>Better.</p></description>
    <checksum type="sha1" target="content" filename="$firmware">$(sha1sum <"$firmware" | cut -d' ' -f1)</checksum>
    <checksum type="sha256" target="content" filename="$firmware">$(sha256sum <"$firmware" | cut -d' ' -f1)</checksum>
  </release></releases>
</component>
EOF
gcab -czn board.cab board.metainfo.xml "$firmware"
same board.cab cab "$firmware"
says "version 2.0.1 (metainfo)" "$pack_tool" open board.cab
says "guid 2082b5e0-7a64-478a-b1b2-e3404fab6dad (metainfo)" "$pack_tool" open board.cab
if command -v fwupdtool >/dev/null && fwupdtool get-details board.cab >details 2>/dev/null; then
    grep -q '2.0.1' details || fail "fwupdtool reads another version"
    grep -q '2082b5e0-7a64-478a-b1b2-e3404fab6dad' details || fail "fwupdtool reads another GUID"
    checks=$((checks + 1))
fi
sed 's/2\.0\.1/2.0.2/; s/\(sha256[^>]*>\)..../\10000/' board.metainfo.xml >x
mv x board.metainfo.xml
gcab -czn board.cab board.metainfo.xml "$firmware"
refuses 531 "$pack_tool" open board.cab

# Passwords.
rm -f out.*
zip -qX -P secret out.zip "$firmware"
refuses 527 "$pack_tool" open out.zip
rm out.zip
7z a -bd -tzip -mem=AES256 -psecret out.zip "$firmware" >/dev/null
refuses 527 "$pack_tool" open out.zip
7z a -bd -psecret out.7z "$firmware" >/dev/null
refuses 527 "$pack_tool" open out.7z
7z a -bd -psecret -mhe=on out2.7z "$firmware" >/dev/null
refuses 527 "$pack_tool" open out2.7z

# All of toboot in one archive: several, unless one is named.
if [ -e toboot.elf ]; then
    rm -f out.zip
    zip -qX out.zip toboot*
    refuses 528 "$pack_tool" open out.zip
    says "member toboot.ihex" "$pack_tool" open out.zip toboot.ihex
    rm out.zip
    zip -qX out.zip toboot.bin toboot.ihex
    says "member toboot.ihex" "$pack_tool" open out.zip
    "$pack_tool" list out.zip >said
    [ "$(grep -c '^F ' said)" -eq 2 ] || { cat said >&2; fail "list of out.zip"; }
fi

echo "$checks checks passed"
