#!/bin/bash
# STM32F103 behind ST's demonstration bootloader: all of its 116 KiB.
# only named
# limit: 240
# shellcheck source=tests/kernel/lib.sh
. "$REPO/tests/kernel/lib.sh"
# shellcheck source=tests/kernel/bench.sh
. "$REPO/tests/kernel/bench.sh"

# shellcheck disable=SC2034 # bench.sh uses them
{
    MODEL=stm32f103
    FLASH=131072
    SIZE=118784
    OFFSET=12288
    AT=0x08003000
    WHERE=$AT
    DFU_UTIL=(-d 0483:df11 -a 0)
    READS=(0 0x08000000:131072)
    MOST_LIMIT=125
}
compare_tools
