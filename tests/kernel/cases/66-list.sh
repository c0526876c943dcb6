#!/bin/bash
# 64 devices: `list` opens none of them, and takes at most 20 ms longer than a program that only lets
# libusb enumerate them.
# limit: 180
# shellcheck source=tests/kernel/lib.sh
. "$REPO/tests/kernel/lib.sh"

enumerate=$BUILD/tests/libusb_enumerate
[[ -x $enumerate ]] || skip "no $enumerate in this build"
attach_many 64 dfu,serial=UNIT-@

step "all are listed, by their ports"
"$UNBRICK" list >out
[[ $(grep -c '1209:0003' out) -eq 64 ]] || fail "not all are listed: $(cat out)"
[[ $(awk '$2 == "1209:0003" { print $1 }' out | sort -u | wc -l) -eq 64 ]] || fail "ports are not unique"
[[ $(grep -o 'UNIT-[0-9]*' out | sort -u | wc -l) -eq 64 ]] || fail "serial numbers are missing"
[[ $("$enumerate" | head -n 1) -ge 64 ]] || fail "libusb sees fewer"

step "without permission for any of them"
command -v setpriv >/dev/null || skip "no setpriv"
chmod 0600 /dev/bus/usb/*/*
chmod 0711 . ..
plain()
{
    HOME=/tmp setpriv --reuid=65534 --regid=65534 --clear-groups "$@"
}
expect_grep '1209:0003' plain "$UNBRICK" list
[[ $(grep -c '1209:0003' out) -eq 64 ]] || fail "not all are listed without permission"

# Sets `best` to the fewest milliseconds that a command took in seven runs.
best_of_seven()
{
    local i start took
    best=
    for ((i = 0; i < 7; i++)); do
        start=${EPOCHREALTIME/[.,]/}
        "$@" >/dev/null
        took=$(((${EPOCHREALTIME/[.,]/} - start) / 100))
        if [[ -z $best ]] || ((took < best)); then
            best=$took
        fi
    done
}

step "how long it takes"
best_of_seven "$enumerate"
libusb=$best
best_of_seven "$UNBRICK" list
list=$best
measure libusb-enumeration-of-64 "$((libusb / 10)).$((libusb % 10))" ms
measure unbrick-list-of-64 "$((list / 10)).$((list % 10))" ms
((list <= libusb + 200)) || fail "more than 20 ms beyond libusb's own enumeration"
