/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file text.h
 * Text for people, and numbers out of text.
 */
#ifndef UB_BASE_TEXT_H
#define UB_BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** Prints into a buffer of `size` bytes, always NUL-terminated; false if it had to be cut. */
bool ub_print(char *to, size_t size, const char *format, ...) __attribute__((format(printf, 3, 4)));

/** Appends to the NUL-terminated text in a buffer of `size` bytes; false if it had to be cut. */
bool ub_append(char *to, size_t size, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/**
 * Copies text from a stranger: at most `length` bytes up to a NUL, control characters and bytes
 * that are not valid UTF-8 replaced by '?', trailing spaces dropped. Always NUL-terminated.
 */
void ub_print_stranger(char *to, size_t size, const char *text, size_t length);

/** As ub_print_stranger(), from UTF-16LE code units as in a USB string descriptor (USB 2.0
 * section 9.6.7). */
void ub_print_utf16le(char *to, size_t size, const uint8_t *units, size_t bytes);

/** "5,664": decimal with thousands separators. */
void ub_print_grouped(char *to, size_t size, uint64_t value);

/** "3b1f...": lower-case hexadecimal of `length` bytes; `to` has room for 2 * length + 1. */
void ub_print_hex(char *to, const uint8_t *bytes, size_t length);

/** Reads exactly 2 * length hexadecimal digits; false if there is anything else. */
bool ub_parse_hex(const char *text, uint8_t *bytes, size_t length);

/**
 * Reads the whole of `length` characters as a number of the given base (10 or 16, no prefix, no
 * sign), at most `max`. False if empty, too large, or if any other character is there.
 */
bool ub_parse_digits(const char *text, size_t length, unsigned base, uint64_t max, uint64_t *value);

/** Reads a whole string as decimal, or hexadecimal after "0x", with an optional K or M (1024, 1024
 * * 1024). */
bool ub_parse_number(const char *text, uint64_t max, uint64_t *value);

/** Equality without regard to the case of ASCII letters. */
bool ub_same_word(const char *a, const char *b);

#endif
