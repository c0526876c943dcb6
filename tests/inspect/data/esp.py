#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Makes the known-answer files of Espressif's image format with esptool (from PyPI).

    esp.py FOLDER
"""
import os
import struct
import sys

from esptool import bin_image


def text(value, size):
    return value.encode().ljust(size, b"\0")


def descriptor(version, project):
    """ESP-IDF, esp_app_desc.h."""
    return (struct.pack("<II8x", 0xABCD5432, 0) + text(version, 32) + text(project, 32) + text("12:00:00", 16) +
            text("Jan  1 2026", 16) + text("v5.4.1", 32) + bytes(32) + struct.pack("<HHB3x72x", 0, 99, 16))


def code(length):
    return bytes((i * 7 + 3) & 0xFF for i in range(length))


def make(folder, name, image, segments, entry, digest=True):
    image.append_digest = digest
    image.entrypoint = entry
    image.segments = [bin_image.ImageSegment(address, data) for address, data in segments]
    for segment in image.segments:
        segment.name = "segment"
    image.save(os.path.join(folder, name))


def main():
    folder = sys.argv[1]
    described = descriptor("2.3.4-rc1", "blinker")
    make(folder, "esp-c3.bin", bin_image.ESP32C3FirmwareImage(),
         [(0x3C000020, described), (0x40380000, code(100))], 0x40380010)
    make(folder, "esp-s3-no-hash.bin", bin_image.ESP32S3FirmwareImage(), [(0x40374000, code(60))], 0x40374004, False)
    make(folder, "esp-32.bin", bin_image.ESP32FirmwareImage(), [(0x40080000, code(200))], 0x40080400)
    make(folder, "esp-8266.bin", bin_image.ESP8266ROMFirmwareImage(), [(0x40100000, code(64)), (0x3FFE8000, code(32))],
         0x40100004)
    os.rename(os.path.join(folder, "esp-8266.bin0x00000.bin"), os.path.join(folder, "esp-8266.bin"))


if __name__ == "__main__":
    main()
