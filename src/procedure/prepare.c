/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "procedure/prepare.h"

#include "base/error.h"
#include "base/text.h"
#include "match/accept.h"
#include "procedure/prefix.h"

#include <inttypes.h>

void ub_tell_image(struct ub_context *context, const struct ub_image *image)
{
    struct ub_image_info info;
    struct ub_image_segment first;
    ub_image_info(image, &info);
    char length[32];
    char digest[65];
    char place[64] = "";
    ub_print_grouped(length, sizeof(length), info.length);
    ub_print_hex(digest, info.sha256, sizeof(info.sha256));
    if (ub_image_segment(image, 0, &first) && first.has_address)
        (void)ub_print(place, sizeof(place), " at 0x%08" PRIx64 "%s", first.address,
                       info.segment_count > 1 ? " and on" : "");
    ub_env_begin(&context->env, UB_STEP_IMAGE, info.length, "%s", info.name);
    ub_env_done(&context->env, "%s  %s, %s bytes%s, sha256 %.4s…%.2s, not signed", info.name,
                info.format_title, length, place, digest, digest + 62);
}

static bool id_fits(uint16_t claimed, uint16_t actual)
{
    return claimed == UB_IMAGE_ID_ANY || claimed == actual;
}

enum ub_code ub_match_ids(const struct ub_session *session, const struct ub_image *image,
                          const struct ub_flash_options *options, struct ub_error *err)
{
    if (!image->has_ids || ub_is_accepted(options, "other-device"))
        return UB_OK;
    const struct ub_usb_info *info = &session->info;
    if (id_fits(image->vid, info->vid) && id_fits(image->pid, info->pid))
        return UB_OK;
    if (session->was_runtime && id_fits(image->vid, session->runtime_vid) &&
        id_fits(image->pid, session->runtime_pid))
        return UB_OK;
    return ub_fail(err, UB_IMG_WRONG_DEVICE,
                   "%s says that it is for %04x:%04x; the device at %s is %04x:%04x", image->name,
                   image->vid, image->pid, info->port, info->vid, info->pid);
}

enum ub_code ub_prepare(struct ub_session *session, const struct ub_image *image,
                        const struct ub_flash_options *options, struct ub_placement *placement,
                        struct ub_error *err)
{
    enum ub_code code = ub_match_ids(session, image, options, err);
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
