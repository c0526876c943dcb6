/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "loader/dfu_open.h"

#include "base/error.h"
#include "base/text.h"
#include "loader/dfu_link.h"
#include "loader/memory_map.h"

#include <stdlib.h>
#include <string.h>

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
        bool dfuse = link->functional.bcdDFUVersion == DFU_BCD_DFUSE ||
                     !link->functional.present; /* which only the names can tell then */
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

/* "@name /0xADDRESS/...": nothing but a DfuSe device calls a memory that. */
static bool names_addresses(const struct dfu_link *link, const struct dfu_names *names)
{
    for (size_t i = 0; i < link->port.interface->alt_count; i++)
        if (ub_memory_map_is(names->text[i]) &&
            (strstr(names->text[i], "/0x") || strstr(names->text[i], "/0X")))
            return true;
    return false;
}

/*
 * Block 0 of a DfuSe device is a command: an image's first bytes may be the one to erase all. So a
 * device whose memories have maps for names is never written as a stream. One that says nothing of
 * its protocol is taken for DfuSe; where it contradicts itself (m-stack's are plain DFU), a quirk
 * has to say what it speaks before it is written.
 */
static void settle_protocol(struct dfu_link *link, const struct dfu_names *names)
{
    const struct ub_dfu_functional *functional = &link->functional;
    const bool undecided = names_addresses(link, names) &&
                           functional->bcdDFUVersion != DFU_BCD_DFUSE &&
                           !link->port.habits.bcdDFUVersion;
    if (undecided && !functional->present)
        dfu_suppose_dfuse(link);
    if (undecided && functional->present) {
        link->functional.bmAttributes &= (uint8_t)~UB_DFU_CAN_DNLOAD;
        dfu_warn(link,
                 "it claims plain DFU (bcdDFUVersion 0x%04x), but its memories have memory maps "
                 "for names, as DfuSe has: it is not written before --quirk "
                 "id=%04x:%04x,bcdDFUVersion=1.1 (or 1.1a for DfuSe) says what it speaks",
                 functional->bcdDFUVersion, link->port.info->vid, link->port.info->pid);
        ub_env_warn(link->port.env, "%s", link->warnings[link->warning_count - 1]);
    } else if (!functional->present && functional->bcdDFUVersion == DFU_BCD_DFUSE) {
        dfu_warn(link,
                 "it has no DFU functional descriptor: taken for DfuSe, as its memories have "
                 "memory maps for names; blocks of %u bytes, each with its address",
                 link->transfer_size);
    } else if (!functional->present) {
        dfu_warn(link,
                 "it has no DFU functional descriptor: taken for DFU 1.0 with blocks of %u bytes",
                 link->transfer_size);
    }
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
    settle_protocol(link, names);
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
