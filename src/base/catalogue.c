/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/catalogue.h"
#include "base/text.h"

#include <stdlib.h>

/* Exit statuses that do not come from the catalogue, as documented in the command's manual. */
enum {
    STATUS_DONE = 0,
    STATUS_UNCHANGED = 7,
    STATUS_INCOMPLETE = 8,
    STATUS_HOST = 10,
};

static int by_code(const void *key, const void *entry)
{
    const enum ub_code code = *(const enum ub_code *)key;
    const enum ub_code other = ((const struct ub_explanation *)entry)->code;
    return (code > other) - (code < other);
}

const struct ub_explanation *ub_explain(enum ub_code code)
{
    return bsearch(&code, ub_catalogue, ub_catalogue_count, sizeof(ub_catalogue[0]), by_code);
}

const struct ub_explanation *ub_explain_id(const char *id)
{
    if (!id)
        return NULL;
    for (size_t i = 0; i < ub_catalogue_count; i++) {
        if (ub_same_word(ub_catalogue[i].id, id))
            return &ub_catalogue[i];
    }
    return NULL;
}

const struct ub_explanation *ub_explain_at(size_t index)
{
    return index < ub_catalogue_count ? &ub_catalogue[index] : NULL;
}

int ub_exit_status(enum ub_code code, enum ub_left left)
{
    if (code == UB_OK)
        return STATUS_DONE;
    const struct ub_explanation *entry = ub_explain(code);
    const int status = entry ? entry->status : STATUS_HOST;
    if (code == UB_SYS_INTERRUPTED)
        return status;
    if (left == UB_LEFT_INCOMPLETE)
        return STATUS_INCOMPLETE;
    /* It holds the new image, so a status that says "untouched" or "unchanged" would be a lie. */
    if (left == UB_LEFT_DONE && status <= STATUS_UNCHANGED)
        return STATUS_HOST;
    return status;
}

#define TEXT_OF(number)                   #number
#define VERSION_TEXT(major, minor, patch) TEXT_OF(major) "." TEXT_OF(minor) "." TEXT_OF(patch)

const char *ub_version(void)
{
    return VERSION_TEXT(UB_VERSION_MAJOR, UB_VERSION_MINOR, UB_VERSION_PATCH);
}
