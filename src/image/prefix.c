/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "image/prefix.h"

#include "base/bytes.h"
#include "base/error.h"
#include "base/text.h"

#include <inttypes.h>
#include <string.h>

/* LPC, the first byte: bits 5..0 say whether the image is encrypted, by one of two values; bits
 * 7..6 whether it is signed. The second: bits 5..0 are reserved and ones. dfu-prefix of dfu-util
 * writes 1a 3f, Debian's hackrf-firmware has da ff. Then the size in frames, a hash or nothing, and
 * 32 ones. */
#define AES_MASK    0x3fu
#define AES_OFF     0x1au
#define AES_ON      0x25u
#define RESERVED    0x3fu
#define HASH_LENGTH 8u
#define FRAME       512u

/* TI: the command "program" of its DFU protocol, a reserved byte, the address in units, and the
 * length of what follows (SPMU019, "Programming with the USB boot loader"). */
#define TI_PROGRAM 0x01u
#define TI_UNIT    1024u

/** The fields of an LPC header that can be checked. */
struct lpc {
    bool is;
    bool encrypted;
    uint64_t covers; /**< bytes after the header */
};

static struct lpc read_lpc(const uint8_t *bytes, size_t length)
{
    struct ub_cursor cursor = ub_cursor(bytes, length);
    uint8_t kind = ub_take_u8(&cursor) & AES_MASK;
    uint8_t reserved = ub_take_u8(&cursor) & RESERVED;
    uint64_t frames = ub_take_u16le(&cursor);
    (void)ub_take_bytes(&cursor, HASH_LENGTH);
    uint32_t ones = ub_take_u32le(&cursor);
    return (struct lpc){
        .is = !cursor.failed && (kind == AES_OFF || kind == AES_ON) && reserved == RESERVED &&
              ones == UINT32_MAX,
        .encrypted = kind == AES_ON,
        .covers = frames * FRAME,
    };
}

/** Two bytes alone are far too weak a mark, so the length has to be that of the content. */
static bool read_ti(const uint8_t *bytes, size_t length, uint64_t *address)
{
    struct ub_cursor cursor = ub_cursor(bytes, length);
    uint8_t command = ub_take_u8(&cursor);
    uint8_t reserved = ub_take_u8(&cursor);
    *address = (uint64_t)ub_take_u16le(&cursor) * TI_UNIT;
    uint32_t covers = ub_take_u32le(&cursor);
    return !cursor.failed && command == TI_PROGRAM && reserved == 0 && covers > 0 &&
           covers == cursor.left;
}

struct ub_prefix ub_prefix_find(const uint8_t *bytes, size_t length)
{
    struct ub_prefix none = {0};
    struct lpc lpc = read_lpc(bytes, length);
    uint64_t address;
    if (lpc.is && length > UB_LPC_PREFIX_LENGTH)
        return (struct ub_prefix){UB_PREFIX_LPC, UB_LPC_PREFIX_LENGTH, 0, lpc.encrypted};
    if (read_ti(bytes, length, &address))
        return (struct ub_prefix){UB_PREFIX_TI, UB_TI_PREFIX_LENGTH, address, false};
    return none;
}

enum ub_code ub_prefix_claim(struct ub_image *image, const uint8_t *bytes, size_t length,
                             struct ub_error *err)
{
    struct ub_prefix prefix = ub_prefix_find(bytes, length);
    if (prefix.kind == UB_PREFIX_NONE)
        return UB_OK;
    bool lpc = prefix.kind == UB_PREFIX_LPC;
    return ub_image_add_claim(image, UB_CLAIM_PREFIX, lpc ? "LPC boot header" : "TI DFU prefix",
                              prefix.address, prefix.encrypted, lpc ? "lpc" : "ti", err);
}

bool ub_lpc_prefix_fits(const uint8_t *bytes, size_t length, const char **why)
{
    const char *ignored;
    struct lpc lpc = read_lpc(bytes, length);
    if (!why)
        why = &ignored;
    *why = NULL;
    if (!lpc.is)
        *why = "does not begin with an LPC boot header (16 bytes, such as 1a 3f or da ff and the "
               "size)";
    else if (lpc.covers + UB_LPC_PREFIX_LENGTH < length)
        *why = "begins with an LPC boot header that is for a smaller image: the device would take "
               "in a part of it";
    return *why == NULL;
}

bool ub_prefix_word(const char *word, enum ub_prefix_kind *kind)
{
    static const char *const words[] = {
        [UB_PREFIX_NONE] = "none",
        [UB_PREFIX_LPC] = "lpc",
        [UB_PREFIX_TI] = "ti",
    };
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        if (ub_same_word(word, words[i])) {
            *kind = (enum ub_prefix_kind)i;
            return true;
        }
    }
    return false;
}

static enum ub_code make_lpc(size_t length, uint8_t *to, struct ub_error *err)
{
    /* The header is not counted: dfu-prefix does the same. */
    size_t frames = length / FRAME + (length % FRAME != 0);
    if (frames > UINT16_MAX)
        return ub_fail(err, UB_IMG_UNWRITABLE,
                       "%zu bytes are too many for an LPC boot header, which covers %u at most",
                       length, UINT16_MAX * FRAME);
    memset(to, 0, UB_LPC_PREFIX_LENGTH);
    to[0] = AES_OFF;
    to[1] = RESERVED;
    ub_put_u16le(to + 2, (uint16_t)frames);
    ub_put_u32le(to + 12, UINT32_MAX);
    return UB_OK;
}

static enum ub_code make_ti(uint64_t address, size_t length, uint8_t *to, struct ub_error *err)
{
    if (address % TI_UNIT || address / TI_UNIT > UINT16_MAX)
        return ub_fail(err, UB_USE_OPTION,
                       "0x%" PRIx64 " cannot be said in a TI prefix: it has to be a multiple of %u "
                       "and at most 0x%x",
                       address, TI_UNIT, UINT16_MAX * TI_UNIT);
    if (length > UINT32_MAX)
        return ub_fail(err, UB_IMG_UNWRITABLE, "%zu bytes are too many for a TI prefix", length);
    to[0] = TI_PROGRAM;
    to[1] = 0;
    ub_put_u16le(to + 2, (uint16_t)(address / TI_UNIT));
    ub_put_u32le(to + 4, (uint32_t)length);
    return UB_OK;
}

enum ub_code ub_prefix_make(enum ub_prefix_kind kind, uint64_t address, size_t length, uint8_t *to,
                            size_t *made, struct ub_error *err)
{
    *made = 0;
    if (kind == UB_PREFIX_NONE)
        return UB_OK;
    bool lpc = kind == UB_PREFIX_LPC;
    *made = lpc ? UB_LPC_PREFIX_LENGTH : UB_TI_PREFIX_LENGTH;
    return lpc ? make_lpc(length, to, err) : make_ti(address, length, to, err);
}
