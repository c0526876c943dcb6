/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file lines.h
 * What the formats of hexadecimal lines share, Intel HEX and Motorola S-records: they are read
 * piece by piece, so that a file thrice the size of its firmware needs no more memory than that.
 */
#ifndef UB_IMAGE_LINES_H
#define UB_IMAGE_LINES_H

#include "base/bytes.h"
#include "image/image.h"

/** Characters of the longest record: a mark of two and 1 + 255 bytes; or a mark of one and 5 + 255;
 * and the character behind it. */
#define UB_LINE_MAX ((size_t)(2 + 2 * (5 + 255) + 1))

struct ub_lines;

/** A format of lines: what its records mean. */
struct ub_line_format {
    uint8_t mark;           /**< the character with which a record begins */
    uint8_t other_mark;     /**< or this one */
    const char *mark_name;  /**< the same in words: "':'" */
    const char *end_name;   /**< of the record that ends the file: "end-of-file record" */
    enum ub_code syntax;    /**< a line is not of this format */
    enum ub_code truncated; /**< the file ends in the middle of a line */
    size_t state_size;      /**< of what the format keeps at lines->state, zero at first */

    /** Reads the record at lines->in, which begins with a mark, to the end of its line. Sets
     * lines->end_line if it is the file's last. */
    enum ub_code (*record)(struct ub_lines *lines);
    /** The file has ended: is it complete? Adds what it claims. */
    enum ub_code (*finish)(struct ub_lines *lines);
};

/** A file being read. */
struct ub_lines {
    const struct ub_line_format *format;
    struct ub_image *image; /**< the caller's */
    struct ub_error *err;   /**< the caller's; may be NULL */
    void *state;            /**< the format's */
    struct ub_cursor in;    /**< what is left of the piece at hand */
    uint64_t line;          /**< counted from 1 */
    uint64_t end_line;      /**< where the record that ends the file was, or 0 */
    const uint8_t *piece;   /**< where the piece begins */
    uint64_t piece_offset;  /**< and where that is in the file */
    uint64_t line_offset;   /**< where the line begins in the file */
    bool done;              /**< what follows is of no interest */
    uint8_t *run;           /**< the bytes gathered so far, from `run_address` on; owned */
    size_t run_length;
    size_t run_capacity;
    uint64_t run_address;
    uint64_t total; /**< bytes of firmware so far */
};

/** Begins to read a file into *image. To be ended with ub_lines_close() in any case. Errors:
 * UB_SYS_MEMORY. */
enum ub_code ub_lines_open(struct ub_lines *lines, const struct ub_line_format *format,
                           struct ub_image *image, struct ub_error *err);

/**
 * Reads as many records as are whole in a piece of the file; *used is how much of it that was, all
 * of it if the piece is the `last` one. The next piece begins with the rest, less than UB_LINE_MAX
 * bytes. Errors: of the format, UB_IMG_TOO_LARGE, UB_SYS_MEMORY.
 */
enum ub_code ub_lines_feed(struct ub_lines *lines, const uint8_t *piece, size_t length, bool last,
                           size_t *used);

/** Completes the image behind the last piece. Errors: as ub_lines_feed(). */
enum ub_code ub_lines_finish(struct ub_lines *lines);

/** Frees what the reading needed; the image stays. */
void ub_lines_close(struct ub_lines *lines);

/** All of that with a file that is in memory. */
enum ub_code ub_lines_read(const struct ub_line_format *format, const uint8_t *bytes, size_t length,
                           struct ub_image *image, struct ub_error *err);

/** True for space, tab, CR and LF. */
bool ub_lines_blank(uint8_t c);

/**
 * How many hexadecimal digits `bytes` begin with, counted to `most`. `*printable` tells whether it
 * goes on as text does, so that a damaged line can be told from bytes that look so by chance.
 */
size_t ub_lines_digits(const uint8_t *bytes, size_t length, size_t most, bool *printable);

/**
 * Decodes a record's bytes from twice as many digits, to the end of the line: the first says how
 * many follow, not counting `extra` more. `to` has room for 1 + 255 + `extra`. *sum is what they
 * add up to. Errors: of the format.
 */
enum ub_code ub_lines_take_bytes(struct ub_lines *lines, size_t extra, uint8_t *to, uint8_t *sum);

/** Reads one decimal digit. Errors: of the format. */
enum ub_code ub_lines_take_decimal(struct ub_lines *lines, uint8_t *digit);

/** Adds bytes of firmware. Errors: of the format (past 0xffffffff), UB_IMG_TOO_LARGE,
 * UB_SYS_MEMORY. */
enum ub_code ub_lines_add(struct ub_lines *lines, uint64_t address, const uint8_t *data,
                          size_t length);

#endif
