#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Several devices at once: which are meant, what is shown, what comes back.
# shellcheck source=tests/cli/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

make_image fw.bin 20000
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
check "a line of the table for each" test "$(grep -cE '^1-[1-6] +STM32F405 +verified +[0-9.]+ s +20' out)" = 6
says out '^6 of 6 done'
says out '^ ▸ 1-3 +device '
says out '^ ✓ 1-3 +backup +kept in the vault'
says out '^ ✓ 1-3 +verify +read back, identical'
says out '^ ✓ 1-3 +verified in '
check "the image is told once" test "$(grep -c ' image ' out)" = 1
check "no escape codes" bash -c "! cat out err | grep -q '$escape'"
check "backups have ids of their own" test "$(grep -oE '20[0-9-]+$' out | sort -u | wc -l)" = 6
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
expect 2 "${sims[@]}" flash fw.bin "${at[@]}" --all --dry-run
expect 2 "${sims[@]}" flash fw.bin "${at[@]}" 1-1 1-2 --dry-run

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
says err 'UB-USB-004'
says err 'memory is incomplete'
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
make_image big.bin 500000
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
