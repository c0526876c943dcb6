/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "procedure/match.h"

#include "base/text.h"
#include "loader/layout.h"
#include "match/accept.h"

#include <string.h>

#define HEADER 32u /* of MCUboot's image */

static struct ub_match_mode mode_of(const struct ub_device *device)
{
    return (struct ub_match_mode){
        .known = true,
        .vid = device->vid,
        .pid = device->pid,
        .bcdDevice = device->bcdDevice,
        .manufacturer = device->manufacturer,
        .product = device->product,
    };
}

enum ub_code ub_match_options(const struct ub_flash_options *options, struct ub_error *err)
{
    struct ub_label label;
    if (!options)
        return UB_OK;
    enum ub_code code = ub_check_accepted(options, err);
    return code ? code : ub_label_parse(options->label, &label, err);
}

static enum ub_code begin(const struct ub_context *context, const struct ub_device *device,
                          const struct ub_image *image, const struct ub_flash_options *options,
                          struct ub_match_scratch *scratch, struct ub_match_case *what,
                          struct ub_error *err)
{
    if (context->facts)
        scratch->facts = *context->facts;
    else
        ub_image_facts(image, &scratch->facts);
    (void)ub_print(scratch->where, sizeof(scratch->where), "the device at %s", device->port);
    *what = (struct ub_match_case){
        .image = image,
        .facts = &scratch->facts,
        .where = scratch->where,
        .options = options,
        .has_at = options && options->has_at,
        .at = options ? options->at : 0,
        .comparing = what->comparing,
    };
    return ub_label_parse(options ? options->label : NULL, &what->label, err);
}

enum ub_code ub_match_seen(struct ub_context *context, const struct ub_device *device,
                           const struct ub_image *image, const struct ub_flash_options *options,
                           struct ub_match_scratch *scratch, struct ub_match_case *what,
                           struct ub_error *err)
{
    enum ub_code code = begin(context, device, image, options, scratch, what, err);
    *(device->mode == UB_MODE_DFU ? &what->dfu : &what->runtime) = mode_of(device);
    return code;
}

/** The memory in which the image will begin, and where; NULL if that is not known, or it cannot be
 * read. */
static const struct ub_region *place_of(const struct ub_session *session,
                                        const struct ub_match_case *what, uint64_t *address)
{
    const struct ub_target *target = &session->target;
    const struct ub_segment *first = &what->image->segments[0];
    const struct ub_region *found = NULL;
    *address = first->has_address ? first->address : what->has_at ? what->at : 0;
    if (!target->caps.can_read || (target->caps.addressed && !first->has_address && !what->has_at))
        return NULL;
    if (!target->caps.addressed)
        *address = 0;
    for (size_t i = 0; i < target->region_count; i++) {
        const struct ub_region *region = &target->regions[i];
        const bool fits = first->alt >= 0 ? region->alt == first->alt
                          : target->caps.addressed
                              ? ub_region_reach(region, *address, UB_CAN_READ) >= HEADER
                              : region->kind == UB_REGION_STREAM;
        if (fits && found)
            return NULL; /* no guessing between two memories */
        found = fits ? region : found;
    }
    if (found && target->caps.addressed && ub_region_reach(found, *address, UB_CAN_READ) < HEADER)
        return NULL;
    return found;
}

/** The version that MCUboot's header has where this image will go. */
static void look_at_running(struct ub_session *session, struct ub_match_scratch *scratch,
                            struct ub_match_case *what)
{
    uint8_t header[HEADER];
    uint64_t address;
    size_t actual = 0;
    const struct ub_loader_ops *ops = session->loader->ops;
    if (!scratch->facts.mcuboot || !what->image->segment_count || what->comparing)
        return;
    const struct ub_region *region = place_of(session, what, &address);
    if (!region)
        return;
    enum ub_code code = ops->read(session->loader, region, address, header, sizeof(header), &actual,
                                  NULL);
    (void)ops->abort(session->loader, NULL); /* a stream goes on otherwise */
    if (!code &&
        ub_match_mcuboot_version(header, actual, scratch->running, sizeof(scratch->running)))
        what->running = scratch->running;
}

enum ub_code ub_match_session(struct ub_session *session, const struct ub_image *image,
                              const struct ub_flash_options *options,
                              struct ub_match_scratch *scratch, struct ub_match_case *what,
                              struct ub_error *err)
{
    enum ub_code code = begin(session->context, &session->device, image, options, scratch, what,
                              err);
    if (code)
        return code;
    const struct ub_target *target = &session->target;
    what->dfu = mode_of(&session->device);
    if (session->was_runtime)
        what->runtime = mode_of(&session->runtime);
    what->family = target->family;
    what->regions = target->regions;
    what->region_count = target->region_count;
    what->addressed = target->caps.addressed;
    what->takes_lpc_prefix = session->effect.prefix == UB_QUIRK_PREFIX_LPC;
    look_at_running(session, scratch, what);
    return UB_OK;
}
