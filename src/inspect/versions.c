/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "inspect/versions.h"

#include "base/text.h"

#include <string.h>

#define RUN_MIN     4   /* shorter text happens by chance */
#define WIDE_MAX    255 /* characters of a text in UTF-16 that are looked at */
#define PARTS       4   /* numbers of a version; more are an object identifier */
#define NEAR        24  /* characters before a version in which a word about it is looked for */
#define NEAR_OTHERS 40  /* and one about a compiler: "gcc (Debian 12.2.0-14) 12.2.0" */
#define ACCEPT      2u
#define WEIGHED_MAX ((size_t)100000) /* so many numbers are no texts of a program any more */

/** A stretch of printable characters, not NUL-terminated. */
struct text {
    const char *at;
    size_t length;
};

/** What was read of a version. */
struct parsed {
    size_t length;
    unsigned parts;
    bool zero;   /**< all numbers are 0 */
    bool suffix; /**< a word follows: "-rc4", "+g0123abc" */
    bool date;   /**< year, month, day */
};

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static char at(const struct text *text, size_t index)
{
    return index < text->length ? text->at[index] : '\0';
}

static size_t count_digits(const struct text *text, size_t from)
{
    size_t n = 0;
    while (is_digit(at(text, from + n)))
        n++;
    return n;
}

static bool word_at(const struct text *text, size_t from, const char *word)
{
    for (size_t i = 0; word[i]; i++)
        if (lower(at(text, from + i)) != word[i])
            return false;
    return true;
}

/** "2018-12-R1" or "2018-12-31": no numbers with dots between them. */
static bool parse_date(const struct text *text, size_t from, struct parsed *out)
{
    size_t i = from + 8;
    if (!word_at(text, from, "20") || count_digits(text, from) != 4 || at(text, from + 4) != '-' ||
        count_digits(text, from + 5) != 2 || at(text, from + 7) != '-')
        return false;
    out->date = !is_letter(at(text, i));
    out->suffix = !out->date;
    i += !out->date;
    size_t last = count_digits(text, i);
    out->length = i + last - from;
    return last >= 1 && last <= 2 && !is_letter(at(text, i + last)) && at(text, i + last) != '-';
}

/** "1.2", "1.2.3", "1.2.3.4"; each number of at most 8 digits. */
static bool parse_numbers(const struct text *text, size_t from, struct parsed *out)
{
    size_t i = from;
    out->zero = true;
    for (;;) {
        size_t digits = count_digits(text, i);
        if (digits == 0 || digits > 8 || ++out->parts > PARTS)
            return false;
        for (size_t n = 0; n < digits; n++)
            out->zero &= text->at[i + n] == '0';
        i += digits;
        if (at(text, i) != '.' || !is_digit(at(text, i + 1)))
            break;
        i++;
    }
    out->length = i - from;
    return out->parts >= 2;
}

static bool in_suffix(char c)
{
    return is_digit(c) || is_letter(c) || c == '.' || c == '+' || c == '-' || c == '~' || c == '_';
}

/** Letters at once behind the numbers are a unit ("2.4GHz", "3.3V"), but for these. */
static bool may_follow(const struct text *text, size_t from)
{
    static const char *const words[] = {"rc", "alpha", "beta", "pre", "dev", "post"};
    if (!is_letter(at(text, from)))
        return true;
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
        if (word_at(text, from, words[i]))
            return true;
    return !is_letter(at(text, from + 1)) && lower(at(text, from)) <= 'k'; /* "1.0a", "1.1.1k" */
}

/** A dot and a word end a version ("1.2.3.tar.gz"), but for the words that may follow at once. */
static bool is_ending(const struct text *text, size_t from)
{
    return at(text, from) == '.' && !is_digit(at(text, from + 1)) &&
           (!is_letter(at(text, from + 1)) || is_letter(at(text, from + 2))) &&
           !may_follow(text, from + 1);
}

static void parse_suffix(const struct text *text, size_t from, struct parsed *out)
{
    size_t i = from + out->length;
    size_t start = i;
    while (in_suffix(at(text, i)) && !is_ending(text, i) && i - from < UB_VERSION_TEXT)
        i++;
    while (i > start && !is_digit(text->at[i - 1]) && !is_letter(text->at[i - 1]))
        i--;
    bool one = is_letter(at(text, start)) && !is_letter(at(text, start + 1)); /* "1.0a" */
    for (size_t n = start + one; n < i; n++)
        out->suffix |= is_letter(text->at[n]);
    out->length = i - from;
}

/** A word of its own: no letter stands behind it, and none before it, unless it begins with a
 * capital ("FwVersion", but not "server"). */
static bool stands_at(const struct text *text, size_t from, const char *word)
{
    return word_at(text, from, word) && !is_letter(at(text, from + strlen(word))) &&
           (from == 0 || !is_letter(text->at[from - 1]) || text->at[from] != word[0]);
}

/** Is one of the words among the `near` characters in front of a version? */
static bool word_before(const struct text *text, size_t from, size_t near, const char *const *words)
{
    for (size_t i = from > near ? from - near : 0; i < from; i++)
        for (const char *const *word = words; *word; word++)
            if (i + strlen(*word) <= from && stands_at(text, i, *word))
                return true;
    return false;
}

/** Does a word say that it is the firmware's own? */
static bool is_own(const struct text *text, size_t start)
{
    static const char *const own[] = {"version", "ver", "fw", "firmware", "release", "rev", NULL};
    return word_before(text, start, NEAR, own);
}

static unsigned score(const struct text *text, size_t start, bool prefixed, const struct parsed *p)
{
    /* Compilers, licences and formats leave their versions everywhere. */
    static const char *const others[] = {"gcc", "gnu)", "clang", "llvm",  "license", "licence",
                                         "xml", "http", "gpl",   "rustc", NULL};
    unsigned points = 0;
    if (p->zero || word_before(text, start, NEAR_OTHERS, others))
        return 0;
    bool named = is_own(text, start);
    if (p->parts > 3 && !named && !prefixed)
        return 0; /* an address of the Internet */
    if (p->date)
        return named ? ACCEPT : 0; /* a date is one only if a word says so */
    points += named ? 3u + prefixed : prefixed ? 2u : 0;
    points += p->parts >= 3 ? 2 : 0;
    points += p->suffix ? 2 : 0;
    return points;
}

static const char *bare(const char *text)
{
    return (text[0] == 'v' || text[0] == 'V') ? text + 1 : text;
}

static bool better(const struct ub_version_text *a, const struct ub_version_text *b)
{
    if (a->score != b->score)
        return a->score > b->score;
    return strlen(a->text) > strlen(b->text);
}

/** Puts it where it belongs among the best. */
static void add(struct ub_version_texts *to, const struct ub_version_text *item)
{
    for (size_t i = 0; i < to->count; i++) {
        if (strcmp(bare(to->items[i].text), bare(item->text)) != 0)
            continue;
        if (!better(item, &to->items[i]))
            return;
        to->count--;
        memmove(&to->items[i], &to->items[i + 1], (to->count - i) * sizeof(to->items[0]));
        break;
    }
    size_t place = to->count;
    while (place > 0 && better(item, &to->items[place - 1]))
        place--;
    if (place >= UB_FACT_VERSIONS)
        return;
    to->count += to->count < UB_FACT_VERSIONS;
    memmove(&to->items[place + 1], &to->items[place],
            (to->count - place - 1) * sizeof(to->items[0]));
    to->items[place] = *item;
}

/** May a version begin with the digit at `from`? *prefixed: with the "v" before it. */
static bool may_begin(const struct text *text, size_t from, bool *prefixed)
{
    char before = from ? text->at[from - 1] : ' ';
    *prefixed = lower(before) == 'v' && (from < 2 || !is_letter(text->at[from - 2]));
    if (is_letter(before) && !*prefixed)
        return is_own(text, from);
    return before != '.' && before != '%';
}

static bool parse(const struct text *text, size_t from, struct parsed *p)
{
    if (parse_date(text, from, p)) {
        p->parts = 2;
        return true;
    }
    *p = (struct parsed){0};
    if (!parse_numbers(text, from, p) || !may_follow(text, from + p->length))
        return false;
    parse_suffix(text, from, p);
    return true;
}

/** A version that may begin with the digit at `from`. Returns where to go on. */
static size_t look_at(const struct text *text, size_t from, struct ub_version_texts *out)
{
    struct parsed p = {0};
    struct ub_version_text item;
    bool prefixed;
    if (!may_begin(text, from, &prefixed) || !parse(text, from, &p)) {
        /* Nothing behind a wrong beginning is one. */
        while (is_digit(at(text, from)) || at(text, from) == '.')
            from++;
        return from;
    }
    size_t start = from - prefixed;
    size_t length = p.length + prefixed;
    item.score = score(text, start, prefixed, &p);
    if (item.score >= ACCEPT && length < UB_VERSION_TEXT) {
        memcpy(item.text, text->at + start, length);
        item.text[length] = '\0';
        add(out, &item);
    }
    out->looked_at++;
    return from + p.length;
}

static void look_through(const struct text *text, struct ub_version_texts *out)
{
    for (size_t i = 0; i < text->length && out->looked_at < WEIGHED_MAX;) {
        if (is_digit(text->at[i]))
            i = look_at(text, i, out);
        else
            i++;
    }
}

static bool is_text(uint8_t byte)
{
    return (byte >= 0x20 && byte < 0x7f) || byte == '\t' || byte == '\n' || byte == '\r';
}

/** Text of a program ends with a NUL, or where the flash is blank. */
static bool ends(const uint8_t *bytes, size_t length, size_t end)
{
    return end >= length || bytes[end] == 0 || bytes[end] == 0xff;
}

static void find_narrow(const uint8_t *bytes, size_t length, struct ub_version_texts *out)
{
    for (size_t i = 0; i < length;) {
        size_t start = i;
        while (i < length && is_text(bytes[i]))
            i++;
        if (i - start >= RUN_MIN && ends(bytes, length, i)) {
            struct text text = {(const char *)bytes + start, i - start};
            look_through(&text, out);
        }
        i++;
    }
}

/** Pairs of a printable character and a zero. */
static void find_wide(const uint8_t *bytes, size_t length, struct ub_version_texts *out)
{
    char copy[WIDE_MAX];
    for (size_t i = 0; i + 1 < length;) {
        size_t n = 0;
        while (i + 1 < length && is_text(bytes[i]) && bytes[i + 1] == 0) {
            if (n < sizeof(copy))
                copy[n++] = (char)bytes[i];
            i += 2;
        }
        if (n >= RUN_MIN) {
            struct text text = {copy, n};
            look_through(&text, out);
        }
        i += n == 0;
    }
}

void ub_versions_find(const uint8_t *bytes, size_t length, struct ub_version_texts *out)
{
    find_narrow(bytes, length, out);
    find_wide(bytes, length, out);
}
