# SPDX-License-Identifier: LGPL-2.1-or-later
"""What flashing 1 MiB with its backup needs, the virtual device included, and what of it is the device's own.

    peak_memory.py UNBRICK PEAK     PEAK is the program of peak.c
"""
import os
import random
import subprocess
import sys
import tempfile

# The program, its libraries, the image (1 MiB) and the virtual device (1 MiB, and 64 KiB for its transfers) are there
# anyway; see many_memory.py for what a further device costs.
LIMIT_KIB = 16 * 1024
# Beyond what the same command needs for an image of 16 bytes: the image itself, what is thought about at a time, and
# the pages of code that only an image of some size has use for.
OWN_LIMIT_KIB = 1024 + 768

# How many pages of its libraries a process has varies with what the kernel has at hand; the least of a few runs does not.
RUNS = 5

unbrick, peak = sys.argv[1:3]


def flash(folder, size, *options):
    """Peak memory of flashing a full device with an image of that size, in KiB."""
    image = os.path.join(folder, f"image-{size}.bin")
    old = os.path.join(folder, "old.bin")
    for path, length in ((old, 1024 * 1024), (image, size)):
        with open(path, "wb") as file:
            # the same each time, and no known kind of file
            file.write(random.Random(os.path.basename(path)).randbytes(length))
    done = subprocess.run(
        [peak, unbrick, "--sim", f"stm32f405,time=virtual,content={old}", "--vault", os.path.join(folder, "vault"),
         "flash", image, "--at", "0x08000000", "--yes", "--stay", *options],
        check=True, timeout=60, capture_output=True, text=True)
    return int(done.stdout)


with tempfile.TemporaryDirectory() as folder:
    failed = False
    for options in ((), ("--no-backup",)):
        whole = min(flash(folder, 1024 * 1024, *options) for _ in range(RUNS))
        little = min(flash(folder, 16, *options) for _ in range(RUNS))
        print(f"peak memory of flashing 1 MiB {' '.join(options)}: {whole} KiB of {LIMIT_KIB} KiB allowed, "
              f"{whole - little} KiB of {OWN_LIMIT_KIB} KiB more than for 16 bytes")
        failed = failed or whole > LIMIT_KIB or whole - little > OWN_LIMIT_KIB
sys.exit(failed)
