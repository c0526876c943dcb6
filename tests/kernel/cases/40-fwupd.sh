#!/bin/bash
# fwupd's DFU plug-in recognises our virtual STM32F405.
# shellcheck source=tests/kernel/lib.sh
. "$REPO/tests/kernel/lib.sh"

command -v fwupdtool >/dev/null || skip "no fwupdtool"
attach stm32f405
expect_grep '0x?0483.*DF11|STM32 +BOOTLOADER' fwupdtool get-devices --plugins dfu --json
