#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""scripts/catalogue.py refuses every catalogue that does not fit its schema or the header."""
import os
import sys
import tempfile
import unittest

REPO = os.environ.get("REPO", os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", ".."))
sys.path.insert(0, os.path.join(REPO, "scripts"))
import catalogue  # noqa: E402  (found by the path above)

HEADER = """enum ub_code {
    UB_OK = 0,
    /* 2xx */
    UB_DEV_NONE = 201, /**< a comment, with a comma */
    UB_DEV_SEVERAL =
        202,
};
"""
ENTRY = """  - id: UB-DEV-00{n}
    code: {code}
    title: A title
    meaning: A meaning
    causes: [a cause]
    next: [a step]
    status: 3
"""
GOOD = "domain: UB-DEV\nnumber: 2\nerrors:\n" + ENTRY.format(n=1, code="UB_DEV_NONE") \
    + ENTRY.format(n=2, code="UB_DEV_SEVERAL")


class Generator(unittest.TestCase):
    def read(self, text, header=HEADER):
        with tempfile.TemporaryDirectory() as folder:
            paths = [os.path.join(folder, name) for name in ("header.h", "dev.yaml")]
            for path, content in zip(paths, (header, text)):
                with open(path, "w", encoding="utf-8") as file:
                    file.write(content)
            return catalogue.read_catalogue(paths[0], paths[1:])

    def refused(self, text, reason, header=HEADER):
        with self.assertRaisesRegex(catalogue.Bad, reason):
            self.read(text, header)

    def test_good_one_is_taken(self):
        self.assertEqual([e["code"] for e in self.read(GOOD)], ["UB_DEV_NONE", "UB_DEV_SEVERAL"])

    def test_order_is_that_of_the_codes(self):
        head, first, second = GOOD.partition("  - id: UB-DEV-001")[0], *GOOD.split("  - id: ")[1:]
        turned = head + "  - id: " + second + "  - id: " + first
        self.assertEqual([e["code"] for e in self.read(turned)], ["UB_DEV_NONE", "UB_DEV_SEVERAL"])

    def test_unknown_key(self):
        self.refused(GOOD.replace("    title", "    colour: red\n    title", 1), "unknown key colour")
        self.refused("colour: red\n" + GOOD, "unknown key colour")

    def test_missing_key(self):
        self.refused(GOOD.replace("    meaning: A meaning\n", "", 1), "missing key meaning")
        self.refused(GOOD.replace("number: 2\n", ""), "missing key number")

    def test_key_twice(self):
        self.refused(GOOD.replace("    title", "    status: 3\n    title", 1), "is there twice")

    def test_id_and_number_disagree(self):
        self.refused(GOOD.replace("UB-DEV-002", "UB-DEV-003"), "the id means 203")

    def test_id_of_another_domain(self):
        self.refused(GOOD.replace("UB-DEV-002", "UB-USB-002"), "has to be UB-DEV-NNN")

    def test_entry_twice(self):
        self.refused(GOOD + ENTRY.format(n=2, code="UB_DEV_SEVERAL"), "twice in the catalogue")

    def test_code_without_entry(self):
        self.refused(GOOD, "not in the catalogue: UB_DEV_NEW",
                     HEADER.replace("};", "    UB_DEV_NEW = 203,\n};"))

    def test_entry_without_code(self):
        self.refused(GOOD + ENTRY.format(n=3, code="UB_DEV_OLD"), "not in the header")

    def test_number_twice_in_header(self):
        self.refused(GOOD, "used twice", HEADER.replace("202", "201"))

    def test_header_code_without_number(self):
        self.refused(GOOD, "every code needs its number", HEADER.replace("};", "    UB_NEW,\n};"))

    def test_texts(self):
        self.refused(GOOD.replace("A title", '""', 1), "empty")
        self.refused(GOOD.replace("A title", "x" * 200, 1), "200 characters")
        self.refused(GOOD.replace("A title", '"a\\tb"', 1), "cannot be printed")
        self.refused(GOOD.replace("[a cause]", "[]", 1), "at least one line")
        self.refused(GOOD.replace("[a cause]", "a cause", 1), "at least one line")
        self.refused(GOOD.replace("[a cause]", "\n      - look: here", 1), "text is expected")

    def test_status(self):
        for status in ("1", "0", "three", "true", "255"):
            self.refused(GOOD.replace("status: 3", f"status: {status}", 1), "exit statuses")

    def test_quoting(self):
        self.assertEqual(catalogue.quoted('a "b" \\ ü'), '"a \\"b\\" \\\\ \\303\\274"')


if __name__ == "__main__":
    unittest.main()
