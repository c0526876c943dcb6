#!/bin/bash
# 1 MiB onto the same virtual STM32F405 in real time, in the same run: unbrick, which reads everything
# back, beside dfu-util, which does not.
# limit: 240
# shellcheck source=tests/kernel/lib.sh
. "$REPO/tests/kernel/lib.sh"

# Runs a command and sets `took` to its milliseconds.
timed()
{
    local start
    start=$(now_ms)
    expect_status 0 "$@"
    took=$(($(now_ms) - start))
}

head -c 1048576 /dev/urandom >a.bin
head -c 1048576 /dev/urandom >b.bin
head -c 1048576 /dev/urandom >c.bin
attach stm32f405,content=c.bin,state=flash.state

# Both tools write the whole MiB, one after the other; sets `dfu_util` and `unbrick` to what they took.
race()
{
    timed dfu-util -a 0 -s 0x08000000 -D a.bin
    dfu_util=$took
    cmp a.bin flash.state || fail "dfu-util wrote something else"
    timed "$UNBRICK" flash b.bin --at 0x08000000 --yes --no-backup --whole --stay
    unbrick=$took
    cmp b.bin flash.state || fail "unbrick wrote something else"
    measure dfu-util-write-1-MiB "$dfu_util" ms
    measure unbrick-write-and-verify-1-MiB "$unbrick" ms
    measure unbrick-to-dfu-util "$((unbrick * 100 / dfu_util))" %
}

step "the whole MiB"
race
if ((unbrick * 100 > dfu_util * 85)); then
    step "once more: what else the computer does may have come in between"
    race
fi

step "4 KiB of it changed, found by reading"
cp b.bin d.bin
head -c 4096 /dev/urandom | dd of=d.bin bs=4096 seek=100 conv=notrunc status=none
timed "$UNBRICK" flash d.bin --at 0x08000000 --yes --no-backup --stay
changed=$took
cmp d.bin flash.state || fail "unbrick wrote something else"

measure unbrick-4-KiB-changed-in-1-MiB "$changed" ms
measure unbrick-4-KiB-changed-to-dfu-util "$((changed * 100 / dfu_util))" %
((unbrick * 100 <= dfu_util * 85)) ||
    fail "unbrick took $unbrick ms, dfu-util $dfu_util ms: more than 0.85 of it"
