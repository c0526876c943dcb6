#!/bin/bash
# The cable is pulled in the middle of a write; plugged in again, the same command completes.
# shellcheck source=tests/kernel/lib.sh
. "$REPO/tests/kernel/lib.sh"
export UNBRICK_VAULT=$PWD/vault

head -c 200000 /dev/urandom >image.bin
attach stm32f405,state=flash.state
port=$PORT

"$UNBRICK" flash image.bin --at 0x08000000 --yes --stay --json >events 2>errors &
flash=$!
writing()
{
    grep -q '"step": *"write".*"done": *[1-9][0-9][0-9][0-9][0-9]' events
}
wait_until 60 writing || fail "it never wrote: $(cat errors)"
unplug "$port"
status=0
wait "$flash" || status=$?
tail -n 3 events errors
[[ $status -eq 8 ]] || fail "status $status, not 8 (incomplete)"
cmp -s -n 200000 image.bin flash.state && fail "it was complete before the cable was pulled"

attach stm32f405,state=flash.state
expect_status 0 "$UNBRICK" flash image.bin --at 0x08000000 --yes --stay
cmp -n 200000 image.bin flash.state || fail "the chip holds something else"
