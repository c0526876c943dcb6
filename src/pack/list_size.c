/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How long the list of an archive is, before libarchive reads all of it into memory. A zip of 64
 * MiB has room for a million and a half entries; the list of a 7z may itself be compressed a
 * thousandfold. */
#include "pack/archive.h"

#include "base/bytes.h"
#include "base/error.h"

#include <string.h>

#define ZIP_ENTRIES_MAX 32768 /* of the zip and of zips stored in it */
#define LIST_7Z_MAX                                                                                \
    ((uint64_t)1 << 19) /* bytes; libarchive may make several hundred times as much of it */

/* Property ids of a 7z header (7zFormat.txt of the LZMA SDK). */
enum id_7z {
    ID_END = 0x00,
    ID_HEADER = 0x01,
    ID_PACK_INFO = 0x06,
    ID_UNPACK_INFO = 0x07,
    ID_SIZE = 0x09,
    ID_FOLDER = 0x0b,
    ID_CODERS_UNPACK_SIZE = 0x0c,
    ID_ENCODED_HEADER = 0x17,
};

#define CODER_ID_SIZE 0x0f /* bits of a coder's first byte */
#define CODER_COMPLEX 0x10
#define CODER_PROPS   0x20
#define CODERS_7Z_MAX 4

static enum ub_code fail_long(const struct ub_archive_source *source, struct ub_error *err)
{
    return ub_fail(err, UB_IMG_BOMB, "%s: its list of files is longer than any firmware's",
                   source->name);
}

static enum ub_code check_zip(const struct ub_archive_source *source, struct ub_error *err)
{
    static const uint8_t mark[] = {'P', 'K', 1, 2}; /* of an entry in the list (APPNOTE 4.3.12) */
    const uint8_t *bytes = source->bytes;
    size_t count = 0;
    for (size_t i = 0; i + sizeof(mark) <= source->length; i++)
        if (bytes[i] == mark[0] && memcmp(bytes + i, mark, sizeof(mark)) == 0)
            count++;
    return count > ZIP_ENTRIES_MAX ? fail_long(source, err) : UB_OK;
}

static uint64_t take_u64le(struct ub_cursor *c)
{
    uint64_t low = ub_take_u32le(c);
    return low | (uint64_t)ub_take_u32le(c) << 32;
}

/** 7z's NUMBER: leading ones of the first byte tell how many bytes follow, lowest first; the rest
 * of it is the highest part. */
static uint64_t take_number(struct ub_cursor *c)
{
    unsigned first = ub_take_u8(c);
    uint64_t value = 0;
    unsigned count = 0;
    for (unsigned mask = 0x80; mask && (first & mask); mask >>= 1)
        value |= (uint64_t)ub_take_u8(c) << 8 * count++;
    if (count < 8)
        value |= (uint64_t)(first & (0x7fu >> count)) << 8 * count;
    return value;
}

/** Past a coder; *encrypts is set if it is AES. False if it has more than one stream each way. */
static bool skip_coder(struct ub_cursor *c, bool *encrypts)
{
    static const uint8_t aes[] = {0x06, 0xf1, 0x07, 0x01};
    unsigned flags = ub_take_u8(c);
    size_t size = flags & CODER_ID_SIZE;
    const uint8_t *id = ub_take_bytes(c, size);
    if (id && size == sizeof(aes) && memcmp(id, aes, sizeof(aes)) == 0)
        *encrypts = true;
    if (flags & CODER_COMPLEX)
        return false;
    if (flags & CODER_PROPS)
        (void)ub_take_bytes(c, take_number(c));
    return !c->failed;
}

/** The description of the packed list, up to how long it is unpacked. */
static enum ub_code check_encoded(const struct ub_archive_source *source, struct ub_cursor *c,
                                  struct ub_error *err)
{
    bool encrypts = false;
    bool known = ub_take_u8(c) == ID_PACK_INFO;
    (void)take_number(c);                 /* where */
    known = known && take_number(c) == 1; /* packed streams */
    known = known && ub_take_u8(c) == ID_SIZE;
    (void)take_number(c);
    known = known && ub_take_u8(c) == ID_END;
    known = known && ub_take_u8(c) == ID_UNPACK_INFO && ub_take_u8(c) == ID_FOLDER;
    known = known && take_number(c) == 1; /* folders */
    known = known && ub_take_u8(c) == 0;  /* here, not elsewhere */
    uint64_t coders = known ? take_number(c) : 0;
    for (uint64_t i = 0; known && i < coders && i < CODERS_7Z_MAX; i++)
        known = skip_coder(c, &encrypts);
    if (encrypts)
        return ub_fail(err, UB_IMG_ENCRYPTED, "%s: the 7z is encrypted, even its list of files",
                       source->name);
    known = known && coders == 1 && ub_take_u8(c) == ID_CODERS_UNPACK_SIZE;
    uint64_t size = take_number(c);
    if (!known || c->failed)
        return ub_fail(err, UB_IMG_CONTAINER,
                       "%s: the 7z's list of files is damaged, or packed in an unusual way",
                       source->name);
    return size > LIST_7Z_MAX ? fail_long(source, err) : UB_OK;
}

static enum ub_code check_7z(const struct ub_archive_source *source, struct ub_error *err)
{
    struct ub_cursor c = ub_cursor(source->bytes, source->length);
    (void)ub_take_bytes(&c, 12); /* magic, version, check sum */
    uint64_t offset = take_u64le(&c);
    uint64_t size = take_u64le(&c);
    (void)ub_take_u32le(&c);
    if (!c.failed && size == 0)
        return UB_OK; /* empty */
    if (c.failed || offset > c.left || size > c.left - offset)
        return ub_fail(err, UB_IMG_CONTAINER, "%s: the 7z ends before its list of files",
                       source->name);
    (void)ub_take_bytes(&c, (size_t)offset);
    struct ub_cursor list = ub_take_cursor(&c, (size_t)size);
    if (size > LIST_7Z_MAX)
        return fail_long(source, err);
    return ub_take_u8(&list) == ID_ENCODED_HEADER ? check_encoded(source, &list, err) : UB_OK;
}

enum ub_code ub_archive_check_list(const struct ub_archive_source *source, enum ub_packing packing,
                                   struct ub_error *err)
{
    if (packing == UB_PACKING_ZIP)
        return check_zip(source, err);
    return packing == UB_PACKING_7Z ? check_7z(source, err) : UB_OK;
}
