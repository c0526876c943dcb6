#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Conversions held against objcopy and srec_cat: Debian's firmware files and generated ones with gaps, odd sizes, high
addresses, every width of address and any order of lines; written in each format, moved, cropped, filled and merged.

    convert.py UNBRICK

FIRMWARE_ROOT names another root than / for the files of Debian. Exit status 77: one of the two programs is missing.
"""
import os
import random
import shutil
import subprocess
import sys
import tempfile

FILES_MIN = 60
GENERATED = 64
checks = 0


class Failed(Exception):
    """What did not agree."""


def must(holds, what):
    global checks
    checks += 1
    if not holds:
        raise Failed(what)


def run(*words, good=True):
    done = subprocess.run(words, capture_output=True, check=False)
    if good and done.returncode != 0:
        raise Failed(" ".join(words) + "\n" + done.stderr.decode(errors="replace"))
    return done


def srec_cat(*words):
    """What srec_cat makes of its input: S-records in one form, without header and start address."""
    return run("srec_cat", *words, "-o", "-", "-motorola", "--address-length=4", "-disable=header",
               "-disable=exec_start_address").stdout


def memory(content):
    """The bytes in the canonical text, by address."""
    found = {}
    for line in content.splitlines():
        if line.startswith(b"S3"):
            address = int(line[4:12], 16)
            for i, byte in enumerate(bytes.fromhex(line[12:-2].decode())):
                found[address + i] = byte
    return found


def start_address(*words):
    """The line with the start address; 0 is none, as S-records have to say one."""
    last = run("srec_cat", *words, "-o", "-", "-motorola", "--address-length=4").stdout.splitlines()[-1]
    return last if last.startswith(b"S7") and last[4:12] != b"00000000" else b""


KINDS = {".hex": "-intel", ".ihex": "-intel", ".srec": "-motorola", ".s19": "-motorola", ".s28": "-motorola",
         ".s37": "-motorola"}


class File:
    """A file of the corpus: how unbrick is asked to read it, and how srec_cat is told what is in it."""

    def __init__(self, path, theirs, ours=()):
        self.path = path
        self.theirs = theirs
        self.ours = ours
        self.content = srec_cat(*theirs)

    def span(self):
        """First and last address, out of the canonical text."""
        addresses = []
        for line in self.content.splitlines():
            if line.startswith(b"S3"):
                first = int(line[4:12], 16)
                addresses += [first, first + int(line[2:4], 16) - 6]
        return min(addresses), max(addresses)


# ---- the corpus ----

def debian(root, work):
    """The firmware files in Debian's packages, as far as they are installed."""
    folders = ["usr/lib/firmware-tomu", "usr/share/hackrf", "usr/share/ubertooth/firmware",
               "usr/share/firmware-microbit-micropython", "usr/share/nxt-firmware"]
    found = []
    for folder in (os.path.join(root, name) for name in folders):
        for name in sorted(os.listdir(folder)) if os.path.isdir(folder) else []:
            path = os.path.join(folder, name)
            ending = os.path.splitext(name)[1]
            if ending in KINDS:
                found.append(File(path, (path, KINDS[ending])))
            elif ending == ".bin":
                found.append(File(path, (path, "-binary", "-offset", "0x08000000"), ("--at", "0x08000000")))
            elif ending == ".dfu":
                inner = os.path.join(work, name + ".inner")
                with open(path, "rb") as source, open(inner, "wb") as to:
                    to.write(source.read()[:-16])
                accept = ("--accept", "bad-crc") if "hackrf" in folder else ()
                found.append(File(path, (inner, "-binary", "-offset", "0x00010000"), ("--at", "0x00010000") + accept))
            elif ending == ".elf":
                made = os.path.join(work, name + ".hex")
                run("objcopy", "-O", "ihex", path, made)
                found.append(File(path, (made, "-intel")))
    return found


def layout(chance, limit):
    """Pieces of memory that do not touch: (address, bytes)."""
    pieces = []
    address = chance.choice([0, 1, 0xff, chance.randrange(limit // 2)])
    for _ in range(chance.choice([1, 1, 2, 3, 17])):
        length = chance.choice([1, 2, 15, 16, 17, 255, 4096, chance.randrange(1, 3000)])
        if address + length > limit:
            break
        pieces.append((address, chance.randbytes(length)))
        address += length + chance.choice([1, 3, 16, 1000, chance.randrange(1, limit // 8)])
    if chance.random() < 0.5: # up to the last address that this width has
        length = chance.randrange(1, 100)
        if address < limit - length:
            pieces.append((limit - length, chance.randbytes(length)))
    return pieces


def shuffle_lines(chance, path):
    """Lines of S-records in any order: header first, count and end last, as they were."""
    with open(path, encoding="ascii") as file:
        lines = file.read().splitlines()
    data = [line for line in lines if line[:2] in ("S1", "S2", "S3")]
    chance.shuffle(data)
    end = chance.choice(["\n", "\r\n"])
    text = end.join([line for line in lines if line[:2] == "S0"] + data +
                    [line for line in lines if line[:2] not in ("S0", "S1", "S2", "S3")]) + end
    with open(path, "w", encoding="ascii", newline="") as file:
        file.write(text.lower().replace("s", "S") if chance.random() < 0.3 else text)


def generate(number, work):
    """A file made by srec_cat or objcopy."""
    chance = random.Random(number)
    width = (2, 3, 4)[number % 3]
    ending = (".hex", ".srec", ".hex", (".s19", ".s28", ".s37")[width - 2])[number % 4]
    limit = {2: 1 << 16, 3: 1 << (20 if ending == ".hex" else 24), 4: 1 << 32}[width]
    path = os.path.join(work, f"generated-{number}{ending}")
    words = []
    pieces = layout(chance, limit)
    for i, (address, content) in enumerate(pieces):
        name = f"{path}.{i}"
        with open(name, "wb") as file:
            file.write(content)
        words += [name, "-binary", "-offset", hex(address)]
    if number % 5 == 4 and len(pieces) == 1: # with objcopy's own habits
        run("objcopy", "-I", "binary", "-O", "ihex" if ending == ".hex" else "srec", "--change-addresses",
            hex(pieces[0][0]), f"{path}.0", path)
        return File(path, words)
    # what fits in a line: srec_cat counts in characters
    line = chance.choice([1, 7, 16, 32, 250 - width])
    # In Intel HEX of 16 bits srec_cat puts the start address into the end-of-file record, where the format has none.
    start = ["-execution-start-address", hex(pieces[0][0])]
    if chance.random() < 0.5 or (ending == ".hex" and width == 2):
        start = ["-disable=exec_start_address"]
    run("srec_cat", *words, *start, "-o", path, KINDS[ending], f"--address-length={width}",
        f"--line-length={2 * line + 2 * width + (6 if ending != '.hex' else 11)}")
    if ending != ".hex":
        shuffle_lines(chance, path)
    return File(path, words)


# ---- what is held against each other ----

class Bench:
    """The command under test, and where it writes."""

    def __init__(self, unbrick, work):
        self.unbrick = unbrick
        self.work = work

    def convert(self, file, out, *words):
        """Converts into a file of that name, which it replaces; returns its path."""
        path = os.path.join(self.work, out)
        if os.path.exists(path):
            os.remove(path)
        files = [f.path for f in file] if isinstance(file, list) else [file.path]
        ours = [] if isinstance(file, list) else file.ours
        run(self.unbrick, "image", "convert", *files, *ours, *words, "-o", path)
        return path

    def agree(self, what, path, *theirs):
        ending = os.path.splitext(path)[1]
        must(srec_cat(path, KINDS[ending]) == srec_cat(*theirs), f"{what}: not what srec_cat makes")


def written_again(bench, file):
    """Each format of lines, read by both programs; and through DfuSe and back."""
    name = os.path.basename(file.path)
    made = [bench.convert(file, out) for out in ("out.hex", "out.srec")]
    for path in made:
        kind = KINDS[os.path.splitext(path)[1]]
        must(srec_cat(path, kind) == file.content, f"{name} to {path}: not what srec_cat finds")
        other = os.path.join(bench.work, "objcopy.srec")
        run("objcopy", "-I", "ihex" if kind == "-intel" else "srec", "-O", "srec", path, other)
        must(srec_cat(other, "-motorola") == file.content, f"{name} to {path}: not what objcopy finds")
    if os.path.splitext(file.path)[1] in KINDS:
        kind = KINDS[os.path.splitext(file.path)[1]]
        for path in made:
            ours = start_address(path, KINDS[os.path.splitext(path)[1]])
            must(ours == start_address(file.path, kind), f"{name} to {path}: another start address")
    dfu = bench.convert(file, "out.dfu")
    again = bench.convert(File(dfu, file.theirs), "again.hex")
    must(srec_cat(again, "-intel") == file.content, f"{name}: not the same through DfuSe")
    low, high = file.span()
    if high - low < 1 << 24:
        ours = bench.convert(file, "out.bin", "--fill", "0x5a")
        theirs = os.path.join(bench.work, "objcopy.bin")
        run("objcopy", "-I", "ihex", "-O", "binary", "--gap-fill", "0x5a", made[0], theirs)
        with open(ours, "rb") as a, open(theirs, "rb") as b:
            must(a.read() == b.read(), f"{name}: not the raw file that objcopy makes")


def edited(bench, file, chance):
    """Moved, cropped and filled, one by one and together."""
    name = os.path.basename(file.path)
    low, high = file.span()
    offset = chance.choice([1, 0x10000, -1, -low]) if low else chance.choice([1, 16, 0x10000])
    offset = offset if high + offset < 1 << 32 else -1 if low else 0
    path = bench.convert(file, "moved.srec", f"--offset={'-' if offset < 0 else ''}{abs(offset)}")
    bench.agree(f"{name} moved by {offset}", path, "(", *file.theirs, ")", "-offset", str(offset))
    at = chance.choice([low, high, chance.randrange(low, high + 1)])
    end = chance.choice([high, at, chance.randrange(at, high + 1)])
    theirs = ("(", *file.theirs, ")", "-crop", str(at), str(end + 1))
    if end + 1 == 1 << 32: # where srec_cat fails an assertion of its own
        path = bench.convert(file, "top.hex", "--crop", f"{at:#x}-{end:#x}")
        kept = {address: byte for address, byte in memory(file.content).items() if address >= at}
        must(memory(srec_cat(path, "-intel")) == kept, f"{name} cropped from {at:#x} to the last address")
    elif any(line.startswith(b"S3") for line in srec_cat(*theirs).splitlines()):
        must_be = [f"{at:#x}-{end:#x}", f"{at}+{end - at + 1}"]
        for i, words in enumerate(must_be):
            path = bench.convert(file, f"cropped-{i}.hex", "--crop", words)
            bench.agree(f"{name} cropped to {words}", path, *theirs)
        if end - at < 1 << 20:
            path = bench.convert(file, "all.srec", f"--crop={at}-{end}", "--fill=0x11")
            bench.agree(f"{name} cropped and filled", path, "(", *theirs, ")", "-fill", "0x11", "-over", "(", *theirs, ")")
    else:
        done = run(bench.unbrick, "image", "convert", file.path, *file.ours, "--crop", f"{at}-{end}", "-o",
                   os.path.join(bench.work, "nothing.hex"), good=False)
        must(done.returncode == 5 and b"nothing of it lies in" in done.stderr, f"{name}: cropped to nothing")
    if high - low < 1 << 20 and high + 1 < 1 << 32:
        path = bench.convert(file, "filled.hex", "--fill", "0xee")
        bench.agree(f"{name} filled", path, "(", *file.theirs, ")", "-fill", "0xee", "-over", "(", *file.theirs, ")")


def merged(bench, first, second):
    """Two files as one; moved apart first if they overlap."""
    name = f"{os.path.basename(first.path)} and {os.path.basename(second.path)}"
    (low, high), (low2, high2) = first.span(), second.span()
    apart = high + 1 - low2 if low <= high2 and low2 <= high else 0
    if high2 + apart >= 1 << 32:
        return
    path = bench.convert(second, "second.hex", *([f"--offset={apart}"] if apart else []))
    other = File(path, ("(", *second.theirs, ")", "-offset", str(apart)))
    one = File(bench.convert(first, "first.srec"), first.theirs)
    path = bench.convert([one, other], "merged.srec")
    bench.agree(f"{name} merged", path, *first.theirs, *other.theirs)
    out = os.path.join(bench.work, "twice.hex")
    done = run(bench.unbrick, "image", "convert", one.path, one.path, "-o", out, good=False)
    must(done.returncode == 5 and b"there twice" in done.stderr, f"{name}: an overlap is not refused")
    done = run(bench.unbrick, "image", "diff", one.path, path, good=False)
    must(done.returncode == 9 and b"only in the second" in done.stdout, f"{name}: no difference is seen")
    done = run(bench.unbrick, "image", "diff", path, path)
    must(b"no difference" in done.stdout, f"{name}: a difference is seen")


def main():
    unbrick = os.path.realpath(sys.argv[1])
    for needed in ("objcopy", "srec_cat"):
        if not shutil.which(needed):
            print(f"skipped: {needed} is not installed")
            return 77
    with tempfile.TemporaryDirectory() as work:
        os.environ["XDG_CONFIG_HOME"] = os.path.join(work, "config")
        os.environ["UNBRICK_VAULT"] = os.path.join(work, "vault")
        bench = Bench(unbrick, work)
        shipped = debian(os.environ.get("FIRMWARE_ROOT", "/"), work)
        files = shipped + [generate(number, work) for number in range(GENERATED)]
        chance = random.Random(4)
        for file in files:
            written_again(bench, file)
            edited(bench, file, chance)
        for first, second in zip(files[::2], files[1::2]):
            merged(bench, first, second)
        print(f"{checks} checks passed on {len(files)} files, {len(shipped)} of them Debian's")
        must(len(files) >= FILES_MIN, f"only {len(files)} files")
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except Failed as failure:
        sys.exit(f"FAILED: {failure}")
