/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "inspect/claims.h"

#include "inspect/esp.h"
#include "inspect/mcuboot.h"

#define SOURCE_MCUBOOT "MCUboot header"
#define SOURCE_ESP     "ESP image header"
#define SOURCE_ESP_APP "ESP application descriptor"

static enum ub_code add_mcuboot(struct ub_image *image, const struct ub_segment *first,
                                struct ub_error *err)
{
    struct ub_mcuboot mcuboot;
    const char *why;
    if (!ub_mcuboot_read(first->data, first->length, &mcuboot, &why))
        return UB_OK; /* what a damaged header says is worth nothing; the facts name it */
    return ub_image_add_claim(image, UB_CLAIM_VERSION, SOURCE_MCUBOOT, 0, 0, mcuboot.version, err);
}

static enum ub_code add_esp(struct ub_image *image, const struct ub_segment *first,
                            struct ub_error *err)
{
    struct ub_esp esp;
    if (!ub_esp_read(first->data, first->length, &esp))
        return UB_OK;
    enum ub_code code = ub_image_add_claim(image, UB_CLAIM_CHIP, SOURCE_ESP, esp.chip, 0,
                                           esp.chip_name, err);
    if (!code)
        code = ub_image_add_claim(image, UB_CLAIM_ENTRY, SOURCE_ESP, esp.entry, 0, NULL, err);
    if (!code && esp.has_description && esp.version[0])
        code = ub_image_add_claim(image, UB_CLAIM_VERSION, SOURCE_ESP_APP, 0, 0, esp.version, err);
    if (!code && esp.has_description && esp.project[0])
        code = ub_image_add_claim(image, UB_CLAIM_PRODUCT, SOURCE_ESP_APP, 0, 0, esp.project, err);
    return code;
}

enum ub_code ub_inspect_claims(struct ub_image *image, struct ub_error *err)
{
    if (image->segment_count == 0)
        return UB_OK;
    enum ub_code code = add_mcuboot(image, &image->segments[0], err);
    return code ? code : add_esp(image, &image->segments[0], err);
}
