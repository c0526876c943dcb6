#!/bin/bash
# 16 devices at once, by real libusb: at most 1.3 of what one takes, where the chip is the limit, and
# at most 2 MiB of memory for each further one, with their backups.
# limit: 180
# shellcheck source=tests/kernel/lib.sh
. "$REPO/tests/kernel/lib.sh"
export UNBRICK_VAULT=$PWD/vault

# GigaDevice's pages take 400 ms to erase at worst: 48 of them.
model=gd32f103,speed=slow
length=98304
head -c $length /dev/urandom >one.bin
head -c $length /dev/urandom >many.bin
head -c 4096 /dev/urandom >old.bin

# Flash $1 onto all that are there, with the options that follow. Sets `took` to milliseconds and
# `peak` to KiB of memory.
flash_all()
{
    local start image=$1
    shift
    start=$(now_ms)
    expect_status 0 busybox time -v "$UNBRICK" flash "$image" --at 0x08008000 --yes --all --stay --quiet "$@"
    took=$(($(now_ms) - start))
    peak=$(sed -n 's/.*Maximum resident set size (kbytes): //p' out)
}

step "one device"
attach "$model,content=old.bin,state=state-0"
flash_all one.bin --whole --no-backup
one=$took
step "one device, backed up; it holds the image already"
flash_all one.bin
one_peak=$peak

step "16 devices"
attach_many 15 "$model,content=old.bin,state=state-@"
flash_all many.bin --whole --no-backup
many=$took
[[ $(grep -c 'GD32F103 *verified' out) -eq 16 ]] || fail "not all are verified"
for state in state-*; do
    cmp -i 0:32768 -n $length many.bin "$state" || fail "$state holds something else"
done
step "16 devices, backed up; they hold the image already"
flash_all many.bin
[[ $(grep -c 'held it already' out) -eq 16 ]] || fail "not all held it already"
each=$(((peak - one_peak) / 15))

measure flash-1-device "$one" ms
measure flash-16-devices "$many" ms
measure flash-16-devices-to-1 "$((many * 100 / one))" %
measure memory-for-1-device "$one_peak" KiB
measure memory-for-each-further-device "$each" KiB
((each <= 2048)) || fail "each further device needs $each KiB of memory"
((many * 100 <= one * 130)) || fail "16 devices take $many ms, one takes $one ms: more than 1.3 of it"
