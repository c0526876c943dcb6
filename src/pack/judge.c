/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What each file in an archive is. */
#include "pack/choose.h"

#include "base/text.h"
#include "image/recognise.h"

#include <string.h>

/** Endings under which raw firmware is published. */
static const char *const raw_endings[] = {".bin", ".img", ".raw", ".fw", ".rom", ".upd", ".fwu"};

static bool is_named_raw(const char *path)
{
    size_t length = strlen(path);
    for (size_t i = 0; i < sizeof(raw_endings) / sizeof(raw_endings[0]); i++) {
        size_t n = strlen(raw_endings[i]);
        if (length > n && ub_same_word(path + length - n, raw_endings[i]))
            return true;
    }
    return false;
}

/** The format that knows these bytes, or NULL: raw, or nothing. */
static const struct ub_format *find_format(const struct ub_packed *file)
{
    for (size_t i = 0; ub_formats[i + 1]; i++)
        if (ub_formats[i]->probe(file->bytes, file->length))
            return ub_formats[i];
    return NULL;
}

const char *ub_pack_describe(const struct ub_packed *file)
{
    if (!file->is_file)
        return "a folder or a link";
    if (file->encrypted)
        return "encrypted";
    if (file->length == 0)
        return "an empty file";
    if (!file->bytes)
        return "not looked at";
    const struct ub_format *format = find_format(file);
    if (format)
        return format->title;
    const struct ub_recognised *what = ub_recognise(file->bytes, file->length);
    return what ? what->name : "raw bytes";
}

static enum ub_pack_rank rank_by_content(const struct ub_packed *file,
                                         const struct ub_image_options *options)
{
    if (!file->is_file || file->encrypted || !file->bytes)
        return UB_PACK_NO;
    const struct ub_format *format = find_format(file);
    if (format && strcmp(format->name, "elf") == 0) {
        struct ub_image *image = NULL;
        bool good = !ub_image_parse(file->path, file->bytes, file->length, options, &image, NULL);
        ub_image_close(image);
        return good ? UB_PACK_FORMAT : UB_PACK_PROGRAM;
    }
    if (format)
        return UB_PACK_FORMAT;
    const struct ub_recognised *what = ub_recognise(file->bytes, file->length);
    if (what)
        return ub_recognised_is_accepted(what, options) ? UB_PACK_RAW : UB_PACK_NO;
    return is_named_raw(file->path) ? UB_PACK_RAW : UB_PACK_NO;
}

/** The outermost archive around a file of group `group` that has a manifest, or none (false). */
static bool find_deciding_group(const struct ub_pack_contents *contents, size_t group, size_t *out)
{
    bool found = false;
    for (;;) {
        if (contents->groups[group].list.count > 0) {
            *out = group;
            found = true;
        }
        if (contents->groups[group].parent == group)
            return found;
        group = contents->groups[group].parent;
    }
}

/** The entry of the group's manifest for this file, or for an archive in which it lies. */
static const struct ub_pack_entry *find_entry(const struct ub_pack_group *group, const char *path,
                                              bool *is_archive)
{
    char whole[UB_STRING_TEXT];
    for (size_t i = 0; i < group->list.count; i++) {
        const struct ub_pack_entry *entry = &group->list.entries[i];
        (void)ub_print(whole, sizeof(whole), "%s%s", group->prefix, entry->file);
        if (!ub_pack_lies_in(path, whole))
            continue;
        *is_archive = strlen(path) > strlen(whole);
        return entry;
    }
    return NULL;
}

struct ub_pack_judged ub_pack_judge(const struct ub_pack_contents *contents, size_t index,
                                    const struct ub_image_options *options)
{
    const struct ub_pack_file *file = &contents->files[index];
    struct ub_pack_judged judged = {.file = file};
    size_t group;
    if (!find_deciding_group(contents, file->group, &group)) {
        judged.rank = rank_by_content(&file->what, options);
        return judged;
    }
    judged.entry = find_entry(&contents->groups[group], file->what.path, &judged.entry_is_archive);
    if (judged.entry && judged.entry_is_archive)
        judged.rank = rank_by_content(&file->what, options);
    else if (judged.entry && file->what.is_file)
        judged.rank = UB_PACK_FORMAT;
    return judged;
}
