/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Does an image belong on a device? Reads, and changes nothing. */
#include "base/error.h"
#include "base/text.h"
#include "flash/place.h"
#include "match/rank.h"
#include "procedure/match.h"
#include "procedure/prefix.h"
#include "procedure/select.h"
#include "procedure/trust.h"

#include <stdlib.h>

static enum ub_code check_family(const struct ub_context *context, const struct ub_image *image,
                                 const char *word, const struct ub_flash_options *options,
                                 struct ub_match *match, struct ub_error *err)
{
    struct ub_image_facts facts;
    struct ub_match_case what;
    const struct ub_family *family = ub_family_named(word);
    if (!family)
        return ub_fail(err, UB_USE_OPTION, "there is no family \"%.64s\"", word);
    ub_image_facts(image, &facts);
    ub_match_family_case(image, &facts, family, options, &what);
    enum ub_code code = ub_label_parse(options ? options->label : NULL, &what.label, err);
    if (!code) {
        ub_match_decide(&what, match);
        (void)ub_check_family_policy(context, family, image, &match->policy);
    }
    return code;
}

/** Why ub_flash() could not place it, which no name makes go away. */
static void check_place(struct ub_session *session, const struct ub_image *image,
                        const struct ub_flash_options *options, struct ub_match *match)
{
    static const struct ub_flash_options careful;
    struct ub_placement placement = {0};
    enum ub_code code = ub_check_prefix(session, image, &match->placement);
    if (!code)
        code = ub_place_image(&session->target, image, options ? options : &careful, &placement,
                              &match->placement);
    ub_placement_free(&placement);
    if (code)
        ub_match_add_placement(match);
    else
        ub_error_clear(&match->placement);
}

static enum ub_code check_opened(struct ub_context *context, const struct ub_device *device,
                                 const struct ub_image *image,
                                 const struct ub_flash_options *options, struct ub_match *match,
                                 struct ub_error *err)
{
    struct ub_session *session = NULL;
    struct ub_match_scratch scratch;
    struct ub_match_case what = {.comparing = false};
    char selector[UB_PORT_TEXT + 8];
    (void)ub_print(selector, sizeof(selector), "port=%s", device->port);
    enum ub_code code = ub_session_open(context, selector, false, &session, err);
    if (!code)
        code = ub_match_session(session, image, options, &scratch, &what, err);
    if (!code) {
        ub_match_decide(&what, match);
        check_place(session, image, options, match);
        (void)ub_check_policy(session, image, &match->policy);
        (void)session->loader->ops->abort(session->loader, NULL);
    }
    ub_session_close(session);
    return code;
}

static enum ub_code check_seen(struct ub_context *context, const struct ub_device *device,
                               const struct ub_image *image, const struct ub_flash_options *options,
                               struct ub_match *match, struct ub_error *err)
{
    struct ub_match_scratch scratch;
    struct ub_match_case what = {.comparing = false};
    enum ub_code code = ub_match_seen(context, device, image, options, &scratch, &what, err);
    if (!code)
        ub_match_decide(&what, match);
    return code;
}

/** A device in runtime mode stays in it: what the bus shows has to do. */
static enum ub_code check_device(struct ub_context *context, const char *selector,
                                 const struct ub_image *image,
                                 const struct ub_flash_options *options, struct ub_match *match,
                                 struct ub_error *err)
{
    struct ub_usb_list list = {0};
    struct ub_device device;
    size_t index = 0;
    ub_context_begin(context);
    enum ub_code code = context->transport.ops->enumerate(context->transport.self, &list, err);
    if (!code)
        code = ub_select(context->quirks, &list, selector, &index, err);
    if (!code)
        ub_describe(context->quirks, &list.items[index], &device);
    if (!code)
        code = device.mode == UB_MODE_DFU
                   ? check_opened(context, &device, image, options, match, err)
                   : check_seen(context, &device, image, options, match, err);
    ub_usb_list_free(&list);
    return ub_context_settle(context, code, err);
}

enum ub_code ub_check(struct ub_context *context, const struct ub_image *image,
                      const char *selector, const char *family,
                      const struct ub_flash_options *options, struct ub_match **out,
                      struct ub_error *err)
{
    ub_error_clear(err);
    *out = NULL;
    enum ub_code code = ub_match_options(options, err);
    if (code)
        return code;
    struct ub_match *match = calloc(1, sizeof(*match));
    if (!match)
        return ub_fail_memory(err);
    code = family ? check_family(context, image, family, options, match, err)
                  : check_device(context, selector, image, options, match, err);
    if (code) {
        ub_match_free(match);
        return code;
    }
    *out = match;
    return UB_OK;
}

void ub_match_free(struct ub_match *match)
{
    free(match);
}

bool ub_match_finding(const struct ub_match *match, size_t index, struct ub_finding *out)
{
    if (index >= match->count)
        return false;
    *out = match->entries[index].finding;
    return true;
}

enum ub_code ub_match_refusal(const struct ub_match *match, struct ub_error *err)
{
    ub_error_clear(err);
    if (match->policy.code) {
        if (err)
            *err = match->policy;
        return match->policy.code;
    }
    enum ub_code code = ub_match_contradiction(match, err);
    if (!code)
        code = ub_match_impossible(match, err);
    return code;
}
