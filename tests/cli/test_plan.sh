#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# A plan says what every way would cost; a run says what each part of it was foretold to take, and took.
# shellcheck source=tests/cli/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

make_image old.bin 100000
cp old.bin new.bin
printf 'another byte' | dd of=new.bin bs=1 seek=70000 conv=notrunc status=none
at=(--at 0x08000000)
dev=$sim,state=chip

expect 0 "$dev" flash new.bin "${at[@]}" --yes --stay
expect 0 "$dev" flash old.bin "${at[@]}" --yes --stay --verbose
says out '^  erase  .* predicted '
says out '^  write  .* predicted '
says out '^  verify .* predicted '
expect 0 "$dev" flash new.bin "${at[@]}" --yes --stay
check "without --verbose the parts are not shown" bash -c '! grep -q "^  write  .* predicted" out'

expect 0 "$dev" flash old.bin "${at[@]}" --yes --stay

# What is chosen, what is dearer, what is not allowed.
expect 0 "$dev" plan new.bin "${at[@]}"
says out '^  difference .* chosen: '
says out '^  whole .* dearer'
says out '^  erase all .* not allowed: needs --erase-all'
expect 0 "$dev" plan new.bin "${at[@]}" --whole
says out '^  whole .* chosen: asked for by --whole'
expect 0 "$dev" plan new.bin "${at[@]}" --erase-all
says out '^  erase sectors .* chosen: '
says out '^  erase all .* dearer'

run "$dev" plan new.bin "${at[@]}" --json
check "the ways in JSON: one is chosen, allowed, and the cheapest that is" python3 -c '
import json
plan = next(line for line in map(json.loads, open("out", encoding="utf-8")) if line["type"] == "plan")
ways = plan["choices"]
chosen = [way for way in ways if way["chosen"]]
assert len(chosen) == 1 and chosen[0]["allowed"] and chosen[0]["why"]
assert chosen[0]["predicted_us"] == plan["predicted_us"]
assert all(way["predicted_us"] >= plan["predicted_us"] for way in ways if way["allowed"])
assert [way["predicted_us"] for way in ways] == sorted(way["predicted_us"] for way in ways)
assert {way["way"] for way in ways} == {"difference", "whole", "erase all"}
assert not next(way for way in ways if way["way"] == "erase all")["allowed"]'

run "$dev" flash new.bin "${at[@]}" --yes --stay --json
check "the parts of a run in JSON" python3 -c '
import json
result = json.loads(open("out", encoding="utf-8").read().splitlines()[-1])
parts = [result[name] for name in ("erase", "write", "verify")]
assert sum(part["predicted_us"] for part in parts) == result["predicted_us"]
assert sum(part["actual_us"] for part in parts) == result["actual_us"]
assert all(part["predicted_us"] > 0 and part["actual_us"] > 0 for part in parts)'

# What a run took is remembered; a damaged memory is told of, and replaced.
check "costs are remembered" test -s "$UNBRICK_VAULT/costs.json"
echo 'no JSON' >"$UNBRICK_VAULT/costs.json"
expect 0 "$dev" flash old.bin "${at[@]}" --yes --stay
says out 'what the vault remembers of costs is damaged'
check "the damaged memory was replaced" python3 -m json.tool "$UNBRICK_VAULT/costs.json"
expect 0 "$dev" flash new.bin "${at[@]}" --yes --stay
check "and is told of no more" bash -c '! grep -q damaged out'

# Many small sectors, every fourth of which changes: a screen of text, and every one with --verbose.
small=--sim=stm32l0,time=virtual,state=small
make_image old.bin 196608
python3 - <<'END'
with open("old.bin", "rb") as file:
    content = bytearray(file.read())
for at in range(0, len(content), 512):
    content[at] ^= 0x55
with open("new.bin", "wb") as file:
    file.write(content)
END
expect 0 "$small" flash old.bin "${at[@]}" --yes --stay
expect 0 "$small" plan new.bin "${at[@]}"
check "a plan of many ranges is short ($(wc -l <out) lines)" test "$(wc -l <out)" -lt 60
says out '^  erase .* more ranges '
expect 0 "$small" plan new.bin "${at[@]}" --verbose
check "unless asked for all of them ($(wc -l <out) lines)" test "$(wc -l <out)" -gt 1000

# A stream has no sectors.
expect 0 --sim=dfu,time=virtual plan old.bin
says out '^  sum  *write 196,608 B as one stream'
says out '^  without reading .* not allowed: '
check "a device that can be backed up needs no option" bash -c '! grep -q no-backup out'

# Where flash would refuse for lack of a backup, the plan says so.
for model in dfu-noupload jabra slowmanifest; do
    none=--sim=$model,time=virtual
    make_image small.bin 20000
    expect 6 "$none" flash small.bin --yes
    says err '^✗ UB-MEM-008 '
    expect 0 "$none" plan small.bin
    says out '^  backup  *no backup can be made: flash needs --no-backup'
    expect 0 "$none" plan small.bin --no-backup
    check "nothing is said of what was given up" bash -c '! grep -q "no backup can be made" out'
    run "$none" plan small.bin --json
    check "and in JSON" grep -q '"needs_no_backup":true' out
done

# What may take minutes and was never measured is told of.
expect 0 --sim=slowmanifest,time=virtual plan small.bin --no-backup
says out '^  time  .*, and may take up to 4 min 00 s to take it in'
run --sim=slowmanifest,time=virtual plan small.bin --no-backup --json
check "and in JSON" grep -q '"may_add_us":240000000' out

# Minutes do not move the columns, and are written in one way.
make_image big.bin 196608
run --sim=stm32l0,time=virtual,speed=slow plan big.bin "${at[@]}" --whole
check "columns line up" python3 -c '
rows = open("out", encoding="utf-8").read().splitlines()
head = next(n for n, row in enumerate(rows) if row.startswith("  WAY"))
why = rows[head].index("WHY")
ways = [row for row in rows[head + 1:] if row.startswith("  ") and row[2] != " "]
assert ways and all(row[why - 1] == " " and row[why] != " " for row in ways), ways'
check "no other form of time" bash -c '! grep -qE "[0-9]{2}[.][0-9] s" out'
finish
