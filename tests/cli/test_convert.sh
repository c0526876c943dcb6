#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# image convert and image diff: every option, what is refused, and that nothing is replaced.
# shellcheck source=tests/cli/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

make_image a.bin 5000
make_image b.bin 1237

# One way there, and the same bytes back.
expect 0 image convert a.bin --at 0x08000000 -o a.hex
says out '^ ✓ a\.hex  5,000 bytes  0x08000000-0x08001387$'
for ending in srec s19 s28 s37 mot dfu uf2; do
    expect 0 image convert a.hex -o "a.$ending"
    case $ending in uf2) ;; *)
        expect 0 image convert "a.$ending" -o "from-$ending.bin"
        check "the same bytes back from .$ending" cmp a.bin "from-$ending.bin" ;;
    esac
done
expect 0 image convert a.hex --format ihex -o odd-name
check "the format asked for" cmp a.hex odd-name

# Nothing is replaced, and what cannot be said is said.
expect 10 image convert a.bin -o a.hex --at 0
says err 'a\.hex: is there already, and is not replaced'
expect 2 image convert a.hex
says err '--output FILE'
expect 2 image convert a.hex -o a.txt
expect 2 image convert a.hex -o x.hex --format bogus
expect 5 image convert a.bin -o x.hex
says err 'does not say where its bytes go'
expect 5 image convert a.hex --at 0x08004000 -o x.hex
says err 'begins at 0x08000000 by itself'

# Moving, cropping, filling, merging.
expect 0 image convert a.hex b.bin --at 0x08010000 -o two.hex
says out '0x08000000-0x08001387, 0x08010000-0x080104d4$'
expect 5 image convert two.hex -o x.bin
expect 0 image convert two.hex --fill 0xff -o filled.bin
check "gaps are filled" test "$(wc -c <filled.bin)" = $((0x10000 + 1237))
check "with the byte asked for" test "$(head -c 5001 filled.bin | tail -c 1 | od -An -tx1)" = ' ff'
expect 5 image convert a.hex a.srec -o x.hex
says err 'is there twice'
expect 5 image convert a.bin b.bin -o x.hex
says err 'do not say where'
expect 0 image convert two.hex --offset -0x08000000 -o low.hex
says out '0x00000000-0x00001387'
expect 0 image convert low.hex --offset=0x08000000 -o high.hex
check "moved there and back" cmp two.hex high.hex
expect 5 image convert two.hex --offset -0x08000001 -o x.hex
expect 0 image convert two.hex --crop 0x08000010-0x0800001f -o crop.bin
tail -c +17 a.bin | head -c 16 >wanted.bin
check "cropped to START-END" cmp wanted.bin crop.bin
expect 0 image convert two.hex --crop 0x08000010+16 -o crop2.bin
check "cropped to START+LENGTH" cmp wanted.bin crop2.bin
expect 5 image convert two.hex --crop 0x08008000+16 -o x.hex
says err 'nothing of it lies in 0x08008000 to 0x0800800f'
expect 0 image convert a.bin --crop 16+16 -o crop3.bin
check "cropped by the file's own offsets" cmp wanted.bin crop3.bin

# Ids, prefix, UF2 family.
expect 0 image convert a.bin --ids 1209:70b1:0102 -o ids.dfu
run image info ids.dfu
says out '1209:70b1'
expect 0 image convert a.bin --prefix lpc -o lpc.dfu
expect 0 image convert lpc.dfu --prefix none -o bare.bin
check "a prefix put on and taken off" cmp a.bin bare.bin
expect 0 image convert a.bin --prefix ti:0x2000 -o ti.dfu
expect 0 image convert a.hex --uf2-family 0x57755a57 -o family.uf2
run image info family.uf2
says out '0x57755a57'

# Numbers that are none.
for option in --at=x --at=-1 --offset=- --offset=1.5 --offset=0x8000000000000000 --crop=5 --crop=9-3 --crop=+4 \
    --crop=4+0 --crop=0-0xffffffffffffffff --fill=256 --fill=-1 --ids=1209 --ids=1209:70b1:1:2 --ids=12345:1 \
    --ids=:1 --prefix=ti --prefix=ti: --prefix=x --uf2-family=0x100000000; do
    expect 2 image convert two.hex "$option" -o x.hex
done
expect 2 image convert two.hex --family stm32f405 -o x.hex
check "nothing was written" test ! -e x.hex

# Split by pieces, and by the banks of a family.
expect 0 image convert two.hex --split -o part.bin
check "the first piece" cmp a.bin part-08000000.bin
check "the second piece" cmp b.bin part-08010000.bin
rm part-08000000.bin
expect 10 image convert two.hex --split -o part.bin
check "none is written where one is there" test ! -e part-08000000.bin
expect 0 image convert two.hex --split --family stm32f405 --fill 0 -o bank.bin
check "one bank, one file" test "$(wc -c <bank-08000000.bin)" = $((0x10000 + 1237))
expect 0 image convert a.bin --at 0x080ffff0 -o across.hex
expect 0 image convert across.hex --split --family stm32f767 -o bank.srec
check "cut where the second bank begins" test -e bank-080ffff0.srec -a -e bank-08100000.srec
expect 0 image convert bank-080ffff0.srec bank-08100000.srec -o whole.hex
check "and whole again" cmp across.hex whole.hex
expect 2 image convert two.hex --split --family bogus -o x.bin
expect 0 image convert a.bin --split -o alone.bin
check "without an address, the name as it is" cmp a.bin alone.bin

# Differences.
expect 0 image diff a.hex a.srec
says out '^ ✓ no difference$'
expect 0 image diff a.bin a.hex
cp a.bin changed.bin
printf '\000\001' | dd of=changed.bin bs=1 seek=100 conv=notrunc status=none
expect 9 image diff a.hex changed.bin
says out '^0x08000064-0x08000065  2 of 2 bytes differ$'
says out '00 01 .* changed\.bin$'
says out '^ ✗ 2 bytes differ in 1 range$'
check "said once" test ! -s err
expect 9 image diff a.bin changed.bin --at 0x08004000 --family stm32f405
says out '^0x08004000-0x08007fff  2 of 16,384 bytes differ, from 0x08004064 on$'
says out '^ ✗ 2 bytes differ in 1 sector$'
expect 9 image diff a.hex two.hex
says out 'only in the second: 1,237 bytes'
expect 9 image diff two.hex a.hex
says out 'only in the first: 1,237 bytes'
expect 2 image diff a.hex two.hex --family bogus
expect 2 image diff a.hex
expect 5 image diff a.hex /dev/null
expect 9 image diff a.hex two.hex --quiet
check "quiet: the sum alone" test "$(wc -l <out)" = 1
expect 9 image diff a.hex changed.bin --json
check "JSON: difference, comparison, result" python3 -c '
import json
lines = [json.loads(line) for line in open("out", encoding="utf-8")]
assert [line["type"] for line in lines] == ["difference", "comparison", "result"]
d, c, r = lines
assert d["address"] == 0x08000064 and d["length"] == 2 and d["only"] is None and d["second"] == "0001"
assert c["differing"] == 2 and c["ranges"] == 1 and not c["same"] and c["family"] is None
assert r["status"] == 9 and r["error"]["id"] == "UB-IMG-035", r
assert "device" not in r["error"]["title"], r'
expect 0 image convert a.hex -o json.srec --json
check "JSON: what was written" python3 -c '
import json
lines = [json.loads(line) for line in open("out", encoding="utf-8")]
assert [line["type"] for line in lines] == ["written", "result"]
assert lines[0]["segments"] == [{"alt": None, "address": 0x08000000, "length": 5000}]'
finish
