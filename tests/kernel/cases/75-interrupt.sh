#!/bin/bash
# SIGINT in the middle of a write: the block in hand is finished, the device is in dfuIDLE, the
# status is 130, and the same command completes.
# shellcheck source=tests/kernel/lib.sh
. "$REPO/tests/kernel/lib.sh"
export UNBRICK_VAULT=$PWD/vault

head -c 200000 /dev/urandom >image.bin
attach stm32f405,state=flash.state
"$UNBRICK" flash image.bin --at 0x08000000 --yes --stay --no-backup --json >events 2>errors &
flash=$!
writing()
{
    grep -q '"step": *"write".*"done": *[1-9][0-9][0-9][0-9][0-9]' events
}
wait_until 60 writing || fail "it never wrote: $(cat errors)"
kill -INT "$flash"
status=0
wait "$flash" || status=$?
[[ $status -eq 130 ]] || fail "status $status, not 130: $(tail -n 2 events errors)"
expect_grep 'dfuIDLE' "$UNBRICK" info
expect_status 0 "$UNBRICK" flash image.bin --at 0x08000000 --yes --stay --no-backup
cmp -n 200000 image.bin flash.state || fail "the chip holds something else"
