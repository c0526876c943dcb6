#!/bin/bash
# A capture that unbrick writes is what the kernel's own usbmon saw on the same bus at the same time: request by
# request, with data, answers and ends. tshark, which we did not write, reads both. And a trace of the same job in real
# time, through libusb, replays call by call.
# limit: 240
# shellcheck source=tests/kernel/lib.sh
. "$REPO/tests/kernel/lib.sh"
export UNBRICK_VAULT=$PWD/vault

for tool in tshark dumpcap; do
    command -v "$tool" >/dev/null || skip "$tool is not installed"
done

# Lets usbmon's view of bus $1 go to the file $2 until `unlisten`.
listen()
{
    dumpcap -q -i "usbmon$1" -s 0 -w "$2" >dumpcap.log 2>&1 &
    LISTENER=$!
    # shellcheck disable=SC2317 # called by wait_until
    listening()
    {
        [[ -s $1 ]] || ! kill -0 "$LISTENER" 2>/dev/null
    }
    wait_until 60 listening "$2" || fail "dumpcap does not begin"
    kill -0 "$LISTENER" 2>/dev/null || fail "dumpcap ended: $(cat dumpcap.log)"
}

unlisten()
{
    read -r -t 1 <>"$pause" || true # it writes what it has twice a second
    kill -INT "$LISTENER"
    wait "$LISTENER" || true
    sed 's/^/    /' dumpcap.log
}

# All packets of a capture as lines of fields; its words, if any, go to `tshark.err`.
fields()
{
    tshark -n -r "$1" -T fields -E separator=';' -e usb.urb_id -e usb.urb_type -e usb.urb_status -e usb.bmRequestType \
        -e usb.setup.bRequest -e usb.setup.wValue -e usb.setup.wIndex -e usb.setup.wLength -e usb.data_fragment \
        -e usb.control.Response -e _ws.malformed 2>tshark.err ||
        fail "tshark cannot read $1: $(cat tshark.err)"
}

# The class requests of the packets in file $1, each with what was sent, how it ended and what was answered, in the
# order in which they ended.
requests()
{
    awk -F ';' '
        $2 ~ /S/ && ($4 == "0x21" || $4 == "0xa1") { asked[$1] = $4 " " $5 " " $6 " " $7 " " $8 " " $9 }
        $2 ~ /C/ && $1 in asked { print asked[$1] " -> " $3 " " $10; delete asked[$1] }' "$1"
}

# Flashes image $2 onto model $1 with the options that follow, recorded by both; compares what they hold.
compare()
{
    local model=$1 image=$2
    shift 2
    step "$model: recorded by unbrick and by the kernel"
    attach "$model"
    DEVICE=$(((${PORT%%-*} << 16) + $(sysfs "/sys/bus/usb/devices/$PORT/devnum")))
    listen "${PORT%%-*}" kernel.pcapng
    expect_status 0 "$UNBRICK" --trace ours.pcap flash "$image" "$@" --yes --no-backup
    unlisten
    fields ours.pcap >ours.fields
    fields kernel.pcapng >kernel.fields
    requests ours.fields >ours.requests
    requests kernel.fields >kernel.requests
    echo "    $(wc -l <ours.fields) packets of ours, $(wc -l <kernel.fields) of the kernel's," \
        "$(wc -l <ours.requests) DFU requests"
    [[ $(wc -l <ours.requests) -ge 10 ]] || fail "hardly any requests"
    diff ours.requests kernel.requests >difference || fail "not the same: $(head -c 2000 difference)"
    cut -d ';' -f 11 ours.fields | sort | uniq -c >malformed # the last field, which is empty
    [[ $(wc -l <malformed) -eq 1 && $(<malformed) =~ ^' '*[0-9]+' '*$ ]] || fail "malformed packets: $(<malformed)"
    detach_all
}

# Flashes image $2 onto model $1 with the options that follow, recorded, and again from the recording.
replay()
{
    local model=$1 image=$2
    shift 2
    step "$model: recorded in real time, and replayed"
    attach "$model"
    expect_status 0 "$UNBRICK" --trace run.trace flash "$image" "$@" --yes --no-backup
    detach_all
    grep -q '"transport":"libusb","queue":true' run.trace || fail "not of this bus: $(head -n 1 run.trace)"
    UNBRICK_VAULT=$PWD/other expect_grep ', replayed' "$UNBRICK" --replay run.trace flash "$image" "$@" --yes --no-backup
}

# What tshark's dissector for DFU, set with `-d $2`, makes of the requests in capture $1, and where it stumbles. Of the
# requests alone: it takes an answer for that to the request before it, which in a queue is another one.
dissect()
{
    tshark -n -r "$1" -d "$2,usbdfu" -Y 'usbdfu and usb.urb_type == 83' -T fields -E separator=' ' \
        -e usbdfu.command -e usbdfu.interface -e usbdfu.block_number -e usbdfu.length -e _ws.malformed 2>tshark.err ||
        fail "tshark cannot read $1: $(cat tshark.err)"
}

# The same bytes each time: random ones are now and then some kind of file, which is refused.
head -c 3000 "$UNBRICK" | tr '\177' x >small.bin
compare dfu-notolerant,mode=runtime small.bin
head -c 20000 "$UNBRICK" | tr '\177' x >image.bin
compare stm32f405 image.bin --at 0x08000000

replay stm32f405 image.bin --at 0x08000000
replay stm32l4 small.bin --at 0x08000000
replay dfu-notolerant,mode=runtime small.bin

step "the dissector for DFU sees the same in both"
dissect ours.pcap usb.product==0x0483df11 >ours.dfu
dissect kernel.pcapng "usb.device==$DEVICE" >kernel.dfu
diff ours.dfu kernel.dfu >difference || fail "not the same: $(head -c 2000 difference)"
[[ $(wc -l <ours.dfu) -eq $(wc -l <ours.requests) ]] || fail "only $(wc -l <ours.dfu) requests are DFU to it"
