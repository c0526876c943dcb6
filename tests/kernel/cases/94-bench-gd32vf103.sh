#!/bin/bash
# GD32VF103, which asks for waits that it does not need: all of its 128 KiB.
# only named
# limit: 300
# shellcheck source=tests/kernel/lib.sh
. "$REPO/tests/kernel/lib.sh"
# shellcheck source=tests/kernel/bench.sh
. "$REPO/tests/kernel/bench.sh"

# shellcheck disable=SC2034 # bench.sh uses them
{
    MODEL=gd32vf103
    FLASH=131072
    SIZE=$FLASH
    OFFSET=0
    AT=0x08000000
    WHERE=$AT
    DFU_UTIL=(-d 28e9:0189 -a 0)
    READS=(0 0x08000000:131072 1 0x1ffff800:16)
    MOST_PEER=33
}
compare_tools
