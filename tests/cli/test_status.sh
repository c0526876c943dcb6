#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# The exit statuses of unbrick(1), each reached on a virtual device, and what is said with them.
# shellcheck source=tests/cli/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

make_image fw.bin 30000
make_image other.bin 50000
at=(--at 0x08000000)

expect 0 "$sim" flash fw.bin "${at[@]}" --yes
says out '^ ✓ verify '
says out '^Done in '
says out 'Revert with: unbrick --sim .* restore [0-9-]+$'
check "nothing on standard error" test ! -s err

# Nobody there to answer: refused before the device is touched, not after a minute of reading.
rm -rf vault
chip="--sim=stm32f405,time=virtual,mode=runtime,state=unasked"
for verb in "flash fw.bin --at 0x08000000" restore "restore port=1-1" "erase 0x08000000+16K"; do
    for json in "" --json; do
        # shellcheck disable=SC2086 # words are wanted
        expect 2 "$chip" $verb $json
        says "$([[ $json ]] && echo out || echo err)" 'UB-USE-007'
        check "no step was begun: $verb $json" bash -c '! grep -qE "device|backup  |\"type\":\"event\"" <(grep -v result out)'
        check "nothing was touched: $verb $json" test ! -e vault -a ! -e unasked
    done
done
expect 2 "$sim" flash fw.bin "${at[@]}"
says err '^✗ UB-USE-007 '
says err "unbrick --sim stm32f405,time=virtual plan fw.bin --at 0x08000000"
says err '^The device was not touched\.$'
expect 5 "$sim" flash missing.bin "${at[@]}"
expect 0 "$sim" flash fw.bin "${at[@]}" --dry-run

expect 3 "$sim" info port=9-9
says err '^✗ UB-DEV-001 '
expect 3 "$sim" "$sim,port=1-2" flash fw.bin "${at[@]}" --yes
says err '^✗ UB-DEV-002 '
says err '1-1'
says err '1-2'
expect 0 "$sim" "$sim,port=1-2" flash fw.bin "${at[@]}" --yes port=1-2
says out ' device    1-2 '

expect 5 "$sim" flash missing.bin "${at[@]}" --yes
says err '^✗ UB-IMG-001 '
: >empty.bin
expect 5 "$sim" flash empty.bin "${at[@]}" --yes
says err '^✗ UB-IMG-002 '
expect 5 "$sim" flash "$unbrick" "${at[@]}" --yes
says err '^✗ UB-IMG-024 '
expect 5 "$sim" flash fw.bin --at 0x20000000 --yes
says err '^✗ UB-MEM-001 '

expect 6 "$sim" flash fw.bin --at 0x1fff7800 --yes
says err '^✗ UB-MEM-003 '
says err '--write-otp'
expect 6 "$sim" erase all --yes
says err '--erase-all'

# Something goes wrong before the first erase: the device holds what it held.
expect 7 "$sim,fault=unplug@200" flash fw.bin "${at[@]}" --yes
says err 'still holds what it held'

# In the middle of writing: incomplete, and the way on and the way back are said.
expect 8 "$sim,fault=unplug@60" flash other.bin "${at[@]}" --yes --no-backup --whole
says err 'incomplete'
says err 'Give the same command again'

check "no way back is promised after --no-backup" bash -c '! grep -q "restore" out err'
expect 8 "$sim,drop=3" flash other.bin "${at[@]}" --yes --whole
says err '^✗ UB-VER-003 '
says out '^ ✗ verify +differs$'
says err '^Or go back: unbrick --sim .* restore [0-9-]+$'

expect 9 "$sim" verify fw.bin "${at[@]}"
says err '^✗ UB-VER-001 '
says out '^ ✗ verify +differs$'
says err "unbrick --sim stm32f405,time=virtual flash fw.bin --at 0x08000000"

make_image there.bin 10
expect 10 "$sim" backup -o there.bin
says err '^✗ UB-SYS-004 '
check "an existing file is not overwritten" test "$(stat -c %s there.bin)" = 10
expect 10 --vault /dev/null/vault "$sim" backup

# A device that does what it should not: the same image twice is nothing to do.
dev="--sim=stm32f405,time=virtual,state=chip"
expect 0 "$dev" flash fw.bin "${at[@]}" --yes --stay
expect 0 "$dev" flash fw.bin "${at[@]}" --yes
says out '^Nothing to do'

# Ctrl-C, SIGTERM and the terminal that goes away in the middle of a write, in real time. The device is
# blank, so that the write begins at once, and the write takes 6 s, so that a busy machine hits it too.
make_image long.bin 1000000
interrupted()
{
    local i pid
    : >out # what an earlier command wrote must not be taken for this one's
    env --default-signal=HUP "$unbrick" --sim "stm32f405,state=chip.$1" flash long.bin "${at[@]}" --yes --no-backup --json \
        >out 2>err </dev/null &
    pid=$!
    for ((i = 0; i < 500; i++)); do
        grep -q '"kind":"progress","step":"write"' out && break
        sleep 0.02
    done
    kill -"$1" "$pid"
    kill -"$1" "$pid"
    wait "$pid"
    status=$?
    check "status 130 ($status) after SIG$1" test "$status" = 130
    says out '"type":"result".*"status":130,"left":"incomplete".*"id":"UB-SYS-003"'
}
interrupted INT
interrupted TERM
interrupted HUP
expect 0 --sim=stm32f405,state=chip.INT,time=virtual flash long.bin "${at[@]}" --yes
expect 0 --sim=stm32f405,state=chip.HUP,time=virtual flash long.bin "${at[@]}" --yes
# Under nohup(1) the terminal may go away.
: >out
(trap '' HUP && exec "$unbrick" --sim stm32f405,state=chip.nohup flash other.bin "${at[@]}" --yes --no-backup --stay --json \
    >out 2>err </dev/null) &
for ((i = 0; i < 500; i++)); do
    grep -q '"step":"write"' out && break
    sleep 0.02
done
kill -HUP $!
wait $!
status=$?
check "SIGHUP stays ignored where it was ($status)" test "$status" = 0
finish
