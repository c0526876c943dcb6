/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A manifest as whoever signed it wrote it: what is taken can be held against an image, and written
 * and read again. */
#include "trust/manifest.h"
#include "trust/version.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const uint8_t content[64] = {1, 2, 3};

/** Texts that end, are not empty, and not there twice. */
static void check_words(const struct ub_words *words)
{
    if (words->count > UB_MANIFEST_WORDS_MAX)
        abort();
    for (size_t i = 0; i < words->count; i++) {
        if (!words->text[i][0] || !memchr(words->text[i], 0, UB_STRING_TEXT))
            abort();
        for (size_t j = 0; j < i; j++)
            if (strcmp(words->text[i], words->text[j]) == 0)
                abort();
    }
}

static void check(const struct ub_manifest_file *m)
{
    check_words(&m->families);
    check_words(&m->models);
    check_words(&m->revisions);
    check_words(&m->markets);
    if (!m->name[0] || strchr(m->name, '/') || !m->vendor[0] || !ub_version_valid(m->version) ||
        (m->min_version[0] && !ub_version_valid(m->min_version)) ||
        (m->min_loader[0] && !ub_version_valid(m->min_loader)) || !m->size ||
        m->size > UB_IMAGE_FILE_MAX || !(m->families.count || m->models.count) ||
        m->region_count > UB_MANIFEST_REGIONS_MAX)
        abort();
    for (size_t i = 0; i < m->region_count; i++)
        if (!m->regions[i].length ||
            m->regions[i].address + m->regions[i].length < m->regions[i].address)
            abort();
    if (ub_manifest_is_expired(m, m->not_before) && m->has_not_before)
        abort();
}

/** The image that the manifest says it is of, as far as its digest goes. */
static struct ub_image *image_of(const struct ub_manifest_file *m)
{
    struct ub_image *image = NULL;
    if (ub_image_new(m->name, &image, NULL))
        return NULL;
    if (ub_image_add(image, UB_IMAGE_ALT_NONE, true, m->region_count ? m->regions[0].address : 0,
                     content, sizeof(content), NULL) ||
        ub_image_finish(image, NULL)) {
        ub_image_close(image);
        return NULL;
    }
    image->file_size = m->size;
    memcpy(image->sha256, m->sha256, sizeof(image->sha256));
    return image;
}

static void lend(const struct ub_words *words, const char *list[UB_MANIFEST_WORDS_MAX + 1])
{
    for (size_t i = 0; i < words->count; i++)
        list[i] = words->text[i];
    list[words->count] = NULL;
}

static void write_again(const struct ub_manifest_file *m, const struct ub_image *image)
{
    const char *lists[4][UB_MANIFEST_WORDS_MAX + 1];
    struct ub_manifest_file *again = NULL;
    struct ub_error err;
    char *text = NULL;
    lend(&m->families, lists[0]);
    lend(&m->models, lists[1]);
    lend(&m->revisions, lists[2]);
    lend(&m->markets, lists[3]);
    const struct ub_manifest words = {.vendor = m->vendor,
                                      .families = lists[0],
                                      .models = lists[1],
                                      .revisions = lists[2],
                                      .markets = lists[3],
                                      .version = m->version,
                                      .min_version = m->min_version[0] ? m->min_version : NULL};
    if (ub_manifest_write(image, &words, &text, &err))
        abort();
    if (ub_manifest_parse("again", (const uint8_t *)text, strlen(text), &again, &err))
        abort();
    if (strcmp(again->vendor, m->vendor) != 0 || strcmp(again->version, m->version) != 0 ||
        again->models.count != m->models.count || again->size != m->size ||
        memcmp(again->sha256, m->sha256, sizeof(m->sha256)) != 0 || again->region_count != 1)
        abort();
    free(text);
    ub_manifest_free(again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct ub_manifest_file *m = NULL;
    struct ub_error err = {0};
    enum ub_code code = ub_manifest_parse("m", data, size, &m, &err);
    if (code) {
        if ((code != UB_TRU_MANIFEST && code != UB_SYS_MEMORY) || m || !err.message[0])
            abort();
        return 0;
    }
    check(m);
    struct ub_image *image = image_of(m);
    if (image) {
        code = ub_manifest_apply(m, image, &err);
        if (code ? code != UB_TRU_OTHER_IMAGE : m->region_count > 1)
            abort();
        if (code && image->claim_count)
            abort();
        write_again(m, image);
    }
    ub_image_close(image);
    ub_manifest_free(m);
    return 0;
}
