#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# A wrong command line is refused before anything is opened, and says what would have been right.
# shellcheck source=tests/cli/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

expect 2 bogus
says err '^✗ UB-USE-002 '
expect 2 flsh x
says err 'did you mean "flash"\?'
says err "See \`unbrick help\`"
check "no device was meant" bash -c '! grep -q touched err'
expect 2 flash x --stya
says err '^✗ UB-USE-001 '
says err 'did you mean --stay\?'
says err "See \`unbrick help flash\`"
says err 'The device was not touched'
for words in flash "info a b" "flash x --at" "erase 0+16K --stay" "restore --write-otp"; do
    # shellcheck disable=SC2086 # words are wanted
    expect 2 $words
    says err "See \`unbrick help ${words%% *}\`"
    says err '^The device was not touched\.$'
done
for words in vault "vault burn" image "image look" key "key burn"; do
    # shellcheck disable=SC2086 # words are wanted
    expect 2 $words
    says err "See \`unbrick help ${words%% *}\`"
    check "no device was meant" bash -c '! grep -q touched err'
done
expect 2 info --erase-all
expect 2 list --watch=1
expect 2 flash x --quiet --verbose
says err '^✗ UB-USE-005 '
expect 2 flash x --no-backup --read-once
expect 2 list --lenient
says err 'needs --replay FILE'
expect 2 flash x --at
make_image fw.bin 1000
expect 2 "$sim" flash fw.bin --at 0x08zz
says err '^✗ UB-USE-003 '
expect 2 "$sim" flash fw.bin --at 08000000
expect 2 "$sim" plan fw.bin --at 0x08000000 id=1:
says err '^✗ UB-USE-004 '
says err 'unbrick help device'
expect 2 "$sim" info 357236543131
says err 'did you mean serial=357236543131\?'
expect 2 "$sim" plan fw.bin 0483:DF11
says err 'did you mean id=0483:DF11\?'
expect 2 "$sim" info nosuch
check "no guess where there is none" bash -c '! grep -q "did you mean" err'
for word in stm32 stm32f405 dfu; do expect 0 "$sim" info $word; done
expect 2 "$sim" restore nosuch --yes
says err '"nosuch" is neither the id of a backup'
expect 2 --sim nonsense info
says err '^✗ UB-SIM-001 '
expect 2 "$sim" restore not-an-id port=1-1
expect 2 explain UB-XXX-999
says err '^✗ UB-USE-006 '
says err 'unbrick explain'
expect 2 help nonsense

# The same as JSON: one object, nothing on standard error.
expect 2 flash x --stya --json
check "JSON instead of text" test ! -s err
says out '"type":"result".*"id":"UB-USE-001"'

# A file that is called like an option.
cp fw.bin ./--at
expect 0 "$sim" plan --at 0x08000000 -- --at
finish
