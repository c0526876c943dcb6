/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "procedure/prepare.h"

#include "base/error.h"
#include "base/text.h"
#include "procedure/match.h"
#include "procedure/prefix.h"
#include "procedure/trust.h"

#include <inttypes.h>
#include <stdlib.h>

void ub_tell_image(struct ub_context *context, const struct ub_image *image)
{
    struct ub_image_info info;
    struct ub_image_segment first;
    ub_image_info(image, &info);
    char length[32];
    char digest[65];
    char place[64] = "";
    char trust[UB_ERROR_TEXT];
    ub_print_trust(trust, sizeof(trust), &image->trust);
    ub_print_grouped(length, sizeof(length), info.length);
    ub_print_hex(digest, info.sha256, sizeof(info.sha256));
    if (ub_image_segment(image, 0, &first) && first.has_address)
        (void)ub_print(place, sizeof(place), " at 0x%08" PRIx64 "%s", first.address,
                       info.segment_count > 1 ? " and on" : "");
    ub_env_begin(&context->env, UB_STEP_IMAGE, info.length, "%s", info.name);
    ub_env_done(&context->env, "%s  %s, %s bytes%s, sha256 %.4s…%.2s, %s", info.name,
                info.format_title, length, place, digest, digest + 62, trust);
}

/** What is doubtful, and what speaks for it. */
static void tell_match(struct ub_session *session, const struct ub_match *match)
{
    struct ub_env *env = &session->context->env;
    char reasons[UB_ERROR_TEXT];
    const struct ub_finding *finding;
    bool fits = ub_match_reasons(match, reasons, sizeof(reasons));
    for (size_t i = 0; i < match->count; i++) /* accepted or not */
        fits = fits && match->entries[i].finding.weight == UB_FINDING_FOR;
    if (fits)
        ub_env_begin(env, UB_STEP_IMAGE, 0, "matching");
    for (size_t i = 0; i < match->count; i++) {
        finding = &match->entries[i].finding;
        if (finding->weight == UB_FINDING_WEAK && !finding->accepted)
            ub_env_warn(env, "%s", finding->text);
    }
    if (fits)
        ub_env_done(env, "fits: %s by its %s",
                    session->target.family->vid ? session->target.family->name : "the device",
                    reasons);
}

enum ub_code ub_match_image(struct ub_session *session, const struct ub_image *image,
                            const struct ub_flash_options *options, bool comparing,
                            struct ub_error *err)
{
    struct ub_match_scratch scratch;
    struct ub_match_case what = {.comparing = comparing};
    struct ub_match *match = malloc(sizeof(*match));
    if (!match)
        return ub_fail_memory(err);
    enum ub_code code = ub_match_session(session, image, options, &scratch, &what, err);
    if (!code) {
        ub_match_decide(&what, match);
        code = ub_match_contradiction(match, err);
    }
    if (!code && !comparing && !session->matched) {
        tell_match(session, match);
        session->matched = true;
    }
    free(match);
    return code;
}

static enum ub_code prepare(struct ub_session *session, const struct ub_image *image,
                            const struct ub_flash_options *options, bool comparing,
                            struct ub_placement *placement, struct ub_error *err)
{
    enum ub_code code = ub_match_image(session, image, options, comparing, err);
    if (!code)
        code = ub_check_prefix(session, image, err);
    if (!code)
        code = ub_place_image(&session->target, image, options, placement, err);
    if (!code && placement->by_vectors)
        ub_env_warn(&session->context->env,
                    "the file carries no address; its vector table says 0x%08" PRIx64,
                    placement->pieces[0].address);
    if (!code && placement->addresses_dropped)
        ub_env_warn(&session->context->env,
                    "the device takes a stream: the addresses in the file are not used");
    return code;
}

enum ub_code ub_prepare(struct ub_session *session, const struct ub_image *image,
                        const struct ub_flash_options *options, struct ub_placement *placement,
                        struct ub_error *err)
{
    /* reading and comparing are nobody's policy; writing is */
    enum ub_code code = ub_check_policy(session, image, err);
    return code ? code : prepare(session, image, options, false, placement, err);
}

enum ub_code ub_prepare_comparing(struct ub_session *session, const struct ub_image *image,
                                  const struct ub_flash_options *options,
                                  struct ub_placement *placement, struct ub_error *err)
{
    return prepare(session, image, options, true, placement, err);
}
