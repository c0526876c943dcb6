#!/bin/bash
# STM32F405: all of its 1 MiB.
# only named
# limit: 300
# shellcheck source=tests/kernel/lib.sh
. "$REPO/tests/kernel/lib.sh"
# shellcheck source=tests/kernel/bench.sh
. "$REPO/tests/kernel/bench.sh"

# shellcheck disable=SC2034 # bench.sh uses them
{
    MODEL=stm32f405
    FLASH=1048576
    SIZE=$FLASH
    OFFSET=0
    AT=0x08000000
    WHERE=$AT
    DFU_UTIL=(-d 0483:df11 -a 0)
    READS=(0 0x08000000:1048576 1 0x1fffc000:16 2 0x1fff7800:512)
    MOST_LIMIT=125
    MOST_PEER=85
    MOST_CHANGE=20
}
compare_tools
