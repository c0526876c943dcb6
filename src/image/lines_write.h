/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file lines_write.h
 * Writing the formats of hexadecimal lines: 16 bytes of firmware a line, upper case, as most tools
 * do.
 */
#ifndef UB_IMAGE_LINES_WRITE_H
#define UB_IMAGE_LINES_WRITE_H

#include "image/image.h"

#define UB_LINE_BYTES 16u

/** Where the text goes; with `to` NULL it is only counted. */
struct ub_line_writer {
    uint8_t *to;
    size_t length;
    uint8_t check;  /**< what the bytes of a line and its checksum add up to */
    uint32_t upper; /**< Intel HEX: bits 16..31 of the address as the reader has them now */
};

/** Writes one line: the mark, the two stretches of bytes, the checksum over both. */
void ub_line_put(struct ub_line_writer *writer, const char *mark, const uint8_t *head,
                 size_t head_length, const uint8_t *data, size_t length);

/**
 * How many bytes go into the line that begins `at` bytes into the segment; their address is
 * *address. No line crosses a multiple of 16, and so none crosses 64 KiB. 0 at its end.
 */
uint8_t ub_line_room(const struct ub_segment *segment, size_t at, uint32_t *address);

/** Refuses what a format of lines cannot say: no addresses, several alternate settings, more than
 * 32 bits. `title` is the format's. Errors: UB_IMG_UNWRITABLE. */
enum ub_code ub_line_check(const struct ub_image *image, const char *title, struct ub_error *err);

/** Makes the file: `put` is called twice, first to count. *bytes is the caller's. Errors:
 * UB_SYS_MEMORY. */
enum ub_code ub_line_make(const struct ub_image *image, uint8_t check,
                          void (*put)(struct ub_line_writer *writer, const struct ub_image *image),
                          uint8_t **bytes, size_t *length, struct ub_error *err);

#endif
