/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How old the image is, how whole, and how far it is trusted. */
#include "base/text.h"
#include "match/release.h"
#include "match/rows.h"
#include "trust/manifest.h"
#include "trust/version.h"

#include <string.h>

void ub_match_damaged(const struct ub_match_row *row, const struct ub_match_case *what,
                      struct ub_match *out)
{
    if (what->facts->mcuboot && what->facts->mcuboot_hash == UB_SELF_WRONG)
        UB_MATCH_AGAINST("its own SHA-256, behind it as MCUboot wants it, is wrong: it is damaged");
    if (what->facts->esp && what->facts->esp_hash == UB_SELF_WRONG)
        UB_MATCH_AGAINST("the digest that it carries of itself is wrong: it is damaged");
}

/* Only where the chip itself starts from these bytes: other bootloaders may well unpack them. */
void ub_match_dense(const struct ub_match_row *row, const struct ub_match_case *what,
                    struct ub_match *out)
{
    struct ub_match_table table;
    const uint8_t *bytes;
    size_t length;
    if (what->facts->dense && !what->facts->mcuboot && !what->facts->esp &&
        ub_match_core(what) == UB_CORE_CORTEX_M && ub_match_boot_bytes(what, &bytes, &length) &&
        !ub_match_find_table(what, &table))
        UB_MATCH_WEAK("it looks compressed or encrypted, and the %s starts it as it is",
                      what->family->name);
}

void ub_match_unsigned(const struct ub_match_row *row, const struct ub_match_case *what,
                       struct ub_match *out)
{
    if (what->facts->mcuboot && what->facts->mcuboot_unsigned)
        UB_MATCH_WEAK("it is an image for MCUboot without a signature, which most of these refuse "
                      "to start");
}

/** Who says how the versions of his claims are written; NULL: nobody. */
static const char *format_of(const struct ub_image *image, const struct ub_claim *claim)
{
    const struct ub_claim *format;
    for (size_t i = 0; (format = ub_match_claim(image, UB_CLAIM_VERSION_FORMAT, &i)) != NULL;)
        if (format->source == claim->source)
            return format->text;
    return NULL;
}

/** The image's version as its signed manifest says, else its metainfo, which both mean the version
 * that a device shows; NULL: nobody says it. Sources are told apart by their pointers: a text is
 * what any file can have. Nordic's counters and MCUboot's versions are another matter. */
static const struct ub_claim *version_of(const struct ub_image *image)
{
    const struct ub_claim *claim;
    const struct ub_claim *found = NULL;
    for (size_t i = 0; (claim = ub_match_claim(image, UB_CLAIM_VERSION, &i)) != NULL;)
        if (claim->source == ub_manifest_source || (!found && claim->source == ub_metainfo_source))
            found = claim;
    return found;
}

/** The bcdDevice of a suffix, if it says which firmware it is: dfu-suffix writes 0xffff, ST's tool
 * 0 where nobody said one, and one for the bootloader's ids means the bootloader. */
static bool suffix_release(const struct ub_match_case *what, uint16_t *release)
{
    const struct ub_image *image = what->image;
    *release = image->bcdDevice;
    return image->has_ids && what->runtime.known && image->vid == what->runtime.vid &&
           image->pid == what->runtime.pid && *release != 0 && *release != UB_IMAGE_ID_ANY &&
           ub_release_valid(*release) && ub_release_valid(what->runtime.bcdDevice);
}

void ub_match_downgrade(const struct ub_match_row *row, const struct ub_match_case *what,
                        struct ub_match *out)
{
    const struct ub_segment *first = what->image->segment_count ? &what->image->segments[0] : NULL;
    const struct ub_claim *version = version_of(what->image);
    char own[64];
    char running[UB_RELEASE_TEXT];
    uint16_t release;
    int order;
    ub_release_print(running, what->runtime.bcdDevice);
    if (what->running && first &&
        ub_match_mcuboot_version(first->data, first->length, own, sizeof(own)) &&
        ub_version_compare(own, what->running, &order)) {
        if (order < 0)
            UB_MATCH_AGAINST("it is version %s; %s has %s there", own, what->where, what->running);
    } else if (version && what->runtime.known &&
               ub_release_compare(version->text, format_of(what->image, version),
                                  what->runtime.bcdDevice, &order)) {
        if (order < 0)
            UB_MATCH_AGAINST("it is version %.48s; %s runs %s", version->text, what->where,
                             running);
    } else if (suffix_release(what, &release) && release < what->runtime.bcdDevice) {
        ub_release_print(own, release);
        UB_MATCH_WEAK("its DFU suffix says release %s; %s runs %s", own, what->where, running);
    }
}

/** Every claim of that kind has to hold. `noun` is what has to be so new. */
static void check_least(const struct ub_match_row *row, const struct ub_match_case *what,
                        struct ub_match *out, enum ub_claim_kind kind, const char *noun,
                        const struct ub_match_mode *mode, const char *running)
{
    const struct ub_claim *claim;
    for (size_t i = 0; (claim = ub_match_claim(what->image, kind, &i)) != NULL;) {
        char has[UB_RELEASE_TEXT];
        int order;
        bool known = running && ub_version_compare(running, claim->text, &order);
        ub_release_print(has, mode->bcdDevice);
        if (!known && mode->known &&
            ub_release_compare(claim->text, format_of(what->image, claim), mode->bcdDevice,
                               &order)) {
            known = true;
            order = -order;
            running = has;
        }
        if (known && order < 0)
            UB_MATCH_AGAINST("it needs %s %.48s at least; %s has %s", noun, claim->text,
                             what->where, running);
        else if (!known && !what->family_only)
            UB_MATCH_WEAK("it needs %s %.48s at least, and which one %s has is not known", noun,
                          claim->text, what->where);
    }
}

void ub_match_min_version(const struct ub_match_row *row, const struct ub_match_case *what,
                          struct ub_match *out)
{
    check_least(row, what, out, UB_CLAIM_MIN_VERSION, "firmware", &what->runtime, what->running);
}

void ub_match_min_loader(const struct ub_match_row *row, const struct ub_match_case *what,
                         struct ub_match *out)
{
    check_least(row, what, out, UB_CLAIM_MIN_LOADER, "the bootloader", &what->dfu, NULL);
}

void ub_match_expired(const struct ub_match_row *row, const struct ub_match_case *what,
                      struct ub_match *out)
{
    if (what->image->trust.expired)
        UB_MATCH_AGAINST("the time of its manifest is over, or has not begun");
}

void ub_match_rolled_back(const struct ub_match_row *row, const struct ub_match_case *what,
                          struct ub_match *out)
{
    if (what->image->trust.rolled_back)
        UB_MATCH_AGAINST("its manifest is for version %.64s, and a newer one was seen before",
                         what->image->trust.version);
}
