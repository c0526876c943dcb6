/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file armour.h
 * The text around keys and signatures: lines of comment and lines of base64 (signify(1), minisign
 * 0.11). Read strictly: nothing is skipped, nothing may follow.
 */
#ifndef UB_TRUST_ARMOUR_H
#define UB_TRUST_ARMOUR_H

#include "base/bytes.h"
#include "unbrick.h"

#define UB_ARMOUR_COMMENT_MAX 1024 /**< of an untrusted comment (minisign: COMMENTMAXBYTES) */
#define UB_ARMOUR_BYTES_MAX   160  /**< the longest thing in base64: minisign's secret key, 158 */

#define UB_COMMENT_UNTRUSTED  "untrusted comment: "
#define UB_COMMENT_TRUSTED    "trusted comment: "

/** A line of text, without its end; not NUL-terminated. */
struct ub_line {
    const char *text;
    size_t length;
};

/** Takes the next line, which ends with LF, CRLF or the text. False past the end. */
bool ub_take_line(struct ub_cursor *cursor, struct ub_line *line);

/** Takes `prefix` off the line; false if it does not begin so. */
bool ub_line_strip(struct ub_line *line, const char *prefix);

/** Does the line hold no control characters but tabs? */
bool ub_line_is_plain(const struct ub_line *line);

/** Reads a line that is base64 and nothing else (with padding, in its one right form), of at most
 * UB_ARMOUR_BYTES_MAX bytes. False, and *length 0, if it is anything else. */
bool ub_line_base64(const struct ub_line *line, uint8_t bytes[UB_ARMOUR_BYTES_MAX], size_t *length);

/**
 * Takes an untrusted comment and the line of base64 below it. The comment is optional if `bare`.
 * *why is then what is wrong, a static text for a person.
 */
bool ub_take_armour(struct ub_cursor *cursor, bool bare, struct ub_line *comment,
                    uint8_t bytes[UB_ARMOUR_BYTES_MAX], size_t *length, const char **why);

#endif
