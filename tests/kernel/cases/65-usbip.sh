#!/bin/bash
# A virtual device over the standard USB/IP protocol: the kernel's own client imports it over TCP.
# shellcheck source=tests/kernel/lib.sh
. "$REPO/tests/kernel/lib.sh"
export UNBRICK_VAULT=$PWD/vault

command -v usbip >/dev/null || skip "no usbip (package usbip)"
head -c 20000 /dev/urandom >image.bin
"$UNBRICK" sim stm32f405,state=flash.state --usbip 127.0.0.1:3240 >sim.log 2>&1 &
sim=$!
listed()
{
    usbip list -r 127.0.0.1 >out 2>&1 && grep -q '0483:df11' out
}
wait_until 10 listed || fail "not listed: $(cat out sim.log)"
cat out
busid=$(sed -n 's/^ *\([0-9][0-9.-]*\): .*0483:df11.*/\1/p' out)

step "attach, write, detach"
expect_status 0 usbip attach -r 127.0.0.1 -b "$busid"
wait_for_id 0483:df11
expect_grep 'alt=0, name="@Internal Flash' dfu-util -l
expect_status 0 "$UNBRICK" flash image.bin --at 0x08000000 --yes --stay --no-backup
cmp -n 20000 image.bin flash.state || fail "the chip holds something else"
expect_status 0 usbip detach -p 0

step "and again: the server takes the next client"
wait_until 10 listed || fail "not listed again: $(cat out sim.log)"
kill -TERM "$sim"
wait "$sim" || fail "the server ended with $?"
