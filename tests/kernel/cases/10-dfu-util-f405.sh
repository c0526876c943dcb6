#!/bin/bash
# dfu-util, which we did not write, lists, writes, reads back and leaves our virtual STM32F405.
# shellcheck source=tests/kernel/lib.sh
. "$REPO/tests/kernel/lib.sh"

attach stm32f405,state=flash.state

step "four alternate settings with ST's names"
expect_grep 'alt=0, name="@Internal Flash  /0x08000000/04\*016Kg,01\*064Kg,07\*128Kg"' dfu-util -l
also_grep 'alt=3, name="@Device Feature'
also_grep 'serial="357236543131"'

step "write 100,001 bytes, read them back"
head -c 100001 /dev/urandom >image.bin
expect_grep 'File downloaded successfully' dfu-util -a 0 -s 0x08000000 -D image.bin
expect_status 0 dfu-util -a 0 -s 0x08000000:100001 -U back.bin
cmp image.bin back.bin || fail "dfu-util read back something else"
cmp -n 100001 image.bin flash.state || fail "the chip holds something else"

step "option bytes and OTP are readable"
expect_status 0 dfu-util -a 1 -s 0x1fffc000:16 -U option.bin
expect_status 0 dfu-util -a 2 -s 0x1fff7800:512 -U otp.bin

step "leave: the device goes off the bus"
dfu-util -a 0 -s 0x08000000:leave -D image.bin >out 2>&1 || true # its status is what it is known for
cat out
left()
{
    [[ $(id_at "$PORT") != 0483:df11 ]]
}
wait_until 10 left || fail "still in its bootloader"
