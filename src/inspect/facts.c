/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the bytes of an image show, whatever it claims. */
#include "image/image.h"
#include "image/prefix.h"
#include "inspect/entropy.h"
#include "inspect/esp.h"
#include "inspect/marks.h"
#include "inspect/mcuboot.h"
#include "inspect/vectors.h"
#include "inspect/versions.h"

#include <string.h>

#define RP2040_FLASH UINT32_C(0x10000000) /* its first 256 bytes are a loader of its own */
#define RP2040_BOOT2 256u
#define STM32_FLASH  UINT32_C(0x08000000) /* which they and their relatives show at 0 too */

static uint64_t count_blank(const struct ub_image *image)
{
    uint64_t blank = 0;
    for (size_t i = 0; i < image->segment_count; i++)
        for (size_t n = 0; n < image->segments[i].length; n++)
            blank += image->segments[i].data[n] == 0xff;
    return blank;
}

/** True if the address is in the image, which may be in many pieces. */
static bool reaches(const struct ub_image *image, uint64_t address)
{
    for (size_t i = 0; i < image->segment_count; i++) {
        const struct ub_segment *s = &image->segments[i];
        if (s->has_address && address >= s->address && address - s->address < s->length)
            return true;
    }
    return false;
}

/** Does the reset vector lead into an image with addresses, be it through the alias of the flash at
 * 0 (RM0090 2.4)? */
static bool leads_inside(const struct ub_image *image, uint64_t at, uint32_t reset)
{
    uint64_t code = (uint64_t)reset - 1;
    bool alias = at >= STM32_FLASH && at < 2 * (uint64_t)STM32_FLASH && code < STM32_FLASH;
    return reaches(image, code) || (alias && reaches(image, STM32_FLASH + code));
}

static bool look_for_vectors(const struct ub_image *image, const struct ub_segment *first,
                             size_t offset, struct ub_image_facts *out)
{
    struct ub_vectors vectors;
    uint64_t at = first->address + offset;
    if (offset >= first->length || !ub_vectors_read(first->data + offset, first->length - offset,
                                                    first->has_address ? at : UINT64_MAX, &vectors))
        return false;
    out->has_vectors = true;
    out->vectors_at = first->has_address ? at : 0;
    out->stack = vectors.stack;
    out->reset = vectors.reset;
    out->reset_inside = first->has_address ? leads_inside(image, at, vectors.reset)
                                           : vectors.inside;
    return true;
}

/** Where a vector table can be: first of all, or behind what loaders want in front of it. */
static void find_vectors(const struct ub_image *image, const struct ub_segment *first,
                         const struct ub_mcuboot *mcuboot, struct ub_image_facts *out)
{
    if (look_for_vectors(image, first, 0, out))
        return;
    if (out->mcuboot && look_for_vectors(image, first, mcuboot->header_size, out))
        return;
    size_t prefix = ub_prefix_find(first->data, first->length).length;
    if (prefix && look_for_vectors(image, first, prefix, out))
        return;
    if (first->has_address && first->address == RP2040_FLASH)
        (void)look_for_vectors(image, first, RP2040_BOOT2, out);
}

static void find_mcuboot(const struct ub_segment *first, struct ub_mcuboot *mcuboot,
                         struct ub_image_facts *out)
{
    const char *why;
    out->mcuboot = ub_mcuboot_probe(first->data, first->length);
    if (ub_mcuboot_read(first->data, first->length, mcuboot, &why)) {
        out->mcuboot_unsigned = mcuboot->kind == UB_MCUBOOT_UNSIGNED;
        out->mcuboot_hash = ub_mcuboot_check(mcuboot);
    } else if (out->mcuboot) {
        out->mcuboot_hash = UB_SELF_WRONG; /* cut or damaged, or its hash would be found */
    }
}

static void find_esp(const struct ub_segment *first, struct ub_image_facts *out)
{
    struct ub_esp esp;
    out->esp = ub_esp_read(first->data, first->length, &esp);
    if (out->esp)
        out->esp_hash = esp.check;
}

static void find_texts(const struct ub_image *image, struct ub_image_facts *out)
{
    struct ub_version_texts texts;
    struct ub_usb_ids ids = {0};
    size_t descriptors = 0;
    bool same = true;
    memset(&texts, 0, sizeof(texts));
    for (size_t i = 0; i < image->segment_count; i++) {
        const struct ub_segment *s = &image->segments[i];
        ub_versions_find(s->data, s->length, &texts);
        size_t before = descriptors;
        if (!ub_marks_usb_ids(s->data, s->length, &ids, &descriptors))
            same &= descriptors == before;
        if (!out->build_id[0] && !ub_marks_build_id(s->data, s->length, out->build_id))
            out->build_id[0] = '\0';
    }
    for (size_t i = 0; i < texts.count; i++)
        memcpy(out->versions[i], texts.items[i].text, sizeof(out->versions[i]));
    out->version_count = texts.count;
    out->has_usb_ids = same && descriptors > 0;
    if (out->has_usb_ids) {
        out->usb_vid = ids.vid;
        out->usb_pid = ids.pid;
        out->usb_bcdDevice = ids.bcdDevice;
    }
}

void ub_image_facts(const struct ub_image *image, struct ub_image_facts *out)
{
    struct ub_entropy entropy;
    struct ub_mcuboot mcuboot = {0};
    memset(out, 0, sizeof(*out));
    if (image->segment_count == 0)
        return;
    const struct ub_segment *first = &image->segments[0];
    out->blank = count_blank(image);
    find_mcuboot(first, &mcuboot, out);
    find_esp(first, out);
    find_vectors(image, first, &mcuboot, out);
    find_texts(image, out);
    ub_entropy_measure(image, &entropy);
    out->entropy = entropy.highest;
    /* Firmware that unpacks itself begins with vectors; a table or a header is not the whole. */
    out->dense = !out->has_vectors && entropy.dense > 9 * entropy.rest;
}
