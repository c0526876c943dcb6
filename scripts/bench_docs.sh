#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Puts what ./do bench measured into the documentation: scripts/bench_docs.sh BUILD_DIR DOCS_DIR
set -euo pipefail

build=$1
docs=$2
cp "$build/benchmark.svg" "$docs/benchmark.svg"
{
    cat <<END
# Benchmark

One run of \`./do bench --docs\` on $(date -u +%Y-%m-%d), with $(dfu-util --version | head -n 1). Debian's kernel runs in QEMU without
hardware virtualisation, with one emulated processor; virtual devices are in real time on the kernel's virtual USB
host, and both tools reach them through the same libusb. Each tool starts anew for each job, and its start counts.

![Times of unbrick and dfu-util](benchmark.svg)

\`\`\`
END
    cat "$build/bench.txt"
    cat <<'END'
```

- **To the limit**: unbrick's time over what the device's chip and its wire took meanwhile, as the virtual device
  reports it. Nothing can be faster than 1.00.
- unbrick reads back whatever it writes, in every job. dfu-util reads back where the job says so (`-D`, then `-U`).
- **4 KiB of it changed**: the device holds all but 4 KiB of the image already. unbrick finds out by reading; dfu-util
  has to write everything again, so its time is that of the first row. A plain DFU device has to be written whole by
  either.
- **Read all**: every memory of the device that can be read, once.
- **read-16-MiB-of-...**: a file of Intel HEX or S-records with 16 MiB of firmware, read by a program that links the
  library, beside objcopy and srec_cat, which write the raw file; each a process of its own, the best of 15 in turn.
  unbrick checks every line and digests the file meanwhile (SHA-256). The memory is the peak of the whole process.
- fwupdtool takes part where it can: it lists the devices. Asked to write a blob (`fwupdtool install-blob`), fwupd 2.0.20
  looks for no device, and so finds none.

What must not get worse is checked in the same run: `tests/kernel/cases/9*-bench-*.sh`, `67-many.sh`, `68-many-64.sh`,
`tests/image/speed.sh`.
END
} >"$docs/benchmark.md"
echo "$docs/benchmark.md, $docs/benchmark.svg"
