#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Turns a file into a C array, byte by byte.

    embed.py FILE OUTPUT.c NAME

OUTPUT.c defines `NAME` and `NAME_length`.
"""
import sys


def main(arguments):
    if len(arguments) != 4:
        sys.exit("usage: embed.py FILE OUTPUT.c NAME")
    path, output, name = arguments[1:]
    with open(path, "rb") as file:
        content = file.read()
    lines = ["/* Made by scripts/embed.py; do not edit. */",
             "#include <stddef.h>",
             "#include <stdint.h>",
             "",
             f"extern const uint8_t {name}[];",
             f"extern const size_t {name}_length;",
             f"const uint8_t {name}[] = {{"]
    for at in range(0, len(content), 24):
        lines.append("    " + "".join(f"{byte}, " for byte in content[at:at + 24]).rstrip())
    lines += ["};", f"const size_t {name}_length = {len(content)};"]
    with open(output, "w", encoding="ascii") as file:
        file.write("\n".join(lines) + "\n")


if __name__ == "__main__":
    main(sys.argv)
