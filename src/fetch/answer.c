/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "fetch/answer.h"

#include "base/text.h"

#include <string.h>

/** A piece of a line; not NUL-terminated. */
struct piece {
    const char *text;
    size_t length;
};

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static struct piece trim(struct piece piece)
{
    while (piece.length > 0 && is_blank(piece.text[0])) {
        piece.text++;
        piece.length--;
    }
    while (piece.length > 0 && is_blank(piece.text[piece.length - 1]))
        piece.length--;
    return piece;
}

/** Is the line "NAME: value"? Case does not matter (RFC 9110 §5.1). */
static bool is_named(struct piece line, const char *name, struct piece *value)
{
    char start[32];
    const size_t length = strlen(name);
    if (line.length <= length || line.text[length] != ':')
        return false;
    (void)ub_print(start, sizeof(start), "%.*s", (int)length, line.text);
    *value = trim((struct piece){line.text + length + 1, line.length - length - 1});
    return ub_same_word(start, name);
}

/** Copies a value that is short plain text; else "". */
static void keep(struct piece value, char to[UB_NET_VALIDATOR_TEXT])
{
    to[0] = '\0';
    if (value.length >= UB_NET_VALIDATOR_TEXT)
        return;
    for (size_t i = 0; i < value.length; i++)
        if (value.text[i] < ' ' || value.text[i] > '~')
            return;
    memcpy(to, value.text, value.length);
    to[value.length] = '\0';
}

/** Takes decimal digits up to `end`, or up to the last character if that is 0. */
static bool take_number(struct piece *piece, char end, uint64_t *value)
{
    const char *stop = end ? memchr(piece->text, end, piece->length) : piece->text + piece->length;
    if (!stop || !ub_parse_digits(piece->text, (size_t)(stop - piece->text), 10, INT64_MAX, value))
        return false;
    const size_t used = (size_t)(stop - piece->text) + (end ? 1 : 0);
    piece->text += used;
    piece->length -= used;
    return true;
}

/** "bytes 100-199/200", or with "*" as the total (RFC 9110 §14.4). */
static void take_range(struct ub_headers *headers, struct piece value)
{
    static const char unit[] = "bytes ";
    uint64_t first = 0;
    uint64_t last = 0;
    uint64_t total = 0;
    headers->has_range = false;
    if (value.length < sizeof(unit) || memcmp(value.text, unit, sizeof(unit) - 1) != 0)
        return;
    value.text += sizeof(unit) - 1;
    value.length -= sizeof(unit) - 1;
    if (!take_number(&value, '-', &first) || !take_number(&value, '/', &last) || last < first)
        return;
    const bool open = value.length == 1 && value.text[0] == '*';
    if (!open && (!take_number(&value, 0, &total) || total <= last))
        return;
    headers->has_range = true;
    headers->from = first;
    headers->has_total = !open;
    headers->total = total;
}

void ub_headers_take(struct ub_headers *headers, const char *line, size_t length)
{
    const struct piece whole = {line, length};
    struct piece value;
    if (length >= 5 && memcmp(line, "HTTP/", 5) == 0) /* of the next answer, after a redirect */
        memset(headers, 0, sizeof(*headers));
    else if (is_named(whole, "etag", &value))
        keep(value, headers->etag);
    else if (is_named(whole, "last-modified", &value))
        keep(value, headers->modified);
    else if (is_named(whole, "content-range", &value))
        take_range(headers, value);
}

bool ub_headers_answer(const struct ub_headers *headers, bool partial, int64_t length,
                       struct ub_net_answer *out)
{
    memset(out, 0, sizeof(*out));
    memcpy(out->etag, headers->etag, sizeof(out->etag));
    memcpy(out->modified, headers->modified, sizeof(out->modified));
    out->partial = partial;
    if (!partial) {
        out->has_total = length >= 0;
        out->total = length >= 0 ? (uint64_t)length : 0;
        return true;
    }
    out->from = headers->from;
    out->has_total = headers->has_total;
    out->total = headers->total;
    return headers->has_range;
}
