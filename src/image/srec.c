/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reading Motorola S-records (Motorola, M68000 Family Programmer's Reference Manual, appendix C:
 * "S-record output format"): S19, S28 and S37 files, in any mixture of the three widths. */
#include "base/bytes.h"
#include "base/error.h"
#include "image/formats.h"
#include "image/lines.h"

#include <inttypes.h>
#include <string.h>

#define RECORD_MAX ((size_t)1 + 255) /* length, then address, data and checksum */

/** What is kept from record to record. */
struct state {
    uint64_t records; /**< of data so far */
    bool counted;     /**< the record before this one was their count, and it was right */
    uint64_t entry;
};

/** A decoded record. */
struct record {
    uint8_t type;              /**< 0 to 9 */
    uint8_t bytes[RECORD_MAX]; /**< length, address, data, checksum */
    uint64_t address;
    const uint8_t *data;
    size_t data_length;
};

enum meaning {
    HEADER,
    DATA,
    COUNT,
    END,
    RESERVED,
};

/** What each type is, and how many bytes its address has. */
static const struct {
    enum meaning meaning;
    uint8_t width;
} types[10] = {
    {HEADER, 2}, {DATA, 2},  {DATA, 3}, {DATA, 4}, {RESERVED, 2},
    {COUNT, 2},  {COUNT, 3}, {END, 4},  {END, 3},  {END, 2},
};

/** True if a record begins here: 'S', its type, and the digits of length and an address. Of a
 * damaged or cut one the length is enough, if what follows is text. */
static bool probe(const uint8_t *bytes, size_t length)
{
    size_t i = 0;
    bool printable;
    while (i < length && ub_lines_blank(bytes[i]))
        i++;
    if (length - i < 4 || (bytes[i] != 'S' && bytes[i] != 's'))
        return false;
    if (bytes[i + 1] < '0' || bytes[i + 1] > '9')
        return false;
    size_t digits = ub_lines_digits(bytes + i + 2, length - i - 2, 8, &printable);
    return digits == 8 || (digits >= 2 && printable);
}

static enum ub_code fail_short(struct ub_lines *lines, const struct record *record, unsigned least)
{
    return ub_fail(lines->err, UB_IMG_SREC_SYNTAX,
                   "%s: line %" PRIu64 ": an S%u record of length %u; it needs at least %u",
                   lines->image->name, lines->line, record->type, record->bytes[0], least);
}

/** Reads one record, from its 'S' to the end of its line. */
static enum ub_code take_record(struct ub_lines *lines, struct record *record)
{
    uint8_t sum = 0;
    (void)ub_take_u8(&lines->in);
    enum ub_code code = ub_lines_take_decimal(lines, &record->type);
    if (!code)
        code = ub_lines_take_bytes(lines, 0, record->bytes, &sum);
    if (code)
        return code;
    size_t length = record->bytes[0];
    size_t width = types[record->type].width;
    if (length < width + 1)
        return fail_short(lines, record, (unsigned)width + 1);
    if (sum != 0xff) { /* the checksum is the complement of the sum */
        uint8_t found = record->bytes[length];
        return ub_fail(lines->err, UB_IMG_SREC_CHECKSUM,
                       "%s: line %" PRIu64 ": the checksum is 0x%02x, but the bytes of the line "
                       "make 0x%02x",
                       lines->image->name, lines->line, found, (uint8_t)(found - sum - 1));
    }
    record->address = 0;
    for (size_t i = 1; i <= width; i++)
        record->address = record->address << 8 | record->bytes[i];
    record->data = record->bytes + 1 + width;
    record->data_length = length - width - 1;
    return UB_OK;
}

static enum ub_code expect_no_data(struct ub_lines *lines, const struct record *record)
{
    if (record->data_length == 0)
        return UB_OK;
    return ub_fail(lines->err, UB_IMG_SREC_SYNTAX,
                   "%s: line %" PRIu64 ": an S%u record with %zu bytes of data; it has none",
                   lines->image->name, lines->line, record->type, record->data_length);
}

static enum ub_code take_count(struct ub_lines *lines, const struct record *record)
{
    struct state *state = lines->state;
    enum ub_code code = expect_no_data(lines, record);
    if (code)
        return code;
    state->counted = true;
    if (record->address == state->records)
        return UB_OK;
    return ub_fail(lines->err, UB_IMG_SREC_COUNT,
                   "%s: line %" PRIu64 ": says that %" PRIu64 " lines of data come before it, but "
                   "there are %" PRIu64,
                   lines->image->name, lines->line, record->address, state->records);
}

static enum ub_code apply(struct ub_lines *lines, const struct record *record)
{
    struct state *state = lines->state;
    switch (types[record->type].meaning) {
    case HEADER:
        return UB_OK; /* text that no two programs fill in alike, often the name of a file */
    case DATA:
        state->records++;
        state->counted = false;
        return ub_lines_add(lines, record->address, record->data, record->data_length);
    case COUNT:
        return take_count(lines, record);
    case END:
        lines->end_line = lines->line;
        state->entry = record->address;
        return expect_no_data(lines, record);
    default:
        return ub_fail(lines->err, UB_IMG_SREC_SYNTAX,
                       "%s: line %" PRIu64 ": an S4 record, which no firmware has",
                       lines->image->name, lines->line);
    }
}

static enum ub_code take(struct ub_lines *lines)
{
    struct record record;
    record.type = 0;
    record.bytes[0] = 0;
    enum ub_code code = take_record(lines, &record);
    return code ? code : apply(lines, &record);
}

static enum ub_code finish(struct ub_lines *lines)
{
    const struct state *state = lines->state;
    if (!lines->end_line && !state->counted)
        return ub_fail(lines->err, UB_IMG_SREC_COUNT,
                       "%s: line %" PRIu64 ": the file ends without a termination record (S7, S8 "
                       "or S9) or a count, so part of it may be missing",
                       lines->image->name, lines->line);
    if (state->entry == 0) /* programs write 0 where they know of none */
        return UB_OK;
    return ub_image_add_claim(lines->image, UB_CLAIM_ENTRY, "S-records", state->entry, 0, NULL,
                              lines->err);
}

static const struct ub_line_format lines_of_srec = {
    .mark = 'S',
    .other_mark = 's',
    .mark_name = "'S'",
    .end_name = "termination record",
    .syntax = UB_IMG_SREC_SYNTAX,
    .truncated = UB_IMG_SREC_SYNTAX,
    .state_size = sizeof(struct state),
    .record = take,
    .finish = finish,
};

static enum ub_code read(const uint8_t *bytes, size_t length,
                         const struct ub_image_options *options, struct ub_image *image,
                         struct ub_error *err)
{
    (void)options;
    return ub_lines_read(&lines_of_srec, bytes, length, image, err);
}

static const char *const endings[] = {".srec", ".s19", ".s28", ".s37", ".mot", ".s", NULL};

const struct ub_format ub_format_srec = {
    .name = "srec",
    .title = "Motorola S-records",
    .endings = endings,
    .keeps_addresses = true,
    .probe = probe,
    .read = read,
    .lines = &lines_of_srec,
    .write = ub_srec_write,
};
