/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define _POSIX_C_SOURCE 200809L
#include "base/text.h"

#include "unbrick.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define UNREADABLE  '?'
#define SURROGATE_0 0xd800u
#define SURROGATE_9 0xdfffu

static bool print_at(char *to, size_t size, size_t at, const char *format, va_list args)
    __attribute__((format(printf, 4, 0)));

static bool print_at(char *to, size_t size, size_t at, const char *format, va_list args)
{
    if (at >= size)
        return false;
    int n = vsnprintf(to + at, size - at, format, args);
    if (n < 0) {
        to[at] = '\0';
        return false;
    }
    return (size_t)n < size - at;
}

bool ub_print(char *to, size_t size, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    bool whole = print_at(to, size, 0, format, args);
    va_end(args);
    return whole;
}

bool ub_append(char *to, size_t size, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    bool whole = print_at(to, size, strnlen(to, size), format, args);
    va_end(args);
    return whole;
}

/** Characters that would act on a terminal or reorder the line instead of showing themselves:
 * C0, DEL, C1, line and paragraph separators, marks and overrides of direction (UAX #9). */
static bool acts(uint32_t c)
{
    return c < 0x20 || (c >= 0x7f && c < 0xa0) || c == 0x061c || c == 0x200e || c == 0x200f ||
           (c >= 0x2028 && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069) || c == 0xfeff;
}

/** Appends one character as UTF-8 if it fits whole, else stops the text for good (size = 0). */
static void put_character(char *to, size_t *size, size_t *at, uint32_t c)
{
    uint8_t out[4];
    size_t n;
    if (acts(c))
        c = UNREADABLE;
    if (c < 0x80) {
        n = 1;
        out[0] = (uint8_t)c;
    } else if (c < 0x800) {
        n = 2;
        out[0] = (uint8_t)(0xc0 | c >> 6);
    } else if (c < 0x10000) {
        n = 3;
        out[0] = (uint8_t)(0xe0 | c >> 12);
    } else {
        n = 4;
        out[0] = (uint8_t)(0xf0 | c >> 18);
    }
    for (size_t i = 1; i < n; i++)
        out[i] = (uint8_t)(0x80 | (c >> 6 * (n - 1 - i) & 0x3f));
    if (*at + n >= *size) {
        *size = 0;
        return;
    }
    memcpy(to + *at, out, n);
    *at += n;
}

static void finish_text(char *to, size_t at)
{
    while (at > 0 && to[at - 1] == ' ')
        at--;
    to[at] = '\0';
}

/** One character of UTF-8 (RFC 3629 section 4: no overlong forms, no surrogates); returns the bytes
 * used, and UNREADABLE in *c for a byte that begins none. */
static size_t take_utf8(const uint8_t *bytes, size_t length, uint32_t *c)
{
    static const uint32_t least[] = {0, 0x80, 0x800, 0x10000};
    uint8_t first = bytes[0];
    *c = first;
    if (first < 0x80)
        return 1;
    size_t more = first >= 0xf0 ? 3 : first >= 0xe0 ? 2 : first >= 0xc0 ? 1 : 0;
    *c = UNREADABLE;
    if (more == 0 || first > 0xf4 || more >= length)
        return 1;
    uint32_t value = first & (0x3fu >> more);
    for (size_t i = 1; i <= more; i++) {
        if ((bytes[i] & 0xc0) != 0x80)
            return 1;
        value = value << 6 | (bytes[i] & 0x3fu);
    }
    if (value < least[more] || value > 0x10ffff || (value >= SURROGATE_0 && value <= SURROGATE_9))
        return 1;
    *c = value;
    return more + 1;
}

void ub_print_stranger(char *to, size_t size, const char *text, size_t length)
{
    const uint8_t *bytes = (const uint8_t *)text;
    size_t at = 0;
    size_t room = size;
    if (size == 0)
        return;
    for (size_t i = 0; i < length && bytes[i] != 0 && room > 0;) {
        uint32_t c;
        i += take_utf8(bytes + i, length - i, &c);
        put_character(to, &room, &at, c);
    }
    finish_text(to, at);
}

static uint32_t unit_at(const uint8_t *units, size_t index)
{
    return (uint32_t)units[2 * index] | (uint32_t)units[2 * index + 1] << 8;
}

void ub_print_utf16le(char *to, size_t size, const uint8_t *units, size_t bytes)
{
    size_t count = bytes / 2;
    size_t at = 0;
    size_t room = size;
    if (size == 0)
        return;
    for (size_t i = 0; i < count && room > 0; i++) {
        uint32_t c = unit_at(units, i);
        if (c == 0)
            break;
        if (c >= SURROGATE_0 && c <= SURROGATE_9) {
            uint32_t low = i + 1 < count ? unit_at(units, i + 1) : 0;
            bool pair = c < 0xdc00 && low >= 0xdc00 && low <= SURROGATE_9;
            c = pair ? 0x10000 + ((c - SURROGATE_0) << 10) + (low - 0xdc00) : UNREADABLE;
            i += pair;
        }
        put_character(to, &room, &at, c);
    }
    finish_text(to, at);
}

void ub_format_duration(char *to, size_t size, uint64_t us)
{
    const uint64_t tenths = us / 100000 + (us % 100000 >= 50000);
    const uint64_t seconds = us / 1000000 + (us % 1000000 >= 500000);
    if (us > 0 && us < 50000)
        (void)ub_print(to, size, "%" PRIu64 " ms", us < 1000 ? 1 : us / 1000);
    else if (tenths < 100)
        (void)ub_print(to, size, "%" PRIu64 ".%" PRIu64 " s", tenths / 10, tenths % 10);
    else if (seconds < 60)
        (void)ub_print(to, size, "%" PRIu64 " s", seconds);
    else if (seconds < 3600)
        (void)ub_print(to, size, "%" PRIu64 " min %02" PRIu64 " s", seconds / 60, seconds % 60);
    else
        (void)ub_print(to, size, "%" PRIu64 " h %02" PRIu64 " min", seconds / 3600,
                       seconds / 60 % 60);
}

void ub_print_grouped(char *to, size_t size, uint64_t value)
{
    char digits[32]; /* 2^64 has 20 digits and 6 commas */
    size_t at = sizeof(digits) - 1;
    unsigned count = 0;
    digits[at] = '\0';
    do {
        if (count && count % 3 == 0)
            digits[--at] = ',';
        digits[--at] = (char)('0' + value % 10);
        value /= 10;
        count++;
    } while (value);
    (void)ub_print(to, size, "%s", digits + at);
}

void ub_print_hex(char *to, const uint8_t *bytes, size_t length)
{
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < length; i++) {
        *to++ = digits[bytes[i] >> 4];
        *to++ = digits[bytes[i] & 0xf];
    }
    *to = '\0';
}

/** The value of a hexadecimal digit, or 255. */
static unsigned digit_value(char c)
{
    if (c >= '0' && c <= '9')
        return (unsigned)(c - '0');
    if (c >= 'a' && c <= 'f')
        return (unsigned)(c - 'a') + 10;
    if (c >= 'A' && c <= 'F')
        return (unsigned)(c - 'A') + 10;
    return 255;
}

bool ub_parse_hex(const char *text, uint8_t *bytes, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        unsigned high = digit_value(text[2 * i]);
        unsigned low = high < 16 ? digit_value(text[2 * i + 1]) : 255;
        if (low >= 16)
            return false;
        bytes[i] = (uint8_t)(high << 4 | low);
    }
    return text[2 * length] == '\0';
}

bool ub_parse_digits(const char *text, size_t length, unsigned base, uint64_t max, uint64_t *value)
{
    uint64_t result = 0;
    if (length == 0)
        return false;
    for (size_t i = 0; i < length; i++) {
        unsigned digit = digit_value(text[i]);
        if (digit >= base || digit > max || result > (max - digit) / base)
            return false;
        result = result * base + digit;
    }
    *value = result;
    return true;
}

bool ub_parse_number(const char *text, uint64_t max, uint64_t *value)
{
    size_t length = strlen(text);
    unsigned base = 10;
    uint64_t unit = 1;
    if (length > 2 && text[0] == '0' && (text[1] == 'x' || text[1] == 'X')) {
        base = 16;
        text += 2;
        length -= 2;
    }
    char last = '\0';
    if (length)
        last = text[length - 1];
    if (last == 'K' || last == 'k')
        unit = 1024;
    else if (last == 'M' || last == 'm')
        unit = UINT64_C(1024) * 1024;
    if (unit > 1)
        length--;
    if (!ub_parse_digits(text, length, base, max / unit, value))
        return false;
    *value *= unit;
    return true;
}

static char lower(char c)
{
    if (c >= 'A' && c <= 'Z')
        return (char)(c - 'A' + 'a');
    return c;
}

bool ub_same_word(const char *a, const char *b)
{
    while (*a && lower(*a) == lower(*b)) {
        a++;
        b++;
    }
    return lower(*a) == lower(*b);
}
