/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Magic numbers and plain text: files that people hand to a flasher by mistake. */
#include "image/recognise.h"

#include "base/bytes.h"
#include "image/image.h"

#include <string.h>

#define SAMPLE   4096 /* bytes of a file that are looked at to tell whether it is text */
#define TEXT_MIN 8    /* fewer printable bytes than this happen by chance */

#define ADVICE_PACKED "unpack it and give the firmware that is inside"

/** One row: `length` bytes of magic at `offset`, and a further test if magic alone is too weak. */
struct magic {
    size_t offset;
    const char *bytes;
    size_t length;
    bool (*also)(const uint8_t *bytes, size_t length);
    struct ub_recognised what;
};

#define MAGIC(text) (text), sizeof(text) - 1

/** PE (Microsoft, "PE Format"): the DOS header's field at 0x3c leads to "PE\0\0". Two letters alone
 * are too little. */
static bool is_pe(const uint8_t *bytes, size_t length)
{
    struct ub_cursor c = ub_cursor(bytes, length);
    (void)ub_take_bytes(&c, 0x3c);
    uint32_t header = ub_take_u32le(&c);
    struct ub_cursor pe = ub_cursor(bytes, length);
    (void)ub_take_bytes(&pe, header);
    return !c.failed && ub_take_u32be(&pe) == 0x50450000;
}

/** A ZIP's first record is a file, the end of an empty archive, or a spanning mark (APPNOTE 4.3).
 */
static bool is_zip(const uint8_t *bytes, size_t length)
{
    return length >= 4 && ((bytes[2] == 3 && bytes[3] == 4) || (bytes[2] == 5 && bytes[3] == 6) ||
                           (bytes[2] == 7 && bytes[3] == 8));
}

static bool is_bzip2(const uint8_t *bytes, size_t length)
{
    return length >= 10 && bytes[3] >= '1' && bytes[3] <= '9' &&
           (memcmp(bytes + 4, "\x31\x41\x59\x26\x53\x59", 6) == 0 ||
            memcmp(bytes + 4, "\x17\x72\x45\x38\x50\x90", 6) == 0);
}

/** UTF-16 of plain letters has a zero at every other place. */
static bool is_utf16(const uint8_t *bytes, size_t length)
{
    size_t zero = bytes[0] == 0xff ? 3 : 2;
    return length >= 6 && bytes[zero] == 0 && bytes[zero + 2] == 0 && bytes[zero ^ 1] != 0;
}

static const struct magic magics[] = {
    {0,
     MAGIC("DfuSe"),
     NULL,
     {"a DfuSe file whose end is missing or damaged", "fetch or copy the file again"}},
    {0, MAGIC("\x89PNG\r\n\x1a\n"), NULL, {"a PNG picture", NULL}},
    {0, MAGIC("\xff\xd8\xff"), NULL, {"a JPEG picture", NULL}},
    {0, MAGIC("GIF87a"), NULL, {"a GIF picture", NULL}},
    {0, MAGIC("GIF89a"), NULL, {"a GIF picture", NULL}},
    {8, MAGIC("WEBP"), NULL, {"a WebP picture", NULL}},
    {0, MAGIC("%PDF-"), NULL, {"a PDF document", NULL}},
    {0, MAGIC("PK"), is_zip, {"a ZIP archive", ADVICE_PACKED}},
    {0, MAGIC("\x1f\x8b\x08"), NULL, {"a gzip file", ADVICE_PACKED}},
    {0,
     MAGIC("\xfd"
           "7zXZ\0"),
     NULL,
     {"an xz file", ADVICE_PACKED}},
    {0, MAGIC("\x28\xb5\x2f\xfd"), NULL, {"a Zstandard file", ADVICE_PACKED}},
    {0, MAGIC("\x04\x22\x4d\x18"), NULL, {"an LZ4 file", ADVICE_PACKED}},
    {0, MAGIC("BZh"), is_bzip2, {"a bzip2 file", ADVICE_PACKED}},
    {0, MAGIC("7z\xbc\xaf\x27\x1c"), NULL, {"a 7-Zip archive", ADVICE_PACKED}},
    {0, MAGIC("Rar!\x1a\x07"), NULL, {"a RAR archive", ADVICE_PACKED}},
    {0, MAGIC("MSCF\0\0\0\0"), NULL, {"a cabinet archive", ADVICE_PACKED}},
    {0, MAGIC("!<arch>\n"), NULL, {"an ar archive", ADVICE_PACKED}},
    {257, MAGIC("ustar"), NULL, {"a tar archive", ADVICE_PACKED}},
    {0x8001, MAGIC("CD001"), NULL, {"an ISO 9660 disk image", ADVICE_PACKED}},
    {0,
     MAGIC("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"),
     NULL,
     {"a Microsoft document or installer", NULL}},
    {0, MAGIC("MZ"), is_pe, {"a Windows program", NULL}},
    {0, MAGIC("\xfe\xed\xfa\xce"), NULL, {"a Mach-O program", NULL}},
    {0, MAGIC("\xfe\xed\xfa\xcf"), NULL, {"a Mach-O program", NULL}},
    {0, MAGIC("\xce\xfa\xed\xfe"), NULL, {"a Mach-O program", NULL}},
    {0, MAGIC("\xcf\xfa\xed\xfe"), NULL, {"a Mach-O program", NULL}},
    {0, MAGIC("\xca\xfe\xba\xbe"), NULL, {"a Mach-O or Java program", NULL}},
    {0, MAGIC("\0asm\1\0\0\0"), NULL, {"a WebAssembly module", NULL}},
    {0, MAGIC("SQLite format 3\0"), NULL, {"an SQLite database", NULL}},
    {0, MAGIC("\xff\xfe"), is_utf16, {"UTF-16 text", "save it as plain text (UTF-8)"}},
    {0, MAGIC("\xfe\xff"), is_utf16, {"UTF-16 text", "save it as plain text (UTF-8)"}},
};

/** One kind of text, known by how it begins (case of letters does not matter). */
struct opening {
    const char *text;
    struct ub_recognised what;
};

static const struct opening openings[] = {
    {"<!doctype html",
     {"a web page", "fetch the file itself, not the page that shows or offers it"}},
    {"<html", {"a web page", "fetch the file itself, not the page that shows or offers it"}},
    {"<?xml", {"an XML file", NULL}},
    {"<svg", {"an SVG picture", NULL}},
    {"{", {"a JSON file", NULL}},
    {"[{", {"a JSON file", NULL}},
    {"#!", {"a script", NULL}},
    {"version https://git-lfs",
     {"a Git LFS pointer", "fetch the file it stands for: git lfs pull"}},
    {"-----begin ", {"a key, certificate or signature", NULL}},
    {":", {"text, perhaps a damaged Intel HEX file", "fetch or copy the file again"}},
    {"s0", {"text, perhaps a damaged file of S-records", "fetch or copy the file again"}},
    {"s1", {"text, perhaps a damaged file of S-records", "fetch or copy the file again"}},
    {"s2", {"text, perhaps a damaged file of S-records", "fetch or copy the file again"}},
    {"s3", {"text, perhaps a damaged file of S-records", "fetch or copy the file again"}},
};

static const struct ub_recognised plain_text = {"a text file", NULL};

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

static const struct ub_recognised *kind_of_text(const uint8_t *bytes, size_t length)
{
    size_t skip = begins(bytes, length, "\xef\xbb\xbf") ? 3 : 0; /* the mark of UTF-8 */
    while (skip < length && (bytes[skip] == ' ' || (bytes[skip] >= '\t' && bytes[skip] <= '\r')))
        skip++;
    for (size_t i = 0; i < sizeof(openings) / sizeof(openings[0]); i++)
        if (begins(bytes + skip, length - skip, openings[i].text))
            return &openings[i].what;
    return &plain_text;
}

const struct ub_recognised *ub_recognise(const uint8_t *bytes, size_t length)
{
    for (size_t i = 0; i < sizeof(magics) / sizeof(magics[0]); i++) {
        const struct magic *m = &magics[i];
        if (length >= m->offset + m->length &&
            memcmp(bytes + m->offset, m->bytes, m->length) == 0 &&
            (!m->also || m->also(bytes, length)))
            return &m->what;
    }
    return is_text(bytes, length) ? kind_of_text(bytes, length) : NULL;
}

const char *ub_image_recognise(const uint8_t *bytes, size_t length)
{
    const struct ub_recognised *what = ub_recognise(bytes, length);
    return what ? what->name : NULL;
}
