/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Any bytes as the manifest.json of a package, and as a Nordic init packet. */
#include "pack/list.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/** Stops the fuzzer; assert() may be compiled out. */
static void must(bool holds)
{
    if (!holds)
        abort();
}

static void check_entry(const struct ub_pack_entry *entry)
{
    must(memchr(entry->file, 0, sizeof(entry->file)) &&
         memchr(entry->init, 0, sizeof(entry->init)));
    must(entry->claim_count <= UB_PACK_CLAIMS_MAX);
    for (size_t i = 0; i < entry->claim_count; i++)
        must(entry->claims[i].text[0] != '\0');
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct ub_pack_list list = {0};
    struct ub_pack_entry entry = {.source = "Nordic manifest"};
    struct ub_error err;
    enum ub_code code = ub_manifest_json_read("fuzz", data, size, &list, &err);
    must(code == UB_OK || code == UB_IMG_METADATA);
    for (size_t i = 0; i < list.count; i++)
        check_entry(&list.entries[i]);
    ub_pack_list_free(&list);
    code = ub_nordic_init_read("fuzz", data, size, &entry, &err);
    must(code == UB_OK || code == UB_IMG_METADATA);
    check_entry(&entry);
    (void)ub_pack_check(&entry, "fuzz", data, size, NULL);
    return 0;
}
