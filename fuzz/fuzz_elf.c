/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Any bytes behind the mark of a 32-bit ELF file. What is read is sorted, and never more than the
 * file has. */
#include "image/image.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/** Stops the fuzzer; assert() may be compiled out. */
static void must(bool holds)
{
    if (!holds)
        abort();
}

static void check(const struct ub_image *image, size_t size)
{
    uint64_t length = 0;
    must(image->segment_count > 0);
    for (size_t i = 0; i < image->segment_count; i++) {
        const struct ub_segment *s = &image->segments[i];
        must(s->has_address && s->length > 0 && s->address + s->length <= UINT64_C(0x100000000));
        must(i == 0 || s[-1].address + s[-1].length < s->address);
        length += s->length;
    }
    must(length <= size);
    must(ub_image_find_claim(image, UB_CLAIM_MACHINE) != NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const uint8_t mark[5] = {0x7f, 'E', 'L', 'F', 1};
    struct ub_image *image = NULL;
    struct ub_error err;
    if (size < sizeof(mark))
        return 0;
    uint8_t *bytes = malloc(size);
    if (!bytes)
        return 0;
    memcpy(bytes, data, size);
    memcpy(bytes, mark, sizeof(mark));
    enum ub_code code = ub_image_parse("fuzz", bytes, size, NULL, &image, &err);
    if (!code && strcmp(image->format->name, "elf") == 0)
        check(image, size);
    else if (code) /* a DFU suffix at the end makes it another file */
        must(err.message[0] && err.code == code && code >= UB_IMG_READ && code <= UB_IMG_ELF);
    ub_image_close(image);
    free(bytes);
    return 0;
}
