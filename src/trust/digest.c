/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "trust/digest.h"

#include "base/error.h"
#include "base/text.h"
#include "trust/armour.h"

#include <sodium.h>
#include <string.h>

#define SHA256_DIGITS ((size_t)2 * crypto_hash_sha256_BYTES)
#define SHA512_DIGITS ((size_t)2 * crypto_hash_sha512_BYTES)
#define DIGITS_TEXT   (SHA512_DIGITS + 1)
#define NAME_MAX_TEXT 1024 /* longer names are of no file */

/** What a list says of the file that is looked for. */
struct search {
    const char *name;
    bool beside;              /**< names in other folders are other files' */
    char digits[DIGITS_TEXT]; /**< "" while nothing was found */
    bool exact;               /**< the name stood there without a folder */
    bool contradiction;       /**< and so did another digest of the same kind */
};

/** A line taken apart. */
struct entry {
    char digits[DIGITS_TEXT]; /**< lower case */
    char name[NAME_MAX_TEXT]; /**< "" if the digest stands alone */
};

static bool is_digit(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

/** Takes the digits that the line begins with. False unless there are as many as a digest has. */
static bool take_digits(struct ub_line *line, char digits[DIGITS_TEXT])
{
    size_t count = 0;
    while (count < line->length && is_digit(line->text[count]))
        count++;
    if (count != SHA256_DIGITS && count != SHA512_DIGITS)
        return false;
    for (size_t i = 0; i < count; i++) {
        const char c = line->text[i];
        digits[i] = (char)(c >= 'A' && c <= 'F' ? c - 'A' + 'a' : c);
    }
    digits[count] = '\0';
    line->text += count;
    line->length -= count;
    return true;
}

/** Copies a name, with coreutils' escapes resolved if the line began with a backslash. */
static bool take_name(const struct ub_line *line, bool escaped, char name[NAME_MAX_TEXT])
{
    size_t length = 0;
    for (size_t i = 0; i < line->length; i++) {
        char c = line->text[i];
        if (escaped && c == '\\') {
            if (++i == line->length)
                return false;
            c = line->text[i];
            if (c != '\\' && c != 'n' && c != 'r')
                return false;
            c = (char)(c == 'n' ? '\n' : c == 'r' ? '\r' : c);
        }
        if (c == '\0' || length + 1 >= NAME_MAX_TEXT)
            return false;
        name[length++] = c;
    }
    name[length] = '\0';
    return length > 0;
}

/** BSD's form: "SHA256 (NAME) = DIGITS". A name may hold anything, so its end is sought from the
 * line's. */
static bool parse_tagged(struct ub_line line, bool escaped, struct entry *entry)
{
    static const char between[] = ") = ";
    const size_t gap = sizeof(between) - 1;
    size_t digits = 0;
    if (ub_line_strip(&line, "SHA256 ("))
        digits = SHA256_DIGITS;
    else if (ub_line_strip(&line, "SHA512 ("))
        digits = SHA512_DIGITS;
    if (digits == 0 || line.length <= digits + gap)
        return false;
    struct ub_line rest = {line.text + line.length - digits - gap, digits + gap};
    const struct ub_line name = {line.text, line.length - digits - gap};
    return ub_line_strip(&rest, between) && take_digits(&rest, entry->digits) && rest.length == 0 &&
           strlen(entry->digits) == digits && take_name(&name, escaped, entry->name);
}

/** coreutils' form: "DIGITS  NAME" or "DIGITS *NAME"; or digits alone. */
static bool parse_plain(struct ub_line line, bool escaped, struct entry *entry)
{
    entry->name[0] = '\0';
    if (!take_digits(&line, entry->digits))
        return false;
    struct ub_line blanks = line;
    while (ub_line_strip(&blanks, " "))
        ;
    if (blanks.length == 0)
        return !escaped;
    if (!ub_line_strip(&line, "  ") && !ub_line_strip(&line, " *"))
        return false;
    if (line.length == 1 && line.text[0] == '-')
        return true; /* of the standard input: it names no file */
    return take_name(&line, escaped, entry->name);
}

static bool parse_line(struct ub_line line, struct entry *entry)
{
    const bool escaped = ub_line_strip(&line, "\\");
    return parse_tagged(line, escaped, entry) || parse_plain(line, escaped, entry);
}

/** 2: that name, 1: that name in some folder, 0: another. */
static unsigned names_match(const char *said, const char *name)
{
    const char *slash = strrchr(said, '/');
    if (strcmp(said, name) == 0 || (strncmp(said, "./", 2) == 0 && strcmp(said + 2, name) == 0))
        return 2;
    return slash && strcmp(slash + 1, name) == 0 ? 1 : 0;
}

static void consider(struct search *search, const struct entry *entry)
{
    const unsigned match = names_match(entry->name, search->name);
    if (match == 0 || (match == 1 && (search->exact || search->beside)))
        return;
    const bool better = match == 2 && !search->exact;
    const size_t old = strlen(search->digits);
    const size_t new = strlen(entry->digits);
    if (old && !better) {
        if (old == new &&strcmp(search->digits, entry->digits) != 0)
            search->contradiction = true;
        if (new <= old)
            return; /* the longer digest says more */
    }
    if (better)
        search->contradiction = false;
    search->exact = match == 2;
    memcpy(search->digits, entry->digits, sizeof(search->digits));
}

static bool find(const uint8_t *sums, size_t sums_length, const char *name, bool beside,
                 char digits[129])
{
    struct ub_cursor cursor = ub_cursor(sums, sums_length);
    struct search search = {.name = name, .beside = beside};
    struct entry entry;
    struct ub_line line;
    char lonely[DIGITS_TEXT] = "";
    size_t lines = 0;
    digits[0] = '\0';
    if (sums_length > UB_SUMS_FILE_MAX)
        return false;
    while (ub_take_line(&cursor, &line)) {
        if (line.length == 0)
            continue;
        lines++;
        if (!parse_line(line, &entry))
            continue;
        if (entry.name[0])
            consider(&search, &entry);
        else
            memcpy(lonely, entry.digits, sizeof(lonely));
    }
    /* Two digests for one name: nobody knows which is meant. */
    if (search.contradiction)
        return false;
    if (!search.digits[0] && lines == 1)
        memcpy(search.digits, lonely, sizeof(search.digits));
    memcpy(digits, search.digits, sizeof(search.digits));
    return digits[0] != '\0';
}

bool ub_digest_find(const uint8_t *sums, size_t sums_length, const char *name, char digits[129])
{
    return find(sums, sums_length, name, false, digits);
}

bool ub_digest_find_beside(const uint8_t *sums, size_t sums_length, const char *name,
                           char digits[129])
{
    return find(sums, sums_length, name, true, digits);
}

enum ub_code ub_digest_check(const char *name, const char *digits, const uint8_t *content,
                             size_t length, struct ub_error *err)
{
    uint8_t expected[crypto_hash_sha512_BYTES];
    uint8_t is[crypto_hash_sha512_BYTES];
    char text[DIGITS_TEXT];
    const size_t count = strlen(digits);
    const bool wide = count == SHA512_DIGITS;
    const size_t size = count / 2;
    if ((count != SHA256_DIGITS && !wide) || !ub_parse_hex(digits, expected, size))
        return ub_fail(err, UB_USE_OPTION,
                       "a digest has 64 (SHA-256) or 128 (SHA-512) hexadecimal digits");
    if (wide)
        (void)crypto_hash_sha512(is, content, length);
    else
        (void)crypto_hash_sha256(is, content, length);
    if (memcmp(is, expected, size) == 0)
        return UB_OK;
    ub_print_hex(text, is, size);
    return ub_fail(err, UB_TRU_DIGEST, "%s: its %s is %.16s..., not %.16s...", name,
                   wide ? "SHA-512" : "SHA-256", text, digits);
}
