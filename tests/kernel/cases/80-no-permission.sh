#!/bin/bash
# Without permission: list works, opening says which udev rule is missing.
# shellcheck source=tests/kernel/lib.sh
. "$REPO/tests/kernel/lib.sh"

command -v setpriv >/dev/null || skip "no setpriv"
attach stm32f405
chmod 0600 /dev/bus/usb/*/*
chmod 0711 . ..
plain()
{
    HOME=/tmp setpriv --reuid=65534 --regid=65534 --clear-groups "$@"
}
expect_grep '0483:df11' plain "$UNBRICK" list
expect_status 4 plain "$UNBRICK" info
also_grep 'UB-DEV-003'
also_grep 'ATTRS*\{idVendor\}=="0483"'
