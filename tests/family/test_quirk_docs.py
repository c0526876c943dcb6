#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""docs/quirks.md lists every key as the library has it, and every habit of a loader is a key of a quirk.

    test_quirk_docs.py UNBRICK
"""
import os
import re
import subprocess
import sys
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
REPO = os.environ.get("REPO", os.path.join(HERE, "..", ".."))
UNBRICK = sys.argv.pop(1)
NOT_SELECTED = {"name", "defect", "source", "does", "select", "behaviour"}


def read(*path):
    with open(os.path.join(REPO, *path), encoding="utf-8") as file:
        return file.read()


def help_keys():
    """Key and text as `unbrick help quirks` has them, unwrapped."""
    text = subprocess.run([UNBRICK, "help", "quirks"], capture_output=True, text=True, check=True).stdout
    keys, last = {}, None
    for line in text.splitlines():
        match = re.match(r"  (\w+)(?:\s+(.*))?$", line)
        if match:
            last = match.group(1)
            keys[last] = match.group(2) or ""
        elif last and line.strip():
            keys[last] = f"{keys[last]} {line.strip()}".strip()
    return {key: value for key, value in keys.items() if key not in NOT_SELECTED}


def page_keys():
    rows = re.findall(r"^\| `(\w+)` \| (.*?) \| (.*) \|$", read("docs", "quirks.md"), re.M)
    return {key: f"{text} ({value})".replace("\\", "") for key, text, value in rows}


def members():
    body = re.search(r"struct ub_loader_habits \{(.*?)\n\};", read("src", "loader", "loader.h"), re.S).group(1)
    body = re.sub(r"/\*.*?\*/", "", body, flags=re.S)
    return [re.search(r"(\w+);$", line.strip()).group(1) for line in body.split("\n") if line.strip().endswith(";")]


class Keys(unittest.TestCase):
    def test_the_page_and_help_agree(self):
        there = help_keys()
        self.assertGreater(len(there), 30)
        self.assertEqual(page_keys(), there)

    def test_every_habit_is_a_key(self):
        self.assertGreater(len(members()), 20)
        self.assertEqual([name for name in members() if name not in help_keys()], [])


if __name__ == "__main__":
    unittest.main()
