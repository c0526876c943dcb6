#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Turns the error catalogue (data/errors/*.yaml) into a C table.

    catalogue.py HEADER OUTPUT.c FILE.yaml...

Every entry is checked against the schema and against `enum ub_code` in the public header; anything that does not
fit is an error of the build, with file and id.
"""
import re
import sys

import yaml

FILE_KEYS = {"domain", "number", "errors"}
ENTRY_KEYS = {"id", "code", "title", "meaning", "causes", "next", "status"}
STATUSES = {2, 3, 4, 5, 6, 7, 8, 9, 10, 130}  # the exit statuses that the command documents
LINE_MAX = 199


class Bad(Exception):
    """Something in the catalogue is not as it has to be."""


class Loader(yaml.SafeLoader):
    """A YAML loader that takes no key twice."""


def mapping_once(loader, node):
    seen = set()
    for key_node, _ in node.value:
        key = loader.construct_object(key_node)
        if key in seen:
            raise Bad(f"line {key_node.start_mark.line + 1}: key {key!r} is there twice")
        seen.add(key)
    return loader.construct_mapping(node, deep=True)


Loader.add_constructor(yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG, mapping_once)


def check_keys(where, mapping, keys):
    if not isinstance(mapping, dict):
        raise Bad(f"{where}: a mapping is expected")
    unknown, missing = set(mapping) - keys, keys - set(mapping)
    if unknown:
        raise Bad(f"{where}: unknown key {', '.join(sorted(map(str, unknown)))}")
    if missing:
        raise Bad(f"{where}: missing key {', '.join(sorted(missing))}")


def check_text(where, text):
    if not isinstance(text, str):
        raise Bad(f"{where}: text is expected, not {type(text).__name__} (a colon makes a mapping: use quotes)")
    if not text.strip() or text != text.strip():
        raise Bad(f"{where}: empty, or with blanks around it")
    if len(text) > LINE_MAX:
        raise Bad(f"{where}: {len(text)} characters, at most {LINE_MAX} are allowed")
    if not text.isprintable():
        raise Bad(f"{where}: a character that cannot be printed")


def check_entry(where, entry, domain, number, codes):
    check_keys(where, entry, ENTRY_KEYS)
    match = re.fullmatch(re.escape(domain) + r"-(\d{3})", str(entry["id"]))
    if not match:
        raise Bad(f"{where}: the id has to be {domain}-NNN")
    if entry["code"] not in codes:
        raise Bad(f"{where}: {entry['code']} is not in the header")
    expected = number * 100 + int(match.group(1))
    if int(match.group(1)) > 99 or codes[entry["code"]] != expected:
        raise Bad(f"{where}: {entry['code']} is {codes[entry['code']]} in the header, the id means {expected}")
    for key in ("title", "meaning"):
        check_text(f"{where}, {key}", entry[key])
    for key in ("causes", "next"):
        if not isinstance(entry[key], list) or not entry[key]:
            raise Bad(f"{where}, {key}: a list with at least one line is expected")
        for index, line in enumerate(entry[key]):
            check_text(f"{where}, {key} {index + 1}", line)
    if type(entry["status"]) is not int or entry["status"] not in STATUSES:
        raise Bad(f"{where}: {entry['status']!r} is not one of the exit statuses")


def read_file(path, codes):
    with open(path, encoding="utf-8") as file:
        content = yaml.load(file, Loader)
    check_keys(path, content, FILE_KEYS)
    domain, number = content["domain"], content["number"]
    if not re.fullmatch(r"UB-[A-Z]{3}", str(domain)):
        raise Bad(f"{path}: the domain has to look like UB-ABC")
    if type(number) is not int or not isinstance(content["errors"], list) or not content["errors"]:
        raise Bad(f"{path}: number has to be a number, errors a list")
    for entry in content["errors"]:
        where = f"{path}, {entry.get('id', '?') if isinstance(entry, dict) else '?'}"
        check_entry(where, entry, domain, number, codes)
    return content["errors"]


def read_codes(path):
    """Name and number of every error code in the public header."""
    with open(path, encoding="utf-8") as file:
        body = re.search(r"^enum ub_code \{(.*?)^\};", file.read(), re.S | re.M)
    if not body:
        raise Bad(f"{path}: enum ub_code not found")
    text = re.sub(r"/\*.*?\*/", "", body.group(1), flags=re.S)
    codes = {}
    for item in filter(None, (part.strip() for part in text.split(","))):
        match = re.fullmatch(r"(UB_\w+)\s*=\s*(\d+)", item)
        if not match:
            raise Bad(f"{path}: cannot read {item!r}: every code needs its number")
        codes[match.group(1)] = int(match.group(2))
    if len(set(codes.values())) != len(codes):
        raise Bad(f"{path}: a number is used twice")
    codes.pop("UB_OK")
    return codes


def read_catalogue(header, paths):
    """All entries in order of their code; raises Bad unless they match the header both ways."""
    codes = read_codes(header)
    entries = [entry for path in paths for entry in read_file(path, codes)]
    names = [entry["code"] for entry in entries]
    twice = sorted({name for name in names if names.count(name) > 1})
    missing = sorted(set(codes) - set(names))
    if twice:
        raise Bad(f"twice in the catalogue: {', '.join(twice)}")
    if missing:
        raise Bad(f"in the header, but not in the catalogue: {', '.join(missing)}")
    return sorted(entries, key=lambda entry: codes[entry["code"]])


def quoted(text):
    out = []
    for byte in text.encode("utf-8"):
        char = chr(byte)
        out.append("\\" + char if char in '"\\' else char if 32 <= byte < 127 else f"\\{byte:03o}")
    return '"' + "".join(out) + '"'


def to_c(entries):
    yield "/* Made by scripts/catalogue.py from data/errors; do not edit. */"
    yield '#include "base/catalogue.h"'
    yield ""
    for entry in entries:
        for key in ("causes", "next"):
            yield f"static const char *const {key}_{entry['code']}[] = {{"
            yield from (f"    {quoted(line)}," for line in entry[key])
            yield "    NULL,"
            yield "};"
    yield ""
    yield "const struct ub_explanation ub_catalogue[] = {"
    for entry in entries:
        code = entry["code"]
        yield f"    {{{code}, {quoted(entry['id'])},"
        yield f"     {quoted(entry['title'])},"
        yield f"     {quoted(entry['meaning'])},"
        yield f"     causes_{code}, next_{code}, {entry['status']}}},"
    yield "};"
    yield ""
    yield "const size_t ub_catalogue_count = sizeof(ub_catalogue) / sizeof(ub_catalogue[0]);"


def main(arguments):
    if len(arguments) < 4:
        sys.exit("usage: catalogue.py HEADER OUTPUT.c FILE.yaml...")
    try:
        entries = read_catalogue(arguments[1], arguments[3:])
    except (Bad, yaml.YAMLError, OSError) as problem:
        sys.exit(f"catalogue: {problem}")
    with open(arguments[2], "w", encoding="utf-8") as file:
        file.write("\n".join(to_c(entries)) + "\n")


if __name__ == "__main__":
    main(sys.argv)
