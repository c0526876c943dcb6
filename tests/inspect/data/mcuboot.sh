#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# Makes the known-answer files of this folder with MCUboot's own imgtool (from PyPI) and openssl. Keys and the key
# of the encryption are new with each run, so all files are made together and committed together.
#
# usage: make.sh IMGTOOL FOLDER
set -eu

imgtool=$1
cd "$2"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# A vector table for code behind a header in a slot at 0x0800c000, then bytes.
python3 - "$work/firmware.bin" <<'PYTHON'
import struct, sys
base = 0x0800c000 + 0x20
code = bytes((i * 7 + 3) & 0xff for i in range(184))
open(sys.argv[1], "wb").write(struct.pack("<II", 0x20005000, base + 9) + code)
PYTHON

sign()
{
    to=$1
    shift
    "$imgtool" sign --header-size 0x20 --pad-header --align 4 --slot-size "${slot:-0x1000}" "$@" "$work/firmware.bin" "$to" >/dev/null
}

for key in ed25519 ecdsa-p256 ecdsa-p384 rsa-2048; do
    "$imgtool" keygen -k "$work/$key.pem" -t "$key"
    openssl pkey -in "$work/$key.pem" -pubout -out "mcuboot-$key.pub.pem"
done
openssl pkey -in "$work/ed25519.pem" -pubout -outform DER -out mcuboot-ed25519.pub.der
openssl pkey -in "$work/ecdsa-p256.pem" -pubout -outform DER -out mcuboot-ecdsa-p256.pub.der
"$imgtool" keygen -k "$work/x25519.pem" -t x25519
openssl pkey -in "$work/x25519.pem" -pubout -out "$work/x25519.pub.pem"

sign mcuboot-unsigned.bin -v 1.2.3+4
sign mcuboot-ed25519.bin -v 2.0.1 -k "$work/ed25519.pem"
sign mcuboot-ed25519-counter.bin -v 2.0.2+65537 -k "$work/ed25519.pem" --security-counter 7 -d '(1, 1.0.0+0)'
sign mcuboot-ed25519-sha512.bin -v 2.0.3 -k "$work/ed25519.pem" --sha 512
sign mcuboot-ed25519-pure.bin -v 2.0.4 -k "$work/ed25519.pem" --pure
sign mcuboot-ed25519-fullkey.bin -v 2.0.5 -k "$work/ed25519.pem" --public-key-format full
sign mcuboot-ecdsa-p256.bin -v 3.0.0 -k "$work/ecdsa-p256.pem"
slot=0x800 sign mcuboot-ecdsa-p256-padded.bin -v 3.0.1 -k "$work/ecdsa-p256.pem" --security-counter 0x01020304 --pad --confirm -M 4
sign mcuboot-ecdsa-p384.bin -v 3.1.0 -k "$work/ecdsa-p384.pem"
sign mcuboot-rsa-2048.bin -v 4.0.0 -k "$work/rsa-2048.pem"
sign mcuboot-encrypted.bin -v 5.0.0 -k "$work/ed25519.pem" -E "$work/x25519.pub.pem"
sign mcuboot-encrypted-clear.bin -v 5.0.1 -k "$work/ed25519.pem" -E "$work/x25519.pub.pem" --clear
