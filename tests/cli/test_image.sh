#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# image info, image check and image sha256: what a file is, where it belongs, and files that are no firmware.
# shellcheck source=tests/cli/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

make_firmware fw.bin 20000
expect 0 image convert fw.bin --at 0x08000000 -o fw.hex
expect 0 image convert fw.bin --at 0x00100000 -o far.hex
make_image data.bin 5000
boot="'boot dir/fw.hex'"

# in_json CHECK: the lines of out as `lines`, the first and the last one.
# shellcheck disable=SC2317 # called by check
in_json()
{
    python3 -c '
import json
lines = [json.loads(line) for line in open("out", encoding="utf-8")]
first, last = lines[0], lines[-1]
'"$1"
}

# What a file is.
expect 0 image info fw.hex
says out '^fw\.hex$'
says out '^  format      Intel HEX$'
says out '^  size        [0-9,]+ bytes in the file, 20,000 of them firmware$'
says out "^  sha256      $(sha256sum fw.hex | cut -c 1-64)$"
says out '^    0x08000000-0x08004e1f  20,000 bytes$'
says out '^  vectors     at 0x08000000: stack 0x20001000, starts at 0x08000101, inside the image$'
says out '^  trust       nobody vouches for it$'
says out '^  families    '
run image info fw.hex --json
check "JSON: an image" in_json '
assert first["type"] == "image" and first["format"] == "ihex" and first["packed"] == "" and first["error"] is None
assert first["segments"] == [{"alt": None, "address": 0x08000000, "length": 20000}]
facts = first["facts"]
assert facts["vectors"] == {"at": 0x08000000, "stack": 0x20001000, "reset": 0x08000101, "reset_inside": True}
assert facts["mcuboot"] is None and facts["esp"] is None and not facts["dense"]
assert first["trust"]["level"] == "none" and not first["trust"]["unknown_key"]
assert any(f["family"].startswith("stm32") and f["why"] for f in first["families"])'
LC_ALL=C run image info fw.hex
check "ASCII in the C locale" bash -c '! LC_ALL=C grep -q "[^ -~]" out'

# Files need no bus, and none is opened: a virtual one that cannot be made is not missed.
expect 0 --sim no-such-model image info fw.hex
expect 0 --sim no-such-model image check fw.hex --family stm32f405
expect 2 --sim no-such-model image check fw.hex port=1-1

# The digest of a file, and of the firmware inside, which is the same in each format.
run image sha256 fw.bin fw.hex
check "sha256sum reads it" sha256sum --check --strict out
check "the same firmware inside" test "$(grep '^# ' out | sed 's/.*: //' | sort -u)" = "$(sha256sum fw.bin | cut -c 1-64)"
cp fw.bin 'back\slash.bin'
run image sha256 'back\slash.bin'
check "sha256sum reads an odd name" sha256sum --check --strict out
expect 5 image sha256 missing.bin fw.bin
check "the others are there all the same" grep -q '  fw\.bin$' out
run image sha256 fw.bin --json
check "JSON: a digest" in_json '
assert first["type"] == "digest" and first["sha256"] == first["content_sha256"] and first["length"] == 20000'

# Archives: one image is taken, of several one has to be chosen.
python3 - <<'END'
import zipfile
with zipfile.ZipFile("one.zip", "w", zipfile.ZIP_DEFLATED) as archive:
    archive.write("fw.hex")
    archive.writestr("README.txt", "This is no firmware.\n" * 9)
with zipfile.ZipFile("two images.zip", "w", zipfile.ZIP_DEFLATED) as archive:
    archive.write("fw.hex", "boot dir/fw.hex")
    archive.write("far.hex", "far.hex")
with zipfile.ZipFile("none.zip", "w") as archive:
    archive.writestr("README.txt", "This is no firmware.\n" * 9)
END
expect 0 image info one.zip
says out '^  format      Intel HEX, packed in zip$'
says out '^  member      fw\.hex$'
run image info one.zip --json
check "JSON: nothing to note" in_json 'assert first["note"] == "" and first["member"] == "fw.hex"'
python3 -c '
import zipfile
with zipfile.ZipFile("same.zip", "w") as archive:
    archive.write("fw.hex")
    archive.write("fw.hex", "again/fw.hex")'
expect 0 image info same.zip
says out '^  member      fw\.hex$'
says out '^  note        the same firmware is in again/fw\.hex$'
run image info same.zip --json
check "JSON: a note" in_json 'assert first["note"] == "the same firmware is in again/fw.hex"'
expect 0 image info 'two images.zip'
says out 'an archive of 2 files, 2 of them firmware: choose one with --member$'
says out '^    boot dir/fw\.hex +[0-9,]+ bytes  Intel HEX$'
run image info 'two images.zip' --json
check "JSON: an archive" in_json '
assert first["type"] == "archive" and last["status"] == 0
assert {m["path"]: m["firmware"] for m in first["members"]} == {"boot dir/fw.hex": True, "far.hex": True}'
expect 0 image info 'two images.zip' --member 'boot dir/fw.hex'
expect 5 image info 'two images.zip' --member nothing.hex
says err '^✗ UB-IMG-029 '
expect 5 image info none.zip
says err '^✗ UB-IMG-029 '
expect 5 "$sim" flash 'two images.zip' --yes --stay
says err '^✗ UB-IMG-028 '
says err "^    unbrick --sim stm32f405,time=virtual flash 'two images\.zip' --member $boot --stay$"
says err '^    unbrick .* --member far\.hex --stay$'
expect 0 "$sim" flash 'two images.zip' --member 'boot dir/fw.hex' --yes
expect 5 "$sim" flash 'two images.zip' --member far.hex --yes --keys elsewhere
says err "\`unbrick --sim stm32f405,time=virtual --keys elsewhere info\`|image check 'two images.zip' --member far.hex"

# Does it belong there? The verdict is the first line.
expect 0 image check fw.hex --family stm32f405
check "the verdict comes first" bash -c 'head -n 1 out | grep -qE "^✓ fw\.hex fits stm32f405$"'
says out '^  for         '
says out '^  trust       nobody vouches for it$'
expect 5 image check far.hex --family stm32f405
check "the verdict comes first" bash -c 'head -n 1 out | grep -qE "^✗ far\.hex does not fit stm32f405$"'
says out '^  against     '
check "the verdict is not told twice" test ! -s err
run image check far.hex --family stm32f405 --json
check "JSON: a verdict" in_json '
assert first["type"] == "match" and first["verdict"] == "refused" and first["against"] == "stm32f405"
assert any(f["weight"] == "against" and f["name"] and f["text"] for f in first["findings"])
assert first["error"]["id"].startswith("UB-") and last["status"] == 5 and last["error"] == first["error"]'
expect 0 "$sim" image check fw.hex port=1-1
says out '^✓ fw\.hex fits the device port=1-1$'
expect 5 "$sim" image check far.hex port=1-1
expect 3 "$sim" image check fw.hex port=7-7
expect 2 image check fw.hex port=1-1 --family stm32f405
expect 2 image check fw.hex --family no-such-family
expect 0 image check data.bin --family stm32f405 --at 0x08004000
says out '^! cannot tell whether data\.bin fits stm32f405$|^✓ data\.bin fits'
expect 0 image check fw.hex
check "families, as nothing was given to hold it against" grep -qE '^  families    stm32' out
run image check fw.hex --json
check "JSON: families" in_json 'assert first["type"] == "families" and first["families"]'

# A contradiction is named, and nothing else is accepted by that name.
python3 - <<'END'
import struct
import zlib
body = open("fw.bin", "rb").read()
suffix = body + struct.pack("<HHHH3sB", 0xffff, 0x1234, 0x5678, 0x0100, b"UFD", 16)
open("other.dfu", "wb").write(suffix + struct.pack("<I", zlib.crc32(suffix) ^ 0xffffffff))
open("crc.dfu", "wb").write(suffix + struct.pack("<I", 1))
END
expect 5 "$sim" image check other.dfu port=1-1 --at 0x08000000
says out '^  against     .*\[--accept other-device\]$'
expect 0 "$sim" image check other.dfu port=1-1 --at 0x08000000 --accept other-device
says out '^! other\.dfu does not fit the device port=1-1, which was accepted$'
says out '^  against     .*\[accepted: other-device\]$'
expect 5 "$sim" flash other.dfu --at 0x08000000 --yes
says err "unbrick .*image check other\.dfu --at 0x08000000 port=1-1|--accept other-device"
expect 0 "$sim" flash other.dfu --at 0x08000000 --yes --accept other-device
expect 5 image info crc.dfu
says err '^✗ UB-IMG-004 '
expect 0 image info crc.dfu --accept bad-crc
for verb in "image info fw.hex" "image check fw.hex" "image sha256 fw.hex" "$sim flash fw.hex --yes"; do
    # shellcheck disable=SC2086 # words are wanted
    expect 2 $verb --accept everything
    says err 'unbrick help accept|there are '
done
expect 0 help accept
says out '^  other-device  '

# What is no firmware is named and refused.
printf '\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\1\0\0\0\1\x08\2\0\0\0' >logo.bin
printf '<!DOCTYPE html>\n<html><head><title>404</title></head><body>Not found</body></html>\n' >page.bin
expect 5 image info logo.bin
says err 'PNG'
expect 5 image info page.bin
says err 'a web page'
expect 5 image info logo.bin fw.hex page.bin
check "both are told of" test "$(grep -c '  ✗ UB-IMG-012  ' out)" = 2

# What is on the net is fetched first, never silently.
for verb in flash plan verify "image info" "image check" "image sha256" "image diff fw.hex" "image convert -o x.hex"; do
    # shellcheck disable=SC2086 # words are wanted
    expect 2 $verb https://example.com/fw.hex
    says err 'unbrick image fetch https://example\.com/fw\.hex'
done
finish
