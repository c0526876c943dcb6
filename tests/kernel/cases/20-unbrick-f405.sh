#!/bin/bash
# The whole job by unbrick, through real libusb and the real kernel.
# limit: 150
# shellcheck source=tests/kernel/lib.sh
. "$REPO/tests/kernel/lib.sh"
export UNBRICK_VAULT=$PWD/vault

head -c 70000 /dev/urandom >old.bin
attach stm32f405,content=old.bin,state=flash.state
port=$PORT

step "list opens nothing and names port and mode"
expect_grep "$port.*0483:df11" "$UNBRICK" list
expect_grep "$port" "$UNBRICK" list --json

step "info reads regions from the device itself"
expect_grep 'Internal Flash' "$UNBRICK" info
also_grep 'OTP Memory'

step "plan changes nothing"
head -c 50000 /dev/urandom >new.bin
cp flash.state before.state
expect_status 0 "$UNBRICK" plan new.bin --at 0x08000000
cmp before.state flash.state || fail "plan changed the device"

step "flash: back up, write, verify"
expect_grep 'identical' "$UNBRICK" flash new.bin --at 0x08000000 --yes --stay
cmp -n 50000 new.bin flash.state || fail "the chip holds something else"
cmp -i 50000:50000 -n 20000 old.bin flash.state || fail "what shares a sector with the image is lost"

step "verify, by unbrick and by dfu-util"
expect_status 0 "$UNBRICK" verify new.bin --at 0x08000000
expect_status 9 "$UNBRICK" verify old.bin --at 0x08000000
expect_status 0 dfu-util -a 0 -s 0x08000000:50000 -U back.bin
cmp new.bin back.bin || fail "dfu-util sees something else"

step "backup to a DfuSe file that dfu-util takes"
expect_status 0 "$UNBRICK" backup -o whole.dfu --read-once
expect_grep 'BCD DFU:.*0x011A' dfu-suffix -c whole.dfu

step "restore: the very old content"
expect_status 0 "$UNBRICK" vault list
set -- vault/backups/2*
backup=${1##*/}
expect_status 0 "$UNBRICK" restore "$backup" --yes --no-backup --stay
cmp before.state flash.state || fail "restore put back something else"

step "leave: what comes back is said"
expect_status 0 "$UNBRICK" leave
