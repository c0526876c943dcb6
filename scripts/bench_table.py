#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""What the measuring cases of the kernel tier found, as a table and as JSON.

    bench_table.py MEASURES [--json FILE]

MEASURES holds lines "NAME VALUE UNIT". A NAME of the form DEVICE/JOB/WHO is part of a comparison: WHO is a tool, `limit`
(what the device's chip and its wire took during unbrick's run) or `size` (bytes). All others are printed as they are.
The last of several lines with one NAME counts.
"""
import argparse
import json
import sys

JOBS = {
    "write": "write all, as each tool does it",
    "write-verified": "write all, read it back",
    "change": "4 KiB of it changed",
    "backup": "read all",
    "list": "list",
}
TOOLS = ["unbrick", "dfu-util", "fwupdtool"]


def read_measures(path):
    """The comparisons, (device, job) -> who -> milliseconds (bytes for `size`), and the other figures."""
    comparisons, figures = {}, {}
    with open(path, encoding="utf-8") as file:
        for number, line in enumerate(file, 1):
            fields = line.split()
            if len(fields) != 3:
                raise ValueError(f"{path}:{number}: not a measure: {line.strip()}")
            name, value, unit = fields
            parts = name.split("/")
            if len(parts) == 3:
                comparisons.setdefault((parts[0], parts[1]), {})[parts[2]] = float(value)
            else:
                figures[name] = (float(value), unit)
    return comparisons, figures


def ratio(value, to):
    return round(value / to, 3) if value and to else None


def as_json(comparisons, figures):
    rows = []
    for (device, job), times in comparisons.items():
        ours = times.get("unbrick")
        rows.append({
            "device": device,
            "job": job,
            "bytes": int(times["size"]) if "size" in times else None,
            "ms": {tool: times[tool] for tool in TOOLS if tool in times},
            "limit_ms": times.get("limit"),
            "to_peer": {tool: ratio(ours, times[tool]) for tool in TOOLS[1:] if tool in times},
            "to_limit": ratio(ours, times.get("limit")),
        })
    return {
        "version": 1,
        "comparisons": rows,
        "figures": [{"name": name, "value": value, "unit": unit} for name, (value, unit) in figures.items()],
    }


def seconds(ms):
    return "" if ms is None else f"{ms / 1000:.2f} s"


def number(value):
    return "" if value is None else f"{value:.2f}"


def table(bench):
    head = ["device", "job", *TOOLS, "to dfu-util", "to the limit"]
    rows = [[row["device"], JOBS.get(row["job"], row["job"]), *(seconds(row["ms"].get(tool)) for tool in TOOLS),
             number(row["to_peer"].get("dfu-util")), number(row["to_limit"])] for row in bench["comparisons"]]
    widths = [max(len(line[i]) for line in [head, *rows]) for i in range(len(head))]
    for line in [head, *rows]:
        cells = [cell.ljust(width) if i < 2 else cell.rjust(width) for i, (cell, width) in enumerate(zip(line, widths))]
        yield "  ".join(cells).rstrip()
    if bench["figures"]:
        yield ""
    for figure in bench["figures"]:
        yield f"{figure['name']:<48} {figure['value']:>12g} {figure['unit']}"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("measures")
    parser.add_argument("--json", help="write everything there too")
    arguments = parser.parse_args()
    try:
        bench = as_json(*read_measures(arguments.measures))
    except (OSError, ValueError) as error:
        sys.exit(f"bench_table.py: {error}")
    if arguments.json:
        with open(arguments.json, "w", encoding="utf-8") as file:
            json.dump(bench, file, indent=2)
            file.write("\n")
    print("\n".join(table(bench)))


if __name__ == "__main__":
    main()
