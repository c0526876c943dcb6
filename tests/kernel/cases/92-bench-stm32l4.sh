#!/bin/bash
# STM32L4, which stalls while it works: 256 KiB of its 1 MiB.
# only named
# limit: 240
# shellcheck source=tests/kernel/lib.sh
. "$REPO/tests/kernel/lib.sh"
# shellcheck source=tests/kernel/bench.sh
. "$REPO/tests/kernel/bench.sh"

# shellcheck disable=SC2034 # bench.sh uses them
{
    MODEL=stm32l4
    FLASH=1048576
    SIZE=262144
    OFFSET=0
    AT=0x08000000
    WHERE=$AT
    DFU_UTIL=(-d 0483:df11 -a 0)
    READS=(0 0x08000000:1048576 1 0x1fff7800:40 2 0x1fff7000:1024)
    MOST_LIMIT=125
}
compare_tools
