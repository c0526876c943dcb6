#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Known defects: what info tells of them, where they come from, and who wins.
# shellcheck source=tests/cli/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

gd32="--sim=gd32vf103,time=virtual"

# What applies, what is done about it, and why; where that is known from on request.
expect 0 "$gd32" info
says out '^  gd32vf103-pages$'
says out '^     Shows 512 pages of 2 KiB'
says out '^     remedy   memory_map=@Internal Flash  /0x08000000/128\*001Kg$'
says out '^     because  id 28e9:0189, serial 3\?\?J$'
says out '128 × 1 KiB'
says out '^  serial      3CBJ$'
check "no sources unless asked" bash -c '! grep -q "     source" out'
expect 0 "$gd32" info --verbose
says out '^     source   dfu-util src/quirks.c'
expect 0 --sim=dfu,time=virtual info
check "nothing is made up" bash -c '! grep -q "Known of such devices" out'

expect 0 "$gd32" info --json
check "JSON tells the same" python3 -c '
import json
details = [line for line in map(json.loads, open("out", encoding="utf-8")) if line["type"] == "details"][0]
quirks = {quirk["name"]: quirk for quirk in details["quirks"]}
pages = quirks["gd32vf103-pages"]
assert sorted(pages) == ["because", "defect", "name", "remedy", "source"]
assert pages["because"] == "id 28e9:0189, serial 3??J" and "dfu-util" in pages["source"]'

# Recognition without opening: list and the choice of the device heed them.
expect 0 --sim=dfu,time=virtual,id=1fc9:000c,protocol=1 list
says out '1fc9:000c  DFU '
expect 0 --sim=dfu,time=virtual,id=10a5:9800 list
check "what is no DFU interface is not listed" test "$(grep -c 10a5 out)" = 0
expect 3 --sim=dfu,time=virtual,id=10a5:9800 info
expect 0 --sim=dfu,time=virtual,id=10a5:9800 --sim=dfu10,time=virtual info
says out '^1-2  '

# Of two maps the later one is used, and the earlier one says so.
expect 0 --sim=gd32vf103-64k,time=virtual info
says out '128\*001Kg; overridden: the memory_map of gd32vf103-pages-64k wins$'
says out '064\*001Kg$'
says out '64 × 1 KiB'

# Abilities are what is left of what the device says.
expect 0 --sim=jabra,time=virtual info
says out '^  abilities   can be written, says it can be read, which is not believed,'
expect 0 --sim=jabra,time=virtual info --json
check "JSON too" grep -q '"can_download": *true, *"can_upload": *false' out
expect 0 "$sim" info --json
check "JSON of one that is believed" grep -q '"can_upload": *true' out

# What has memory maps for names is not written as a stream.
expect 0 --sim=stm32f405,nofunc,time=virtual info
says out '^  protocol    DfuSe 1.1a$'
says out '^  transfer    1,024 bytes$'
says out 'taken for DfuSe, as its memories have memory maps for names'
expect 0 --sim='dfu,map=@Flash /0x0/1*16Kg,time=virtual' info
says out '^  abilities   cannot be written'
expect 0 --sim='dfu,map=@Flash /0x0/1*16Kg,time=virtual' --quirk bcdDFUVersion=1.1,id=1209:0003 info
says out '^  abilities   can be written'

# A line, a file, the person's own file; later ones win.
line()
{
    says out "^     remedy   $1"
}
expect 0 "$sim" info --quirk id=0483:df11,transfer_size_max=512
says out '^  transfer    512 bytes \(the device says 2,048\)$'
line 'transfer_size_max=512$'
says out '^     because  id 0483:df11$'
says out '^  --quirk 1$'
cat >own.yaml <<'YAML'
quirks:
  - name: ours
    defect: It takes small blocks only.
    select:
      id: ["1209:0001", "0483:df11"]
      product: "STM32*"
    behaviour:
      transfer_size_max: 256
YAML
expect 0 "$sim" --quirks own.yaml info
says out '^  transfer    256 bytes'
says out '^     because  id 0483:df11, product STM32\*$'
expect 0 "$sim" --quirks own.yaml info --verbose
says out '^     source   own.yaml$'
expect 0 "$sim" --quirk id=0483:df11,transfer_size_max=512 --quirks own.yaml info
says out '^  transfer    512 bytes'
mkdir -p "$XDG_CONFIG_HOME/unbrick"
sed 's/256/128/' own.yaml >"$XDG_CONFIG_HOME/unbrick/quirks.yaml"
expect 0 "$sim" info
says out '^  transfer    128 bytes'
expect 0 "$sim" --quirks own.yaml info
says out '^  transfer    256 bytes'
check "one of that name, not two" test "$(grep -c '^  ours$' out)" = 1
rm -r "$XDG_CONFIG_HOME"
HOME=$work/home
mkdir -p "$HOME/.config/unbrick"
cp own.yaml "$HOME/.config/unbrick/quirks.yaml"
XDG_CONFIG_HOME='' run "$sim" info
says out '^  transfer    256 bytes'
rm -r "$HOME"

# A flash under quirks, and the way back named with them.
make_image fw.bin 5000
expect 0 "$sim" --quirk id=0483:df11,transfer_size_max=512 flash fw.bin --at 0x08000000 --yes
says out 'Revert with: unbrick --sim stm32f405,time=virtual --quirk id=0483:df11,transfer_size_max=512 restore'

# File, line, key, and what is allowed; nothing is touched.
sed 's/256/many/' own.yaml >bad.yaml
expect 2 "$sim" --quirks bad.yaml info
says err 'UB-USE-009'
says err '^  bad.yaml:8: transfer_size_max "many" is not allowed: transfer_size_max is bytes from 0 to 4096$'
expect 2 "$sim" --quirks missing.yaml info
says err 'missing.yaml'
expect 2 "$sim" --quirk id=0483:df11,poll_fixd_ms=5 info
says err '^  --quirk 1: there is no key "poll_fixd_ms": did you mean poll_fixed_ms\?$'
expect 2 "$sim" --quirk poll_fixed_ms=5 info
says err 'says nothing about the devices'
# A slip in a person's memory map is theirs, not the device's.
expect 2 "$sim" --quirk 'id=0483:df11,memory_map=rubbish' info
says err 'UB-USE-009'
says err "is not allowed: the map does not begin with '@'"
sed 's|transfer_size_max: 256|memory_map: "@Internal Flash  /0x08000000/04*016Xg"|' own.yaml >bad.yaml
expect 2 "$sim" --quirks bad.yaml info
says err '^  bad.yaml:8: memory_map "@Internal Flash  /0x08000000/04\*016Xg" is not allowed: a type letter'
printf 'quirks: &a [*a]\n' >bomb.yaml
expect 2 "$sim" --quirks bomb.yaml info
says err 'bomb.yaml:1: anchors, aliases and tags are not taken'
head -c 300000 /dev/zero | tr '\0' '#' >large.yaml
expect 2 "$sim" --quirks large.yaml info
expect 2 "$sim" --quirks . info

# Help walks the same keys.
expect 0 help quirks
says out '^  poll_fixed_ms  '
says out '^  holds  '
finish
