/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/error.h"
#include "base/text.h"
#include "procedure/flash.h"
#include "procedure/run.h"

#include <stdlib.h>
#include <string.h>

/** Adds the pieces of one more placement. */
static enum ub_code join(struct ub_placement *to, struct ub_placement *more, struct ub_error *err)
{
    struct ub_piece *pieces = realloc(to->pieces, (to->count + more->count + 1) * sizeof(*pieces));
    if (!pieces)
        return ub_fail_memory(err);
    memcpy(pieces + to->count, more->pieces, more->count * sizeof(*pieces));
    to->pieces = pieces;
    to->count += more->count;
    return UB_OK;
}

/** All program memory. */
static enum ub_code place_everything(const struct ub_target *target,
                                     const struct ub_flash_options *options,
                                     struct ub_placement *out, struct ub_error *err)
{
    if (!target->caps.addressed)
        return ub_place_blank(target, "all", options, out, err); /* which says that it cannot be */
    if (!options->erase_all)
        return ub_fail(err, UB_MEM_ERASE_ALL,
                       "erasing everything cannot be undone (named by --erase-all)");
    memset(out, 0, sizeof(*out));
    enum ub_code code = UB_OK;
    for (size_t i = 0; !code && i < target->region_count; i++) {
        struct ub_placement more = {0};
        if (target->regions[i].kind != UB_REGION_FLASH)
            continue;
        code = ub_place_region_blank(target, &target->regions[i], options, &more, err);
        if (!code)
            code = join(out, &more, err);
        ub_placement_free(&more);
    }
    if (!code && !out->count)
        code = ub_fail(err, UB_MEM_NOT_ERASABLE,
                       "this device cannot be erased by a command: it erases what it writes over");
    if (code)
        ub_placement_free(out);
    return code;
}

static enum ub_code place(struct ub_session *session, const struct ub_work *work,
                          struct ub_placement *out, struct ub_error *err)
{
    const struct ub_target *target = &session->target;
    return ub_same_word(work->what, "all")
               ? place_everything(target, &work->options, out, err)
               : ub_place_blank(target, work->what, &work->options, out, err);
}

static enum ub_code erase_body(struct ub_session *session, struct ub_work *work,
                               struct ub_result *result, struct ub_error *err)
{
    struct ub_placement placement = {0};
    enum ub_code code = place(session, work, &placement, err);
    if (!code && work->options.lose_protected_content) {
        ub_placement_free(&placement);
        code = ub_give_up_protected(session, &work->options, result, err);
        if (!code)
            code = place(session, work, &placement, err);
    }
    char object[UB_STRING_TEXT];
    (void)ub_print(object, sizeof(object), "%s of", work->what);
    const struct ub_job job = {"Erase", object, "it is blank already", &placement, &work->options};
    if (!code)
        code = ub_session_write(session, &job, result, err);
    ub_placement_free(&placement);
    if (session->loader)
        (void)session->loader->ops->abort(session->loader, NULL);
    return code;
}

enum ub_code ub_erase(struct ub_context *context, const char *what, const char *selector,
                      const struct ub_flash_options *options, struct ub_result *result,
                      struct ub_error *err)
{
    struct ub_work work = {.what = what};
    return ub_run(context, selector, true, erase_body, &work, options, result, err);
}
