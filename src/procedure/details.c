/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Everything a device tells about itself. */
#include "base/error.h"
#include "base/text.h"
#include "procedure/select.h"
#include "procedure/session.h"

#include <stdlib.h>
#include <string.h>

#define REMEDY_TEXT 2304u /* a quirk's, and which later one wins */

/** Copies the regions and their runs into one allocation that the details own. */
static enum ub_code copy_regions(const struct ub_target *target, struct ub_details *details,
                                 struct ub_error *err)
{
    size_t runs = 0;
    for (size_t i = 0; i < target->region_count; i++)
        runs += target->regions[i].run_count;
    size_t size = target->region_count * sizeof(struct ub_region);
    struct ub_region *regions = calloc(1, size + runs * sizeof(struct ub_sector_run) + 1);
    if (!regions)
        return ub_fail_memory(err);
    struct ub_sector_run *run = (struct ub_sector_run *)(void *)(regions + target->region_count);
    for (size_t i = 0; i < target->region_count; i++) {
        regions[i] = target->regions[i];
        regions[i].runs = run;
        if (regions[i].run_count)
            memcpy(run, target->regions[i].runs, regions[i].run_count * sizeof(*run));
        run += regions[i].run_count;
    }
    details->regions = regions;
    details->region_count = target->region_count;
    return UB_OK;
}

static void add_warnings(const struct ub_loader *loader, struct ub_details *details)
{
    const size_t room = sizeof(details->warnings) / sizeof(details->warnings[0]);
    const char *text;
    for (size_t i = 0; i < room && (text = loader->ops->warning(loader, i)) != NULL; i++) {
        (void)ub_print(details->warnings[i], sizeof(details->warnings[i]), "%s", text);
        details->warning_count = i + 1;
    }
}

static void add_functional(const struct ub_dfu_functional *functional, struct ub_details *details)
{
    details->bcdDFUVersion = functional->bcdDFUVersion;
    details->wTransferSize = functional->wTransferSize;
    details->wDetachTimeOut = functional->wDetachTimeOut;
    details->bmAttributes = functional->bmAttributes;
}

/** Of an opened device: what the loader learned, and what habits leave of it. */
static void add_caps(const struct ub_loader_caps *caps, struct ub_details *details)
{
    add_functional(&caps->functional, details);
    if (!caps->functional.present)
        details->wTransferSize = caps->transfer_size; /* it claims none */
    details->transfer_size = caps->transfer_size;
    details->can_read = caps->can_read;
    details->can_write = caps->can_write;
    details->bState = caps->arrived_bState;
    details->bStatus = caps->arrived_bStatus;
}

/** Of a device that was not opened: what its configuration says, and quirks that go by ids. */
static void add_interface(const struct ub_quirks *quirks, const struct ub_usb_info *info,
                          struct ub_details *details)
{
    struct ub_dfu_interface interface;
    struct ub_quirk_effect effect;
    if (!ub_quirks_interface(quirks, info, &interface))
        return;
    ub_quirks_look(quirks, info, &effect);
    add_functional(&interface.functional, details);
    details->can_read = (details->bmAttributes & UB_DFU_CAN_UPLOAD) && !effect.habits.no_upload;
    details->can_write = details->bmAttributes & UB_DFU_CAN_DNLOAD;
}

/** A quirk that applies, with room for the reason. */
struct told_quirk {
    char because[UB_STRING_TEXT * 4];
    char remedy[REMEDY_TEXT];
};

/** The first later quirk that applies and changes one of the same things, or NULL. */
static const struct ub_quirk *overridden(const struct ub_quirks *quirks,
                                         const struct ub_quirk_hits *hits, size_t index,
                                         const char **key)
{
    const struct ub_quirk *quirk = ub_quirks_at(quirks, index);
    for (size_t i = index + 1; i < ub_quirks_count(quirks); i++) {
        const struct ub_quirk *later = ub_quirks_at(quirks, i);
        for (size_t a = 0; hits->fits[i] && a < quirk->value_count; a++)
            for (size_t b = 0; b < later->value_count; b++)
                if (quirk->values[a].key == later->values[b].key) {
                    *key = quirk->values[a].key->shown.name;
                    return later;
                }
    }
    return NULL;
}

/** What is done about it, and what of that is not, as a later quirk wins. */
static void tell_remedy(const struct ub_quirks *quirks, const struct ub_quirk_hits *hits,
                        size_t index, char to[REMEDY_TEXT])
{
    const char *key = "";
    const struct ub_quirk *later = overridden(quirks, hits, index, &key);
    (void)ub_print(to, REMEDY_TEXT, "%s", ub_quirks_at(quirks, index)->remedy);
    if (later)
        (void)ub_append(to, REMEDY_TEXT, "; overridden: the %s of %s wins", key, later->name);
}

/** The quirks found, in the order in which they were applied: one allocation, the reasons behind
 * the array; the other texts stay the context's. */
static enum ub_code add_quirks(const struct ub_quirks *quirks, const struct ub_quirk_hits *hits,
                               struct ub_details *details, struct ub_error *err)
{
    size_t count = 0;
    for (size_t i = 0; i < ub_quirks_count(quirks); i++)
        count += hits->fits[i] != 0;
    details->quirks = calloc(count + 1, sizeof(*details->quirks) + sizeof(struct told_quirk));
    if (!details->quirks)
        return ub_fail_memory(err);
    struct told_quirk *told = (struct told_quirk *)(void *)(details->quirks + count + 1);
    for (size_t i = 0; i < ub_quirks_count(quirks); i++) {
        const struct ub_quirk *quirk = ub_quirks_at(quirks, i);
        if (!hits->fits[i])
            continue;
        char *because = told[details->quirk_count].because;
        char *remedy = told[details->quirk_count].remedy;
        tell_remedy(quirks, hits, i, remedy);
        ub_quirk_because(quirk, hits->fits[i], because, sizeof(told->because));
        details->quirks[details->quirk_count++] = (struct ub_quirk_info){.name = quirk->name,
                                                                         .defect = quirk->defect,
                                                                         .remedy = remedy,
                                                                         .because = because,
                                                                         .source = quirk->source};
    }
    return UB_OK;
}

static enum ub_code open_and_ask(struct ub_context *context, const char *port,
                                 struct ub_details *details, struct ub_error *err)
{
    struct ub_session *session = NULL;
    char selector[UB_PORT_TEXT + 8];
    (void)ub_print(selector, sizeof(selector), "port=%s", port);
    enum ub_code code = ub_session_open(context, selector, false, &session, err);
    if (code)
        return code;
    details->device = session->device;
    add_caps(&session->target.caps, details);
    add_warnings(session->loader, details);
    /* the answer to a question that nobody needs: a failure to get it is none of info's */
    (void)ub_session_is_protected(session, &details->read_protected, NULL);
    (void)session->loader->ops->abort(session->loader, NULL);
    code = copy_regions(&session->target, details, err);
    if (!code)
        code = add_quirks(context->quirks, &session->quirks, details, err);
    ub_session_close(session);
    return code;
}

/** Of a device that was not opened: what its ids and strings give away. */
static enum ub_code add_quirks_unopened(const struct ub_quirks *quirks,
                                        const struct ub_usb_info *info, struct ub_details *details,
                                        struct ub_error *err)
{
    const struct ub_quirk_device device = {.info = info};
    struct ub_quirk_hits hits;
    ub_quirks_find(quirks, &device, &hits);
    return add_quirks(quirks, &hits, details, err);
}

enum ub_code ub_details(struct ub_context *context, const char *selector, struct ub_details **out,
                        struct ub_error *err)
{
    ub_error_clear(err);
    *out = NULL;
    ub_context_begin(context);
    struct ub_usb_list list = {0};
    struct ub_details *details = calloc(1, sizeof(*details));
    if (!details)
        return ub_fail_memory(err);
    enum ub_code code = context->transport.ops->enumerate(context->transport.self, &list, err);
    size_t index = 0;
    if (!code)
        code = ub_select(context->quirks, &list, selector, &index, err);
    if (!code) {
        ub_describe(context->quirks, &list.items[index], &details->device);
        add_interface(context->quirks, &list.items[index], details);
    }
    if (!code && details->device.mode == UB_MODE_DFU)
        code = open_and_ask(context, details->device.port, details, err);
    else if (!code)
        code = add_quirks_unopened(context->quirks, &list.items[index], details, err);
    ub_usb_list_free(&list);
    code = ub_context_settle(context, code, err);
    if (code) {
        ub_details_free(details);
        return code;
    }
    *out = details;
    return UB_OK;
}

void ub_details_free(struct ub_details *details)
{
    if (!details)
        return;
    free(details->regions);
    free(details->quirks);
    free(details);
}
