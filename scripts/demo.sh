#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# The main job on real firmware, against a virtual STM32F405 in real time: its flash takes as long as a real one's.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.." || exit
top=$PWD

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM
export UNBRICK_VAULT=$work/vault
export PATH="$top/build:$PATH"
device=stm32f405,time=real,state=chip.bin
firmware=(/usr/lib/firmware-tomu/toboot.bin /usr/lib/firmware-tomu/toboot-booster.bin
    /usr/share/hackrf/hackrf_one_usb.dfu)

for file in "${firmware[@]}"; do
    if [[ ! -r $file ]]; then
        echo "demo: $file is missing; it comes from Debian's packages firmware-tomu and hackrf-firmware" >&2
        exit 1
    fi
    cp "$file" "$work/"
done
cd "$work" || exit
bold='' plain=''
if [[ -t 1 && -z ${NO_COLOR-} ]]; then
    bold=$'\e[1m' plain=$'\e[0m'
fi
wrong=0

say() { printf '\n%s\n' "$@"; }

# Shows a command, runs it, and compares its exit status with the one that belongs to this scene.
run()
{
    local expected=$1 status
    shift
    printf '%s$ %s%s\n' "$bold" "$*" "$plain"
    "$@" 2>&1
    status=$?
    if [[ $status -ne $expected ]]; then
        echo "demo: exit status $status, expected $expected" >&2
        wrong=$((wrong + 1))
    elif [[ $status -ne 0 ]]; then
        echo "(exit status $status)"
    fi
}

unbrick_on_sim() { run "$1" unbrick --sim "$device" "${@:2}"; }

echo "A virtual STM32F405, as slow as a real one, takes the place of a board in its bootloader."
echo "Its flash is the file chip.bin; the firmware is real, from Debian's packages."

say "What is attached?"
unbrick_on_sim 0 list

say "What would flashing do? Nothing is touched yet."
unbrick_on_sim 0 plan toboot.bin --at 0x08000000

say "The whole job: back up, write, read back, start it."
unbrick_on_sim 0 flash toboot.bin --at 0x08000000 --yes

say "Another firmware comes. It is meant to run elsewhere, which shows in its first bytes and is told." \
    "What is there now goes into the vault first."
unbrick_on_sim 0 flash toboot-booster.bin --at 0x08000000 --yes

say "Is it really there? And what does a difference look like?"
unbrick_on_sim 0 verify toboot-booster.bin --at 0x08000000
unbrick_on_sim 9 verify toboot.bin --at 0x08000000

say "Second thoughts: the way back is in the vault."
run 0 unbrick vault list
backup=$(cd vault/backups 2>/dev/null && printf '%s\n' 20* | sort -V | tail -n 1)
unbrick_on_sim 0 restore "$backup" --yes
unbrick_on_sim 0 verify toboot.bin --at 0x08000000

say "A file that does not fit its own checksum (this published one is like that) is refused before anything happens."
unbrick_on_sim 5 flash hackrf_one_usb.dfu --yes

say "Every error has a page of its own."
run 0 unbrick explain UB-DEV-003

printf '\nThat took %d s. The same commands without --sim work on a real device: start with "unbrick list".\n' "$SECONDS"
[[ $wrong -eq 0 ]]
