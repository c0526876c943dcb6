#!/bin/bash
# STM32H743: 512 KiB of its 2 MiB.
# only named
# limit: 240
# shellcheck source=tests/kernel/lib.sh
. "$REPO/tests/kernel/lib.sh"
# shellcheck source=tests/kernel/bench.sh
. "$REPO/tests/kernel/bench.sh"

# shellcheck disable=SC2034 # bench.sh uses them
{
    MODEL=stm32h743
    FLASH=2097152
    SIZE=524288
    OFFSET=0
    AT=0x08000000
    WHERE=$AT
    DFU_UTIL=(-d 0483:df11 -a 0)
    READS=(0 0x08000000:2097152 1 0x5200201c:128)
    MOST_LIMIT=125
}
compare_tools
