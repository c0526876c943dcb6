#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Captures of every model of the bench, read by tshark, against traces of the same runs.

    tshark.py UNBRICK

In virtual time a run is the same each time, so it is recorded twice: as a trace and as a capture. tshark has to find
the same requests in the capture that stand in the trace, with the same data and ends, and nothing malformed.
"""
import json
import os
import shutil
import subprocess
import sys
import tempfile

UNBRICK = os.path.abspath(sys.argv[1])
FIELDS = ["usb.urb_id", "usb.urb_type", "usb.urb_status", "usb.bmRequestType", "usb.setup.bRequest", "usb.setup.wValue",
          "usb.setup.wIndex", "usb.setup.wLength", "usb.data_fragment", "usb.control.Response", "_ws.malformed"]
STATUS = {"": 0, "UB-USB-001": -32, "UB-USB-002": -2, "UB-USB-003": -71, "UB-USB-004": -108, "UB-USB-006": -75}
CLASS = (0x21, 0xA1)


def run(*words, **more):
    return subprocess.run(words, capture_output=True, text=True, timeout=120, check=False, **more)


def models():
    for line in run(UNBRICK, "sim").stdout.splitlines():
        if line.strip():
            yield line.split()[0]


def first_address(sim):
    """Where firmware goes: the first place that can be written, or None for a stream."""
    for line in run(UNBRICK, *sim, "info", "--json").stdout.splitlines():
        for region in json.loads(line).get("regions", []):
            for part in region.get("runs", []):
                if "write" in part.get("rights", []):
                    return part["address"]
    return None


def flash(folder, model, record):
    """Records a flash of a small image; the file."""
    # What an earlier run learned of a family may change the plan: each run has a vault of its own.
    vault = os.path.join(folder, f"vault-{model}-{os.path.basename(record)}")
    sim = ["--vault", vault, "--sim", model + ",time=virtual"]
    address = first_address(sim)
    image = os.path.join(folder, "image.bin")
    run(UNBRICK, *sim, "--trace", record, "flash", image, "--yes", "--no-backup",
        *(["--at", str(address)] if address is not None else []))
    return record


def of_trace(path):
    """The class requests of a trace: request, what was sent, how it ended, what came."""
    with open(path, encoding="utf-8") as file:
        for line in file:
            call = json.loads(line)
            if call.get("op") != "control":
                continue
            setup = [int(word, 16) for word in call["setup"].split()]
            if setup[0] in CLASS:
                data = call.get("data", "")
                sent, came = (data, "") if setup[0] == 0x21 else ("", data)
                yield (*setup, sent, STATUS[call.get("code", "")], came)


def of_capture(path):
    """The same of a capture, in the order in which they ended, and the number of malformed packets among them: what
    else a device sends (strings that end early) may be malformed in truth."""
    # Its dissector for DFU, which it uses for a few devices by itself, names things differently.
    done = run("tshark", "-n", "-r", path, "--disable-protocol", "usbdfu", "-T", "fields", "-E", "separator=;",
               *sum((["-e", field] for field in FIELDS), []))
    if done.returncode:
        sys.exit(f"FAILED: tshark: {done.stderr}")
    asked, ended, malformed = {}, [], 0
    for line in done.stdout.splitlines():
        urb, kind, status, kind_of_request, request, value, index, length, sent, came, bad = line.split(";")
        if "S" in kind and kind_of_request and int(kind_of_request, 16) in CLASS:
            malformed += bad != ""
            asked[urb] = (int(kind_of_request, 16), int(request), int(value, 16), int(index), int(length), sent)
        elif "C" in kind and urb in asked:
            malformed += bad != ""
            ended.append((*asked.pop(urb), int(status), came))
    return ended, malformed


def check(folder, model):
    trace = list(of_trace(flash(folder, model, os.path.join(folder, "run.trace"))))
    capture, malformed = of_capture(flash(folder, model, os.path.join(folder, "run.pcap")))
    for number, (ours, theirs) in enumerate(zip(trace, capture)):
        if ours != theirs:
            return f"request {number} is {theirs} instead of {ours}"
    if len(trace) != len(capture):
        return f"{len(capture)} requests instead of {len(trace)}"
    if malformed:
        return f"{malformed} malformed packets"
    print(f"ok      {model}: {len(trace)} requests")
    return None


def main():
    if not shutil.which("tshark"):
        print("skipped: tshark is not installed")
        return 77
    failed = requests = 0
    with tempfile.TemporaryDirectory() as folder:
        with open(os.path.join(folder, "image.bin"), "wb") as file:
            file.write(bytes((i * 7 + i // 256) % 255 for i in range(3000)))
        names = list(models())
        for model in names:
            wrong = check(folder, model)
            requests += wrong is None
            failed += wrong is not None
            if wrong:
                print(f"FAILED  {model}: {wrong[:500]}")
    print(f"{requests} models right, {failed} wrong")
    return 1 if failed or len(names) < 6 else 0


sys.exit(main())
