#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Catalogue and source agree: every code is raised somewhere, every id that is named exists, and what the texts
tell a person to type is something the command takes."""
import os
import re
import sys
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
REPO = os.environ.get("REPO", os.path.join(HERE, "..", ".."))
sys.path.insert(0, os.path.join(REPO, "scripts"))
import catalogue  # noqa: E402  (found by the path above)

DOMAINS = "USE|DEV|USB|DFU|IMG|MEM|VER|VLT|SYS|SIM|TRU|NET"


def read(path):
    with open(path, encoding="utf-8") as file:
        return file.read()


def files(folder, endings):
    for where, _, names in sorted(os.walk(os.path.join(REPO, folder))):
        yield from (os.path.join(where, name) for name in sorted(names) if name.endswith(endings))


def without_comments(text):
    return re.sub(r"/\*.*?\*/|//[^\n]*", " ", text, flags=re.S)


class Used(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        folder = os.path.join(REPO, "data", "errors")
        paths = [os.path.join(folder, name) for name in sorted(os.listdir(folder))]
        cls.entries = catalogue.read_catalogue(os.path.join(REPO, "include", "unbrick.h"), paths)
        cls.codes = {entry["code"] for entry in cls.entries}
        cls.ids = {entry["id"] for entry in cls.entries}
        cls.source = {path: without_comments(read(path)) for path in files("src", (".c", ".h"))
                      if not os.path.basename(path).startswith("catalogue.")}

    def named(self):
        text = "\n".join(self.source.values())
        named = set(re.findall(rf"\bUB_(?:{DOMAINS})_[A-Z0-9_]+\b", text))
        # 401..415 are the standard's bStatus values 1..15 and are computed from them: one stands for all.
        status = {entry["code"] for entry in self.entries if entry["code"].startswith("UB_DFU_ERR_")}
        return named | status if named & status else named

    def allowed(self):
        lines = read(os.path.join(HERE, "unused.txt")).splitlines()
        return {line for line in lines if line and not line.startswith("#")}

    def test_every_code_is_raised_somewhere(self):
        self.assertEqual(sorted(self.codes - self.named() - self.allowed()), [])

    def test_the_list_of_unused_codes_is_true(self):
        self.assertEqual(sorted(self.allowed() & self.named()), [], "used after all: take them off the list")
        self.assertEqual(sorted(self.allowed() - self.codes), [], "not in the catalogue")

    def test_every_id_that_is_named_exists(self):
        places = [*files("src", (".c", ".h")), *files("docs", (".md",)), *files("data", (".yaml",)),
                  *files("tests", (".c", ".h", ".sh"))]
        for path in places:
            if os.path.basename(path) == "test_catalogue.c":  # it names ids that must not exist
                continue
            unknown = set(re.findall(rf"\bUB-(?:{DOMAINS})-\d{{3}}\b", read(path))) - self.ids
            self.assertEqual(sorted(unknown), [], path)

    def test_no_bare_code_of_libusb(self):
        for entry in self.entries:
            self.assertNotRegex(str(entry), r"LIBUSB_", entry["id"])


class Commands(unittest.TestCase):
    """The texts name verbs and options of the command as it is."""

    @classmethod
    def setUpClass(cls):
        cls.verbs = {verb for path in files("src/cli", (".c",)) if os.path.basename(path).startswith("verbs")
                     for verb in re.findall(r'\.name = "([a-z ]+)"', read(path))}
        cls.options = set(re.findall(r'\.name = "([a-z0-9-]+)"', read(os.path.join(REPO, "src/cli/options.c"))))
        Used.setUpClass()

    def quoted(self):
        for entry in Used.entries:
            for line in (entry["title"], entry["meaning"], *entry["causes"], *entry["next"]):
                self.assertEqual(line.count("`") % 2, 0, f"{entry['id']}: {line}")
                for command in re.findall(r"`([^`]*)`", line):
                    yield entry["id"], command

    def test_verbs_exist(self):
        seen = 0
        for where, command in self.quoted():
            words = command.removeprefix("sudo ").split()
            if not words or words[0] != "unbrick":
                continue
            words = words[3:] if words[1:2] == ["--sim"] else words[1:]
            if not words or words[0] == "VERB" or words[0].startswith("-"):
                continue
            seen += 1
            self.assertTrue(words[0] in self.verbs or " ".join(words[:2]) in self.verbs,
                            f"{where}: `{command}` is no verb of the command")
        self.assertGreater(seen, 30)

    def test_options_exist(self):
        seen = 0
        for where, command in self.quoted():
            if command.startswith("sudo ") and not command.startswith("sudo unbrick"):
                continue
            for option in re.findall(r"(?<!\S)--([a-z0-9-]+)", command):
                seen += 1
                self.assertIn(option, self.options, f"{where}: `{command}`")
        self.assertGreater(seen, 10)


if __name__ == "__main__":
    unittest.main()
