#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Several devices at once: which are meant, what is shown, what comes back.
# shellcheck source=tests/cli/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

make_firmware fw.bin 20000
at=(--at 0x08000000)
quick=("${at[@]}" --yes --no-backup --stay)
escape=$'\033'
# several N [KEYS-OF-2]: virtual devices at 1-1 to 1-N.
several()
{
    local i
    sims=()
    for ((i = 1; i <= $1; i++)); do
        if ((i == 2)); then
            sims+=("--sim=stm32f405,time=virtual,port=1-$i${2:+,$2}")
        else
            sims+=("--sim=stm32f405,time=virtual,port=1-$i")
        fi
    done
}
# in_json PROGRAM: `lines` has the objects of the file out.
# shellcheck disable=SC2317 # called by check
# shellcheck disable=SC2317 # check calls it
in_json()
{
    python3 -c "
import json
lines = [json.loads(line) for line in open('out', encoding='utf-8')]
events = [l for l in lines if l['type'] == 'event']
finished = [l for l in lines if l['type'] == 'finished']
last = lines[-1]
$1"
}

several 6
expect 0 "${sims[@]}" flash fw.bin "${at[@]}" --yes --all
check "a line of the table for each" test "$(grep -cE '^1-[1-6] +STM32F405 +verified( +[0-9.]+ s){3} +20' out)" = 6
says out '^6 of 6 done'
says out '^ ▸ 1-3 +device '
says out '^ ✓ 1-3 +backup +kept in the vault'
says out '^ ✓ 1-3 +verify +read back, identical'
says out '^ ✓ 1-3 +verified in '
check "the image is told once" test "$(grep -c ' image ' out)" = 1
check "no escape codes" bash -c "! cat out err | grep -q '$escape'"
check "backups have ids of their own" test "$(grep -oE '20[0-9-]+$' out | sort -u | wc -l)" = 6
says out '^PORT +FAMILY +RESULT +TIME +ACTUAL +PREDICTED +BACKUP$'
expect 0 "${sims[@]}" flash fw.bin "${quick[@]}" --all --whole --verbose
check "verbose: the parts of each" test "$(grep -cE '^  1-[1-6] +(erase|write|verify) +[0-9.]+ m?s  predicted' out)" = 18
expect 0 "${sims[@]}" flash fw.bin "${quick[@]}" --all --quiet
check "quiet: the table alone" test "$(wc -l <out)" = 8

# Which are meant.
expect 0 "${sims[@]}" flash fw.bin "${quick[@]}" 1-2 port=1-5
check "two are named, two are done" test "$(grep -cE '^1-[25] +STM32F405' out)" = 2
expect 3 "${sims[@]}" flash fw.bin "${quick[@]}" 1-2 id=0483:df11
says err 'UB-DEV-002'
expect 0 "${sims[@]}" flash fw.bin "${quick[@]}" --all 1-2 id=0483:df11
check "all that fit, each once" test "$(grep -cE '^1-[1-6] +STM32F405' out)" = 6
expect 3 "${sims[@]}" flash fw.bin "${quick[@]}" 1-2 1-9
says err 'no attached device fits "1-9"'
expect 2 "${sims[@]}" flash fw.bin "${quick[@]}" 1-2 nonsense,
expect 3 flash fw.bin "${quick[@]}" --all --sim dfu,time=virtual port=9-9

# How many.
expect 0 "${sims[@]}" flash fw.bin "${quick[@]}" --count 6
expect 3 "${sims[@]}" flash fw.bin "${quick[@]}" --count 7
says err 'UB-DEV-010'
says err '6 of 7 devices came within 600 s'
says out 'waiting for 7 devices'
expect 3 "${sims[@]}" flash fw.bin "${quick[@]}" --count 5
says err '6 devices fit, 1 more than were asked for'
expect 2 "${sims[@]}" flash fw.bin "${quick[@]}" --count 0
expect 2 "${sims[@]}" flash fw.bin "${quick[@]}" --count many
expect 2 "${sims[@]}" flash fw.bin "${quick[@]}" --count 5 --watch

# Too many for one: whole candidates, a port that is there, and what else can be done.
several 9
expect 3 "${sims[@]}" flash fw.bin "${quick[@]}"
says err 'port=1-1 \(0483:df11, serial [0-9A-F]+\), port=1-2 .*\), and [0-9]+ more: unbrick list$'
says err "port=1-9 flash fw.bin --at 0x08000000 port=1-1\`"
says err "port=1-9 flash fw.bin --at 0x08000000 --all\`"
expect 3 "${sims[@]}" flash fw.bin "${quick[@]}" id=0483:df11
says err "flash fw.bin --at 0x08000000 --all id=0483:df11\`"
expect 3 "${sims[@]}" info
check "info is not told of --all" bash -c "! grep -q -- '--all' err"

# A command to come names all of the bus, however long that is.
several 60
expect 0 "${sims[@]}" flash fw.bin "${at[@]}" --yes --stay port=1-60
says out "^Done in .* Revert with: unbrick .* --sim stm32f405,time=virtual,port=1-60 restore 20[0-9-]+$"

# What runs is left out, and told, whatever else there is.
several 2
gadget=--sim=dfu,time=virtual,mode=runtime,port=2-1.3.2.1
expect 0 "${sims[@]}" "$gadget" flash fw.bin "${quick[@]}" --all
says out '^ · 2-1\.3\.2\.1 device  left out, as its firmware runs; id=1209:0002 would include it'
says out '^1 left out, in runtime mode: 2-1\.3\.2\.1$'
says out '^ ✓ +image  '
check "one column of steps" python3 - <<'END'
import re
lines = [line.rstrip("\n") for line in open("out", encoding="utf-8")]
columns = {m.end() for m in (re.match(r" [▸✓·!] (?:\S+ +| +)(?=(image|device|plan|write|verify) )", line) for line in lines) if m}
assert columns == {13}, columns
END
expect 3 "$gadget" flash fw.bin "${quick[@]}" --all
says err 'no device in DFU mode is attached'
says err 'port=2-1\.3\.2\.1 \(1209:0002'
expect 0 "$gadget" flash fw.bin --yes --no-backup
expect 0 "$gadget" flash fw.bin --yes --no-backup --all id=1209:0002
run "${sims[@]}" "$gadget" flash fw.bin "${quick[@]}" --all --json
check "JSON: left out" in_json '
assert [l["port"] for l in lines if l["type"] == "left-out"] == ["2-1.3.2.1"]
assert [d["port"] for d in last["left_out"]] == ["2-1.3.2.1"] and last["worst"] is None
assert all(d["predicted_us"] > 0 and d["actual_us"] > 0 for d in last["devices"])'

# A rehearsal: a line for each, nothing changed.
several 3 rdp
for words in "plan fw.bin --all" "flash fw.bin --all --dry-run" "plan fw.bin 1-1 1-2 1-3"; do
    # shellcheck disable=SC2086 # words are wanted
    expect 7 "${sims[@]}" $words "${at[@]}"
    check "a line for each plan" test "$(grep -cE '^ ✓ 1-[13] +STM32F405 +erase .*, about [0-9.]+ s$' out)" = 2
    says out '^ ✗ 1-2 +untouched, UB-DFU-032: '
    says out '^2 of 3 can be flashed, the longest in about '
    says err '^The device at 1-2 failed:$'
done
run "${sims[@]}" plan fw.bin "${at[@]}" --all --json
check "JSON: the plans" in_json '
plans = {l["port"]: l for l in lines if l["type"] == "plan"}
assert sorted(plans) == ["1-1", "1-2", "1-3"]
assert plans["1-2"]["error"]["id"] == "UB-DFU-032" and plans["1-1"]["error"] is None
assert plans["1-1"]["steps"] and plans["1-1"]["device"]["family"] == "STM32F405"
assert last["count"] == 3 and last["failed"] == 1 and last["worst"] == "1-2"
assert [d["predicted_us"] > 0 for d in last["devices"]] == [True, False, True]'
for option in "--count 3" --watch; do
    # shellcheck disable=SC2086 # words are wanted
    expect 2 "${sims[@]}" plan fw.bin "${at[@]}" $option
    says err 'a plan is for what is attached now, and waits for nothing'
    # shellcheck disable=SC2086 # words are wanted
    expect 2 "${sims[@]}" flash fw.bin "${at[@]}" $option --dry-run
    says err 'a plan is for what is attached now, and waits for nothing'
done
several 6

# Nobody there to ask: before anything is touched.
expect 2 "${sims[@]}" flash fw.bin "${at[@]}" --all
says err 'UB-USE-007'
expect 2 "${sims[@]}" flash fw.bin "${at[@]}" --all --json
expect 2 "${sims[@]}" flash fw.bin "${at[@]}" --watch --json

# One fails, the others do not.
several 6 fault=unplug@30
expect 8 "${sims[@]}" flash fw.bin "${at[@]}" --yes --no-backup --whole --stay --all
check "five are done" test "$(grep -cE '^1-[1-6] +STM32F405 +verified' out)" = 5
says out '^1-2 +STM32F405 +incomplete, UB-USB-004'
says out '^ ✗ 1-2 +incomplete, UB-USB-004: '
says out '^5 of 6 done'
says err '^The device at 1-2 failed:$'
says err 'UB-USB-004'
says err 'memory is incomplete'
several 3 silent
expect 8 "${sims[@]}" flash fw.bin "${at[@]}" --yes --whole --stay --all id=0483:df11
check "advice is about the device that failed" python3 - <<'END'
import re
text = re.sub(r"\s+", " ", open("err", encoding="utf-8").read())
commands = [c for c in re.findall(r"`(unbrick [^`]*)`", text) if re.search(r" (info|flash|restore|verify|plan|erase|backup) ?", c)]
commands += re.findall(r"Or go back: (unbrick .* restore \S+ \S+)", text)
assert len(commands) >= 2, text
assert all(c.endswith(" port=1-2") and "id=0483" not in c for c in commands), commands
END
several 6 rdp
expect 7 "${sims[@]}" flash fw.bin "${quick[@]}" --all
says out '^1-2 +STM32F405 +unchanged, UB-DFU-032'
several 6 fault=unplug@30
sims[4]+=,rdp
expect 8 "${sims[@]}" flash fw.bin "${at[@]}" --yes --no-backup --whole --stay --all
says err '2 devices failed. The worst is at 1-2'

# JSON: every event of a device has its port; one line for each that is done; a sum at the end.
run "${sims[@]}" flash fw.bin "${at[@]}" --yes --no-backup --whole --stay --all --json
check "JSON: events have ports" in_json '
assert {e["port"] for e in events if e["step"] not in ("image",)} == {f"1-{i}" for i in range(1, 7)}
assert all(e["port"] == "" for e in events if e["step"] == "image")'
check "JSON: a line for each device" in_json '
assert sorted(f["port"] for f in finished) == [f"1-{i}" for i in range(1, 7)]
assert all(f["device"]["port"] == f["port"] for f in finished)'
check "JSON: the result" in_json '
assert last["type"] == "result" and last["count"] == 6 and last["failed"] == 2
assert last["status"] == 8 and last["left"] == "incomplete" and last["error"]["id"] == "UB-USB-004"
by_port = {d["port"]: d for d in last["devices"]}
assert by_port["1-2"]["status"] == 8 and by_port["1-5"]["error"]["id"] == "UB-DFU-032"
assert by_port["1-1"]["status"] == 0 and by_port["1-1"]["left"] == "done" and by_port["1-1"]["error"] is None'
several 2
run "${sims[@]}" flash fw.bin "${quick[@]}" --all --json
check "JSON: all well" in_json '
assert last["status"] == 0 and last["left"] == "done" and last["failed"] == 0 and last["error"] is None'

# A station: what is there is done, then it waits for more until it is told to stop.
several 3
"$unbrick" "${sims[@]/time=virtual/time=real}" flash fw.bin "${quick[@]}" --watch >out 2>err </dev/null &
station=$!
for ((i = 0; i < 1000; i++)); do
    [[ $(grep -cE '^ ✓ 1-[1-3] +(verified|written)' out) == 3 ]] && break
    sleep 0.02
done
check "a station does what is there" test "$(grep -cE '^ ✓ 1-[1-3] +verified in' out)" = 3
kill -INT "$station"
wait "$station"
check "and ends when it is told to" test $? = 0
says out '^3 of 3 done'

# Ctrl-C in the middle: each ends in a known state, and the table says so.
several 3
make_firmware big.bin 500000
"$unbrick" "${sims[@]/time=virtual/time=real}" flash big.bin "${at[@]}" --yes --no-backup --whole --stay --all \
    >out 2>err </dev/null &
flash=$!
for ((i = 0; i < 500; i++)); do
    [[ $(grep -c '^ ✓ 1-[1-3] *plan' out) == 3 ]] && break
    sleep 0.02
done
kill -INT "$flash"
wait "$flash"
check "status 130 after Ctrl-C" test $? = 130
check "all are told" test "$(grep -cE '^1-[1-3] +STM32F405 +(incomplete|unchanged), UB-SYS-003' out)" = 3

# On a terminal: a question with image and ports, lines that move, no more than there is room for.
if command -v script >/dev/null; then
    several 30
    flash="stty rows 12 cols 60; '$unbrick' ${sims[*]/time=virtual/time=real} flash fw.bin ${at[*]} --no-backup --stay --all"
    printf 'y\n' | script -qec "$flash" /dev/null >out 2>err
    check "on a terminal" test $? = 0
    says out 'Write fw.bin to the 30 devices at 1-1, 1-2, 1-3, '
    says out 'under way'
    says out 'not shown'
    says out '^.*30 of 30 done'
    check "each stays in sight when it is done" python3 - <<'END'
import re
text = re.sub(r"\033\[[0-9;]*m", "", open("out", encoding="utf-8").read())
done = re.findall(r"\033\[J ✓ (1-[0-9]+) +verified in [0-9.]+ s\r?\n", text)
assert sorted(done) == sorted(f"1-{i}" for i in range(1, 31)), done
END
    check "asked once" test "$(grep -c 'Y/n' out)" = 1
    check "the block fits the screen" python3 - <<'END'
import re
text = open("out", encoding="utf-8").read()
moves = [int(n) for n in re.findall(r"\033\[(\d+)A", text)]
assert moves and max(moves) <= 10, moves
for block in re.split(r"\033\[\d+A", text.split("PORT")[0])[1:-1]:
    for line in re.sub(r"\033\[[0-9;]*[A-Za-z]", "", block).replace("\r", "").split("\n"):
        assert len(line) <= 60, line
END
    printf 'n\n' | script -qec "$flash" /dev/null >out 2>err
    check "no is no" test $? = 7
    says out 'UB-USE-008'
fi
finish
