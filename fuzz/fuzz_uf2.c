/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* UF2 blocks with any fields and right marks, for any chip and for the first that is named. What
 * is read is sorted, never more than the file has, and reads the same once it is written. */
#include "base/bytes.h"
#include "base/text.h"
#include "image/uf2.h"

#include <inttypes.h>
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
}

/** Writes it and reads that: whole pages, which are written the same again. */
static void write_and_read(const struct ub_image *image)
{
    struct ub_image *again = NULL;
    uint8_t *first = NULL;
    uint8_t *second = NULL;
    size_t first_length = 0;
    size_t second_length = 0;
    must(image->format->write(image, NULL, &first, &first_length, NULL) == UB_OK);
    must(ub_image_parse("again", first, first_length, NULL, &again, NULL) == UB_OK);
    must(again->format->write(again, NULL, &second, &second_length, NULL) == UB_OK);
    must(first_length == second_length && memcmp(first, second, first_length) == 0);
    free(first);
    free(second);
    ub_image_close(again);
}

static void open_for(const uint8_t *bytes, size_t size, const char *member)
{
    struct ub_image_options options = {.member = member};
    struct ub_image *image = NULL;
    struct ub_error err;
    enum ub_code code = ub_image_parse("fuzz", bytes, size, &options, &image, &err);
    if (code) {
        must(err.message[0] && err.code == code);
        must(code >= UB_IMG_READ && code <= UB_IMG_NONE_INSIDE);
        return;
    }
    if (strcmp(image->format->name, "uf2") == 0) {
        check(image, size);
        write_and_read(image);
    }
    ub_image_close(image);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char family[16];
    struct ub_uf2_block block = {0};
    if (size < UB_UF2_BLOCK)
        return 0;
    uint8_t *bytes = malloc(size);
    if (!bytes)
        return 0;
    memcpy(bytes, data, size);
    for (size_t at = 0; at + UB_UF2_BLOCK <= size; at += UB_UF2_BLOCK) {
        ub_put_u32le(bytes + at, UB_UF2_START0);
        ub_put_u32le(bytes + at + 4, UB_UF2_START1);
        ub_put_u32le(bytes + at + UB_UF2_BLOCK - 4, UB_UF2_END);
    }
    (void)ub_uf2_take(bytes, &block);
    (void)ub_print(family, sizeof(family), "0x%08" PRIx32, block.family);
    open_for(bytes, size, NULL);
    open_for(bytes, size, family);
    free(bytes);
    return 0;
}
