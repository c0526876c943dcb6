# Functions for the cases of the kernel tier; a case begins with `. "$REPO/tests/kernel/lib.sh"`.
# A case passes when it ends with status 0; any command that fails outside a test ends it.
#
# In the environment: REPO, BUILD, UNBRICK (the command under test), CASE (the case's name).
# The working folder is the case's own, in memory, and gone afterwards.
# shellcheck shell=bash

set -euo pipefail
trap 'fail "line $LINENO: \"$BASH_COMMAND\" ended with status $?"' ERR
set -E

VHCI=/sys/devices/platform/vhci_hcd.0

# Set by attach: the port (as the kernel names it, 1-1) of the device attached last, and the process
# that serves it. PORTS and PIDS have those of all, in order.
PORT=
PID=
PORTS=()
PIDS=()

# Nobody writes to this pipe: reading from it with a time limit is a sleep without a process.
pause=$PWD/.pause
mkfifo "$pause"

# End the case as failed, with the reason $*.
fail()
{
    trap - ERR
    echo "FAIL: $*"
    exit 1
}

# End the case as skipped, with the reason $*.
skip()
{
    trap - ERR
    echo "skip $*"
    exit 77
}

# Say in the log what comes next.
step()
{
    echo "== $*"
}

# Print the milliseconds since the epoch.
now_ms()
{
    echo "$((${EPOCHREALTIME/[.,]/} / 1000))"
}

# Hand the measurement NAME VALUE UNIT to the host.
measure()
{
    [[ $# -eq 3 && $2 =~ ^-?[0-9]+(\.[0-9]+)?$ ]] || fail "measure NAME VALUE UNIT, not '$*'"
    echo "measure $*"
}

# Run a command and fail unless it ends with status $1. Its output goes to the log and to the file
# `out`.
expect_status()
{
    local expected=$1 status=0
    shift
    "$@" >out 2>&1 || status=$?
    sed 's/^/    /' out
    [[ $status -eq $expected ]] || fail "status $status, not $expected, of: $*"
}

# Run a command, which must end with status 0, and fail unless a line of its output matches the
# extended regular expression $1. Output as with expect_status.
expect_grep()
{
    local pattern=$1
    shift
    expect_status 0 "$@"
    grep -qE -- "$pattern" out || fail "no line matches '$pattern' in the output of: $*"
}

# Fail unless a line of the last command's output (the file `out`) matches $1 too.
also_grep()
{
    grep -qE -- "$1" out || fail "no line matches '$1' in the output of the last command"
}

# Call a command every 20 ms until it succeeds; status 1 if it has not after $1 seconds.
wait_until()
{
    local end=$((${EPOCHREALTIME/[.,]/} + $1 * 1000000))
    shift
    until "$@"; do
        ((${EPOCHREALTIME/[.,]/} < end)) || return 1
        read -r -t 0.02 <>"$pause" || true
    done
}

# Print the file $1 of sysfs, nothing if it or its device is gone. (Starting `cat` would cost 20 ms.)
sysfs()
{
    local content=
    { read -r content <"$1"; } 2>/dev/null || true
    echo "$content"
}

# Ports at which a configured device is, root hubs aside, one a line.
usb_ports()
{
    local folder
    for folder in /sys/bus/usb/devices/[0-9]*-[1-9]*; do
        [[ $folder != *:* && -n $(sysfs "$folder/bConfigurationValue") ]] || continue
        echo "${folder##*/}"
    done
}

# All devices with root hubs, as `VID:PID PORT`, one a line.
usb_ids()
{
    local folder
    for folder in /sys/bus/usb/devices/*; do
        [[ -e $folder/idVendor ]] || continue
        echo "$(sysfs "$folder/idVendor"):$(sysfs "$folder/idProduct") ${folder##*/}"
    done
}

# The VID:PID of the device at port $1; `:` if none is there.
id_at()
{
    local folder=/sys/bus/usb/devices/$1
    echo "$(sysfs "$folder/idVendor"):$(sysfs "$folder/idProduct")"
}

# Is a configured device with VID:PID $1 there, and if $2 is not empty at that port?
has_id()
{
    local port
    for port in $(usb_ports); do
        if [[ $(id_at "$port") == "$1" && ${2:-$port} == "$port" ]]; then
            return 0
        fi
    done
    return 1
}

# Wait until a device VID:PID is configured [at PORT], at most SECONDS (10).
wait_for_id()
{
    wait_until "${3:-10}" has_id "$1" "${2-}" ||
        fail "no $1${2:+ at port $2} within ${3:-10} s; there are: $(usb_ids | tr '\n' ';')"
}

# Wait until no device is at PORT, at most SECONDS (10).
wait_gone()
{
    # shellcheck disable=SC2317 # called by wait_until
    is_gone()
    {
        [[ ! -e /sys/bus/usb/devices/$1 ]]
    }
    wait_until "${2:-10}" is_gone "$1" || fail "the device at $1 is still there after ${2:-10} s"
}

# The first port at which a device is now and was not in the list $1; empty if none.
new_port()
{
    local port
    for port in $(usb_ports); do
        if [[ $'\n'$1$'\n' != *$'\n'"$port"$'\n'* ]]; then
            echo "$port"
            return
        fi
    done
}

# Attach $1 virtual devices at once and wait until the kernel has configured all of them. In the
# description $2 every @ stands for the device's number, from 1 on. Adds to PIDS and PORTS; the
# words of simulator number N go to the file `sim-N.log`.
attach_many()
{
    local i word words port
    [[ -x $UNBRICK ]] || fail "there is no $UNBRICK"
    for ((i = 1; i <= $1; i++)); do
        "$UNBRICK" sim "${2//@/$i}" --attach >"sim-$i.log" 2>&1 &
        PIDS+=("$!")
    done
    # shellcheck disable=SC2317 # called by wait_until
    said_where()
    {
        { read -r -a words <"sim-$1.log"; } 2>/dev/null || return 1
        port=
        for ((word = 1; word < ${#words[@]}; word++)); do
            [[ ${words[word - 1]} != port ]] || port=${words[word]}
        done
        [[ -n $port ]]
    }
    for ((i = 1; i <= $1; i++)); do
        wait_until $((15 + $1)) said_where "$i" || fail "no device from: sim ${2//@/$i}; $(cat "sim-$i.log")"
        PORTS+=("$port")
    done
    echo "    $1 devices are at ${PORTS[*]}"
}

# Attach the virtual device SPEC (MODEL[,key=value...]) and wait until the kernel has configured it.
# Sets PORT and PID. The simulator's own words go to the file `sim.PORT.log`.
attach()
{
    local before log
    [[ -x $UNBRICK ]] || fail "there is no $UNBRICK"
    before=$(usb_ports)
    log=$(mktemp sim.XXXXXX)
    "$UNBRICK" sim "$1" --attach >"$log" 2>&1 &
    PID=$!
    # shellcheck disable=SC2317 # called by wait_until
    attached()
    {
        PORT=$(new_port "$before")
        [[ -n $PORT ]] || ! kill -0 "$PID" 2>/dev/null
    }
    wait_until 15 attached || fail "no device within 15 s from: sim $1; it says: $(cat "$log")"
    [[ -n $PORT ]] || fail "sim $1 ended before a device was there: $(cat "$log")"
    mv "$log" "sim.$PORT.log"
    PIDS+=("$PID")
    PORTS+=("$PORT")
    echo "    $1 is at $PORT as $(id_at "$PORT")"
}

# The process that serves PORT $1; empty if none.
pid_at()
{
    local i
    for i in "${!PORTS[@]}"; do
        [[ ${PORTS[i]} != "$1" ]] || echo "${PIDS[i]}"
    done | tail -n 1
}

# The number that the virtual hosts give to PORT $1, for the file `detach`. Each has a bus of its own;
# their ports are numbered on from one to the next.
vhci_number()
{
    local host status hub port _
    for host in /sys/devices/platform/vhci_hcd.*; do
        [[ -d $host/usb${1%%-*} ]] || continue
        status=$VHCI/status
        [[ ${host##*.} == 0 ]] || status+=.${host##*.}
        while read -r hub port _; do
            if [[ $hub == hs ]]; then
                echo "$((10#$port + ${1##*-} - 1))"
                return
            fi
        done <"$status"
    done
}

# Pull the device at PORT out of the bus, as by its cable, and wait until the kernel has seen it go
# and the simulator, whose device has lost its power, has ended.
unplug()
{
    local pid
    pid=$(pid_at "$1")
    vhci_number "$1" >"$VHCI/detach"
    wait_gone "$1" 30
    [[ -n $pid ]] || return 0
    # shellcheck disable=SC2317 # called by wait_until
    ended()
    {
        ! kill -0 "$1" 2>/dev/null
    }
    wait_until 5 ended "$pid" || kill -TERM "$pid"
    wait "$pid" 2>/dev/null || true
}

# Unplug every device that attach attached.
detach_all()
{
    local port
    for port in "${PORTS[@]}"; do
        [[ ! -e /sys/bus/usb/devices/$port ]] || unplug "$port"
    done
    PORTS=()
    PIDS=()
}
