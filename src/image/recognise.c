/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a file is that is not firmware: by magic numbers (magic.c), by being text, by being blank.
 */
#include "image/recognise.h"

#include "base/bytes.h"
#include "image/image.h"
#include "image/magic.h"

#include <string.h>

#define SAMPLE        4096 /* bytes of a file that are looked at to tell whether it is text */
#define TEXT_MIN      8    /* fewer printable bytes than this happen by chance */
#define BLANK_MIN     256  /* fewer equal bytes may be meant */

#define MD5_DIGITS    32
#define SHA1_DIGITS   40
#define SHA256_DIGITS 64
#define SHA512_DIGITS 128

/* Lengths of minisign's and signify's lines in base64: a key of 42 bytes, a signature of 74. */
#define KEY_LINE       56
#define SIGNATURE_LINE 100

#define AGAIN          "fetch or copy the file again"
#define PAGE           "fetch the file itself, not the page that shows or offers it"
#define BESIDE         "it goes beside the firmware, or is named with --signature, --key or --sums"
#define LIST           "give the firmware that it describes"

/** One kind of text, known by how it begins (case of letters does not matter). */
struct opening {
    const char *text;
    struct ub_recognised what;
};

#define OPENING(text, name, advice)                                                                \
    {                                                                                              \
        text,                                                                                      \
        {                                                                                          \
            name, advice, NULL                                                                     \
        }                                                                                          \
    }

static const struct opening openings[] = {
    OPENING("<!doctype html", "a web page", PAGE),
    OPENING("<html", "a web page", PAGE),
    OPENING("<head", "a web page", PAGE),
    OPENING("<body", "a web page", PAGE),
    OPENING("<title", "a web page", PAGE),
    OPENING("<meta", "a web page", PAGE),
    OPENING("<script", "a web page", PAGE),
    OPENING("<!--", "a web page", PAGE),
    OPENING("404", "a web server's error message", PAGE),
    OPENING("403", "a web server's error message", PAGE),
    OPENING("not found", "a web server's error message", PAGE),
    OPENING("access denied", "a web server's error message", PAGE),
    OPENING("{\"message\"", "a web server's error message", PAGE),
    OPENING("<error>", "a web server's error message", PAGE),
    OPENING("<?xml", "an XML file", LIST),
    OPENING("<component", "an XML file", LIST),
    OPENING("<svg", "an SVG picture", NULL),
    OPENING("{", "a JSON file", LIST),
    OPENING("[{", "a JSON file", LIST),
    OPENING("---\n", "a YAML file", LIST),
    OPENING("---\r\n", "a YAML file", LIST),
    OPENING("%yaml", "a YAML file", LIST),
    OPENING("#!", "a script", "run it, if that is what it is for; it is no firmware"),
    OPENING("version https://git-lfs", "a Git LFS pointer",
            "fetch the file it stands for: git lfs pull"),
    OPENING("diff --git", "a patch", NULL),
    OPENING("#include", "source code", "build it first"),
    OPENING("/*", "source code", "build it first"),
    OPENING("//", "source code", "build it first"),
    OPENING("-----begin pgp signed message", "a signed text of OpenPGP",
            "check it with gpg --verify"),
    OPENING("-----begin pgp signature", "a signature of OpenPGP", "check it with gpg --verify"),
    OPENING("-----begin pgp public", "a public key of OpenPGP", "import it with gpg --import"),
    OPENING("-----begin public key", "a public key", BESIDE),
    OPENING("-----begin certificate", "a certificate", NULL),
    OPENING("-----begin ", "a key, certificate or signature", BESIDE),
    OPENING("ssh-", "a public key of SSH", NULL),
    OPENING("ecdsa-sha2-", "a public key of SSH", NULL),
    OPENING("sha256 (", "a file of digests", BESIDE),
    OPENING("sha512 (", "a file of digests", BESIDE),
    OPENING(":", "text, perhaps a damaged Intel HEX file", AGAIN),
    OPENING("s0", "text, perhaps a damaged file of S-records", AGAIN),
    OPENING("s1", "text, perhaps a damaged file of S-records", AGAIN),
    OPENING("s2", "text, perhaps a damaged file of S-records", AGAIN),
    OPENING("s3", "text, perhaps a damaged file of S-records", AGAIN),
};

static const struct ub_recognised plain_text = {"a text file", LIST, NULL};
static const struct ub_recognised digests = {"a file of digests", BESIDE, NULL};
static const struct ub_recognised public_key = {"a public key of minisign or signify", BESIDE,
                                                NULL};
static const struct ub_recognised signature = {"a signature of minisign or signify", BESIDE, NULL};
static const struct ub_recognised secret_key = {
    "a secret key of minisign or signify", "keep it secret; it is for unbrick image sign", NULL};
static const struct ub_recognised zeros = {"nothing but zeros", AGAIN, "blank"};
static const struct ub_recognised blank = {"nothing but blank bytes (0xff)",
                                           "to empty a device: unbrick erase", "blank"};

static bool is_text(const uint8_t *bytes, size_t length)
{
    size_t sample = length < SAMPLE ? length : SAMPLE;
    size_t high = 0;
    if (length < TEXT_MIN || memchr(bytes, 0, length))
        return false;
    for (size_t i = 0; i < sample; i++) {
        uint8_t c = bytes[i];
        if (c >= 0x7f)
            high++;
        else if (c < 0x20 && !(c >= '\t' && c <= '\r') && c != 0x1b && c != 0x1a)
            return false;
    }
    return high <= sample / 4; /* text of most languages in UTF-8 or Latin-1 stays below this */
}

static bool begins(const uint8_t *bytes, size_t length, const char *text)
{
    size_t n = strlen(text);
    if (length < n)
        return false;
    for (size_t i = 0; i < n; i++) {
        uint8_t c = bytes[i];
        if (c >= 'A' && c <= 'Z')
            c = (uint8_t)(c - 'A' + 'a');
        if (c != (uint8_t)text[i])
            return false;
    }
    return true;
}

/** Length of the line at the start, without its end. */
static size_t line_length(const uint8_t *bytes, size_t length)
{
    size_t n = 0;
    while (n < length && bytes[n] != '\n' && bytes[n] != '\r')
        n++;
    return n;
}

/** "untrusted comment: ..." and a line in base64, whose length tells what it is. */
static const struct ub_recognised *kind_of_minisign(const uint8_t *bytes, size_t length)
{
    if (!begins(bytes, length, "untrusted comment:"))
        return NULL;
    size_t skip = line_length(bytes, length);
    while (skip < length && (bytes[skip] == '\n' || bytes[skip] == '\r'))
        skip++;
    size_t second = line_length(bytes + skip, length - skip);
    return second == KEY_LINE         ? &public_key
           : second == SIGNATURE_LINE ? &signature
           : second > SIGNATURE_LINE  ? &secret_key
                                      : NULL;
}

static bool is_hex_digit(uint8_t c)
{
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'F') || (c >= 'a' && c <= 'f');
}

/** sha256sum and its relatives: digits, a blank, a name. */
static bool is_digests(const uint8_t *bytes, size_t length)
{
    size_t n = 0;
    while (n < length && n <= SHA512_DIGITS && is_hex_digit(bytes[n]))
        n++;
    bool ends = n == length || bytes[n] == ' ' || bytes[n] == '\n' || bytes[n] == '\r';
    return ends &&
           (n == SHA256_DIGITS || n == SHA512_DIGITS || n == SHA1_DIGITS || n == MD5_DIGITS);
}

static const struct ub_recognised *kind_of_text(const uint8_t *bytes, size_t length)
{
    size_t skip = begins(bytes, length, "\xef\xbb\xbf") ? 3 : 0; /* the mark of UTF-8 */
    while (skip < length && (bytes[skip] == ' ' || (bytes[skip] >= '\t' && bytes[skip] <= '\r')))
        skip++;
    const struct ub_recognised *what = kind_of_minisign(bytes + skip, length - skip);
    if (what)
        return what;
    if (is_digests(bytes + skip, length - skip))
        return &digests;
    for (size_t i = 0; i < sizeof(openings) / sizeof(openings[0]); i++)
        if (begins(bytes + skip, length - skip, openings[i].text))
            return &openings[i].what;
    return &plain_text;
}

/** A stack pointer in RAM and an odd reset vector (inspect/vectors.h knows more of them): what
 * stands further inside of such a file is code, whatever it looks like. */
static bool is_like_vectors(const uint8_t *bytes, size_t length)
{
    struct ub_cursor cursor = ub_cursor(bytes, length);
    uint32_t stack = ub_take_u32le(&cursor);
    uint32_t reset = ub_take_u32le(&cursor);
    return !cursor.failed && stack >= 0x10000000 && stack <= 0x40000000 && (stack & 3u) == 0 &&
           (reset & 1u) != 0 && reset < 0xa0000000;
}

static const struct ub_recognised *find_magic(const uint8_t *bytes, size_t length)
{
    bool vectors = is_like_vectors(bytes, length);
    for (const struct ub_magic *m = ub_magics; m->what.name; m++)
        if (length >= m->offset + m->length && !(vectors && m->offset > 0) &&
            memcmp(bytes + m->offset, m->bytes, m->length) == 0 &&
            (!m->also || m->also(bytes, length)))
            return &m->what;
    return NULL;
}

const struct ub_recognised *ub_recognise(const uint8_t *bytes, size_t length)
{
    const struct ub_recognised *what = find_magic(bytes, length);
    if (what)
        return what;
    if (is_text(bytes, length))
        return kind_of_text(bytes, length);
    if (length >= BLANK_MIN && ub_all_bytes(bytes, length, 0))
        return &zeros;
    return length >= BLANK_MIN && ub_all_bytes(bytes, length, 0xff) ? &blank : NULL;
}

bool ub_recognised_is_accepted(const struct ub_recognised *what,
                               const struct ub_image_options *options)
{
    if (!what->accept)
        return false;
    return strcmp(what->accept, "blank") == 0 ? options->accept_blank
                                              : options->accept_system_image;
}

const char *ub_image_recognise(const uint8_t *bytes, size_t length)
{
    const struct ub_recognised *what = ub_recognise(bytes, length);
    return what ? what->name : NULL;
}
