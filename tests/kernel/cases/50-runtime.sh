#!/bin/bash
# From running firmware: detach, re-enumeration at the same port, DFU, and back.
# shellcheck source=tests/kernel/lib.sh
. "$REPO/tests/kernel/lib.sh"
export UNBRICK_VAULT=$PWD/vault

head -c 20000 /dev/urandom >image.bin

step "dfu-util detaches it"
attach dfu,mode=runtime,state=a.state
runtime=$(id_at "$PORT")
expect_status 0 dfu-util -d "$runtime" -e
in_dfu_mode()
{
    [[ $(sysfs "/sys/bus/usb/devices/$PORT/$PORT:1.0/bInterfaceProtocol") == 02 ]]
}
wait_until 10 in_dfu_mode || fail "not in DFU mode: $(id_at "$PORT")"
detach_all

step "unbrick goes from runtime to verified firmware with one command"
attach dfu,mode=runtime,state=b.state
port=$PORT
expect_status 0 "$UNBRICK" flash image.bin --yes --stay
cmp -n 20000 image.bin b.state || fail "the chip holds something else"
wait_until 10 in_dfu_mode || fail "not in DFU mode"
[[ $(usb_ports) == "$port" ]] || fail "it is at another port: $(usb_ports)"

step "and back"
expect_status 0 "$UNBRICK" leave
wait_for_id "$runtime" "$port"
