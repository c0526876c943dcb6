#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Makes docs/devices.md: the models of the bench, what is wrong with each, and what unbrick does about it.

    devices.py UNBRICK [--ratios FILE] [--output FILE]   writes the page (docs/devices.md)
    devices.py UNBRICK [--ratios FILE] --check           fails if the page is not what would be written

UNBRICK is the command as built: each of its virtual devices is asked what is known of it (`unbrick --sim MODEL info`),
so the page says what a person would see. data/quirks.yaml adds the defects that no model has. FILE with the ratios
(docs/devices.csv, if it is there) has the columns `model` and `ratio`: the time of a verified full write over the limit
that chip and wire set, 0 where the device cannot be written; a column `peer` may add its time over dfu-util's.
`DEVICES_CSV=docs/devices.csv` in the environment of the test procedure/models has it written.
"""
import argparse
import collections
import csv
import difflib
import json
import os
import re
import subprocess
import sys
import tempfile

import yaml

REPO = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..")
PAGE = os.path.join(REPO, "docs", "devices.md")
RATIOS = os.path.join(REPO, "docs", "devices.csv")
QUIRKS = os.path.join(REPO, "data", "quirks.yaml")

HEAD = """<!-- Made by scripts/devices.py; do not edit. -->
# Devices

What is known to be wrong with bootloaders, where that is known from, and what unbrick does about it. The models are
those of the virtual bench (`unbrick sim`); none of this was tried on a real device here. How the table is read, and how
to add to it: [quirks.md](quirks.md).

The ratio is the time of a verified full write over the limit: what the chip needs to erase and program, and what the
wire needs to carry it there and back. {measured}
"""
MEASURED = """It is measured on the virtual bench, in its time, at typical speed{peer}. Where it is
above 1.1 the reason stands behind it. "Poll time kept": the device asks for more time than its chip needs (an
assumption where the model says so), and nobody has shown that it bears earlier questions."""
NOTE_ABOVE = 1.1
KEPT = "poll time kept"
NOTES = {  # why a model is so far from its limit
    "stm32h743v": "erases of the upper bank get stuck, and are freed after their deadline",
    "stm32l0": f"many small pages, {KEPT} for each",
    "stm32l1": f"many small pages, {KEPT} for each",
    "stm32f072": f"{KEPT}: asked earlier it stays busy for ever",
    "at32f435": KEPT,
    "at32f415": KEPT,
    "dfu-notolerant": "it starts anew before it can be read back",
    "dfu-wdetach": "it starts anew before it can be read back",
    "ubertooth": KEPT,
    "openmoko": KEPT,
    "nofunctional": KEPT,
}
PEER = "; behind it, the time over dfu-util's on the same device"
NOT_WRITTEN = "not written"
UNMEASURED = "It has not been measured yet."
COMMON_LEAST = 10  # models that share a defect before it is told once for all of them
COMMON = """
## Defects that most of them share

Left out of the table above.
"""
ELSEWHERE = """
## Other devices

Defects of devices that the bench has no model of. unbrick heeds them all the same.
"""


class Bad(Exception):
    """Something is not as it has to be."""


def ask(unbrick, arguments, kind):
    """What the command says with --json: its objects of one kind."""
    with tempfile.TemporaryDirectory() as folder:
        env = dict(os.environ, UNBRICK_VAULT=os.path.join(folder, "vault"), XDG_CONFIG_HOME=folder)
        run = subprocess.run([unbrick, *arguments, "--json"], capture_output=True, text=True, env=env, timeout=60)
    objects = [json.loads(line) for line in run.stdout.splitlines()]
    if run.returncode != 0 or not objects:
        raise Bad(f"unbrick {' '.join(arguments)}: {objects[-1]['error'] if objects else run.stderr}")
    return [item for item in objects if item["type"] == kind]


def cell(text):
    """Text in a cell of a table: nothing in it is Markdown."""
    out = "".join("\\" + char if char in "\\|*_<>[]" else char for char in text)
    return out.replace("\n", " ")


def table(header, rows):
    yield "| " + " | ".join(header) + " |"
    yield "|" + "---|" * len(header)
    for row in rows:
        yield "| " + " | ".join(row) + " |"


def read_ratios(path, models):
    if path is None:
        return {}
    with open(path, encoding="utf-8", newline="") as file:
        reader = csv.DictReader(file)
        if not {"model", "ratio"} <= set(reader.fieldnames or []):
            raise Bad(f"{path}: the columns model and ratio are needed")
        rows = list(reader)
    ratios = {}
    for row in rows:
        if row["model"] not in models:
            raise Bad(f"{path}: there is no model {row['model']}")
        if row["model"] in ratios:
            raise Bad(f"{path}: {row['model']} is there twice")
        ratios[row["model"]] = NOT_WRITTEN if float(row["ratio"]) == 0 else f"{float(row['ratio']):.2f}" + (
            f" ({float(row['peer']):.2f})" if row.get("peer") else "")
        if float(row["ratio"]) > NOTE_ABOVE:
            if row["model"] not in NOTES:
                raise Bad(f"{path}: {row['model']} is above {NOTE_ABOVE}, and NOTES in {__file__} does not say why")
            ratios[row["model"]] += f"; {NOTES[row['model']]}"
    return ratios


def kinds(warnings):
    """Warnings that differ in a number only are one."""
    seen = {}
    for text in warnings:
        seen.setdefault(re.sub(r"\d+", "", text), text)
    return list(seen.values())


def model_rows(model, quirks, warnings, ratio):
    """A row for each defect, known or found by looking; a model without any still has its row."""
    head = [f"`{model['name']}`: {cell(model['title'])}", ratio]
    quirks = quirks + [{"name": "", "defect": text, "remedy": "said by `unbrick info`", "source": "the device itself"}
                       for text in kinds(warnings)]
    if not quirks:
        quirks = [{"name": "", "defect": "no other known", "remedy": "", "source": ""}]
    for quirk in quirks:
        name = f"`{quirk['name']}`: " if quirk["name"] else ""
        yield [head[0], name + cell(quirk["defect"]), cell(quirk["source"]),
               cell(quirk["remedy"]), head[1]]
        head = ["", ""]


def remedy(entry):
    """As the library puts it: what it does, and the keys."""
    changes = []
    for key, value in (entry.get("behaviour") or {}).items():
        shown = {True: "true", False: "false"}.get(value, value) if isinstance(value, bool) else value
        changes.append(key if value is True else f"{key}={shown}")
    keys = ", ".join(changes)
    does = entry.get("does", "")
    return f"{does} ({keys})" if does and keys else does or keys


def who(entry):
    """The devices that an entry is for."""
    parts = []
    for key, value in entry["select"].items():
        values = value if isinstance(value, list) else [value]
        parts.append(f"{key} {' or '.join(map(str, values))}")
    return ", ".join(parts)


class PlainText(yaml.SafeLoader):
    """Scalars as they are written, but for true and false: 0x080fffff is no number here."""


PlainText.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag == "tag:yaml.org,2002:bool"]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()}


def page(unbrick, ratios_path):
    models = ask(unbrick, ["sim"], "model")
    ratios = read_ratios(ratios_path, {model["name"] for model in models})
    with open(QUIRKS, encoding="utf-8") as file:
        entries = yaml.load(file, PlainText)["quirks"]
    infos = [ask(unbrick, ["--sim", model["name"] + ",time=virtual", "info"], "details")[0] for model in models]
    shown = collections.Counter(quirk["name"] for info in infos for quirk in info["quirks"])
    common = {name for name, times in shown.items() if times >= COMMON_LEAST}
    rows = []
    for model, info in zip(models, infos):
        own = [quirk for quirk in info["quirks"] if quirk["name"] not in common]
        rows += model_rows(model, own, info["warnings"], ratios.get(model["name"], ""))
    peer = PEER if any("(" in ratio for ratio in ratios.values()) else ""
    text = [HEAD.format(measured=MEASURED.format(peer=peer) if ratios else UNMEASURED)]
    text += table(["model", "defect", "source", "what unbrick does", "ratio"], rows)
    for head, chosen in ((COMMON, [entry for entry in entries if entry["name"] in common]),
                         (ELSEWHERE, [entry for entry in entries if entry["name"] not in shown])):
        text += [head]
        text += table(["devices", "defect", "source", "what unbrick does"],
                      ([cell(who(entry)), f"`{entry['name']}`: {cell(entry['defect'])}", cell(entry["source"]),
                        cell(remedy(entry))] for entry in chosen))
    return "\n".join(text) + "\n"


def main():
    parser = argparse.ArgumentParser(description="Makes docs/devices.md.")
    parser.add_argument("unbrick")
    parser.add_argument("--ratios", default=RATIOS if os.path.exists(RATIOS) else None)
    parser.add_argument("--output", default=PAGE)
    parser.add_argument("--check", action="store_true")
    given = parser.parse_args()
    try:
        made = page(given.unbrick, given.ratios)
    except (Bad, OSError, ValueError, yaml.YAMLError, subprocess.TimeoutExpired) as problem:
        sys.exit(f"devices: {problem}")
    if not given.check:
        with open(given.output, "w", encoding="utf-8") as file:
            file.write(made)
        return
    with open(given.output, encoding="utf-8") as file:
        there = file.read()
    if there != made:
        sys.stdout.writelines(difflib.unified_diff(there.splitlines(True), made.splitlines(True), "there", "made"))
        sys.exit("devices: the page is not current; make it anew: scripts/devices.py build/unbrick")


if __name__ == "__main__":
    main()
