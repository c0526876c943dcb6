/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Raw bytes: the format of everything that is no other, and therefore the most suspicious one. */
#include "base/error.h"
#include "image/formats.h"
#include "image/lines.h"
#include "image/prefix.h"
#include "image/recognise.h"

#include <stdlib.h>
#include <string.h>

static bool probe(const uint8_t *bytes, size_t length)
{
    (void)bytes;
    (void)length;
    return true;
}

/** A file that is named like a container but is none has lost its mark: cut short, most likely. */
static enum ub_code check_name(const struct ub_image *image, size_t length, struct ub_error *err)
{
    const struct ub_format *named = ub_format_for_name(image->name);
    if (!named || named == &ub_format_raw)
        return UB_OK;
    if (named->lines)
        return ub_fail(
            err, named->lines->syntax,
            "%s: line 1: named like %s, but does not begin with %s and digits; rename it "
            "to .bin if it really is raw bytes",
            image->name, named->title, named->lines->mark_name);
    if (named == &ub_format_elf || named == &ub_format_uf2)
        return ub_fail(
            err, named == &ub_format_elf ? UB_IMG_ELF : UB_IMG_UF2,
            "%s: named like a file of the format %s, but does not begin like one; rename "
            "it to .bin if it really is raw bytes",
            image->name, named == &ub_format_elf ? "ELF" : "UF2");
    return ub_fail(
        err, UB_IMG_SUFFIX,
        "%s: named like a DFU file, but has no DFU suffix: no \"UFD\" 8 bytes before its "
        "end at %zu; rename it to .bin if it really is raw bytes",
        image->name, length);
}

static enum ub_code read(const uint8_t *bytes, size_t length,
                         const struct ub_image_options *options, struct ub_image *image,
                         struct ub_error *err)
{
    const struct ub_recognised *what = ub_recognise(bytes, length);
    if (what && !ub_recognised_is_accepted(what, options))
        return ub_fail(err, UB_IMG_NOT_RAW, "%s: is %s, not firmware as raw bytes%s%s%s%s",
                       image->name, what->name, what->advice ? "; " : "",
                       what->advice ? what->advice : "",
                       what->accept ? "; to take it as it is: --accept " : "",
                       what->accept ? what->accept : "");
    enum ub_code code = check_name(image, length, err);
    if (code)
        return code;
    code = ub_prefix_claim(image, bytes, length, err);
    if (code)
        return code;
    return ub_image_add(image, UB_IMAGE_ALT_NONE, false, 0, bytes, length, err);
}

static enum ub_code write(const struct ub_image *image, const struct ub_save_options *options,
                          uint8_t **bytes, size_t *length, struct ub_error *err)
{
    (void)options;
    if (image->segment_count != 1)
        return ub_fail(err, UB_IMG_UNWRITABLE,
                       "%s: has %zu separate parts, and a raw file can hold one only; write it as "
                       ".hex or .dfu",
                       image->name, image->segment_count);
    const struct ub_segment *segment = &image->segments[0];
    uint8_t *copy = malloc(segment->length);
    if (!copy)
        return ub_fail_memory(err);
    memcpy(copy, segment->data, segment->length);
    *bytes = copy;
    *length = segment->length;
    return UB_OK;
}

static const char *const endings[] = {".bin", ".raw", ".img", NULL};

const struct ub_format ub_format_raw = {
    .name = "raw",
    .title = "raw binary",
    .endings = endings,
    .keeps_addresses = false,
    .probe = probe,
    .read = read,
    .write = write,
};
