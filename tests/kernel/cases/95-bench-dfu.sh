#!/bin/bash
# Plain DFU 1.1: all of its 256 KiB.
# only named
# limit: 240
# shellcheck source=tests/kernel/lib.sh
. "$REPO/tests/kernel/lib.sh"
# shellcheck source=tests/kernel/bench.sh
. "$REPO/tests/kernel/bench.sh"

# shellcheck disable=SC2034 # bench.sh uses them
{
    MODEL=dfu
    FLASH=262144
    SIZE=$FLASH
    OFFSET=0
    AT=
    WHERE=$AT
    DFU_UTIL=(-d 1209:0003 -a 0)
    READS=(0 "")
}
compare_tools
