#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# The verbs of key, image sign, and how passwords are asked for.
# shellcheck source=tests/cli/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

make_firmware fw.bin 3000
: >none # an empty password: not encrypted, and quick
printf 'correct horse\n' >password

# No key, and nothing made by asking.
expect 0 key list
says err 'No keys are trusted'
check "looking makes no store" test ! -e config/unbrick/keys

# A pair of keys, never over another.
expect 0 key new acme --password-file none
says out '^ ✓ acme\.pub is for everybody, acme\.key is secret and not encrypted$'
check "the secret one is the owner's alone" test "$(stat -c %a acme.key)" = 600
cp acme.pub before.pub
expect 10 key new acme --password-file none
check "nothing is replaced" cmp acme.pub before.pub
expect 2 key new other
says err '^✗ UB-TRU-014 '
says err 'password-file FILE'
check "and nothing made" test ! -e other.pub
expect 2 key new other --password-file missing
expect 0 key new other --password-file none
id=$(sed -n '1s/.* //p' acme.pub)

# The store: added, listed, found by name and by id.
expect 0 key add acme.pub --vendor Acme --model X2 --market EU
says out '^ ✓ the key in acme\.pub is trusted for Acme X2, EU$'
expect 0 key add other.pub --name other-one
expect 0 key list
says out "^acme +minisign +$id  for Acme X2, EU$"
says out '^other-one +minisign +[0-9A-F]{16}  for anything$'
run key list --json
check "JSON: keys" python3 -c '
import json
keys = {l["name"]: l for l in map(json.loads, open("out")) if l["type"] == "key"}
assert sorted(keys) == ["acme", "other-one"]
key = keys["acme"]
assert (key["vendor"], key["model"], key["market"], key["kind"]) == ("Acme", "X2", "EU", "minisign")
assert key["added"].endswith("Z") and not key["site"] and not key["revoked"] and not key["first_use"]'
run __words keys
check "completion knows them" test "$(sort out | tr '\n' ,)" = "acme,other-one,"
expect 0 key list --keys elsewhere
says err 'No keys are trusted'
expect 0 --sim no-such-model key list
expect 5 key add fw.bin
says err '^✗ UB-TRU-005 '
expect 2 key add acme.pub --model A --model B
expect 0 key remove other-one
expect 5 key remove other-one
says err '^✗ UB-TRU-003 '

# Signing: as minisign does, and with a manifest.
expect 0 image sign fw.bin --secret-key acme.key --comment 'for the tests'
says out '^ ✓ fw\.bin\.minisig$'
says fw.bin.minisig '^trusted comment: for the tests$'
if command -v minisign >/dev/null; then
    check "minisign agrees" minisign -V -p acme.pub -m fw.bin
fi
expect 0 image info fw.bin --key acme.pub
expect 2 image sign fw.bin
says err 'needs --secret-key FILE'
expect 0 image sign fw.bin --secret-key acme.key --vendor Acme --model X2 --model X3 --revision B --market EU \
    --family stm32f405 --set-version 1.4.0 --min-version 1.2 --min-loader 2.0 --not-before 2020-01-01T00:00:00Z \
    --expires 2099-01-01T00:00:00Z
says out '^ ✓ fw\.bin\.manifest\.json\.minisig, which signs fw\.bin\.manifest\.json$'
check "a manifest with all of it" python3 -c '
import json
manifest = json.load(open("fw.bin.manifest.json"))
assert manifest["vendor"] == "Acme" and manifest["models"] == ["X2", "X3"] and manifest["version"] == "1.4.0"
assert manifest["families"] == ["stm32f405"] and manifest["revisions"] == ["B"] and manifest["markets"] == ["EU"]
assert manifest["min_version"] == "1.2" and manifest["min_loader"] == "2.0"
assert manifest["not_before"].startswith("2020-") and manifest["expires"].startswith("2099-")'
expect 5 image sign missing.bin --secret-key acme.key

# Of an archive with several images a manifest is about one; the file itself is signed as a whole.
python3 - <<'END'
import zipfile
with zipfile.ZipFile("two.zip", "w") as archive:
    archive.writestr("a.hex", ":0400000001020304F2\n:00000001FF\n")
    archive.writestr("b.hex", ":0400000005060708E2\n:00000001FF\n")
END
about=(two.zip --secret-key acme.key --vendor Acme --model X2 --set-version 1.0)
expect 5 image sign "${about[@]}"
says err '^✗ UB-IMG-028 '
expect 2 image sign two.zip --secret-key acme.key --member b.hex
says err 'only a manifest is about b\.hex'
expect 2 image sign "${about[@]}" --accept nonsense
expect 0 image sign "${about[@]}" --member b.hex
expect 0 image info two.zip --member b.hex --key acme.pub
says out 'with a manifest'
expect 5 image info two.zip --member a.hex --key acme.pub
says err '^✗ UB-TRU-016 '

# Revoked: a key and a file.
expect 0 key revoke acme --reason 'stolen laptop'
expect 0 key list
says out "^acme .*  revoked: stolen laptop$"
rm -f fw.bin.manifest.json*
expect 5 image info fw.bin
says err '^✗ UB-TRU-009 '
says err 'stolen laptop'
says out '^  trust       .*stolen laptop$'
expect 5 key add acme.pub --name again
expect 0 key revoke "$(sha256sum fw.hex fw.bin 2>/dev/null | cut -c 1-64)"
rm -f fw.bin.minisig
expect 5 image info fw.bin
says err '^✗ UB-TRU-009 '

# Passwords at a terminal (each use of one takes a second or more, as it is meant to): not shown, asked for twice, and Ctrl-C leaves the terminal as it was.
python3 - "$unbrick" <<'END' >talk.txt 2>&1
import os, pty, select, signal, sys, termios, time

def start(*words):
    pid, terminal = pty.fork()
    if pid == 0:
        os.execv(sys.argv[1], [sys.argv[1], *words])
    return pid, terminal

def until(terminal, text, seconds=60):
    seen = b""
    end = time.monotonic() + seconds
    while text not in seen and time.monotonic() < end:
        if select.select([terminal], [], [], 0.2)[0]:
            try:
                seen += os.read(terminal, 4096)
            except OSError:
                break
    return seen

def echoes(terminal):
    return bool(termios.tcgetattr(terminal)[3] & termios.ECHO)

def hidden(terminal):
    end = time.monotonic() + 10
    while echoes(terminal) and time.monotonic() < end:
        time.sleep(0.01)
    return not echoes(terminal)

def rest(pid, terminal):
    seen = until(terminal, b"\0never", 60)
    return seen, os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])

pid, terminal = start("key", "new", "typed")
assert b"Password" in until(terminal, b"encrypted):")
assert hidden(terminal)
os.write(terminal, b"correct horse\n")
assert b"Once more" in until(terminal, b"more:")
assert hidden(terminal)
os.write(terminal, b"another\n")
seen, status = rest(pid, terminal)
assert b"not the same" in seen and status == 2 and b"another" not in seen, (seen, status)
assert not os.path.exists("typed.key")

pid, terminal = start("key", "new", "typed")
until(terminal, b"encrypted):")
assert hidden(terminal)
os.write(terminal, b"correct horse\n")
until(terminal, b"more:")
assert hidden(terminal)
os.write(terminal, b"correct horse\n")
seen, status = rest(pid, terminal)
assert status == 0 and b"horse" not in seen, (seen, status)

pid, terminal = start("image", "sign", "fw.bin", "--secret-key", "typed.key")
until(terminal, b"typed.key")
assert hidden(terminal)
os.kill(pid, signal.SIGINT)
end = time.monotonic() + 10
while not echoes(terminal) and time.monotonic() < end:
    time.sleep(0.01)
assert echoes(terminal)
seen, status = rest(pid, terminal)
assert status == 130, status
print("talked")
END
mv talk.txt out
: >err
says out '^talked$'
expect 0 image sign fw.bin --secret-key typed.key --password-file password
expect 2 image sign fw.bin --secret-key typed.key
says err '^✗ UB-TRU-014 '
finish
