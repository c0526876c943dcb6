# SPDX-License-Identifier: LGPL-2.1-or-later
"""Flashing 1 MiB, backup and virtual device included, needs at most 16 MiB of memory."""
import os
import resource
import subprocess
import sys
import tempfile

LIMIT_KIB = 16 * 1024

with tempfile.TemporaryDirectory() as folder:
    image = os.path.join(folder, "image.bin")
    with open(image, "wb") as file:
        file.write(os.urandom(1024 * 1024))
    subprocess.run(
        [sys.argv[1], "--sim", "stm32f405,time=virtual", "--vault", os.path.join(folder, "vault"),
         "flash", image, "--at", "0x08000000", "--yes"],
        check=True, timeout=60)
peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
print(f"peak memory of flashing 1 MiB: {peak} KiB of {LIMIT_KIB} KiB allowed")
sys.exit(peak > LIMIT_KIB)
