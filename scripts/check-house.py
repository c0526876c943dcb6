#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The rules of the house that no ready-made tool knows (docs/architecture.md, CONTRIBUTING.md).

    check-house.py FILE...             checks the files given, which are all files of the project
    check-house.py --symbols LIBRARY   checks that a shared library exports nothing but ub_ names

Prints one line a rule, "ok" or "FAILED" with every place, and fails if a rule is broken.
"""
import os
import re
import subprocess
import sys

FILE_LINES_MAX = 700
# The one public header is a contract to be read as a whole, not a room.
NOT_A_ROOM = {"include/unbrick.h"}
FUNCTION_LINES_MAX = 80

# A room includes its own headers and those of the rooms named here; arrows run downwards only.
ROOMS = {
    "base": set(),
    "usb": {"base"},
    "image": {"base"},
    "pack": {"base", "image", "inspect"},
    "inspect": {"base", "image"},
    "trust": {"base", "image", "inspect"},
    "loader": {"base", "usb"},
    "family": {"base", "usb", "loader"},
    "match": {"base", "usb", "image", "inspect", "trust", "loader", "family"},
    "vault": {"base", "family"},
    "fetch": {"base", "image", "trust", "vault"},
    "flash": {"base", "usb", "image", "inspect", "loader", "family", "vault"},
    "sim": {"base", "usb"},
    "procedure": {"base", "usb", "image", "pack", "inspect", "trust", "match", "loader", "family", "vault", "fetch",
                  "flash", "sim"},
    "cli": set(),
}
BANNED = "atoi atol atoll atof sscanf strcpy strcat sprintf vsprintf gets strtok alloca " \
         "strtol strtoul strtoll strtoull strtod strtof".split()
# What the library must not do; the command may.
BANNED_IN_LIBRARY = "exit abort printf puts putchar perror".split()
LIBRARY = re.compile(r"src/(?!cli/)")
# Protocol code knows what a device does, never who it is: that is for src/family and the table of quirks.
PROTOCOL = ("src/loader/", "src/usb/")
QUIRKS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "data", "quirks.yaml")


def read(path):
    with open(path, encoding="utf-8") as file:
        return file.read()


def blank(text):
    """Comments and strings replaced by blanks, line breaks kept."""
    pattern = re.compile(r"/\*.*?\*/|//[^\n]*|\"(?:\\.|[^\"\\\n])*\"|'(?:\\.|[^'\\\n])*'", re.S)
    return pattern.sub(lambda match: re.sub(r"[^\n]", " ", match.group()), text)


def line_of(text, position):
    return text.count("\n", 0, position) + 1


def banned_calls(files):
    for path, text in files.items():
        names = list(BANNED)
        if LIBRARY.match(path):
            names += BANNED_IN_LIBRARY
        code = blank(text)
        for match in re.finditer(rf"(?<![\w.>])({'|'.join(names)})\s*\(", code):
            yield f"{path}:{line_of(code, match.start())}: {match.group(1)}"


def includes_run_downwards(files):
    for path, text in files.items():
        match = re.match(r"src/(\w+)/", path)
        if not match:
            continue
        room = match.group(1)
        if room not in ROOMS:
            yield f"{path}: the room {room} is not in the plan"
            continue
        for include in re.finditer(r'^\s*#\s*include\s+"([^"]+)"', text, re.M):
            name = include.group(1)
            where = f"{path}:{line_of(text, include.start())}"
            if name.startswith("../") or "/../" in name:
                yield f"{where}: {name}: includes are named from src/"
            elif "/" in name:
                other = name.split("/")[0]
                if other != room and other not in ROOMS[room]:
                    yield f"{where}: {room} must not know {name}"
            elif name != "unbrick.h" and (room != "cli" or f"src/cli/{name}" not in files):
                yield f"{where}: {name}: includes are named from src/"


def only_public_header_in(folder, files):
    for path, text in files.items():
        if path.startswith(folder):
            for include in re.finditer(r'^\s*#\s*include\s+"([^"]+)"', text, re.M):
                if include.group(1) != "unbrick.h":
                    yield f"{path}:{line_of(text, include.start())}: {include.group(1)}"


def examples_use_the_public_header(files):
    yield from only_public_header_in("examples/", files)


def files_are_short(files):
    for path, text in files.items():
        lines = text.count("\n")
        if lines > FILE_LINES_MAX and path not in NOT_A_ROOM:
            yield f"{path}: {lines} lines, at most {FILE_LINES_MAX}"


def functions_are_short(files):
    for path, text in files.items():
        start = None
        for number, line in enumerate(blank(text).split("\n"), 1):
            if line.startswith("{"):
                start = number
            elif line.startswith("}") and start:
                if number - start > FUNCTION_LINES_MAX:
                    yield f"{path}:{start}: {number - start} lines, at most {FUNCTION_LINES_MAX}"
                start = None


def structs_are_not_hidden(files):
    for path, text in files.items():
        if path.startswith(("src/", "include/")):
            code = blank(text)
            for match in re.finditer(r"\btypedef\s+(?:struct|union)\b", code):
                yield f"{path}:{line_of(code, match.start())}"


def every_file_has_its_licence(files):
    for path, text in files.items():
        wanted = "Apache-2.0" if path.startswith("boot/") else "LGPL-2.1-or-later"
        if not text.startswith(f"/* SPDX-License-Identifier: {wanted} */\n"):
            yield f"{path}: the first line has to be /* SPDX-License-Identifier: {wanted} */"


def no_trailing_blanks_or_tabs(files):
    for path, text in files.items():
        for number, line in enumerate(text.split("\n"), 1):
            # In a shell script a tab may be what a program's output is compared with.
            if ("\t" in line and not path.endswith(".sh")) or line != line.rstrip():
                yield f"{path}:{number}"
        if text and not text.endswith("\n"):
            yield f"{path}: no line break at its end"


def no_word_for_later(files):
    for path, text in files.items():
        for match in re.finditer(r"\b(?:TODO|FIXME|XXX|HACK)\b", text):
            yield f"{path}:{line_of(text, match.start())}: {match.group()}"


def no_vendor_ids_in_protocol_code(files):
    vendors = {int(vendor, 16) for vendor in re.findall(r'"([0-9a-f]{4}):', read(QUIRKS))}
    if len(vendors) < 10:
        yield f"{QUIRKS}: no ids found"
    compared = re.compile(r"\b(?:vid|pid|idVendor|idProduct)\s*[!=]=\s*\w*\d")
    for path, text in files.items():
        if not path.startswith(PROTOCOL):
            continue
        code = blank(text)
        places = [match.start() for match in re.finditer(r"\b0[xX]([0-9a-fA-F]{4})[uU]?\b", code)
                  if int(match.group(1), 16) in vendors]
        places += [match.start() for match in compared.finditer(code)]
        for place in sorted(places):
            yield f"{path}:{line_of(code, place)}: habits say what is special about a device"


C_RULES = [no_vendor_ids_in_protocol_code, banned_calls, includes_run_downwards, examples_use_the_public_header, files_are_short,
           functions_are_short, structs_are_not_hidden, every_file_has_its_licence, no_word_for_later]
TEXT_RULES = [no_trailing_blanks_or_tabs]


# For each rule a file that breaks it: a rule that finds nothing here would find nothing anywhere.
BROKEN = {
    "no_vendor_ids_in_protocol_code": ("src/loader/x.c", "bool f(int v)\n{\n    return v == 0x28e9;\n}\n"),
    "banned_calls": ("src/base/x.c", "int f(void)\n{\n    return atoi(\"1\");\n}\n"),
    "includes_run_downwards": ("src/base/x.c", '#include "usb/transport.h"\n'),
    "examples_use_the_public_header": ("examples/x.c", '#include "base/error.h"\n'),
    "files_are_short": ("src/base/x.c", "int a;\n" * (FILE_LINES_MAX + 1)),
    "functions_are_short": ("src/base/x.c", "void f(void)\n{\n" + "    g();\n" * (FUNCTION_LINES_MAX + 1) + "}\n"),
    "structs_are_not_hidden": ("src/base/x.c", "typedef struct x x_t;\n"),
    "every_file_has_its_licence": ("src/base/x.c", "int a;\n"),
    "no_trailing_blanks_or_tabs": ("src/base/x.c", "int a; \n"),
    "no_word_for_later": ("src/base/x.c", "/* TO" "DO */\n"),
}


def rules_that_cannot_fail():
    for rule in C_RULES + TEXT_RULES:
        path, text = BROKEN[rule.__name__]
        if not list(rule({path: text})):
            yield rule.__name__


def verdict(name, places):
    places = list(places)
    if places:
        print(f"FAILED  house rule: {name}")
        for place in places[:30]:
            print(f"        {place}")
        if len(places) > 30:
            print(f"        and {len(places) - 30} more")
    else:
        print(f"ok      house rule: {name}")
    return not places


def exported(library):
    """Names that a shared library defines for others."""
    out = subprocess.run(["nm", "-D", "--defined-only", library], check=True, capture_output=True, text=True).stdout
    return [line.split()[-1].split("@")[0] for line in out.splitlines() if line.strip()]


def main(arguments):
    if len(arguments) == 2 and arguments[0] == "--symbols":
        names = exported(arguments[1])
        places = [name for name in names if not name.startswith("ub_")]
        if not names:
            places = ["nothing is exported at all"]
        return 0 if verdict("the library exports nothing but ub_ names", places) else 1
    if not arguments:
        sys.exit(__doc__)
    texts = {path: read(path) for path in arguments}
    sources = {path: text for path, text in texts.items() if path.endswith((".c", ".h"))}
    good = verdict("each rule finds what breaks it", rules_that_cannot_fail())
    for rule in C_RULES:
        good &= verdict(rule.__name__.replace("_", " "), rule(sources))
    for rule in TEXT_RULES:
        good &= verdict(rule.__name__.replace("_", " "), rule(texts))
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
