#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# The way there and back on one virtual device whose flash is kept in a file.
# shellcheck source=tests/cli/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

make_image fw.bin 30000
make_image other.bin 70000
at=(--at 0x08000000)
dev="--sim=stm32f405,time=virtual,state=chip"

expect 0 "$dev" flash fw.bin "${at[@]}" --yes
expect 0 "$dev" verify fw.bin "${at[@]}"
says out '^Identical'
expect 9 "$dev" verify other.bin "${at[@]}"

# A backup of all flash, whose file is an image of it.
expect 0 "$dev" backup -o before.bin
says out '^Backup [0-9-]+ in '
first=$(sed -n 's/^Backup \([0-9-]*\) in .*/\1/p' out)
check "the backup begins with what was written" cmp -n 30000 fw.bin before.bin
check "the backup is all of the flash" test "$(stat -c %s before.bin)" = 1048576

expect 0 "$dev" flash other.bin "${at[@]}" --yes
expect 0 "$dev" verify other.bin "${at[@]}"
expect 9 "$dev" verify fw.bin "${at[@]}"

# Back, by name and by default.
expect 0 "$dev" restore "$first" --yes
expect 0 "$dev" verify fw.bin "${at[@]}"
expect 0 "$dev" backup -o after.bin
check "restored to the last byte" cmp before.bin after.bin
expect 0 "$dev" flash other.bin "${at[@]}" --yes
expect 0 "$dev" restore --yes
expect 0 "$dev" verify fw.bin "${at[@]}"

# The vault knows them all.
expect 0 vault list
says out "^$first "
expect 0 vault show "$first"
says out 'Internal Flash'
expect 0 vault check
check "all are intact" test "$(grep -c 'intact$' out)" -ge 4
expect 0 vault list --vault "$work/empty"
check "an empty vault has no lines" test ! -s out
expect 10 vault show 1999-01-01-01
says err '^✗ UB-VLT-002 '

# A damaged backup is found.
file=$(find vault -type f -path "*$first*" -size +100k | head -n 1)
check "the backup's content is a file" test -n "$file"
printf 'X' | dd of="$file" bs=1 seek=1000 conv=notrunc status=none
run vault check "$first"
says err '^✗ UB-VLT-003 '

# Erase what was named and nothing else.
expect 0 "$dev" erase 0x08000000+16K --yes
expect 0 "$dev" backup -o erased.bin
head -c 16384 /dev/zero | tr '\0' '\377' >blank.bin
check "the sector is blank" cmp -n 16384 blank.bin erased.bin
check "the next one is not touched" cmp <(tail -c +16385 before.bin) <(tail -c +16385 erased.bin)

# A dry run is a plan and changes nothing.
cp chip chip.before
expect 0 "$dev" flash other.bin "${at[@]}" --dry-run
says out '^  write '
expect 0 "$dev" plan other.bin "${at[@]}"
says out '^  erase '
says out '^  keep '
# The sums are those of the table.
check "the sum and the table add up" python3 -c '
import re
table, total = {}, ""
for line in open("out", encoding="utf-8"):
    row = re.match(r"  (erase|write|blank|keep) +\d+  0x\S+ +([\d,]+) B ", line)
    if row:
        table[row[1]] = table.get(row[1], 0) + int(row[2].replace(",", ""))
    elif line.startswith("  sum "):
        total = line.replace(",", "")
said = [int(n) for n in re.findall(r"(\d+) B", total)]
assert said == [table[kind] for kind in ("erase", "write", "blank", "keep") if kind in table], (said, table)
assert table["write"] + table.get("blank", 0) + table["keep"] == 1048576'
expect 0 "$dev" backup -o same.bin
check "nothing was changed" cmp erased.bin same.bin

# What cannot be erased is told for what it is.
expect 7 --sim=dfu,time=virtual erase 0 --yes
says err '^✗ UB-MEM-009 '
expect 7 --sim=dfu,time=virtual erase all --yes
says err 'cannot be erased by a command'
expect 7 --sim=stm32f103,time=virtual erase 0x08000000+1K --yes
says err '^✗ UB-MEM-009 '
check "an erase does not talk of images" bash -c '! grep -qi "the image" err'
expect 0 --sim=stm32f405,time=virtual erase 0x08004000+16K --yes
says out 'nothing to do: it is blank already'
check "a blank one holds no image" bash -c '! grep -q "already holds" out'

# A device that stays in its bootloader has not left it; a verified write stands all the same.
for model in dfu-noupload jabra hackrf slowmanifest; do
    expect 7 --sim=$model,time=virtual leave
    says err '^✗ UB-DEV-011 '
    run --sim=$model,time=virtual leave --json
    check "JSON says so too" grep -q '"left_bootloader":false' out
done
expect 0 --sim=stm32f405,time=virtual leave

# Cut off in the middle; the same command completes it.
run "$dev,fault=unplug@100" flash other.bin "${at[@]}" --yes --no-backup --whole
check "cut off with status 8 ($status)" test "$status" = 8
expect 0 "$dev" flash other.bin "${at[@]}" --yes
expect 0 "$dev" verify other.bin "${at[@]}"
finish
