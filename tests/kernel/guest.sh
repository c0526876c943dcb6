#!/bin/bash
# Runs in the guest, in the overlay over the host's root: every case of the configuration, each with
# its time limit, each leaving the machine as it found it. Started by init; talks to run.sh in lines
# over the second serial port:
#
#   boot UPTIME            the guest is up, after UPTIME seconds
#   start NAME LIMIT       a case begins and may take LIMIT seconds
#   result NAME STATUS MS  it ended with STATUS (`oops`: the kernel reported an error) after MS ms
#   end                    no case is left
set -u
export LC_ALL=C.UTF-8 HOME=/root PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin

results=/run/results
vhci=/sys/devices/platform/vhci_hcd.0
udevd=/lib/systemd/systemd-udevd
# shellcheck source=/dev/null
. "$results/config"
export REPO BUILD UNBRICK

say()
{
    echo "$*" >/dev/ttyS1
}

# Set `now` to the time since boot in milliseconds. Here as below no process is started that can be
# done without: under emulation each costs 20 ms.
uptime_ms()
{
    local up
    read -r up _ </proc/uptime
    now=$((10#${up/./} * 10))
}

# Without udevd a program that has libusb open never learns of a device that comes later: libusb
# listens to udevd, not to the kernel.
start_udevd()
{
    mkdir -p /run/udev/rules.d
    if compgen -G "$REPO/data/udev/*.rules" >/dev/null; then
        cp "$REPO"/data/udev/*.rules /run/udev/rules.d/
    fi
    "$udevd" &
    until [[ -S /run/udev/control ]]; do
        kill -0 $! || break
        sleep 0.01
    done
}

# End every process that a case left behind: all but this one, init, udevd and the kernel's own.
reap()
{
    local entry pid
    for entry in /proc/[0-9]*; do
        pid=${entry#/proc/}
        # The kernel's own threads have no program.
        if ((pid != 1 && pid != $$)) && [[ -e $entry/exe && ! $entry/exe -ef $udevd ]]; then
            kill -KILL "$pid" 2>/dev/null
        fi
    done
}

# Pull out every device that a case left attached, and wait until the bus is empty.
clear_bus()
{
    local status port state i left
    for status in "$vhci/status" "$vhci"/status.*; do
        while read -r _ port state _; do
            [[ $port =~ ^[0-9]+$ && $state != 004 ]] && echo "$((10#$port))" >"$vhci/detach"
        done <"$status"
    done
    for ((i = 0; i < 100; i++)); do
        # Left are the interfaces of the root hubs, 1-0:1.0 and so on.
        left=(/sys/bus/usb/devices/[0-9]*-[1-9]*)
        [[ -e ${left[0]} ]] || return 0
        sleep 0.05
    done
    echo "guest.sh: devices are still on the bus" >&2
}

# What the kernel says when it is itself in error; a case during which it did has not passed.
kernel_errors='BUG:|Oops|WARNING:|general protection fault|blocked for more than|soft lockup'

run_case()
{
    local name=$1 file limit line status begin messages
    file=$REPO/tests/kernel/cases/$name.sh
    limit=$CASE_LIMIT
    while read -r line; do
        [[ $line =~ ^'# limit: '([0-9]+) ]] && limit=${BASH_REMATCH[1]}
    done <"$file"
    say "start $name $limit"
    echo "unbrick: case $name" >/dev/kmsg
    uptime_ms
    begin=$now
    mkdir -p "/tmp/case-$name"
    (cd "/tmp/case-$name" && CASE=$name exec timeout -k 5 "$limit" bash "$file") \
        >"$results/$name.log" 2>&1
    status=$?
    uptime_ms
    reap 2>/dev/null
    clear_bus 2>>"$results/$name.log"
    busybox rm -rf "/tmp/case-$name"
    messages=$(busybox dmesg -c)
    echo "$messages" >"$results/$name.dmesg"
    if [[ $messages =~ $kernel_errors ]]; then
        status=oops
    fi
    say "result $name $status $((now - begin))"
}

main()
{
    local name up
    start_udevd 2>"$results/udevd.log"
    read -r up _ </proc/uptime
    say "boot $up"
    for name in $CASES; do
        run_case "$name"
    done
    say end
}

main
