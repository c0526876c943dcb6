/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Finds the manifests in what was unpacked, and has them read. */
#include "pack/contents.h"

#include "base/error.h"

#include <string.h>

/** The part of a file's path that is its path in its own archive. */
static const char *own_path(const struct ub_pack_contents *contents,
                            const struct ub_pack_file *file)
{
    size_t n = strlen(contents->groups[file->group].prefix);
    return strlen(file->what.path) >= n ? file->what.path + n : file->what.path;
}

static bool is_metainfo(const char *path)
{
    static const char ending[] = ".metainfo.xml"; /* LVFS takes no other */
    size_t length = strlen(path);
    size_t n = sizeof(ending) - 1;
    return length >= n && strcmp(path + length - n, ending) == 0;
}

/** Adds what the init packets say to their entries. */
static enum ub_code read_init_packets(struct ub_pack_contents *contents, size_t group,
                                      struct ub_error *err)
{
    struct ub_pack_list *list = &contents->groups[group].list;
    for (size_t i = 0; i < list->count; i++) {
        struct ub_pack_entry *entry = &list->entries[i];
        if (!entry->init[0])
            continue;
        const struct ub_pack_file *file = ub_pack_find(contents, group, entry->init);
        if (!file || (!file->what.bytes && file->what.length > 0))
            return ub_fail(err, UB_IMG_METADATA, "%s: the manifest names %s, which is not there",
                           contents->name, entry->init);
        enum ub_code code = ub_nordic_init_read(file->what.path, file->what.bytes,
                                                file->what.length, entry, err);
        if (code)
            return code;
    }
    return UB_OK;
}

enum ub_code ub_pack_read_lists(struct ub_pack_contents *contents, struct ub_error *err)
{
    enum ub_code code = UB_OK;
    for (size_t i = 0; !code && i < contents->file_count; i++) {
        const struct ub_pack_file *file = &contents->files[i];
        const char *path = own_path(contents, file);
        struct ub_pack_list *list = &contents->groups[file->group].list;
        if (!file->what.is_file || !file->what.bytes)
            continue;
        if (is_metainfo(path))
            code = ub_metainfo_read(file->what.path, file->what.bytes, file->what.length, list,
                                    err);
        else if (strcmp(path, "manifest.json") == 0)
            code = ub_manifest_json_read(file->what.path, file->what.bytes, file->what.length, list,
                                         err);
    }
    for (size_t g = 0; !code && g < contents->group_count; g++)
        code = read_init_packets(contents, g, err);
    return code ? ub_wrap(err, code, "in %s", contents->name) : UB_OK;
}
