#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# Makes the known-answer files of this folder with Debian's minisign 0.11 and signify-openbsd 31. Keys are new with each
# run, so all files are made together and committed together.
#
# usage: make.sh FOLDER
set -eu

cd "$1"
python3 -c 'open("firmware.bin", "wb").write(bytes((i * 7 + i // 256) & 0xff for i in range(700)))'
for key in minisign other; do
    rm -f "$key.key" "$key.pub"
    minisign -G -W -p "$key.pub" -s "$key.key" >/dev/null
done
minisign -S -s minisign.key -m firmware.bin -x firmware.bin.minisig
minisign -S -l -s minisign.key -m firmware.bin -x firmware.bin.legacy.minisig
minisign -S -s minisign.key -m firmware.bin -x firmware.bin.words.minisig -t 'release 1.2 of file:firmware.bin for you'
rm -f signify.pub signify.sec
signify-openbsd -G -n -c 'unbrick test' -p signify.pub -s signify.sec
signify-openbsd -S -s signify.sec -m firmware.bin -x firmware.bin.sig
