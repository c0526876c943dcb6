/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "procedure/prefix.h"

#include "base/bytes.h"
#include "base/error.h"
#include "image/image.h"

/* The first byte: bits 5..0 say whether the image is encrypted, by one of two values; bits 7..6
 * whether it is signed. The second: bits 5..0 are reserved and ones. dfu-prefix of dfu-util writes
 * 1a 3f, Debian's hackrf-firmware has da ff. */
#define AES_MASK    0x3fu
#define AES_OFF     0x1au
#define AES_ON      0x25u
#define RESERVED    0x3fu
#define HASH_LENGTH 8u
#define FRAME       512u /* the size is counted in frames of that many bytes */

bool ub_lpc_prefix_fits(const uint8_t *bytes, size_t length, const char **why)
{
    const char *ignored;
    struct ub_cursor cursor = ub_cursor(bytes, length);
    uint8_t kind = ub_take_u8(&cursor) & AES_MASK;
    uint8_t reserved = ub_take_u8(&cursor) & RESERVED;
    uint64_t frames = ub_take_u16le(&cursor);
    (void)ub_take_bytes(&cursor, HASH_LENGTH);
    uint32_t ones = ub_take_u32le(&cursor);
    if (!why)
        why = &ignored;
    *why = NULL;
    if (cursor.failed || (kind != AES_OFF && kind != AES_ON) || reserved != RESERVED ||
        ones != UINT32_MAX)
        *why = "does not begin with an LPC boot header (16 bytes, such as 1a 3f or da ff and the "
               "size)";
    else if (frames * FRAME + UB_LPC_PREFIX_LENGTH < length)
        *why = "begins with an LPC boot header that is for a smaller image: the device would take "
               "in a part of it";
    return *why == NULL;
}

/* A stream's bytes: the first segment; a file in several pieces has a hole where the device would
 * go on counting. */
enum ub_code ub_check_prefix(const struct ub_session *session, const struct ub_image *image,
                             struct ub_error *err)
{
    const char *why;
    if (session->effect.prefix != UB_QUIRK_PREFIX_LPC)
        return UB_OK;
    const struct ub_segment *first = image->segment_count ? &image->segments[0] : NULL;
    if (ub_lpc_prefix_fits(first ? first->data : NULL, first ? first->length : 0, &why))
        return UB_OK;
    return ub_fail(err, UB_IMG_NO_PREFIX, "%s %s", image->name, why);
}
