/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Plain DFU files: raw bytes and a suffix that says for which device (DFU 1.1 appendix B). */
#include "image/dfu_suffix.h"

#include "base/bytes.h"
#include "base/error.h"
#include "base/text.h"
#include "image/formats.h"
#include "image/prefix.h"

#include <stdlib.h>
#include <string.h>

uint32_t ub_dfu_crc(const uint8_t *bytes, size_t length)
{
    uint32_t table[256];
    for (uint32_t i = 0; i < 256; i++) {
        uint32_t value = i;
        for (int bit = 0; bit < 8; bit++)
            value = value >> 1 ^ (value & 1 ? 0xedb88320u : 0);
        table[i] = value;
    }
    uint32_t crc = 0xffffffff;
    for (size_t i = 0; i < length; i++)
        crc = crc >> 8 ^ table[(crc ^ bytes[i]) & 0xff];
    return crc;
}

/** ucDfuSignature: "DFU", the other way round like the rest of the suffix. */
static const uint8_t signature[3] = {'U', 'F', 'D'};

bool ub_dfu_suffix_find(const uint8_t *bytes, size_t length, struct ub_dfu_suffix *suffix)
{
    if (length < UB_DFU_SUFFIX_LENGTH)
        return false;
    struct ub_cursor c = ub_cursor(bytes + length - UB_DFU_SUFFIX_LENGTH, UB_DFU_SUFFIX_LENGTH);
    suffix->bcdDevice = ub_take_u16le(&c);
    suffix->idProduct = ub_take_u16le(&c);
    suffix->idVendor = ub_take_u16le(&c);
    suffix->bcdDFU = ub_take_u16le(&c);
    const uint8_t *mark = ub_take_bytes(&c, sizeof(signature));
    suffix->bLength = ub_take_u8(&c);
    suffix->dwCRC = ub_take_u32le(&c);
    return mark && memcmp(mark, signature, sizeof(signature)) == 0;
}

/** DFU 1.1 appendix B says 0100h; files that say 0101h or 0110h mean the same. */
static bool known_version(uint16_t bcdDFU)
{
    return bcdDFU == UB_BCD_DFU || bcdDFU == 0x0101 || bcdDFU == 0x0110 || bcdDFU == UB_BCD_DFUSE;
}

/**
 * The error that the CRC is wrong. One cause can be proved: a boot header that was put in front of
 * the finished file, as in Debian's hackrf-firmware; the CRC is then that of what is behind it.
 */
static enum ub_code fail_crc(const uint8_t *bytes, size_t length,
                             const struct ub_dfu_suffix *suffix, uint32_t crc,
                             const struct ub_image *image, struct ub_error *err)
{
    size_t head = ub_prefix_find(bytes, length - suffix->bLength).length;
    bool known = head > 0 && ub_dfu_crc(bytes + head, length - 4 - head) == suffix->dwCRC;
    char why[128] = "the file is damaged, or was made by a faulty tool";
    if (known)
        (void)ub_print(why, sizeof(why),
                       "the boot header of %zu bytes was put in front afterwards, as in HackRF's "
                       "files; all that follows it is whole",
                       head);
    return ub_fail(err, UB_IMG_SUFFIX_CRC,
                   "%s: byte %zu: the DFU suffix' CRC is 0x%08x, but the file's content makes "
                   "0x%08x: %s",
                   image->name, length - 4, suffix->dwCRC, crc, why);
}

enum ub_code ub_dfu_suffix_take(const uint8_t *bytes, size_t length,
                                const struct ub_image_options *options, struct ub_image *image,
                                size_t *payload, struct ub_error *err)
{
    struct ub_dfu_suffix suffix;
    if (!ub_dfu_suffix_find(bytes, length, &suffix))
        return ub_fail(err, UB_IMG_SUFFIX, "%s: has no DFU suffix", image->name);
    /* A longer suffix is allowed: it grows at its front (DFU 1.1 appendix B, bLength). */
    if (suffix.bLength < UB_DFU_SUFFIX_LENGTH || suffix.bLength > length)
        return ub_fail(err, UB_IMG_SUFFIX,
                       "%s: byte %zu: the DFU suffix says that it is %u bytes long; expected at "
                       "least %u and at most the file's %zu",
                       image->name, length - 5, suffix.bLength, UB_DFU_SUFFIX_LENGTH, length);
    uint32_t crc = ub_dfu_crc(bytes, length - 4);
    if (crc != suffix.dwCRC && !options->accept_bad_crc)
        return fail_crc(bytes, length, &suffix, crc, image, err);
    if (!known_version(suffix.bcdDFU))
        return ub_fail(
            err, UB_IMG_SUFFIX,
            "%s: byte %zu: the DFU suffix is of version 0x%04x; known are 0x0100, 0x0110 "
            "and DfuSe's 0x%04x",
            image->name, length - 10, suffix.bcdDFU, UB_BCD_DFUSE);
    image->has_ids = true;
    image->vid = suffix.idVendor;
    image->pid = suffix.idProduct;
    image->bcdDevice = suffix.bcdDevice;
    *payload = length - suffix.bLength;
    return UB_OK;
}

void ub_dfu_suffix_put(uint8_t *file, size_t payload, const struct ub_image *image,
                       const struct ub_save_options *options, uint16_t bcdDFU)
{
    uint8_t *to = file + payload;
    bool given = options && options->has_ids;
    bool has = given || image->has_ids;
    ub_put_u16le(to, has ? given ? options->bcdDevice : image->bcdDevice : UB_IMAGE_ID_ANY);
    ub_put_u16le(to + 2, has ? given ? options->pid : image->pid : UB_IMAGE_ID_ANY);
    ub_put_u16le(to + 4, has ? given ? options->vid : image->vid : UB_IMAGE_ID_ANY);
    ub_put_u16le(to + 6, bcdDFU);
    memcpy(to + 8, signature, sizeof(signature));
    to[11] = UB_DFU_SUFFIX_LENGTH;
    ub_put_u32le(to + 12, ub_dfu_crc(file, payload + 12));
}

static bool probe(const uint8_t *bytes, size_t length)
{
    struct ub_dfu_suffix suffix;
    return ub_dfu_suffix_find(bytes, length, &suffix);
}

static enum ub_code read(const uint8_t *bytes, size_t length,
                         const struct ub_image_options *options, struct ub_image *image,
                         struct ub_error *err)
{
    size_t payload = 0;
    enum ub_code code = ub_dfu_suffix_take(bytes, length, options, image, &payload, err);
    if (code)
        return code;
    code = ub_prefix_claim(image, bytes, payload, err);
    if (code)
        return code;
    return ub_image_add(image, UB_IMAGE_ALT_NONE, false, 0, bytes, payload, err);
}

static enum ub_code write(const struct ub_image *image, const struct ub_save_options *options,
                          uint8_t **bytes, size_t *length, struct ub_error *err)
{
    if (image->segment_count != 1)
        return ub_fail(err, UB_IMG_UNWRITABLE,
                       "%s: has %zu separate parts, and a plain DFU file can hold one only; write "
                       "it as DfuSe",
                       image->name, image->segment_count);
    const struct ub_segment *segment = &image->segments[0];
    if (segment->length >= 5 && memcmp(segment->data, "DfuSe", 5) == 0)
        return ub_fail(err, UB_IMG_UNWRITABLE,
                       "%s: begins like a DfuSe file, so as a plain DFU file it would be misread",
                       image->name);
    uint8_t *file = malloc(segment->length + UB_DFU_SUFFIX_LENGTH);
    if (!file)
        return ub_fail_memory(err);
    memcpy(file, segment->data, segment->length);
    ub_dfu_suffix_put(file, segment->length, image, options, UB_BCD_DFU);
    *bytes = file;
    *length = segment->length + UB_DFU_SUFFIX_LENGTH;
    return UB_OK;
}

static const char *const endings[] = {".dfu", NULL};

const struct ub_format ub_format_dfu = {
    .name = "dfu",
    .title = "DFU file",
    .endings = endings,
    .keeps_addresses = false,
    .probe = probe,
    .read = read,
    .write = write,
};
