/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "trust/version.h"

#include <stddef.h>
#include <string.h>

/** Where the parts of a version are. */
struct parts {
    const char *numbers;
    size_t numbers_length;
    const char *pre; /**< behind the '-' */
    size_t pre_length;
};

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_word(char c)
{
    return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-';
}

/** Pieces of at least one such character each, with dots between them. */
static bool is_dotted(const char *text, size_t length, bool (*fits)(char c))
{
    bool empty = true;
    for (size_t i = 0; i < length; i++) {
        if (text[i] == '.' && empty)
            return false;
        if (text[i] != '.' && !fits(text[i]))
            return false;
        empty = text[i] == '.';
    }
    return !empty;
}

static bool take_apart(const char *text, struct parts *out)
{
    if (*text == 'v' || *text == 'V')
        text++;
    const char *plus = strchr(text, '+');
    const size_t length = plus ? (size_t)(plus - text) : strlen(text);
    const char *dash = memchr(text, '-', length);
    *out = (struct parts){.numbers = text, .numbers_length = length};
    if (dash) {
        out->numbers_length = (size_t)(dash - text);
        out->pre = dash + 1;
        out->pre_length = length - out->numbers_length - 1;
    }
    return is_dotted(out->numbers, out->numbers_length, is_digit) &&
           (!dash || is_dotted(out->pre, out->pre_length, is_word)) &&
           (!plus || is_dotted(plus + 1, strlen(plus + 1), is_word));
}

/** The next piece of a dotted text, which gets shorter by it; false at the end. */
static bool next_piece(const char **text, size_t *left, const char **piece, size_t *length)
{
    if (*left == 0)
        return false;
    const char *dot = memchr(*text, '.', *left);
    *piece = *text;
    *length = dot ? (size_t)(dot - *text) : *left;
    const size_t used = *length + (dot ? 1 : 0);
    *text += used;
    *left -= used;
    return true;
}

static int sign(int value)
{
    return (value > 0) - (value < 0);
}

/** Numbers of any length; no digits at all are 0. */
static int compare_numbers(const char *a, size_t a_length, const char *b, size_t b_length)
{
    for (; a_length && *a == '0'; a++)
        a_length--;
    for (; b_length && *b == '0'; b++)
        b_length--;
    if (a_length != b_length)
        return a_length < b_length ? -1 : 1;
    return a_length ? sign(memcmp(a, b, a_length)) : 0;
}

static int compare_releases(struct parts a, struct parts b)
{
    for (;;) {
        const char *x = "";
        const char *y = "";
        size_t x_length = 0;
        size_t y_length = 0;
        const bool more_a = next_piece(&a.numbers, &a.numbers_length, &x, &x_length);
        const bool more_b = next_piece(&b.numbers, &b.numbers_length, &y, &y_length);
        if (!more_a && !more_b)
            return 0;
        const int order = compare_numbers(x, x_length, y, y_length);
        if (order)
            return order;
    }
}

static bool is_number(const char *text, size_t length)
{
    for (size_t i = 0; i < length; i++)
        if (!is_digit(text[i]))
            return false;
    return true;
}

/** Semantic Versioning 2.0.0 §11.4: numbers by their value and before words, words as in ASCII. */
static int compare_pieces(const char *a, size_t a_length, const char *b, size_t b_length)
{
    const bool a_number = is_number(a, a_length);
    const bool b_number = is_number(b, b_length);
    if (a_number && b_number)
        return compare_numbers(a, a_length, b, b_length);
    if (a_number != b_number)
        return a_number ? -1 : 1;
    const int order = sign(memcmp(a, b, a_length < b_length ? a_length : b_length));
    if (order || a_length == b_length)
        return order;
    return a_length < b_length ? -1 : 1;
}

static int compare_pre(struct parts a, struct parts b)
{
    if (!a.pre || !b.pre) /* a release is newer than what led to it */
        return (a.pre == NULL) - (b.pre == NULL);
    for (;;) {
        const char *x = "";
        const char *y = "";
        size_t x_length = 0;
        size_t y_length = 0;
        const bool more_a = next_piece(&a.pre, &a.pre_length, &x, &x_length);
        const bool more_b = next_piece(&b.pre, &b.pre_length, &y, &y_length);
        if (!more_a || !more_b) /* more pieces are newer */
            return more_a - more_b;
        const int order = compare_pieces(x, x_length, y, y_length);
        if (order)
            return order;
    }
}

bool ub_version_valid(const char *text)
{
    struct parts ignored;
    return take_apart(text, &ignored);
}

bool ub_version_compare(const char *a, const char *b, int *order)
{
    struct parts x;
    struct parts y;
    *order = 0;
    if (!take_apart(a, &x) || !take_apart(b, &y))
        return false;
    *order = compare_releases(x, y);
    if (*order == 0)
        *order = compare_pre(x, y);
    return true;
}
