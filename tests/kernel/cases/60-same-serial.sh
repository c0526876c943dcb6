#!/bin/bash
# Two devices with the same serial number: never guessed, and the named port is the one written.
# shellcheck source=tests/kernel/lib.sh
. "$REPO/tests/kernel/lib.sh"
export UNBRICK_VAULT=$PWD/vault

head -c 20000 /dev/urandom >image.bin
attach stm32f405,state=one.state
one=$PORT
attach stm32f405,state=two.state
two=$PORT
cp one.state blank.state

expect_status 3 "$UNBRICK" flash image.bin --at 0x08000000 --yes --no-backup --stay
also_grep "port=$one"
also_grep "port=$two"
expect_status 3 "$UNBRICK" flash image.bin serial=357236543131 --at 0x08000000 --yes --no-backup --stay
cmp one.state blank.state || fail "a device was changed"

expect_status 0 "$UNBRICK" flash image.bin "port=$two" --at 0x08000000 --yes --no-backup --stay
cmp one.state blank.state || fail "the wrong device was written"
cmp -n 20000 image.bin two.state || fail "the right device was not written"
