/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "trust/armour.h"

#include <sodium.h>
#include <string.h>

bool ub_take_line(struct ub_cursor *cursor, struct ub_line *line)
{
    if (cursor->failed || cursor->left == 0)
        return false;
    const char *text = (const char *)cursor->at;
    const char *end = memchr(text, '\n', cursor->left);
    const size_t length = end ? (size_t)(end - text) : cursor->left;
    (void)ub_take_bytes(cursor, length + (end ? 1 : 0));
    *line = (struct ub_line){text, length};
    if (end && length > 0 && text[length - 1] == '\r')
        line->length--;
    return true;
}

bool ub_line_strip(struct ub_line *line, const char *prefix)
{
    const size_t length = strlen(prefix);
    if (line->length < length || memcmp(line->text, prefix, length) != 0)
        return false;
    line->text += length;
    line->length -= length;
    return true;
}

bool ub_line_is_plain(const struct ub_line *line)
{
    for (size_t i = 0; i < line->length; i++) {
        const unsigned char c = (unsigned char)line->text[i];
        if ((c < ' ' && c != '\t') || c == 0x7f)
            return false;
    }
    return true;
}

bool ub_line_base64(const struct ub_line *line, uint8_t bytes[UB_ARMOUR_BYTES_MAX], size_t *length)
{
    const char *end = NULL;
    *length = 0;
    /* libsodium refuses padding that is missing and bits that are left over. */
    if (sodium_base642bin(bytes, UB_ARMOUR_BYTES_MAX, line->text, line->length, NULL, length, &end,
                          sodium_base64_VARIANT_ORIGINAL) == 0 &&
        end == line->text + line->length && *length > 0)
        return true;
    *length = 0;
    return false;
}

bool ub_take_armour(struct ub_cursor *cursor, bool bare, struct ub_line *comment,
                    uint8_t bytes[UB_ARMOUR_BYTES_MAX], size_t *length, const char **why)
{
    struct ub_line line;
    *comment = (struct ub_line){"", 0};
    *length = 0;
    *why = "it is empty";
    if (!ub_take_line(cursor, &line))
        return false;
    if (ub_line_strip(&line, UB_COMMENT_UNTRUSTED)) {
        *why = "its comment is too long or not text";
        if (line.length > UB_ARMOUR_COMMENT_MAX || !ub_line_is_plain(&line))
            return false;
        *comment = line;
        *why = "the line below the comment is missing";
        if (!ub_take_line(cursor, &line))
            return false;
    } else if (!bare) {
        *why = "it does not begin with \"untrusted comment: \"";
        return false;
    }
    *why = "it is not base64";
    return ub_line_base64(&line, bytes, length);
}
