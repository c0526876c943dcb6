/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Any bytes as an archive, with small limits so that it stays fast. What is listed as firmware can
 * be opened by its path, unless another file has the same path (and that one may be encrypted);
 * nothing is ever longer than the limits allow. */
#include "image/image.h"
#include "pack/pack.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct ub_pack_limits small = {.members = 64, .bytes = 1 << 18, .layers = 3};

/** Stops the fuzzer; assert() may be compiled out. */
static void must(bool holds)
{
    if (!holds)
        abort();
}

static void check_error(enum ub_code code, const struct ub_error *err)
{
    must(err->code == code && code >= UB_IMG_READ && code <= UB_IMG_METADATA);
    must(err->message[0] && memchr(err->message, 0, sizeof(err->message)));
    must(err->depth <= UB_ERROR_DEPTH);
}

static enum ub_code open_member(const uint8_t *data, size_t size, const char *member)
{
    struct ub_image_options options = {.member = member};
    struct ub_image *image = NULL;
    struct ub_image_info info;
    struct ub_error err;
    enum ub_code code = ub_pack_open("fuzz", data, size, &options, &small, &image, &err);
    if (code) {
        must(!image);
        check_error(code, &err);
        return code;
    }
    ub_image_info(image, &info);
    must(info.file_size == size && info.segment_count > 0);
    must(!*info.packed == !*info.member);
    ub_image_close(image);
    return UB_OK;
}

static void list_and_open(const uint8_t *data, size_t size)
{
    struct ub_member *members = NULL;
    size_t count = 0;
    uint64_t total = 0;
    struct ub_error err;
    enum ub_code code = ub_pack_members("fuzz", data, size, &small, &members, &count, &err);
    if (code) {
        must(!members && count == 0);
        check_error(code, &err);
        return;
    }
    must(count <= small.members);
    for (size_t i = 0; i < count; i++) {
        must(memchr(members[i].path, 0, sizeof(members[i].path)) && members[i].what[0]);
        if (!members[i].firmware)
            continue;
        total += members[i].length;
        code = open_member(data, size, members[i].path);
        must(code == UB_OK || code == UB_IMG_SEVERAL || code == UB_IMG_ENCRYPTED ||
             code == UB_IMG_MEMBER_DIGEST);
    }
    must(total <= small.bytes);
    free(members);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    (void)open_member(data, size, NULL);
    list_and_open(data, size);
    return 0;
}
