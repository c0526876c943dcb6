#!/bin/bash
# What is attached, said by three tools, and what fwupdtool can do beyond that.
# only named
# limit: 240
# shellcheck source=tests/kernel/lib.sh
. "$REPO/tests/kernel/lib.sh"
# shellcheck source=tests/kernel/bench.sh
. "$REPO/tests/kernel/bench.sh"

# The least of five: what else the computer does only adds.
least_of_five()
{
    local least=
    for _ in 1 2 3 4 5; do
        timed "$@"
        [[ -n $least && $least -le $took ]] || least=$took
    done
    took=$least
}

step "list: one device"
attach stm32f405
least_of_five "$UNBRICK" list
also_grep 0483:df11
measure list/list/unbrick "$took" ms
least_of_five dfu-util -l
also_grep 0483:df11
measure list/list/dfu-util "$took" ms
if command -v fwupdtool >/dev/null; then
    least_of_five fwupdtool get-devices --plugins dfu
    measure list/list/fwupdtool "$took" ms
fi
detach_all

# fwupd writes a blob where it finds the device; fwupd 2.0.20 looks for none when it is asked to.
step "fwupdtool writes"
head -c 262144 /dev/urandom >old.bin
head -c 262144 /dev/urandom >new.bin
insert dfu old.bin
OFFSET=0
if command -v fwupdtool >/dev/null; then
    fwupdtool get-devices --plugins dfu --json >devices.json 2>/dev/null || true
    id=$(sed -n 's/.*"DeviceId" : "\(.*\)".*/\1/p' devices.json)
    start=$(now_ms)
    fwupdtool install-blob new.bin "$id" --plugins dfu >out 2>&1 </dev/null || sed 's/^/    /' out
    took=$(($(now_ms) - start))
    if holds new.bin 0; then
        measure dfu/write/fwupdtool "$took" ms
    else
        echo "    fwupdtool did not write it: no figure"
    fi
fi
remove
