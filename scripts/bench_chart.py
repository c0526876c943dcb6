#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""One picture of what ./do bench measured: bench_chart.py BENCH.json OUT.svg

A panel a job, a row a device, a bar a tool. In each row the slower tool's bar has the full width, so that rows of 1 s
and of 60 s can stand in one picture; the mark across unbrick's bar is the limit, what chip and wire took.
"""
import json
import sys
from xml.sax.saxutils import escape

PANELS = [("write-verified", "Write all of it, read it back"), ("change", "Write it again, 4 KiB of it changed")]
TOOLS = ["unbrick", "dfu-util"]
NAMES = {"dfu": "plain DFU"}
LABELS = 150        # width of the devices' names
PANEL = 300         # width of a panel
BAR = 200           # of which the bars have
GAP = 20
ROW, THICK = 46, 15
TOP = 74
STYLE = """
  text { font: 13px system-ui, 'Segoe UI', 'DejaVu Sans', sans-serif; fill: #1f2328; }
  .head { font-weight: 600; }
  .small { font-size: 11px; fill: #59636e; }
  .time { font-size: 12px; }
  .unbrick { fill: #0f7b6c; }
  .dfu-util { fill: #afb8c1; }
  .limit { stroke: #1f2328; stroke-width: 2; }
  .line { stroke: #d1d9e0; }
  @media (prefers-color-scheme: dark) {
    text { fill: #e6edf3; }
    .small { fill: #9198a1; }
    .unbrick { fill: #2fb8a3; }
    .dfu-util { fill: #59636e; }
    .limit { stroke: #f0f6fc; }
    .line { stroke: #3d444d; }
  }
"""


def size(count):
    if not count:
        return ""
    return f"{count // 1048576} MiB" if count % 1048576 == 0 else f"{count // 1024} KiB"


def text(x, y, words, kind="", anchor="start"):
    cls = f' class="{kind}"' if kind else ""
    return f'<text x="{x}" y="{y}"{cls} text-anchor="{anchor}">{escape(words)}</text>'


def bar(x, y, width, tool):
    return f'<rect x="{x}" y="{y}" width="{max(width, 1):.1f}" height="{THICK}" rx="2" class="{tool}"/>'


def cell(x, y, row):
    """The bars of one device and one job."""
    times = row["ms"]
    longest = max(times[tool] for tool in TOOLS)
    parts = []
    for i, tool in enumerate(TOOLS):
        width = BAR * times[tool] / longest
        top = y + i * (THICK + 2)
        parts.append(bar(x, top, width, tool))
        parts.append(text(x + round(width) + 6, top + 12, f"{times[tool] / 1000:.1f} s", "time"))
    if row["limit_ms"]:
        at = x + BAR * row["limit_ms"] / longest
        parts.append(f'<line x1="{at:.1f}" y1="{y - 2}" x2="{at:.1f}" y2="{y + THICK + 1}" class="limit"/>')
    return parts


def legend(y):
    parts = [bar(LABELS, y - 11, 26, "unbrick"), text(LABELS + 32, y, "unbrick, which always reads back"),
             bar(LABELS + 270, y - 11, 26, "dfu-util"), text(LABELS + 302, y, "dfu-util")]
    x = LABELS + 390
    parts.append(f'<line x1="{x}" y1="{y - 12}" x2="{x}" y2="{y + 4}" class="limit"/>')
    parts.append(text(x + 8, y, "the limit: chip and wire"))
    return parts


def chart(bench):
    rows = {(row["device"], row["job"]): row for row in bench["comparisons"]}
    devices = []
    for device, job in rows:
        if job == PANELS[0][0] and all((device, panel) in rows for panel, _ in PANELS):
            devices.append(device)
    if not devices:
        raise ValueError("no device was measured in all jobs")
    width = LABELS + len(PANELS) * (PANEL + GAP)
    height = TOP + len(devices) * ROW + 8
    parts = legend(20)
    for p, (_, title) in enumerate(PANELS):
        parts.append(text(LABELS + p * (PANEL + GAP), TOP - 18, title, "head"))
    for d, device in enumerate(devices):
        y = TOP + d * ROW
        written = (rows.get((device, "write")) or {}).get("bytes")
        parts.append(f'<line x1="0" y1="{y - 7}" x2="{width}" y2="{y - 7}" class="line"/>')
        parts.append(text(2, y + 13, NAMES.get(device, device.upper())))
        parts.append(text(2, y + 29, size(written), "small"))
        for p, (job, _) in enumerate(PANELS):
            parts += cell(LABELS + p * (PANEL + GAP), y, rows[(device, job)])
    body = "\n".join(parts)
    return (f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" '
            f'height="{height}" role="img" aria-label="Times of unbrick and dfu-util beside the limit">\n'
            f"<style>{STYLE}</style>\n{body}\n</svg>\n")


def main():
    if len(sys.argv) != 3:
        sys.exit("usage: bench_chart.py BENCH.json OUT.svg")
    try:
        with open(sys.argv[1], encoding="utf-8") as file:
            picture = chart(json.load(file))
    except (OSError, ValueError, KeyError) as error:
        sys.exit(f"bench_chart.py: {error}")
    with open(sys.argv[2], "w", encoding="utf-8") as file:
        file.write(picture)


if __name__ == "__main__":
    main()
