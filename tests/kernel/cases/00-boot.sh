#!/bin/bash
# The ground that the other cases stand on.
# shellcheck source=tests/kernel/lib.sh
. "$REPO/tests/kernel/lib.sh"

step "the kernel is Debian's"
expect_grep 'Debian' uname -v

step "the virtual USB host is there, with a high-speed port to attach to"
[[ -w $VHCI/attach ]] || fail "no $VHCI/attach"
expect_grep '^hs  *0000 004 ' cat "$VHCI/status"

step "the host's root cannot be written, its overlay can"
expect_status 1 touch /run/host/kernel-tier-was-here
expect_status 0 touch /kernel-tier-was-here
[[ ! -e /run/host/kernel-tier-was-here ]] || fail "the overlay wrote to the host"

step "device nodes exist, and libusb lists the root hubs from sysfs"
[[ -c /dev/bus/usb/001/001 ]] || fail "no /dev/bus/usb/001/001"
expect_grep '^1d6b:0002' usb_ids
# dfu-util opens only DFU devices; with none there it must still initialise libusb and end well.
expect_status 0 dfu-util -l

step "time is read from the cycle counter: exact enough to measure with"
expect_grep '^tsc$' cat /sys/devices/system/clocksource/clocksource0/current_clocksource

step "loopback works, udevd answers"
expect_grep 'LOOPBACK,UP' ip link show lo
[[ -S /run/udev/control ]] || fail "no udevd: libusb would not see devices come and go"
read -r up _ </proc/uptime
measure boot_to_case_end "$up" s
