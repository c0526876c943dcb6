#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# The bench: models are listed, and a served device can be reached until Ctrl-C.
# shellcheck source=tests/cli/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

expect 0 sim
says out '^stm32f405 '
expect 2 sim nonsense
expect 2 sim stm32f405 --attach --usbip 127.0.0.1:1
expect 0 "$sim"
says out '0483:df11'
says out 'next '
expect 0 "$sim" list
says out '^1-1 +0483:df11 +DFU '
expect 0 "$sim" info
says out '0x08000000-0x080fffff|0x08020000-0x080fffff'
says out 'Option Bytes'
expect 0 "$sim" leave
expect 0 --sim=dfu-wdetach,mode=runtime,time=virtual
says out 'in runtime mode'
expect 0 --sim=dfu-wdetach,mode=runtime,time=virtual enter
says out 'is in DFU mode|came back as'
expect 0 "$sim" "$sim"
says out 'port=1-2'

# How the device was met, and no version told twice.
expect 0 "--sim=stm32f405,time=virtual,arrive=error" info
says out '^  state +dfuERROR, .* when met; cleared$'
says out '^  protocol +DfuSe 1\.1a$'
expect 0 --sim=dfu,time=virtual info
says out '^  protocol +DFU 1\.1$'
says out '^  state +dfuIDLE, OK$'

expect 0 "--sim=stm32f405,time=virtual,rdp" info
says out '^  protection +read protection is active'
expect 0 "$sim" info
check "no protection where there is none" bash -c '! grep -q protection out'

# A watch shows what is there and ends with Ctrl-C.
"$unbrick" --sim stm32f405 list --watch --json >out 2>err </dev/null &
pid=$!
for ((i = 0; i < 250; i++)); do
    grep -q '"change":"present"' out && break
    sleep 0.02
done
says out '"type":"device".*"change":"present"'
kill -INT "$pid"
wait "$pid"
check "Ctrl-C ends a watch with status 0" test $? = 0
says out '"type":"result".*"status":0'

env --default-signal=INT timeout -s INT 2 "$unbrick" --sim stm32f405 list --watch >out 2>err </dev/null
says err '^Watching; Ctrl-C ends it\.$'

# Served over USB/IP on a port that the kernel chooses, ended by Ctrl-C.
"$unbrick" sim stm32f405 --usbip 127.0.0.1:0 --json >out 2>err </dev/null &
pid=$!
for ((i = 0; i < 250; i++)); do
    grep -q '"type":"serving"' out && break
    sleep 0.02
done
says out '"type":"serving","where":".*127\.0\.0\.1'
kill -INT "$pid"
wait "$pid"
check "Ctrl-C ends serving with status 0" test $? = 0
finish
