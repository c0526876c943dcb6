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
