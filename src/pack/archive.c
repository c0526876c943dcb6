/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Archives through libarchive, from memory: the one filter and the one format that the content asks
 * for, so that nothing is unpacked that was not meant to be. */
#include "pack/archive.h"

#include "base/bytes.h"
#include "base/error.h"
#include "base/text.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define TAR_MAGIC_AT 257 /* POSIX.1 "ustar interchange format": magic */

/** How a kind begins, and what libarchive calls it. */
struct kind {
    enum ub_packing packing;
    const char *name;
    size_t offset;
    const char *magic;
    size_t length;
    int filter;                       /* ARCHIVE_FILTER_..., or 0 */
    int (*format)(struct archive *a); /* NULL: the raw bytes behind the filter */
};

#define MAGIC(text) (text), sizeof(text) - 1

static const struct kind kinds[] = {
    {UB_PACKING_ZIP, "zip", 0, MAGIC("PK\3\4"), 0, archive_read_support_format_zip_seekable},
    {UB_PACKING_ZIP, "zip", 0, MAGIC("PK\5\6"), 0, archive_read_support_format_zip_seekable},
    {UB_PACKING_TAR, "tar", TAR_MAGIC_AT, MAGIC("ustar"), 0, archive_read_support_format_tar},
    {UB_PACKING_7Z, "7z", 0, MAGIC("7z\xbc\xaf\x27\x1c"), 0, archive_read_support_format_7zip},
    {UB_PACKING_CAB, "cab", 0, MAGIC("MSCF\0\0\0\0"), 0, archive_read_support_format_cab},
    {UB_PACKING_GZIP, "gzip", 0, MAGIC("\x1f\x8b\x08"), ARCHIVE_FILTER_GZIP, NULL},
    {UB_PACKING_XZ, "xz", 0, MAGIC("\xfd\x37zXZ\0"), ARCHIVE_FILTER_XZ, NULL},
    {UB_PACKING_ZSTD, "zstd", 0, MAGIC("\x28\xb5\x2f\xfd"), ARCHIVE_FILTER_ZSTD, NULL},
    {UB_PACKING_BZIP2, "bzip2", 0, MAGIC("BZh"), ARCHIVE_FILTER_BZIP2, NULL},
    {UB_PACKING_LZ4, "lz4", 0, MAGIC("\x04\x22\x4d\x18"), ARCHIVE_FILTER_LZ4, NULL},
};

/** "BZh", the block size, and the mark of a block or of the end: three letters are too little. */
static bool is_bzip2(const uint8_t *bytes, size_t length)
{
    return length >= 10 && bytes[3] >= '1' && bytes[3] <= '9' &&
           (memcmp(bytes + 4, "\x31\x41\x59\x26\x53\x59", 6) == 0 ||
            memcmp(bytes + 4, "\x17\x72\x45\x38\x50\x90", 6) == 0);
}

static const struct kind *find_kind(const uint8_t *bytes, size_t length)
{
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        const struct kind *kind = &kinds[i];
        if (length >= kind->offset + kind->length &&
            memcmp(bytes + kind->offset, kind->magic, kind->length) == 0 &&
            (kind->packing != UB_PACKING_BZIP2 || is_bzip2(bytes, length)))
            return kind;
    }
    return NULL;
}

enum ub_packing ub_packing(const uint8_t *bytes, size_t length)
{
    const struct kind *kind = find_kind(bytes, length);
    return kind ? kind->packing : UB_PACKING_NONE;
}

/** One archive being read. */
struct job {
    const struct ub_archive_source *source;
    const struct kind *kind;
    bool tar; /* behind the filter there is one */
    size_t inflated;
    struct ub_pack_budget *budget;
    struct ub_archive *out;
    size_t capacity; /* of out->members */
    struct archive *a;
    struct ub_error *err;
};

/** The error of libarchive, about a member or about the archive as a whole (NULL). */
static enum ub_code fail_archive(const struct job *job, const char *path)
{
    char why[UB_STRING_TEXT];
    const char *text = archive_error_string(job->a);
    if (archive_errno(job->a) == ENOMEM)
        return ub_fail_memory(job->err);
    if (!text)
        text = "it is damaged";
    ub_print_stranger(why, sizeof(why), text, strlen(text));
    return ub_fail(job->err, UB_IMG_CONTAINER, "%s: %s%sthe %s cannot be unpacked: %s",
                   job->source->name, path ? path : "", path ? ": " : "", job->kind->name, why);
}

static enum ub_code fail_too_much(const struct job *job)
{
    char limit[32];
    ub_print_grouped(limit, sizeof(limit), job->budget->limits->bytes);
    return ub_fail(job->err, UB_IMG_BOMB, "%s: unpacks to more than %s bytes", job->source->name,
                   limit);
}

/** A zip without any file is nothing but its end (APPNOTE 4.3.16), which libarchive takes for
 * damage. */
static bool is_empty_zip(const struct ub_archive_source *source)
{
    return source->length >= 22 && memcmp(source->bytes, "PK\5\6", 4) == 0;
}

/** Opens the archive from its beginning, with its filter and its format and no other. */
static enum ub_code open_archive(struct job *job, int (*format)(struct archive *a))
{
    job->a = archive_read_new();
    if (!job->a)
        return ub_fail_memory(job->err);
    /* ARCHIVE_WARN is the offer to run a program of the system instead. */
    if ((job->kind->filter && archive_read_append_filter(job->a, job->kind->filter)) ||
        format(job->a))
        return ub_fail(job->err, UB_IMG_CONTAINER, "%s: libarchive was built without %s",
                       job->source->name, job->kind->name);
    if (archive_read_open_memory(job->a, job->source->bytes, job->source->length))
        return fail_archive(job, NULL);
    return UB_OK;
}

static void close_archive(struct job *job)
{
    if (job->a)
        (void)archive_read_free(job->a);
    job->a = NULL;
}

/** The name of an entry, made printable. */
static void print_path(struct archive_entry *entry, char *to)
{
    const char *path = archive_entry_pathname_utf8(entry);
    if (!path)
        path = archive_entry_pathname(entry);
    if (!path || !*path)
        path = "?";
    ub_print_stranger(to, UB_STRING_TEXT, path, strlen(path));
}

/** A further member, zeroed; NULL with the error set if there may be no more. */
static struct ub_packed *add_member(struct job *job)
{
    struct ub_archive *out = job->out;
    if (job->budget->members == 0) {
        (void)ub_fail(job->err, UB_IMG_BOMB, "%s: holds more than %zu files", job->source->name,
                      job->budget->limits->members);
        return NULL;
    }
    if (out->count == job->capacity) {
        size_t larger = job->capacity ? 2 * job->capacity : 8;
        struct ub_packed *moved = realloc(out->members, larger * sizeof(*moved));
        if (!moved) {
            (void)ub_fail_memory(job->err);
            return NULL;
        }
        out->members = moved;
        job->capacity = larger;
    }
    job->budget->members--;
    out->members[out->count] = (struct ub_packed){0};
    return &out->members[out->count++];
}

/** Reads exactly as many bytes as were announced, and looks whether there are more. */
static enum ub_code read_exactly(struct job *job, const char *path, uint8_t *bytes, size_t length)
{
    size_t done = 0;
    for (;;) {
        uint8_t beyond;
        bool full = done == length;
        la_ssize_t got = archive_read_data(job->a, full ? &beyond : bytes + done,
                                           full ? 1 : length - done);
        if (got == ARCHIVE_RETRY)
            continue;
        if (got < 0)
            return fail_archive(job, path);
        if (got == 0 || full)
            return got == 0 && full
                       ? UB_OK
                       : ub_fail(job->err, UB_IMG_CONTAINER,
                                 "%s: %s: is %s than the %s says (%zu bytes)", job->source->name,
                                 path, full ? "longer" : "shorter", job->kind->name, length);
        done += (size_t)got;
    }
}

/** Reads a file of which the length is known. */
static enum ub_code read_file(struct job *job, struct ub_packed *member, uint64_t length)
{
    if (length > job->budget->bytes)
        return fail_too_much(job);
    member->length = (size_t)length;
    job->budget->bytes -= member->length;
    if (length == 0)
        return UB_OK;
    member->bytes = malloc(member->length);
    if (!member->bytes)
        return ub_fail_memory(job->err);
    return read_exactly(job, member->path, member->bytes, member->length);
}

/** Whether passing over a file costs nothing. Other kinds unpack what is passed over. */
static bool can_skip(const struct job *job)
{
    return job->kind->packing == UB_PACKING_ZIP || job->tar || job->kind->packing == UB_PACKING_TAR;
}

static enum ub_code read_entry(struct job *job, struct archive_entry *entry)
{
    struct ub_packed *member = add_member(job);
    if (!member)
        return job->err->code;
    print_path(entry, member->path);
    member->is_file = archive_entry_filetype(entry) == AE_IFREG && !archive_entry_hardlink(entry) &&
                      !archive_entry_symlink(entry);
    member->encrypted = archive_entry_is_encrypted(entry) != 0;
    int64_t size = archive_entry_size(entry);
    uint64_t length = size > 0 ? (uint64_t)size : 0;
    bool wanted = !can_skip(job) || job->source->wants(job->source->user, member->path);
    if (!member->is_file || member->encrypted || !wanted) {
        member->length = length < SIZE_MAX ? (size_t)length : SIZE_MAX;
        return UB_OK;
    }
    if (!archive_entry_size_is_set(entry))
        return ub_fail(job->err, UB_IMG_CONTAINER, "%s: %s: the %s does not say how long it is",
                       job->source->name, member->path, job->kind->name);
    return read_file(job, member, length);
}

static bool any_encrypted(const struct ub_archive *archive)
{
    for (size_t i = 0; i < archive->count; i++)
        if (archive->members[i].encrypted)
            return true;
    return false;
}

/** What went wrong while the list was read; a list that cannot be read because it is encrypted. */
static enum ub_code fail_list(const struct job *job)
{
    if (archive_read_has_encrypted_entries(job->a) == 1 || any_encrypted(job->out))
        return ub_fail(job->err, UB_IMG_ENCRYPTED, "%s: the %s is encrypted", job->source->name,
                       job->kind->name);
    return fail_archive(job, NULL);
}

static enum ub_code read_list(struct job *job)
{
    int (*format)(struct archive * a) = job->tar ? archive_read_support_format_tar
                                                 : job->kind->format;
    enum ub_code code = open_archive(job, format);
    while (!code) {
        struct archive_entry *entry;
        int got = archive_read_next_header(job->a, &entry);
        if (got == ARCHIVE_EOF)
            break;
        if (got == ARCHIVE_RETRY)
            continue;
        /* ARCHIVE_WARN: a name or a time stamp cannot be expressed here; the content can. */
        code = got < ARCHIVE_WARN ? fail_list(job) : read_entry(job, entry);
    }
    return code;
}

/** CRC-32 as in gzip (RFC 1952 section 8), four bits at a time; starts with 0. */
static uint32_t crc32_of(uint32_t crc, const uint8_t *bytes, size_t length)
{
    static const uint32_t table[16] = {0x00000000, 0x1db71064, 0x3b6e20c8, 0x26d930ac,
                                       0x76dc4190, 0x6b6b51f4, 0x4db26158, 0x5005713c,
                                       0xedb88320, 0xf00f9344, 0xd6d6a3e8, 0xcb61b38c,
                                       0x9b64c2b0, 0x86d3d2d4, 0xa00ae278, 0xbdbdf21c};
    crc = ~crc;
    for (size_t i = 0; i < length; i++) {
        crc ^= bytes[i];
        crc = crc >> 4 ^ table[crc & 15];
        crc = crc >> 4 ^ table[crc & 15];
    }
    return ~crc;
}

/** libarchive does not compare what a gzip file says of its content (RFC 1952 section 2.3.1). */
static enum ub_code check_gzip(const struct job *job, uint32_t crc)
{
    if (job->kind->packing != UB_PACKING_GZIP)
        return UB_OK;
    struct ub_cursor c = ub_cursor(job->source->bytes, job->source->length);
    (void)ub_take_bytes(&c, job->source->length - (job->source->length < 8 ? 0 : 8));
    uint32_t said = ub_take_u32le(&c);
    uint32_t length = ub_take_u32le(&c);
    if (!c.failed && said == crc && length == (job->inflated & 0xffffffff))
        return UB_OK;
    return ub_fail(job->err, UB_IMG_CONTAINER,
                   "%s: the gzip's check sum is wrong: it is damaged, or several were joined",
                   job->source->name);
}

/** What a compressed file is called: as its gzip header says, else as the file without its ending.
 */
static void name_inside(const struct job *job, struct archive_entry *entry, char *to)
{
    const char *inside = archive_entry_pathname(entry);
    if (inside && *inside && strcmp(inside, "data") != 0) {
        ub_print_stranger(to, UB_STRING_TEXT, inside, strlen(inside));
        return;
    }
    const char *slash = strrchr(job->source->name, '/');
    const char *name = slash ? slash + 1 : job->source->name;
    const char *dot = strrchr(name, '.');
    size_t length = dot && dot != name ? (size_t)(dot - name) : strlen(name);
    ub_print_stranger(to, UB_STRING_TEXT, name, length);
}

/** Inflates once without keeping anything: how long it is, whether it is whole, and whether a tar.
 */
static enum ub_code measure(struct job *job)
{
    struct archive_entry *entry;
    uint8_t head[UB_PACKING_HEAD];
    uint32_t crc = 0;
    enum ub_code code = open_archive(job, archive_read_support_format_raw);
    if (code)
        return code;
    int got = archive_read_next_header(job->a, &entry);
    while (got == ARCHIVE_OK) {
        const void *block;
        size_t length;
        la_int64_t offset;
        got = archive_read_data_block(job->a, &block, &length, &offset);
        if (got != ARCHIVE_OK || length == 0)
            continue;
        if (length > job->budget->bytes - job->inflated)
            return fail_too_much(job);
        size_t missing = job->inflated < UB_PACKING_HEAD ? UB_PACKING_HEAD - job->inflated : 0;
        memcpy(head + UB_PACKING_HEAD - missing, block, length < missing ? length : missing);
        if (job->kind->packing == UB_PACKING_GZIP)
            crc = crc32_of(crc, block, length);
        job->inflated += length;
    }
    if (got != ARCHIVE_EOF)
        return fail_archive(job, NULL);
    close_archive(job);
    job->tar = job->inflated >= UB_PACKING_HEAD &&
               ub_packing(head, UB_PACKING_HEAD) == UB_PACKING_TAR;
    return check_gzip(job, crc);
}

/** Reads the one file behind a filter, whose length is known by now. */
static enum ub_code read_single(struct job *job)
{
    struct archive_entry *entry;
    enum ub_code code = open_archive(job, archive_read_support_format_raw);
    if (code)
        return code;
    struct ub_packed *member = add_member(job);
    if (!member)
        return job->err->code;
    member->is_file = true;
    int got = archive_read_next_header(job->a, &entry);
    if (got == ARCHIVE_OK)
        name_inside(job, entry, member->path);
    else if (got != ARCHIVE_EOF) /* nothing was compressed */
        return fail_archive(job, NULL);
    else
        ub_print_stranger(member->path, sizeof(member->path), "?", 1);
    return read_file(job, member, job->inflated);
}

enum ub_code ub_archive_read(const struct ub_archive_source *source, struct ub_pack_budget *budget,
                             struct ub_archive *out, struct ub_error *err)
{
    struct ub_error own;
    struct job job = {
        .source = source,
        .kind = find_kind(source->bytes, source->length),
        .budget = budget,
        .out = out,
        .err = err ? err : &own,
    };
    *out = (struct ub_archive){.layers = 1};
    if (!job.kind)
        return ub_fail(err, UB_SYS_INTERNAL, "%s: is no archive", source->name);
    enum ub_code code = ub_archive_check_list(source, job.kind->packing, job.err);
    if (!code && job.kind->filter)
        code = measure(&job);
    if (!code) {
        out->layers = job.tar ? 2 : 1;
        (void)ub_print(out->packing, sizeof(out->packing), "%s%s", job.kind->name,
                       job.tar ? ", tar" : "");
    }
    if (!code && !is_empty_zip(source))
        code = job.kind->format || job.tar ? read_list(&job) : read_single(&job);
    close_archive(&job);
    return code;
}

void ub_archive_free(struct ub_archive *archive)
{
    for (size_t i = 0; i < archive->count; i++)
        free(archive->members[i].bytes);
    free(archive->members);
    *archive = (struct ub_archive){0};
}
