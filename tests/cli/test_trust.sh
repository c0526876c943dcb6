#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Who vouches for an image, on the way to a device: digests, signatures, manifests, the store and the policy.
# shellcheck source=tests/cli/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

# A folder that is this computer's /etc/unbrick, and empty.
mkdir site
export UNBRICK_SITE_CONFIG=$work/site

: >none
make_firmware raw.bin 20000
expect 0 image convert raw.bin --at 0x08000000 -o fw.hex
make_firmware old.bin 3000
expect 0 image convert old.bin --at 0x08000000 -o old.hex
cp fw.hex plain.hex
for name in acme mallory; do expect 0 key new "$name" --password-file none; done
sha256=$(sha256sum fw.hex | cut -c 1-64)
sha512=$(sha512sum fw.hex | cut -c 1-128)
wrong=$(printf '%064d' 0)
flash=("$sim" flash --yes)

# refused ID ARGUMENT...: flash refuses with that error, and nothing was touched.
refused()
{
    local id=$1
    shift
    expect 5 "${flash[@]}" "$@"
    says err "^✗ $id "
    says err '^The device was not touched\.$|^The device still holds what it held\.$'
}

# Nobody vouches: said in the image's line.
expect 0 "${flash[@]}" plain.hex
says out '^ ✓ image     plain\.hex  Intel HEX, 20,000 bytes at 0x08000000, .* not signed$'
says out '^ ✓ image     fits: STM32F405'

# A digest on the command line: right, wrong, no digest at all; the same for all three verbs.
for verb in flash plan verify; do
    expect 0 "$sim,content=raw.bin" "$verb" plain.hex --yes --sha256 "$sha256" --sha512 "$sha512"
    expect 5 "$sim,content=raw.bin" "$verb" plain.hex --yes --sha256 "$wrong"
    says err '^✗ UB-TRU-001 '
    says err '^The device was not touched\.$'
done
expect 0 image info plain.hex --sha256 "$sha256"
says out '^  trust       it has the digest that was given$'
expect 2 image info plain.hex --sha256 123
expect 5 image info plain.hex --sha256 "$wrong"
check "what it is can be seen all the same" grep -q '^  format      Intel HEX$' out
run image info plain.hex --sha256 "$wrong" --json
check "JSON: what is wrong stands with the file" python3 -c '
import json
first, last = [json.loads(line) for line in open("out")]
assert first["error"]["id"] == "UB-TRU-001" and first["trust"] is None and first["format"] == "ihex"
assert last["status"] == 5'

# A list of digests beside the file, and a named one.
sha256sum plain.hex >plain.hex.sha256
expect 0 image info plain.hex
says out '^  trust       whole, says plain\.hex\.sha256; nobody signed it$'
echo "$wrong  plain.hex" >plain.hex.sha256
refused UB-TRU-001 plain.hex
rm plain.hex.sha256
unbrick_sums() { "$unbrick" image sha256 "$@"; }
unbrick_sums fw.hex plain.hex >LIST
expect 0 image info plain.hex --sums LIST
says out '^  trust       whole, says LIST'
refused UB-TRU-015 old.hex --sums LIST

# A signature by a key that nobody trusts is told; asked to check by another one it is an error.
expect 0 image sign fw.hex --secret-key acme.key
expect 0 image info fw.hex
says out '^  trust       signed by key [0-9A-F]+, which is not trusted: nothing was checked by it$'
refused UB-TRU-003 fw.hex --key mallory.pub
says err "key add FILE\.pub"
expect 0 image info fw.hex --key acme.pub
says out '^  trust       signed by acme\.pub \(key [0-9A-F]+, trusted for this once\)$'
expect 0 "${flash[@]}" fw.hex --key mallory.pub --key acme.pub
says out '^ ✓ image .* signed by acme'
mv fw.hex.minisig elsewhere.sig
refused UB-TRU-015 fw.hex --key acme.pub
expect 0 image info fw.hex --key acme.pub --signature elsewhere.sig
mv elsewhere.sig fw.hex.minisig

# A known key: the right file, an altered one, and one under another name.
expect 0 key add acme.pub
expect 0 "${flash[@]}" fw.hex
says out '^ ✓ image .* signed by acme'
cp old.hex altered.hex
cp fw.hex.minisig altered.hex.minisig
refused UB-TRU-002 altered.hex
cp fw.hex renamed.hex
cp fw.hex.minisig renamed.hex.minisig
refused UB-TRU-006 renamed.hex

# A manifest: its words are claims, held against the label and the device.
words=(--secret-key acme.key --vendor Acme --model X2 --revision B --market EU --family stm32f405)
expect 0 image sign fw.hex "${words[@]}" --set-version 1.4.0
rm fw.hex.minisig
expect 0 image info fw.hex
says out '^  version     1\.4\.0 \(manifest\)$'
says out '^  model       X2 \(manifest\)$'
says out '^  trust       signed by acme \(key [0-9A-F]+, from your store\), with a manifest$'
expect 0 image check fw.hex --family stm32f405 --label model=X2,revision=B,market=EU
check "the verdict" grep -q '^✓ fw\.hex fits stm32f405$' out
expect 5 image check fw.hex --family stm32f405 --label model=X3
says out '^  against     .*\[--accept other-model\]$'
expect 5 image check fw.hex --family gd32vf103
says out '^  against     '
refused UB-IMG-033 fw.hex --label model=X3
says err 'accept other-model'
expect 0 "${flash[@]}" fw.hex --label model=X3 --accept other-model
expect 0 "${flash[@]}" fw.hex --label model=X2,revision=B,market=EU

# Older than what was put on such a device before; another file than the manifest's; its time over.
expect 0 image sign old.hex "${words[@]}" --set-version 1.3.0
refused UB-TRU-010 old.hex --label model=X2,revision=B,market=EU
expect 0 "${flash[@]}" old.hex --accept rolled-back --label model=X2,revision=B,market=EU
cp fw.hex.manifest.json old.hex.manifest.json
cp fw.hex.manifest.json.minisig old.hex.manifest.json.minisig
refused UB-TRU-006 old.hex
rm old.hex.manifest.json*
refused UB-TRU-016 old.hex --manifest fw.hex.manifest.json
expect 0 image sign fw.hex "${words[@]}" --set-version 1.5.0 --expires 2020-01-01T00:00:00Z
refused UB-TRU-008 fw.hex
expect 0 image info fw.hex
says out '^  expired     '
expect 0 "${flash[@]}" fw.hex --accept expired
sed -i 's/X2/X9/' fw.hex.manifest.json
refused UB-TRU-002 fw.hex
echo '{}' >fw.hex.manifest.json
expect 5 image info fw.hex
rm fw.hex.manifest.json*

# A key that speaks for others only; a key kept on first use.
expect 0 key remove acme
expect 0 key add acme.pub --vendor Other
expect 0 image sign fw.hex "${words[@]}" --set-version 2.0.0
refused UB-TRU-011 fw.hex
expect 0 key remove acme
expect 0 image info fw.hex --key acme.pub --trust-first-use
says out '; the key is kept from now on$'
expect 0 key list
says out ' for Acme X2.*  kept on first use$'
expect 0 "${flash[@]}" fw.hex
expect 0 image sign fw.hex --secret-key mallory.key --vendor Acme --model X2 --set-version 9.0
refused UB-TRU-003 fw.hex --key mallory.pub --trust-first-use
rm fw.hex.manifest.json*

# A policy of the person's own, named, or the site's, that nothing makes up for.
mkdir -p config/unbrick
echo 'require_signature: all' >config/unbrick/unbrick.yaml
refused UB-TRU-004 plain.hex
refused UB-TRU-004 plain.hex --sha256 "$sha256"
expect 5 "$sim" plan plain.hex
for check in "--family stm32f405" "port=1-1"; do
    # shellcheck disable=SC2086 # words are wanted
    expect 5 "$sim" image check plain.hex $check
    says out '^✗ plain\.hex is refused$'
    says out '^  against     .*takes only signed images'
done
expect 0 "$sim,content=raw.bin" verify plain.hex
expect 0 image sign fw.hex --secret-key acme.key
expect 0 "${flash[@]}" fw.hex --key acme.pub
echo 'require_signature: [gd32vf103]' >config/unbrick/unbrick.yaml
expect 0 "${flash[@]}" plain.hex
rm config/unbrick/unbrick.yaml
echo 'require_signature: all' >policy.yaml
expect 5 "${flash[@]}" plain.hex --config policy.yaml
says err '^✗ UB-TRU-004 '
echo 'require_signature: perhaps' >policy.yaml
expect 2 "${flash[@]}" plain.hex --config policy.yaml
says err '^✗ UB-TRU-013 '
says err 'policy\.yaml:1'
if [[ ! -e /etc/unbrick ]]; then
    echo 'require_signature: all' >site/unbrick.yaml
    refused UB-TRU-004 plain.hex
    rm site/unbrick.yaml
fi

# Fetched, and kept only if it is what was meant. The path is the last line, and with --quiet the only one.
rm fw.hex.minisig
expect 0 image fetch "file://$work/fw.hex" --sha256 "$sha256"
says out '^ ✓ fetch     fw\.hex, .*has the digest that was given$'
expect 0 image fetch "file://$work/fw.hex" --sha256 "$sha256" --quiet
check "a path, and nothing else" cmp fw.hex "$(cat out)"
expect 5 image fetch "file://$work/old.hex" --sha256 "$sha256"
check "what is not meant is not kept" test ! -e vault/downloads/old.hex
expect 2 image fetch "file://$work/old.hex"
says err '^✗ UB-NET-001 '
expect 0 image sign old.hex --secret-key acme.key
expect 0 image fetch "file://$work/old.hex" --key acme.pub --quiet
check "and its signature beside it" test -s "$(cat out).minisig"
expect 2 image fetch ftp://example.com/fw.hex
run image fetch "file://$work/fw.hex" --sha256 "$sha256" --json
check "JSON: what was fetched" python3 -c '
import json
lines = {l["type"]: l for l in map(json.loads, open("out"))}
assert lines["fetched"]["length"] > 20000 and lines["fetched"]["trust"]["level"] == "given"'

# Verdicts in plain ASCII; a label that says nothing that is known.
expect 0 image sign fw.hex "${words[@]}" --set-version 2.0.0
expect 5 image check fw.hex --family stm32f405 --label model=X3 --ascii
check "ASCII on request" bash -c '! LC_ALL=C grep -q "[^ -~]" out'
says out '^x fw\.hex does not fit stm32f405$'
expect 2 image check fw.hex --family stm32f405 --label nonsense
finish
