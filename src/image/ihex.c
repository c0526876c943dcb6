/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reading Intel HEX (Intel, "Hexadecimal Object File Format Specification", revision A, 1988). */
#include "base/bytes.h"
#include "base/error.h"
#include "image/formats.h"
#include "image/lines.h"

#include <inttypes.h>
#include <string.h>

enum record_type {
    RECORD_DATA = 0,
    RECORD_END = 1,
    RECORD_SEGMENT = 2,       /**< bits 4..19 of the addresses that follow */
    RECORD_START_SEGMENT = 3, /**< CS:IP to start at */
    RECORD_LINEAR = 4,        /**< bits 16..31 of the addresses that follow */
    RECORD_START_LINEAR = 5,  /**< EIP to start at */
};

#define RECORD_HEAD ((size_t)4) /* length, two bytes of address, type */
#define RECORD_MAX  (RECORD_HEAD + 255 + 1)

/** What is kept from record to record. */
struct state {
    uint64_t base;  /**< added to the address of data records */
    bool segmented; /**< `base` is from an extended segment address record */
    bool has_entry;
    uint64_t entry;
    uint64_t entry_detail;
};

/** A decoded record. */
struct record {
    uint8_t bytes[RECORD_MAX]; /**< head, data, checksum */
    size_t data_length;
};

/** True if a record begins here: ':' and the digits of length, address and type. Of a damaged or
 * cut one two digits are enough, if what follows is text; a vector table may begin with ':' and two
 * digits by chance, but does not go on like that. */
static bool probe(const uint8_t *bytes, size_t length)
{
    size_t i = 0;
    bool printable;
    while (i < length && ub_lines_blank(bytes[i]))
        i++;
    if (i == length || bytes[i] != ':')
        return false;
    i++;
    size_t digits = ub_lines_digits(bytes + i, length - i, 2 * RECORD_HEAD, &printable);
    return digits == 2 * RECORD_HEAD || (digits >= 2 && printable);
}

/** Reads one record, from its ':' to the end of its line. Length, address and type are four bytes,
 * as are those that the length does not count: three of them and the checksum. */
static enum ub_code take_record(struct ub_lines *lines, struct record *record)
{
    uint8_t sum = 0;
    (void)ub_take_u8(&lines->in);
    enum ub_code code = ub_lines_take_bytes(lines, RECORD_HEAD, record->bytes, &sum);
    if (code)
        return code;
    record->data_length = record->bytes[0];
    if (sum != 0) {
        uint8_t found = record->bytes[RECORD_HEAD + record->data_length];
        return ub_fail(lines->err, UB_IMG_HEX_CHECKSUM,
                       "%s: line %" PRIu64 ": the checksum is 0x%02x, but the bytes of the line "
                       "make 0x%02x",
                       lines->image->name, lines->line, found, (uint8_t)(found - sum));
    }
    return UB_OK;
}

static enum ub_code take_data(struct ub_lines *lines, uint16_t start, const uint8_t *data,
                              size_t length)
{
    const struct state *state = lines->state;
    /* The specification lets such a line wrap to the start of its segment. srec_cat does so,
     * objcopy goes straight on: what the author meant cannot be known. */
    if (state->segmented && start + length > 0x10000)
        return ub_fail(lines->err, UB_IMG_HEX_SYNTAX,
                       "%s: line %" PRIu64 ": %zu bytes at 0x%04x run past the end of their 64 KiB "
                       "segment, and programs disagree where they go then",
                       lines->image->name, lines->line, length, start);
    return ub_lines_add(lines, state->base + start, data, length);
}

static enum ub_code expect_length(struct ub_lines *lines, const struct record *record,
                                  size_t expected)
{
    if (record->data_length == expected)
        return UB_OK;
    return ub_fail(lines->err, UB_IMG_HEX_SYNTAX,
                   "%s: line %" PRIu64 ": a record of type %02x holds %zu bytes; expected %zu",
                   lines->image->name, lines->line, record->bytes[3], record->data_length,
                   expected);
}

static enum ub_code take_entry(struct ub_lines *lines, const struct record *record)
{
    struct state *state = lines->state;
    enum ub_code code = expect_length(lines, record, 4);
    if (code)
        return code;
    struct ub_cursor c = ub_cursor(record->bytes + RECORD_HEAD, 4);
    uint32_t start = ub_take_u32be(&c);
    state->has_entry = true;
    state->entry = start;
    state->entry_detail = 0;
    if (record->bytes[3] == RECORD_START_SEGMENT) {
        state->entry = ((uint64_t)(start >> 16) << 4) + (start & 0xffff);
        state->entry_detail = UB_IMAGE_ENTRY_SEGMENTED | start;
    }
    return UB_OK;
}

static enum ub_code apply(struct ub_lines *lines, const struct record *record)
{
    struct state *state = lines->state;
    struct ub_cursor c = ub_cursor(record->bytes + 1, RECORD_HEAD - 1 + record->data_length);
    uint16_t start = ub_take_u16be(&c);
    uint8_t type = ub_take_u8(&c);
    switch (type) {
    case RECORD_DATA:
        return take_data(lines, start, c.at, c.left);
    case RECORD_END:
        lines->end_line = lines->line;
        return expect_length(lines, record, 0);
    case RECORD_SEGMENT:
    case RECORD_LINEAR:
        state->segmented = type == RECORD_SEGMENT;
        state->base = (uint64_t)ub_take_u16be(&c) << (state->segmented ? 4 : 16);
        return expect_length(lines, record, 2);
    case RECORD_START_SEGMENT:
    case RECORD_START_LINEAR:
        return take_entry(lines, record);
    default:
        return ub_fail(lines->err, UB_IMG_HEX_TYPE,
                       "%s: line %" PRIu64 ": record type %02x; Intel HEX has 00 to 05",
                       lines->image->name, lines->line, type);
    }
}

static enum ub_code take(struct ub_lines *lines)
{
    struct record record;
    record.bytes[0] = 0;
    record.data_length = 0;
    enum ub_code code = take_record(lines, &record);
    return code ? code : apply(lines, &record);
}

static enum ub_code finish(struct ub_lines *lines)
{
    const struct state *state = lines->state;
    if (!lines->end_line)
        return ub_fail(lines->err, UB_IMG_HEX_TRUNCATED,
                       "%s: line %" PRIu64 ": the file ends without an end-of-file record "
                       "(:00000001FF), so part of it is missing",
                       lines->image->name, lines->line);
    if (!state->has_entry)
        return UB_OK;
    return ub_image_add_claim(lines->image, UB_CLAIM_ENTRY, "Intel HEX", state->entry,
                              state->entry_detail, NULL, lines->err);
}

static const struct ub_line_format lines_of_ihex = {
    .mark = ':',
    .other_mark = ':',
    .mark_name = "':'",
    .end_name = "end-of-file record",
    .syntax = UB_IMG_HEX_SYNTAX,
    .truncated = UB_IMG_HEX_TRUNCATED,
    .state_size = sizeof(struct state),
    .record = take,
    .finish = finish,
};

static enum ub_code read(const uint8_t *bytes, size_t length,
                         const struct ub_image_options *options, struct ub_image *image,
                         struct ub_error *err)
{
    (void)options;
    return ub_lines_read(&lines_of_ihex, bytes, length, image, err);
}

static const char *const endings[] = {".hex", ".ihex", ".ihx", ".mcs", NULL};

const struct ub_format ub_format_ihex = {
    .name = "ihex",
    .title = "Intel HEX",
    .endings = endings,
    .keeps_addresses = true,
    .probe = probe,
    .read = read,
    .lines = &lines_of_ihex,
    .write = ub_ihex_write,
};
