#!/bin/bash
# Plain DFU 1.1, manifestation tolerant and not, by dfu-util and by unbrick.
# shellcheck source=tests/kernel/lib.sh
. "$REPO/tests/kernel/lib.sh"
export UNBRICK_VAULT=$PWD/vault

head -c 30000 /dev/urandom >a.bin
head -c 30000 /dev/urandom >b.bin

step "tolerant: dfu-util writes, unbrick verifies"
attach dfu,state=dfu.state
expect_status 0 dfu-util -D a.bin
expect_status 0 "$UNBRICK" verify a.bin
expect_status 0 "$UNBRICK" flash b.bin --yes --stay
expect_status 0 dfu-util -U back.bin
cmp -n 30000 b.bin back.bin || fail "dfu-util sees something else"
expect_status 9 "$UNBRICK" verify a.bin
detach_all

step "not tolerant: written whole, and it leaves by itself"
attach dfu-notolerant,state=nt.state
expect_status 0 "$UNBRICK" flash a.bin --yes
cmp -n 30000 a.bin nt.state || fail "the chip holds something else"
detach_all

step "not readable: needs --no-backup by name, and says that no read-back is possible"
attach dfu-noupload,state=nu.state
expect_status 6 "$UNBRICK" flash a.bin --yes
expect_grep 'no read-back' "$UNBRICK" flash a.bin --yes --no-backup
cmp -n 30000 a.bin nu.state || fail "the chip holds something else"
