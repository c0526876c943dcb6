/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reading Intel HEX (Intel, "Hexadecimal Object File Format Specification", revision A, 1988): one
 * pass, a run of bytes for every stretch of addresses, so that a jump costs nothing. */
#include "base/bytes.h"
#include "base/error.h"
#include "image/formats.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum record_type {
    RECORD_DATA = 0,
    RECORD_END = 1,
    RECORD_SEGMENT = 2,       /**< bits 4..19 of the addresses that follow */
    RECORD_START_SEGMENT = 3, /**< CS:IP to start at: nothing that is written */
    RECORD_LINEAR = 4,        /**< bits 16..31 of the addresses that follow */
    RECORD_START_LINEAR = 5,  /**< EIP to start at: nothing that is written */
};

#define RECORD_HEAD ((size_t)4) /* length, two bytes of address, type */
#define RECORD_MAX  (RECORD_HEAD + 255 + 1)
#define END_OF_DOS  0x1a /* Ctrl-Z, which ends text files of old */

/** The file being read. */
struct reader {
    struct ub_image *image;
    struct ub_error *err;
    struct ub_cursor in;
    const uint8_t *line_start;
    uint64_t line;
    uint64_t end_line; /**< where the end-of-file record was, or 0 */
    uint64_t base;     /**< added to the address of data records */
    bool segmented;    /**< `base` is from an extended segment address record */
    uint8_t *run;      /**< the bytes gathered so far, from `run_address` on */
    size_t run_length;
    size_t run_capacity;
    uint64_t run_address;
};

/** A decoded record. */
struct record {
    uint8_t bytes[RECORD_MAX]; /**< head, data, checksum */
    size_t data_length;
};

#define DIGIT 0x10 /* marks what is a digit in the table below; the low half is its value */

static const uint8_t digit_of[256] = {
    ['0'] = DIGIT | 0,  ['1'] = DIGIT | 1,  ['2'] = DIGIT | 2,  ['3'] = DIGIT | 3,
    ['4'] = DIGIT | 4,  ['5'] = DIGIT | 5,  ['6'] = DIGIT | 6,  ['7'] = DIGIT | 7,
    ['8'] = DIGIT | 8,  ['9'] = DIGIT | 9,  ['a'] = DIGIT | 10, ['b'] = DIGIT | 11,
    ['c'] = DIGIT | 12, ['d'] = DIGIT | 13, ['e'] = DIGIT | 14, ['f'] = DIGIT | 15,
    ['A'] = DIGIT | 10, ['B'] = DIGIT | 11, ['C'] = DIGIT | 12, ['D'] = DIGIT | 13,
    ['E'] = DIGIT | 14, ['F'] = DIGIT | 15,
};

static bool is_blank(uint8_t c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/** True if a record begins here: ':' and the digits of length, address and type. Of a damaged or
 * cut one two digits are enough, if what follows is text; a vector table may begin with ':' and two
 * digits by chance, but does not go on like that. */
static bool probe(const uint8_t *bytes, size_t length)
{
    size_t i = 0;
    size_t digits = 0;
    while (i < length && is_blank(bytes[i]))
        i++;
    if (i == length || bytes[i] != ':')
        return false;
    i++;
    while (i + digits < length && digits < 2 * RECORD_HEAD && digit_of[bytes[i + digits]])
        digits++;
    if (digits < 2 || digits == 2 * RECORD_HEAD)
        return digits == 2 * RECORD_HEAD;
    for (size_t j = i; j < length && j < i + 32; j++)
        if (!is_blank(bytes[j]) && (bytes[j] < 0x20 || bytes[j] >= 0x7f))
            return false;
    return true;
}

static size_t column(const struct reader *r)
{
    return (size_t)(r->in.at - r->line_start) + 1;
}

/** Skips spaces and line ends (LF, CR LF, CR), counting lines; false at the end of the file. */
static bool skip_blank(struct reader *r)
{
    while (r->in.left > 0 && is_blank(*r->in.at)) {
        uint8_t c = ub_take_u8(&r->in);
        bool cr_lf = c == '\r' && r->in.left > 0 && *r->in.at == '\n';
        if (c == '\n' || (c == '\r' && !cr_lf)) {
            r->line++;
            r->line_start = r->in.at;
        }
    }
    return r->in.left > 0;
}

static enum ub_code fail_character(struct reader *r, const char *expected)
{
    uint8_t c = *r->in.at;
    if (c > 0x20 && c < 0x7f)
        return ub_fail(r->err, UB_IMG_HEX_SYNTAX,
                       "%s: line %" PRIu64 ", column %zu: '%c' where %s should be", r->image->name,
                       r->line, column(r), c, expected);
    return ub_fail(r->err, UB_IMG_HEX_SYNTAX,
                   "%s: line %" PRIu64 ", column %zu: byte 0x%02x where %s should be",
                   r->image->name, r->line, column(r), c, expected);
}

static enum ub_code fail_cut(struct reader *r)
{
    return ub_fail(r->err, UB_IMG_HEX_TRUNCATED,
                   "%s: line %" PRIu64 ": the file ends in the middle of this line", r->image->name,
                   r->line);
}

/** Says why the `digits` hexadecimal digits from here on could not be read. */
static enum ub_code explain_digits(struct reader *r, size_t digits)
{
    for (size_t i = 0; i < digits; i++) {
        if (r->in.left == 0)
            return fail_cut(r);
        if (digit_of[*r->in.at]) {
            (void)ub_take_u8(&r->in);
            continue;
        }
        if (is_blank(*r->in.at))
            return ub_fail(r->err, UB_IMG_HEX_SYNTAX,
                           "%s: line %" PRIu64 ": ends after column %zu, %zu digits short of what "
                           "its length asks for",
                           r->image->name, r->line, column(r) - 1, digits - i);
        return fail_character(r, "a hexadecimal digit");
    }
    return ub_fail(r->err, UB_SYS_INTERNAL, "%s: line %" PRIu64 ": misread", r->image->name,
                   r->line);
}

/** Decodes `count` bytes from twice as many digits; *sum gathers the bytes. */
static enum ub_code take_hex(struct reader *r, uint8_t *to, size_t count, uint8_t *sum)
{
    struct ub_cursor ahead = r->in;
    const uint8_t *text = ub_take_bytes(&ahead, 2 * count);
    if (!text)
        return explain_digits(r, 2 * count);
    uint8_t good = DIGIT;
    uint8_t total = *sum;
    for (size_t i = 0; i < count; i++) {
        uint8_t high = digit_of[text[2 * i]];
        uint8_t low = digit_of[text[2 * i + 1]];
        good &= high & low;
        to[i] = (uint8_t)((high & 0xf) << 4 | (low & 0xf));
        total = (uint8_t)(total + to[i]);
    }
    if (!good)
        return explain_digits(r, 2 * count);
    *sum = total;
    r->in = ahead;
    return UB_OK;
}

/** Reads one record, from its ':' to the end of its line. */
static enum ub_code take_record(struct reader *r, struct record *record)
{
    uint8_t sum = 0;
    if (*r->in.at != ':')
        return fail_character(r, "':'");
    (void)ub_take_u8(&r->in);
    enum ub_code code = take_hex(r, record->bytes, 1, &sum);
    if (code)
        return code;
    record->data_length = record->bytes[0];
    size_t rest = RECORD_HEAD - 1 + record->data_length + 1;
    code = take_hex(r, record->bytes + 1, rest, &sum);
    if (code)
        return code;
    if (r->in.left > 0 && !is_blank(*r->in.at) && *r->in.at != END_OF_DOS)
        return fail_character(r, "the end of the line");
    if (sum != 0) {
        uint8_t found = record->bytes[rest];
        return ub_fail(r->err, UB_IMG_HEX_CHECKSUM,
                       "%s: line %" PRIu64 ": the checksum is 0x%02x, but the bytes of the line "
                       "make 0x%02x",
                       r->image->name, r->line, found, (uint8_t)(found - sum));
    }
    return UB_OK;
}

/** Hands the gathered run to the image. */
static enum ub_code flush(struct reader *r)
{
    if (r->run_length == 0)
        return UB_OK;
    uint8_t *data = r->run;
    if (r->run_length < r->run_capacity) {
        uint8_t *smaller = realloc(data, r->run_length);
        data = smaller ? smaller : data;
    }
    size_t length = r->run_length;
    r->run = NULL;
    r->run_length = 0;
    r->run_capacity = 0;
    return ub_image_adopt(r->image, UB_IMAGE_ALT_NONE, true, r->run_address, data, length, r->err);
}

static enum ub_code append(struct reader *r, uint64_t address, const uint8_t *data, size_t length)
{
    if (r->run_length > 0 && address != r->run_address + r->run_length) {
        enum ub_code code = flush(r);
        if (code)
            return code;
    }
    if (r->run_length == 0)
        r->run_address = address;
    size_t needed = r->run_length + length; /* at most the length of the file */
    if (needed > r->run_capacity) {
        size_t capacity = r->run_capacity ? 2 * needed : needed;
        uint8_t *moved = realloc(r->run, capacity);
        if (!moved)
            return ub_fail_memory(r->err);
        r->run = moved;
        r->run_capacity = capacity;
    }
    memcpy(r->run + r->run_length, data, length);
    r->run_length = needed;
    return UB_OK;
}

static enum ub_code take_data(struct reader *r, uint16_t start, const uint8_t *data, size_t length)
{
    if (length == 0)
        return UB_OK;
    /* The specification lets such a line wrap to the start of its segment. srec_cat does so,
     * objcopy goes straight on: what the author meant cannot be known. */
    if (r->segmented && start + length > 0x10000)
        return ub_fail(r->err, UB_IMG_HEX_SYNTAX,
                       "%s: line %" PRIu64 ": %zu bytes at 0x%04x run past the end of their 64 KiB "
                       "segment, and programs disagree where they go then",
                       r->image->name, r->line, length, start);
    uint64_t address = r->base + start;
    if (address + length > UINT64_C(0x100000000))
        return ub_fail(r->err, UB_IMG_HEX_SYNTAX,
                       "%s: line %" PRIu64 ": %zu bytes at 0x%08" PRIx64 " run past 0xffffffff",
                       r->image->name, r->line, length, address);
    return append(r, address, data, length);
}

static enum ub_code expect_length(struct reader *r, const struct record *record, size_t expected)
{
    if (record->data_length == expected)
        return UB_OK;
    return ub_fail(r->err, UB_IMG_HEX_SYNTAX,
                   "%s: line %" PRIu64 ": a record of type %02x holds %zu bytes; expected %zu",
                   r->image->name, r->line, record->bytes[3], record->data_length, expected);
}

static enum ub_code apply(struct reader *r, const struct record *record)
{
    struct ub_cursor c = ub_cursor(record->bytes + 1, RECORD_HEAD - 1 + record->data_length);
    uint16_t start = ub_take_u16be(&c);
    uint8_t type = ub_take_u8(&c);
    enum ub_code code;
    switch (type) {
    case RECORD_DATA:
        return take_data(r, start, c.at, c.left);
    case RECORD_END:
        r->end_line = r->line;
        return expect_length(r, record, 0);
    case RECORD_SEGMENT:
    case RECORD_LINEAR:
        code = expect_length(r, record, 2);
        r->segmented = type == RECORD_SEGMENT;
        r->base = (uint64_t)ub_take_u16be(&c) << (r->segmented ? 4 : 16);
        return code;
    case RECORD_START_SEGMENT:
    case RECORD_START_LINEAR:
        return expect_length(r, record, 4);
    default:
        return ub_fail(r->err, UB_IMG_HEX_TYPE,
                       "%s: line %" PRIu64 ": record type %02x; Intel HEX has 00 to 05",
                       r->image->name, r->line, type);
    }
}

static enum ub_code read_records(struct reader *r)
{
    struct record record = {0};
    while (skip_blank(r)) {
        if (r->end_line && *r->in.at == END_OF_DOS)
            return UB_OK;
        /* Most readers stop here, and would leave out half of two files that were put together. */
        if (r->end_line)
            return ub_fail(r->err, UB_IMG_HEX_SYNTAX,
                           "%s: line %" PRIu64 ": there is more behind the end-of-file record of "
                           "line %" PRIu64,
                           r->image->name, r->line, r->end_line);
        enum ub_code code = take_record(r, &record);
        if (!code)
            code = apply(r, &record);
        if (code)
            return code;
    }
    if (!r->end_line)
        return ub_fail(r->err, UB_IMG_HEX_TRUNCATED,
                       "%s: line %" PRIu64 ": the file ends without an end-of-file record "
                       "(:00000001FF), so part of it is missing",
                       r->image->name, r->line);
    return UB_OK;
}

static enum ub_code read(const uint8_t *bytes, size_t length,
                         const struct ub_image_options *options, struct ub_image *image,
                         struct ub_error *err)
{
    (void)options;
    struct reader r = {
        .image = image,
        .err = err,
        .in = ub_cursor(bytes, length),
        .line_start = bytes,
        .line = 1,
    };
    enum ub_code code = read_records(&r);
    if (!code)
        code = flush(&r);
    free(r.run);
    return code;
}

static const char *const endings[] = {".hex", ".ihex", ".ihx", ".mcs", NULL};

const struct ub_format ub_format_ihex = {
    .name = "ihex",
    .title = "Intel HEX",
    .endings = endings,
    .keeps_addresses = true,
    .probe = probe,
    .read = read,
    .write = ub_ihex_write,
};
