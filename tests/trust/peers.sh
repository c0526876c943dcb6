#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Keys and signatures beside Debian's minisign and signify: each takes what the other made, and both refuse what was
# changed.
#
# usage: peers.sh TRUST_TOOL
set -uo pipefail

tool=$(realpath "$1")
for peer in minisign signify-openbsd; do
    command -v "$peer" >/dev/null || { echo "$peer is not installed"; exit 77; }
done
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work" || exit
head -c 5000 /dev/urandom >firmware.bin
: >empty.bin
failed=0

bad()
{
    echo "FAILED  $*"
    failed=1
}

# takes NAME COMMAND...: the command must succeed
takes()
{
    local name=$1
    shift
    "$@" >out 2>&1 </dev/null || { bad "$name"; cat out; }
}

# refuses NAME CODE COMMAND...: ours must fail with that code, a peer ("-") in any way
refuses()
{
    local name=$1 code=$2
    shift 2
    if "$@" >out 2>&1 </dev/null; then
        bad "$name: taken"
    elif [[ $code != - ]] && ! grep -q "^$code " out; then
        bad "$name: $(cat out)"
    fi
}

theirs()
{
    minisign -G -W -f -p "$1.pub" -s "$1.key" >/dev/null </dev/null
}

# --- their keys, our eyes and hands
theirs a
theirs b
for file in firmware.bin empty.bin; do
    takes "minisign signs $file" minisign -S -s a.key -m "$file" -x sig
    takes "we verify $file" "$tool" verify a.pub sig "$file"
    takes "minisign signs $file (legacy)" minisign -S -l -s a.key -m "$file" -x sig
    takes "we verify $file (legacy)" "$tool" verify a.pub sig "$file"
    takes "we sign $file with minisign's key" "$tool" sign a.key "$file"
    takes "minisign verifies $file" minisign -V -H -p a.pub -m "$file"
    takes "we verify our own of $file" "$tool" verify a.pub "$file.minisig" "$file"
    refuses "minisign with another key" - minisign -V -p b.pub -m "$file"
    refuses "we with another key" 1102 "$tool" verify b.pub "$file.minisig" "$file"
done

# --- a bare line as a key
sed -n 2p a.pub >bare.pub
takes "a bare key" "$tool" verify bare.pub firmware.bin.minisig firmware.bin

# --- our keys, their eyes and hands
takes "we make a pair" "$tool" new ours
[[ $(stat -c %a ours.key) == 600 ]] || bad "ours.key may be read by others"
takes "minisign signs with our key" minisign -S -s ours.key -m firmware.bin -x sig
takes "we verify that" "$tool" verify ours.pub sig firmware.bin
takes "minisign verifies that" minisign -V -p ours.pub -m firmware.bin -x sig
takes "minisign makes the public key anew" minisign -R -f -s ours.key -p again.pub
cmp -s <(sed -n 2p ours.pub) <(sed -n 2p again.pub) || bad "the public key made anew differs"

# --- passwords (1 GiB of memory each time)
if (($(awk '/^MemAvailable/ { print $2 }' /proc/meminfo) > 1500000)); then
    printf 'pass word\npass word\n' | minisign -G -f -p locked.pub -s locked.key >/dev/null 2>&1 || bad "minisign -G"
    takes "we sign with minisign's encrypted key" "$tool" sign locked.key firmware.bin 'pass word'
    takes "minisign verifies that" minisign -V -p locked.pub -m firmware.bin
    refuses "another password" 1114 "$tool" sign locked.key firmware.bin 'pass worD'
    refuses "no password" 1114 "$tool" sign locked.key firmware.bin
    takes "we make an encrypted pair" "$tool" new sealed 'pass word'
    printf 'pass word\n' | minisign -S -s sealed.key -m firmware.bin >out 2>&1 || bad "minisign with our encrypted key: $(cat out)"
    takes "we verify that" "$tool" verify sealed.pub firmware.bin.minisig firmware.bin
    printf 'pass worD\n' | minisign -S -s sealed.key -m firmware.bin >out 2>&1 && bad "minisign took another password"
else
    echo "too little memory for keys with a password: left out"
fi

# --- what was changed
takes "we sign" "$tool" sign a.key firmware.bin
cp firmware.bin renamed.bin
refuses "another name" 1106 "$tool" verify a.pub firmware.bin.minisig renamed.bin
mkdir -p altered
cp firmware.bin altered/firmware.bin
printf x >>altered/firmware.bin
refuses "an altered file" 1102 "$tool" verify a.pub firmware.bin.minisig altered/firmware.bin
refuses "an altered file (minisign)" - minisign -V -p a.pub -x firmware.bin.minisig -m altered/firmware.bin
sed 's/file:firmware/file:hardware/' firmware.bin.minisig >altered/comment
refuses "an altered comment" 1102 "$tool" verify a.pub altered/comment firmware.bin
refuses "an altered comment (minisign)" - minisign -V -p a.pub -x altered/comment -m firmware.bin
head -n 2 firmware.bin.minisig >altered/stripped
refuses "a comment taken away" 1102 "$tool" verify a.pub altered/stripped firmware.bin
takes "we sign with a comment" "$tool" comment a.key firmware.bin 'release 7 of everything'
takes "we take it" "$tool" verify a.pub firmware.bin.minisig renamed.bin
[[ $(minisign -V -Q -p a.pub -m firmware.bin) == 'release 7 of everything' ]] || bad "minisign reads another comment"
takes "minisign signs with a comment" minisign -S -s a.key -m firmware.bin -x sig -t 'file:firmware.bin of today'
takes "we take it" "$tool" verify a.pub sig firmware.bin
refuses "we do not under another name" 1106 "$tool" verify a.pub sig renamed.bin

# --- line ends of Windows
sed 's/$/\r/' firmware.bin.minisig >crlf.minisig
sed 's/$/\r/' a.pub >crlf.pub
takes "line ends of Windows" "$tool" verify crlf.pub crlf.minisig firmware.bin

# --- signify
signify-openbsd -G -n -p s.pub -s s.sec || bad "signify -G"
takes "signify signs" signify-openbsd -S -s s.sec -m firmware.bin -x s.sig
takes "we verify signify's" "$tool" verify s.pub s.sig firmware.bin
refuses "an altered file (signify)" 1102 "$tool" verify s.pub s.sig altered/firmware.bin
refuses "minisign's key for signify's" 1102 "$tool" verify a.pub s.sig firmware.bin
# a key of signify's is one of minisign's but for its comment
takes "minisign's legacy form for signify" minisign -S -l -s a.key -m firmware.bin -x legacy.minisig
takes "signify verifies it" signify-openbsd -V -p a.pub -x legacy.minisig -m firmware.bin

((failed == 0)) && echo "all agree with minisign and signify"
exit "$failed"
