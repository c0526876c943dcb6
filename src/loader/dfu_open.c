/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "loader/dfu_open.h"

#include "base/error.h"
#include "base/text.h"
#include "loader/dfu_link.h"
#include "loader/memory_map.h"

#include <stdlib.h>

_Static_assert(sizeof(((struct dfu_names *)NULL)->text[0]) == DFU_STRING_BYTES,
               "a name has room for a whole string descriptor");

static enum ub_code read_names(struct dfu_link *link, struct dfu_names *names, struct ub_error *err)
{
    const struct ub_dfu_interface *interface = link->port.interface;
    for (size_t i = 0; i < interface->alt_count; i++) {
        enum ub_code code = dfu_read_string(link, interface->alts[i].iInterface, names->text[i],
                                            err);
        /* DfuSe keeps its memory maps there; to plain DFU a name is a comfort. A later memory that
         * refuses to name itself is left alone. */
        bool dfuse = link->functional.bcdDFUVersion == DFU_BCD_DFUSE;
        bool needed = code == UB_USB_GONE || (dfuse && (i == 0 || code != UB_USB_STALL));
        if (code && needed)
            return ub_wrap(err, code, "while reading the names of the device's memories");
    }
    return UB_OK;
}

/* The names tell devices apart that nothing else does; what is known of them comes before what they
 * say. */
static enum ub_code take_advice(struct dfu_link *link, struct dfu_names *names,
                                struct ub_error *err)
{
    const size_t count = link->port.interface->alt_count;
    const struct ub_loader_adviser *adviser = &link->port.adviser;
    if (adviser->advise) {
        const char *texts[UB_DFU_ALTS_MAX];
        struct ub_loader_habits habits = link->port.habits;
        for (size_t i = 0; i < count; i++)
            texts[i] = names->text[i];
        adviser->advise(adviser->self, texts, count, &habits);
        dfu_take_habits(link, &habits);
    }
    const char *map = link->port.habits.memory_map;
    if (map && count && !ub_print(names->text[0], sizeof(names->text[0]), "%s", map))
        return ub_fail(err, UB_DFU_MEMORY_MAP, "the memory map given for it is too long");
    return UB_OK;
}

static bool any_map(const struct dfu_link *link, const struct dfu_names *names)
{
    for (size_t i = 0; i < link->port.interface->alt_count; i++)
        if (ub_memory_map_is(names->text[i]))
            return true;
    return false;
}

enum ub_code dfu_open(const struct ub_loader_port *port, struct ub_loader **out,
                      struct ub_error *err)
{
    enum ub_code code;
    *out = NULL;
    struct dfu_link *link = calloc(1, sizeof(*link));
    struct dfu_names *names = calloc(1, sizeof(*names));
    if (!link || !names) {
        code = ub_fail_memory(err);
        goto out;
    }
    code = dfu_link_open(link, port, err);
    if (!code)
        code = read_names(link, names, err);
    if (!code)
        code = take_advice(link, names, err);
    if (code)
        goto out;
    bool dfuse = link->functional.bcdDFUVersion == DFU_BCD_DFUSE;
    bool mapped = any_map(link, names);
    if (dfuse && !mapped)
        dfu_warn(link, "it claims DfuSe and has no memory map: taken for DFU 1.1");
    code = dfuse && mapped ? dfuse_make(link, names, out, err)
                           : dfu_plain_make(link, names, out, err);
out:
    free(link);
    free(names);
    return code;
}
