/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Any bytes as the metainfo of an LVFS cabinet. */
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
    must(entry->source && memchr(entry->file, 0, sizeof(entry->file)));
    must(entry->claim_count <= UB_PACK_CLAIMS_MAX);
    for (size_t i = 0; i < entry->claim_count; i++)
        must(entry->claims[i].text[0] &&
             memchr(entry->claims[i].text, 0, sizeof(entry->claims[i].text)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct ub_pack_list list = {0};
    struct ub_error err;
    enum ub_code code = ub_metainfo_read("fuzz", data, size, &list, &err);
    must(code == UB_OK || code == UB_IMG_METADATA);
    must(code || list.count > 0);
    must(list.count <= UB_PACK_ENTRIES_MAX);
    for (size_t i = 0; i < list.count; i++)
        check_entry(&list.entries[i]);
    ub_pack_list_free(&list);
    return 0;
}
