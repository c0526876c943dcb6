/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Files of hexadecimal lines: one pass, a run of bytes for every stretch of addresses, so that a
 * jump costs nothing. */
#include "image/lines.h"

#include "base/error.h"
#include "base/text.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define END_OF_DOS 0x1a /* Ctrl-Z, which ends text files of old */
#define NONE       0xf0 /* marks what is no digit in the table below */

static const uint8_t digit_of[256] = {
    0xf0, 0xf0, 0xf0, 0xf0, 0xf0, 0xf0, 0xf0, 0xf0, 0xf0, 0xf0, 0xf0, 0xf0, 0xf0, 0xf0, 0xf0, 0xf0,
    0xf0, 0xf0, 0xf0, 0xf0, 0xf0, 0xf0, 0xf0, 0xf0, 0xf0, 0xf0, 0xf0, 0xf0, 0xf0, 0xf0, 0xf0, 0xf0,
    0xf0, 0xf0, 0xf0, 0xf0, 0xf0, 0xf0, 0xf0, 0xf0, 0xf0, 0xf0, 0xf0, 0xf0, 0xf0, 0xf0, 0xf0, 0xf0,
    0x00, 0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07, 0x08, 0x09, 0xf0, 0xf0, 0xf0, 0xf0, 0xf0, 0xf0,
    0xf0, 0x0a, 0x0b, 0x0c, 0x0d, 0x0e, 0x0f, 0xf0, 0xf0, 0xf0, 0xf0, 0xf0, 0xf0, 0xf0, 0xf0, 0xf0,
    0xf0, 0xf0, 0xf0, 0xf0, 0xf0, 0xf0, 0xf0, 0xf0, 0xf0, 0xf0, 0xf0, 0xf0, 0xf0, 0xf0, 0xf0, 0xf0,
    0xf0, 0x0a, 0x0b, 0x0c, 0x0d, 0x0e, 0x0f, 0xf0, 0xf0, 0xf0, 0xf0, 0xf0, 0xf0, 0xf0, 0xf0, 0xf0,
    0xf0, 0xf0, 0xf0, 0xf0, 0xf0, 0xf0, 0xf0, 0xf0, 0xf0, 0xf0, 0xf0, 0xf0, 0xf0, 0xf0, 0xf0, 0xf0,
    0xf0, 0xf0, 0xf0, 0xf0, 0xf0, 0xf0, 0xf0, 0xf0, 0xf0, 0xf0, 0xf0, 0xf0, 0xf0, 0xf0, 0xf0, 0xf0,
    0xf0, 0xf0, 0xf0, 0xf0, 0xf0, 0xf0, 0xf0, 0xf0, 0xf0, 0xf0, 0xf0, 0xf0, 0xf0, 0xf0, 0xf0, 0xf0,
    0xf0, 0xf0, 0xf0, 0xf0, 0xf0, 0xf0, 0xf0, 0xf0, 0xf0, 0xf0, 0xf0, 0xf0, 0xf0, 0xf0, 0xf0, 0xf0,
    0xf0, 0xf0, 0xf0, 0xf0, 0xf0, 0xf0, 0xf0, 0xf0, 0xf0, 0xf0, 0xf0, 0xf0, 0xf0, 0xf0, 0xf0, 0xf0,
    0xf0, 0xf0, 0xf0, 0xf0, 0xf0, 0xf0, 0xf0, 0xf0, 0xf0, 0xf0, 0xf0, 0xf0, 0xf0, 0xf0, 0xf0, 0xf0,
    0xf0, 0xf0, 0xf0, 0xf0, 0xf0, 0xf0, 0xf0, 0xf0, 0xf0, 0xf0, 0xf0, 0xf0, 0xf0, 0xf0, 0xf0, 0xf0,
    0xf0, 0xf0, 0xf0, 0xf0, 0xf0, 0xf0, 0xf0, 0xf0, 0xf0, 0xf0, 0xf0, 0xf0, 0xf0, 0xf0, 0xf0, 0xf0,
    0xf0, 0xf0, 0xf0, 0xf0, 0xf0, 0xf0, 0xf0, 0xf0, 0xf0, 0xf0, 0xf0, 0xf0, 0xf0, 0xf0, 0xf0, 0xf0,
};

bool ub_lines_blank(uint8_t c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

size_t ub_lines_digits(const uint8_t *bytes, size_t length, size_t most, bool *printable)
{
    size_t digits = 0;
    while (digits < length && digits < most && digit_of[bytes[digits]] != NONE)
        digits++;
    *printable = true;
    for (size_t i = 0; i < length && i < 32; i++)
        if (!ub_lines_blank(bytes[i]) && (bytes[i] < 0x20 || bytes[i] >= 0x7f))
            *printable = false;
    return digits;
}

enum ub_code ub_lines_open(struct ub_lines *lines, const struct ub_line_format *format,
                           struct ub_image *image, struct ub_error *err)
{
    *lines = (struct ub_lines){
        .format = format,
        .image = image,
        .err = err,
        .line = 1,
        .state = calloc(1, format->state_size),
    };
    return lines->state ? UB_OK : ub_fail_memory(err);
}

void ub_lines_close(struct ub_lines *lines)
{
    free(lines->run);
    free(lines->state);
    lines->run = NULL;
    lines->state = NULL;
}

/** Where the cursor is in the file. */
static uint64_t offset(const struct ub_lines *lines)
{
    return lines->piece_offset + (uint64_t)(lines->in.at - lines->piece);
}

static uint64_t column(const struct ub_lines *lines)
{
    return offset(lines) - lines->line_offset + 1;
}

/** Skips spaces and line ends (LF, CR LF, CR), counting lines; false at the end of the piece. A CR
 * that ends a piece, but not the file, may be half of a line end and is left. */
static bool skip_blank(struct ub_lines *lines, bool last)
{
    const uint8_t *at = lines->in.at;
    size_t left = lines->in.left;
    size_t i = 0;
    for (; i < left && ub_lines_blank(at[i]); i++) {
        bool end = i + 1 == left;
        if (at[i] == '\r' && end && !last)
            break;
        if (at[i] == '\n' || (at[i] == '\r' && (end || at[i + 1] != '\n'))) {
            lines->line++;
            lines->line_offset = offset(lines) + i + 1;
        }
    }
    (void)ub_take_bytes(&lines->in, i);
    return lines->in.left > 0 && !ub_lines_blank(*lines->in.at);
}

static enum ub_code fail_cut(struct ub_lines *lines)
{
    return ub_fail(lines->err, lines->format->truncated,
                   "%s: line %" PRIu64 ": the file ends in the middle of this line",
                   lines->image->name, lines->line);
}

static enum ub_code fail_character(struct ub_lines *lines, const char *expected)
{
    uint8_t c = *lines->in.at;
    if (c > 0x20 && c < 0x7f)
        return ub_fail(lines->err, lines->format->syntax,
                       "%s: line %" PRIu64 ", column %" PRIu64 ": '%c' where %s should be",
                       lines->image->name, lines->line, column(lines), c, expected);
    return ub_fail(lines->err, lines->format->syntax,
                   "%s: line %" PRIu64 ", column %" PRIu64 ": byte 0x%02x where %s should be",
                   lines->image->name, lines->line, column(lines), c, expected);
}

/** Says why the `digits` hexadecimal digits from here on could not be read. */
static enum ub_code explain_digits(struct ub_lines *lines, size_t digits)
{
    for (size_t i = 0; i < digits; i++) {
        if (lines->in.left == 0)
            return fail_cut(lines);
        if (digit_of[*lines->in.at] != NONE) {
            (void)ub_take_u8(&lines->in);
            continue;
        }
        if (ub_lines_blank(*lines->in.at))
            return ub_fail(lines->err, lines->format->syntax,
                           "%s: line %" PRIu64 ": ends after column %" PRIu64
                           ", %zu digits short of what its length asks for",
                           lines->image->name, lines->line, column(lines) - 1, digits - i);
        return fail_character(lines, "a hexadecimal digit");
    }
    return ub_fail(lines->err, UB_SYS_INTERNAL, "%s: line %" PRIu64 ": misread", lines->image->name,
                   lines->line);
}

/** Decodes `count` bytes from twice as many digits; false if one of those is none. */
static bool decode(const uint8_t *text, size_t count, uint8_t *to, uint8_t *sum)
{
    unsigned bad = 0;
    unsigned total = 0;
    for (size_t i = 0; i < count; i++) {
        unsigned high = digit_of[text[2 * i]];
        unsigned low = digit_of[text[2 * i + 1]];
        unsigned value = high << 4 | low;
        bad |= high | low;
        to[i] = (uint8_t)value;
        total += value;
    }
    *sum = (uint8_t)total;
    return (bad & NONE) == 0;
}

enum ub_code ub_lines_take_decimal(struct ub_lines *lines, uint8_t *digit)
{
    if (lines->in.left == 0)
        return fail_cut(lines);
    if (*lines->in.at < '0' || *lines->in.at > '9')
        return fail_character(lines, "a digit");
    *digit = (uint8_t)(ub_take_u8(&lines->in) - '0');
    return UB_OK;
}

enum ub_code ub_lines_take_bytes(struct ub_lines *lines, size_t extra, uint8_t *to, uint8_t *sum)
{
    const uint8_t *text = lines->in.at;
    if (lines->in.left < 2 || !decode(text, 1, to, sum))
        return explain_digits(lines, 2);
    size_t count = 1 + to[0] + extra;
    if (lines->in.left < 2 * count || !decode(text, count, to, sum))
        return explain_digits(lines, 2 * count);
    (void)ub_take_bytes(&lines->in, 2 * count);
    if (lines->in.left > 0 && !ub_lines_blank(*lines->in.at) && *lines->in.at != END_OF_DOS)
        return fail_character(lines, "the end of the line");
    return UB_OK;
}

/** Hands the gathered run to the image. */
static enum ub_code flush(struct ub_lines *lines)
{
    if (lines->run_length == 0)
        return UB_OK;
    uint8_t *data = lines->run;
    if (lines->run_length < lines->run_capacity) {
        uint8_t *smaller = realloc(data, lines->run_length);
        data = smaller ? smaller : data;
    }
    size_t length = lines->run_length;
    lines->run = NULL;
    lines->run_length = 0;
    lines->run_capacity = 0;
    return ub_image_adopt(lines->image, UB_IMAGE_ALT_NONE, true, lines->run_address, data, length,
                          lines->err);
}

static enum ub_code fail_too_large(struct ub_lines *lines)
{
    char limit[32];
    ub_print_grouped(limit, sizeof(limit), UB_IMAGE_FILE_MAX);
    return ub_fail(lines->err, UB_IMG_TOO_LARGE,
                   "%s: line %" PRIu64 ": more than %s bytes of firmware", lines->image->name,
                   lines->line, limit);
}

static enum ub_code append(struct ub_lines *lines, uint64_t address, const uint8_t *data,
                           size_t length)
{
    if (lines->run_length > 0 && address != lines->run_address + lines->run_length) {
        enum ub_code code = flush(lines);
        if (code)
            return code;
    }
    if (lines->run_length == 0)
        lines->run_address = address;
    size_t needed = lines->run_length + length; /* at most UB_IMAGE_FILE_MAX */
    if (needed > lines->run_capacity) {
        size_t capacity = lines->run_capacity ? 2 * needed : needed;
        uint8_t *moved = realloc(lines->run, capacity);
        if (!moved)
            return ub_fail_memory(lines->err);
        lines->run = moved;
        lines->run_capacity = capacity;
    }
    memcpy(lines->run + lines->run_length, data, length);
    lines->run_length = needed;
    return UB_OK;
}

enum ub_code ub_lines_add(struct ub_lines *lines, uint64_t address, const uint8_t *data,
                          size_t length)
{
    if (length == 0)
        return UB_OK;
    if (address + length > UINT64_C(0x100000000))
        return ub_fail(lines->err, lines->format->syntax,
                       "%s: line %" PRIu64 ": %zu bytes at 0x%08" PRIx64 " run past 0xffffffff",
                       lines->image->name, lines->line, length, address);
    lines->total += length;
    if (lines->total > UB_IMAGE_FILE_MAX)
        return fail_too_large(lines);
    return append(lines, address, data, length);
}

static enum ub_code take_record(struct ub_lines *lines)
{
    if (lines->end_line && *lines->in.at == END_OF_DOS) {
        lines->done = true;
        return UB_OK;
    }
    /* Most readers stop here, and would leave out half of two files that were put together. */
    if (lines->end_line)
        return ub_fail(lines->err, lines->format->syntax,
                       "%s: line %" PRIu64 ": there is more behind the %s of line %" PRIu64,
                       lines->image->name, lines->line, lines->format->end_name, lines->end_line);
    if (*lines->in.at != lines->format->mark && *lines->in.at != lines->format->other_mark)
        return fail_character(lines, lines->format->mark_name);
    return lines->format->record(lines);
}

enum ub_code ub_lines_feed(struct ub_lines *lines, const uint8_t *piece, size_t length, bool last,
                           size_t *used)
{
    enum ub_code code = UB_OK;
    lines->in = ub_cursor(piece, length);
    lines->piece = piece;
    while (!code && !lines->done && skip_blank(lines, last) &&
           (last || lines->in.left >= UB_LINE_MAX))
        code = take_record(lines);
    *used = lines->done ? length : (size_t)(lines->in.at - piece);
    lines->piece_offset += *used;
    return code;
}

enum ub_code ub_lines_finish(struct ub_lines *lines)
{
    enum ub_code code = lines->format->finish(lines);
    return code ? code : flush(lines);
}

enum ub_code ub_lines_read(const struct ub_line_format *format, const uint8_t *bytes, size_t length,
                           struct ub_image *image, struct ub_error *err)
{
    struct ub_lines lines;
    size_t used = 0;
    enum ub_code code = ub_lines_open(&lines, format, image, err);
    if (!code)
        code = ub_lines_feed(&lines, bytes, length, true, &used);
    if (!code)
        code = ub_lines_finish(&lines);
    ub_lines_close(&lines);
    return code;
}
