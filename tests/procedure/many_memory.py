# SPDX-License-Identifier: LGPL-2.1-or-later
"""Each further device that is flashed at the same time, with its backup, needs at most 2 MiB of memory.

    many_memory.py UNBRICK PEAK     PEAK is the program of peak.c

The virtual devices are in the same process; what they need themselves is what `list` needs with them."""
import os
import random
import subprocess
import sys
import tempfile

LIMIT_KIB = 2 * 1024
FEW = 16
MORE = 16
unbrick, peak_of = sys.argv[1:3]


def peak(count, verb, folder):
    """Peak memory of one command, in KiB."""
    sims = [f"--sim=stm32f405,time=virtual,port=1-{i + 1},content={folder}/old.bin" for i in range(count)]
    done = subprocess.run([peak_of, unbrick, *sims, "--vault", f"{folder}/vault-{count}", *verb],
                          check=True, timeout=60, capture_output=True, text=True)
    return int(done.stdout)


with tempfile.TemporaryDirectory() as folder:
    for name in ("image.bin", "old.bin"):
        with open(os.path.join(folder, name), "wb") as file:
            file.write(random.Random(name).randbytes(1024 * 1024))
    flash = ["flash", f"{folder}/image.bin", "--at", "0x08000000", "--yes", "--stay", "--all"]
    own = [peak(count, flash, folder) - peak(count, ["list"], folder) for count in (FEW, FEW + MORE)]
each = (own[1] - own[0]) / MORE
print(f"memory for {FEW} devices: {own[0]} KiB; for each further one: {each:.0f} KiB of {LIMIT_KIB} KiB allowed")
sys.exit(each > LIMIT_KIB)
