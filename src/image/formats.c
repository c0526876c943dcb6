/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The table of formats, and the choice of one by a file's name. */
#include "image/formats.h"

#include "base/text.h"

#include <string.h>

const struct ub_format *const ub_formats[] = {
    &ub_format_dfuse, &ub_format_dfu,  &ub_format_elf, &ub_format_uf2,
    &ub_format_ihex,  &ub_format_srec, &ub_format_raw, NULL,
};

static bool ends_with(const char *path, const char *ending)
{
    size_t length = strlen(path);
    size_t tail = strlen(ending);
    return length >= tail && ub_same_word(path + length - tail, ending);
}

static bool has_ending(const struct ub_format *format, const char *path)
{
    for (const char *const *ending = format->endings; *ending; ending++)
        if (ends_with(path, *ending))
            return true;
    return false;
}

const struct ub_format *ub_format_for_name(const char *path)
{
    for (size_t i = 0; ub_formats[i]; i++)
        if (has_ending(ub_formats[i], path))
            return ub_formats[i];
    return NULL;
}

const struct ub_format *ub_format_for_image(const char *path, const struct ub_image *image)
{
    const struct ub_format *first = ub_format_for_name(path);
    bool addresses = image->segment_count > 0 && image->segments[0].has_address;
    for (size_t i = 0; ub_formats[i]; i++)
        if (has_ending(ub_formats[i], path) && ub_formats[i]->keeps_addresses == addresses)
            return ub_formats[i];
    return first;
}
