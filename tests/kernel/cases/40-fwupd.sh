#!/bin/bash
# fwupd's DFU plug-in recognises our virtual STM32F405.
# shellcheck source=tests/kernel/lib.sh
. "$REPO/tests/kernel/lib.sh"

command -v fwupdtool >/dev/null || skip "no fwupdtool"
attach stm32f405
expect_grep 'VID_0483&PID_DF11' fwupdtool get-devices --plugins dfu --json
also_grep 'com.st.dfuse'
