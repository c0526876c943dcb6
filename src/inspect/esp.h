/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file esp.h
 * Espressif's application image (ESP-IDF, "App Image Format"): a header, segments with the address
 * that each is for, a checksum, and a SHA-256 behind it.
 */
#ifndef UB_INSPECT_ESP_H
#define UB_INSPECT_ESP_H

#include "image/image.h"

#define UB_ESP_CHIP_NONE 0xffffu /**< the ESP8266's images name no chip */

struct ub_esp {
    unsigned segment_count;
    uint32_t entry;
    uint16_t chip;            /**< Espressif's chip id, or UB_ESP_CHIP_NONE */
    const char *chip_name;    /**< static: "ESP32-S3"; "" if it is none that we know */
    size_t length;            /**< with checksum and hash; what is behind it is something else */
    enum ub_self_check check; /**< checksum, and hash if there is one */
    const char *why;          /**< static: what is wrong, if something is */
    bool has_description;     /**< the fields below are from the application's descriptor */
    char version[33];
    char project[33];
};

/**
 * Reads the header, walks through the segments, and checks checksum and hash. False if the bytes do
 * not begin like such an image; one that is cut or damaged is UB_SELF_WRONG.
 */
bool ub_esp_read(const uint8_t *bytes, size_t length, struct ub_esp *out);

#endif
