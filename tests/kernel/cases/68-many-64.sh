#!/bin/bash
# 64 devices at once, by real libusb: all are written and read back; one that is pulled out in the
# middle stops none of the others. They stay in their bootloaders: under emulation the kernel
# enumerates a few devices a second, and the time for 64 to come back would be its own.
# limit: 180
# shellcheck source=tests/kernel/lib.sh
. "$REPO/tests/kernel/lib.sh"
export UNBRICK_VAULT=$PWD/vault

head -c 8000 /dev/urandom >image.bin
attach_many 64 dfu,serial=ALL-THE-SAME,state=state-@

start=$(now_ms)
echo "all attached after $SECONDS s"
"$UNBRICK" flash image.bin --all --yes --no-backup --stay --json >out &
flash=$!
# shellcheck disable=SC2317 # called by wait_until
writing()
{
    grep -q '"port":"1-7".*"step":"write"\|"step":"write".*"port":"1-7"' out
}
wait_until 90 writing || fail "1-7 is not written"
unplug 1-7
status=0
wait "$flash" || status=$?
took=$(($(now_ms) - start))
grep '"type":"result"' out >result
# What went wrong, a line for each device.
grep '"type":"finished"' out | grep -v '"status":0' | cut -c 1-1500 | sed 's/"causes".*//' || true
[[ $status -ne 0 ]] || fail "the one that was pulled out was not noticed"
grep -q '"count":64,"failed":1' result || fail "not 63 of 64: $(cut -c 1-300 result)"
verified=$(grep -o '"verified":true' result | wc -l)
[[ $verified -eq 63 ]] || fail "$verified of 63 are verified"
good=0
for ((i = 1; i <= 64; i++)); do
    cmp -s -n 8000 image.bin "state-$i" && good=$((good + 1))
done
[[ $good -ge 63 ]] || fail "$good of 64 hold the image"
measure flash-64-devices "$took" ms
