#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# What goes where: no escape codes in a pipe, JSON lines that parse, write errors that are noticed.
# shellcheck source=tests/cli/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

make_firmware fw.bin 30000
at=(--at 0x08000000)
escape=$'\033'

# Every verb, piped: no escape codes, no moving lines, no control characters.
quiet_pipe()
{
    run "$@"
    check "no escape codes: unbrick $*" bash -c "! cat out err | grep -q '$escape'"
    check "no moving line: unbrick $*" bash -c "! cat out err | grep -q $'\r'"
}
quiet_pipe
quiet_pipe "$sim"
quiet_pipe "$sim" list --all
quiet_pipe "$sim" info
quiet_pipe "$sim" flash fw.bin "${at[@]}" --yes
quiet_pipe "$sim" plan fw.bin "${at[@]}" --erase-all
quiet_pipe "$sim" info port=7-7
quiet_pipe help flash
quiet_pipe explain UB-DFU-012
quiet_pipe sim

# A line for each step done and none for progress.
run "$sim" flash fw.bin "${at[@]}" --yes
check "one line a step" test "$(grep -c '^ ✓ write ' out)" = 1
check "no progress lines" bash -c '! grep -q "▸" out'
run "$sim" flash fw.bin "${at[@]}" --yes --quiet --stay
check "quiet: the outcome alone" test "$(wc -l <out)" = 1
says out '^Done in '
run "$sim" flash fw.bin "${at[@]}" --yes --quiet
check "quiet: no step that went well" bash -c '! grep -q " ✓ " out'
run "$sim" flash fw.bin "${at[@]}" --yes --verbose
says out 'control transfers'
check "nothing was done twice" bash -c '! grep -q "done once more" out'

# What had to be done twice is told, even if all went well.
run --sim stm32f405,time=virtual,fault=stall@40 flash fw.bin "${at[@]}" --yes
says out '^1 block or command had to be done once more'

# ASCII where the locale is, and on request.
LC_ALL=C run "$sim" flash fw.bin "${at[@]}" --yes
check "ASCII in the C locale" bash -c '! LC_ALL=C grep -q "[^ -~]" out'
says out '^ \+ write '
run "$sim" --ascii info
check "ASCII on request" bash -c '! LC_ALL=C grep -q "[^ -~]" out'

# Names from outside cannot write escape codes.
run "$sim" info "port=${escape}[31m"
check "escape codes in an argument are not passed on" bash -c "! grep -q '$escape' err"

# JSON: every line an object with a type; the last one is the result.
# json TYPE ARGUMENT...: TYPE is one that has to be among them.
json()
{
    local type=$1
    shift
    run "$@" --json
    check "JSON lines: unbrick $*" python3 -c '
import json, sys
lines = [json.loads(line) for line in open("out", encoding="utf-8")]
assert lines and all(isinstance(line["type"], str) for line in lines)
last = lines[-1]
assert last["type"] == "result" and [l["type"] for l in lines].count("result") == 1
assert last["status"] == int(sys.argv[1])
assert last["left"] in ("untouched", "unchanged", "incomplete", "done")
assert (last["error"] is None) == (last["status"] == 0)
if last["error"]:
    assert last["error"]["id"].startswith("UB-") and last["error"]["message"] and last["error"]["title"]
kinds = {"begin", "progress", "wait", "warning", "done", "skipped"}
assert all(line["kind"] in kinds for line in lines if line["type"] == "event")
assert sys.argv[2] in [line["type"] for line in lines]
' "$status" "$type"
    check "JSON and nothing on standard error" test ! -s err
}
json result
json device "$sim"
json device "$sim" list
json details "$sim" info
check "no step makes progress once it is done" python3 -c '
import json
over = None
for event in map(json.loads, open("out", encoding="utf-8")):
    if event["type"] != "event":
        continue
    assert event["kind"] != "progress" or event["step"] != over, event
    over = event["step"] if event["kind"] in ("done", "skipped") else None if event["kind"] == "begin" else over'
json plan "$sim" plan fw.bin "${at[@]}"
json event "$sim" flash fw.bin "${at[@]}" --yes
json result "$sim" flash fw.bin "${at[@]}"
json event "$sim" verify fw.bin "${at[@]}"
json event "$sim" backup
json backup vault list
json backup vault show
json check vault check
json image image info fw.bin
json model sim
json explanation explain
json version version
json result "$sim" info port=7-7
json image image info missing.bin fw.bin
check "a bad file hides no good one" python3 -c '
import json
lines = [json.loads(line) for line in open("out", encoding="utf-8")]
bad, good, last = lines
assert bad["file"] == "missing.bin" and bad["error"]["id"] == "UB-IMG-001"
assert good["file"] == "fw.bin" and good["error"] is None and good["length"] == 30000
assert last["status"] == 5 and last["error"] == bad["error"]'
run image info fw.bin missing.bin fw.bin
check "status of the worst file ($status)" test "$status" = 5
check "both good ones are shown" test "$(grep -c '^  sha256 ' out)" = 2
says out '✗ UB-IMG-001  missing.bin'

# A reader that goes away is no crash; a full disk is noticed.
set +o pipefail
"$unbrick" explain 2>err | head -n 1 >out
check "a broken pipe is no crash" bash -c '! grep -qi "signal\|core" err'
"$unbrick" explain 2>err >&-
check "status 10 when standard output is closed" test $? = 10
if [[ -w /dev/full ]]; then
    "$unbrick" explain >/dev/full 2>err
    check "status 10 when the disk is full" test $? = 10
    says err 'No space left'
fi
finish
