#!/bin/bash
# 1 MiB onto the same virtual STM32F405 in real time: unbrick, verified, against dfu-util, unverified.
# limit: 180
# shellcheck source=tests/kernel/lib.sh
. "$REPO/tests/kernel/lib.sh"

head -c 1048576 /dev/urandom >a.bin
head -c 1048576 /dev/urandom >b.bin
head -c 1048576 /dev/urandom >c.bin
attach stm32f405,content=c.bin,state=flash.state

start=$(now_ms)
expect_status 0 dfu-util -a 0 -s 0x08000000 -D a.bin
dfu_util=$(($(now_ms) - start))
cmp a.bin flash.state || fail "dfu-util wrote something else"

start=$(now_ms)
expect_status 0 "$UNBRICK" flash b.bin --at 0x08000000 --yes --no-backup --stay
unbrick=$(($(now_ms) - start))
cmp b.bin flash.state || fail "unbrick wrote something else"

measure dfu_util_write_1MiB "$dfu_util" ms
measure unbrick_write_and_verify_1MiB "$unbrick" ms
measure ratio_percent $((unbrick * 100 / dfu_util)) %
((unbrick * 100 <= dfu_util * 85)) ||
    fail "unbrick took $unbrick ms, dfu-util $dfu_util ms: more than 0.85 of it"
