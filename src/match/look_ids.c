/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Who the image says it is for. */
#include "base/text.h"
#include "match/guid.h"
#include "match/rows.h"

#include <inttypes.h>
#include <string.h>

const struct ub_claim *ub_match_claim(const struct ub_image *image, enum ub_claim_kind kind,
                                      size_t *index)
{
    while (*index < image->claim_count) {
        const struct ub_claim *claim = &image->claims[(*index)++];
        if (claim->kind == kind)
            return claim;
    }
    return NULL;
}

void ub_match_claims(const struct ub_image *image, enum ub_claim_kind kind, char *to, size_t size)
{
    size_t index = 0;
    const struct ub_claim *claim = ub_match_claim(image, kind, &index);
    to[0] = '\0';
    for (bool first = true; claim; first = false) {
        const struct ub_claim *next = ub_match_claim(image, kind, &index);
        (void)ub_append(to, size, "%s%.48s", first ? "" : next ? ", " : " or ", claim->text);
        claim = next;
    }
}

static bool id_fits(uint16_t claimed, uint16_t actual)
{
    return claimed == UB_IMAGE_ID_ANY || claimed == actual;
}

static bool mode_fits(const struct ub_image *image, const struct ub_match_mode *mode)
{
    return mode->known && id_fits(image->vid, mode->vid) && id_fits(image->pid, mode->pid);
}

/* DFU 1.1 appendix B: 0xffff is any. Either mode's ids are right: a product's own, which its
 * firmware shows, or those of the bootloader. */
void ub_match_ids(const struct ub_match_row *row, const struct ub_match_case *what,
                  struct ub_match *out)
{
    const struct ub_image *image = what->image;
    const struct ub_match_mode *shown = what->dfu.known ? &what->dfu : &what->runtime;
    if (!image->has_ids || (image->vid == UB_IMAGE_ID_ANY && image->pid == UB_IMAGE_ID_ANY))
        return;
    if (mode_fits(image, &what->dfu) || mode_fits(image, &what->runtime))
        UB_MATCH_FOR("it says that it is for %04x:%04x, as %s is", image->vid, image->pid,
                     what->where);
    else if (!shown->known)
        return;
    else if (what->family_only || !what->dfu.known)
        UB_MATCH_WEAK("%s says that it is for %04x:%04x; %s is %04x:%04x, and its other mode is "
                      "not known",
                      image->name, image->vid, image->pid, what->where, shown->vid, shown->pid);
    else
        UB_MATCH_AGAINST("%s says that it is for %04x:%04x; %s is %04x:%04x", image->name,
                         image->vid, image->pid, what->where, shown->vid, shown->pid);
}

/** Is it the name that tools write where there is none? ("ST...") */
static bool says_nothing(const char *name)
{
    return name[0] == '\0' || strcmp(name, "ST...") == 0 || strcmp(name, "ST") == 0;
}

/* The target's name is the one in the memory's string descriptor (UM0391 §2.3.1), yet most tools
 * write "ST..." or what they like. */
void ub_match_target(const struct ub_match_row *row, const struct ub_match_case *what,
                     struct ub_match *out)
{
    const struct ub_claim *claim;
    for (size_t i = 0; (claim = ub_match_claim(what->image, UB_CLAIM_TARGET, &i)) != NULL;) {
        const struct ub_region *meant = NULL;
        const struct ub_region *other = NULL;
        for (size_t r = 0; r < what->region_count; r++) {
            const bool named = ub_same_word(what->regions[r].name, claim->text);
            if (what->regions[r].alt == claim->number)
                meant = &what->regions[r];
            else if (named)
                other = &what->regions[r];
        }
        if (says_nothing(claim->text) || !meant)
            continue;
        if (ub_same_word(meant->name, claim->text))
            UB_MATCH_FOR("a part of it is for \"%s\"", meant->name);
        else if (other)
            UB_MATCH_AGAINST("a part of it is for \"%.48s\"; alternate setting %" PRIu64
                             " of %s is \"%.48s\"",
                             claim->text, claim->number, what->where, meant->name);
        else
            UB_MATCH_WEAK("a part of it is for \"%.48s\"; alternate setting %" PRIu64
                          " of %s is \"%.48s\"",
                          claim->text, claim->number, what->where, meant->name);
    }
}

static bool mode_has_guid(const struct ub_match_mode *mode, const char *guid)
{
    return mode->known && ub_guid_is_usb(guid, mode->vid, mode->pid, mode->bcdDevice);
}

/* LVFS: any of the GUIDs has to be one of the device's. Which the firmware shows is not known of a
 * device that was met in its bootloader. */
void ub_match_guid(const struct ub_match_row *row, const struct ub_match_case *what,
                   struct ub_match *out)
{
    const struct ub_claim *claim;
    bool some = false;
    for (size_t i = 0; (claim = ub_match_claim(what->image, UB_CLAIM_GUID, &i)) != NULL;) {
        some = true;
        if (mode_has_guid(&what->dfu, claim->text) || mode_has_guid(&what->runtime, claim->text)) {
            UB_MATCH_FOR("%s has the GUID %.40s", what->where, claim->text);
            return;
        }
    }
    if (!some || what->family_only || (!what->dfu.known && !what->runtime.known))
        return;
    if (what->dfu.known && what->runtime.known)
        UB_MATCH_AGAINST("none of the GUIDs in its metainfo is one of %s", what->where);
    else
        UB_MATCH_WEAK("none of the GUIDs in its metainfo is one of %s, as far as that is known",
                      what->where);
}

static bool mode_is_product(const struct ub_match_mode *mode, const char *name)
{
    return mode->known && name[0] && mode->product && ub_same_word(mode->product, name);
}

void ub_match_product(const struct ub_match_row *row, const struct ub_match_case *what,
                      struct ub_match *out)
{
    const struct ub_claim *claim;
    for (size_t i = 0; (claim = ub_match_claim(what->image, UB_CLAIM_PRODUCT, &i)) != NULL;)
        if (mode_is_product(&what->dfu, claim->text) ||
            mode_is_product(&what->runtime, claim->text)) {
            UB_MATCH_FOR("it is for \"%.64s\", as %s calls itself", claim->text, what->where);
            return;
        }
}

/* Firmware that shows the device's ids was made for it, or made alike. Other ids say nothing: many
 * show others than the firmware before. */
void ub_match_usb_ids(const struct ub_match_row *row, const struct ub_match_case *what,
                      struct ub_match *out)
{
    if (what->facts->has_usb_ids && what->runtime.known &&
        what->facts->usb_vid == what->runtime.vid && what->facts->usb_pid == what->runtime.pid)
        UB_MATCH_FOR("it will show itself as %04x:%04x, as %s did", what->runtime.vid,
                     what->runtime.pid, what->where);
}
