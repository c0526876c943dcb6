# SPDX-License-Identifier: LGPL-2.1-or-later
"""Each further device that is flashed at the same time, with its backup, needs at most 2 MiB of memory.

The virtual devices are in the same process; what they need themselves is what `list` needs with them."""
import os
import resource
import subprocess
import sys
import tempfile

LIMIT_KIB = 2 * 1024
FEW = 16  # enough for a peak above that of this interpreter, which a child starts with
MORE = 16
unbrick = sys.argv[1]


def peak(count, verb, folder):
    """Peak memory of one command, in KiB: as the only child of a process of its own."""
    child = os.fork()
    if child == 0:
        sims = [f"--sim=stm32f405,time=virtual,port=1-{i + 1},content={folder}/old.bin" for i in range(count)]
        done = subprocess.run([unbrick, *sims, "--vault", f"{folder}/vault-{count}", *verb],
                              stdout=subprocess.DEVNULL, timeout=60, check=False)
        usage = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
        with open(os.path.join(folder, "peak"), "w", encoding="ascii") as file:
            file.write(str(usage))
        os._exit(done.returncode)
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    assert status == 0, f"status {status}: {verb[0]} with {count} devices"
    with open(os.path.join(folder, "peak"), encoding="ascii") as file:
        kib = int(file.read())
    assert kib > resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, f"{kib} KiB may be this interpreter's"
    return kib


with tempfile.TemporaryDirectory() as folder:
    for name in ("image.bin", "old.bin"):
        with open(os.path.join(folder, name), "wb") as file:
            file.write(os.urandom(1024 * 1024))
    flash = ["flash", f"{folder}/image.bin", "--at", "0x08000000", "--yes", "--stay", "--all"]
    own = [peak(count, flash, folder) - peak(count, ["list"], folder) for count in (FEW, FEW + MORE)]
each = (own[1] - own[0]) / MORE
print(f"memory for {FEW} devices: {own[0]} KiB; for each further one: {each:.0f} KiB of {LIMIT_KIB} KiB allowed")
sys.exit(each > LIMIT_KIB)
