#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Makes data/quine.zip: a zip file that holds itself, and so has no end.

    quine.py FILE

The construction is R. Cox's ("Zip Files All The Way Down", 2010). A DEFLATE stream is a program of two instructions:
L(n) puts out the n bytes behind it, R(n) puts out once more the last n bytes. Each takes 5 bytes here, so that they can
be put out in their turn. The check sum, which is in the file four times, is the solution of 32 linear equations.
"""
import struct
import sys
import zlib

NAME = b"the-same-archive-over-and-over.zip"


class Bits:
    """A DEFLATE block of fixed codes (RFC 1951 section 3.2.6)."""

    def __init__(self, last):
        self.bits = [int(last), 1, 0]

    def number(self, value, count):
        self.bits += [value >> i & 1 for i in range(count)]

    def code(self, value, count):
        self.bits += [value >> i & 1 for i in reversed(range(count))]

    def literal(self, byte):
        if byte < 144:
            self.code(0x30 + byte, 8)
        else:
            self.code(0x190 + byte - 144, 9)

    def match(self, length, distance):
        for code, first, extra in [(257 + i, 3 + i, 0) for i in range(8)] + \
                [(265, 11, 1), (273, 35, 3), (274, 43, 3), (275, 51, 3), (276, 59, 3), (277, 67, 4), (278, 83, 4),
                 (279, 99, 4)]:
            if first <= length < first + (1 << extra):
                self.code(code - 256, 7)
                self.number(length - first, extra)
        for code, first, extra in [(8, 17, 3), (12, 65, 5), (13, 97, 5)]:
            if first <= distance < first + (1 << extra):
                self.code(code, 5)
                self.number(distance - first, extra)

    def done(self):
        self.code(0, 7)
        self.bits += [0] * (-len(self.bits) % 8)
        return bytes(sum(bit << i for i, bit in enumerate(self.bits[at:at + 8])) for at in range(0, len(self.bits), 8))


def literal(count):
    return struct.pack("<BHH", 0, count, count ^ 0xffff)


def repeat_start(count):
    """R of the start: the last byte, which is 0xff, as a literal makes it 5 bytes long."""
    block = Bits(False)
    block.match(count - 1, count)
    block.literal(0xff)
    return block.done()


def repeat_20():
    block = Bits(False)
    block.match(10, 20)
    block.match(10, 20)
    return block.done()


def repeat_end(count):
    block = Bits(True)
    block.match(count, count)
    return block.done()


def build(crc, packed, size):
    fields = struct.pack("<HHHHHIIIHH", 20, 0, 8, 0, 0x5c21, crc, packed, size, len(NAME), 0)
    start = b"PK\3\4" + fields + NAME
    end = b"PK\1\2" + struct.pack("<H", 20) + fields + struct.pack("<HHHII", 0, 0, 0, 0, 0) + NAME
    end += b"PK\5\6" + struct.pack("<HHHHIIH", 0, 0, 1, 1, len(end), len(start) + packed, 0)
    l_start = literal(len(start) + 5)
    r_start = repeat_start(len(start) + 5)
    l_20, r_20 = literal(20), repeat_20()
    r_end = repeat_end(len(end) + 4)
    l_end = literal(len(end) + 4)
    l_5 = literal(5)
    assert len(r_start) == len(r_20) == 5 and len(r_end) == 4
    program = l_start + start + l_start + r_start + l_5 + r_start + l_5 + l_5
    program += l_20 + r_start + l_5 + l_5 + l_20 + r_20 + l_20 + r_20 + l_20 + r_20 + l_20 + r_20
    program += l_20 + r_20 + literal(0) + literal(0) + l_end + r_20 + literal(0) + literal(0)
    program += l_end + r_end + end + r_end
    return start, program, end


def whole(crc):
    start, program, end = build(crc, 0, 0)
    sizes = len(program), len(start) + len(program) + len(end)
    return b"".join(build(crc, *sizes))


def solve():
    """The x for which the check sum of whole(x) is x."""
    base = zlib.crc32(whole(0))
    rows = [zlib.crc32(whole(1 << i)) ^ base ^ 1 << i for i in range(32)]  # what bit i of x changes
    chosen = {}
    for i, row in enumerate(rows):
        used = 1 << i
        while row:
            top = row.bit_length()
            if top not in chosen:
                chosen[top] = row, used
                break
            row, used = row ^ chosen[top][0], used ^ chosen[top][1]
    x = 0
    left = base
    while left:
        row, used = chosen[left.bit_length()]
        left, x = left ^ row, x ^ used
    return x


def main():
    crc = solve()
    data = whole(crc)
    start, program, _ = build(crc, 0, 0)
    assert zlib.decompress(data[len(start):len(start) + len(program)], -15) == data and zlib.crc32(data) == crc
    with open(sys.argv[1], "wb") as file:
        file.write(data)


main()
