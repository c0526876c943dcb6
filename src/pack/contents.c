/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define _POSIX_C_SOURCE 200809L /* uselocale */
/* Archives within archives, unpacked to one list. */
#include "pack/contents.h"

#include "base/error.h"
#include "base/text.h"
#include "image/dfu_suffix.h"
#include "image/formats.h"

#include <locale.h>
#include <stdlib.h>
#include <string.h>

const struct ub_pack_limits ub_pack_limits = {
    .members = 4096,
    .bytes = UB_IMAGE_FILE_MAX,
    .layers = 3,
};

/** Manifests are read whichever member is wanted: they say what it has to be. */
static bool is_metadata(const char *path)
{
    static const char *const endings[] = {"manifest.json", ".metainfo.xml", ".dat"};
    size_t length = strlen(path);
    for (size_t i = 0; i < sizeof(endings) / sizeof(endings[0]); i++) {
        size_t n = strlen(endings[i]);
        if (length >= n && strcmp(path + length - n, endings[i]) == 0)
            return true;
    }
    return false;
}

bool ub_pack_lies_in(const char *path, const char *folder)
{
    size_t n = strlen(folder);
    while (n && folder[n - 1] == '/')
        n--;
    return n && strncmp(path, folder, n) == 0 && (path[n] == '\0' || path[n] == '/');
}

/** Whether a path is on the way to the member that is wanted, or within it. */
static bool on_the_way(const char *path, const char *member)
{
    return !member || ub_pack_lies_in(path, member) || ub_pack_lies_in(member, path);
}

/** Whether it is a DFU file that carries an archive. A cabinet and a Zstandard file whose last
 * member is stored as it is end like that member, with a DFU suffix perhaps; then the suffix' CRC
 * tells. */
static bool is_dfu_file(const uint8_t *bytes, size_t length, enum ub_packing packing)
{
    struct ub_dfu_suffix suffix;
    bool may_be_members = packing == UB_PACKING_CAB || packing == UB_PACKING_ZSTD;
    return ub_dfu_suffix_find(bytes, length, &suffix) &&
           (!may_be_members || ub_dfu_crc(bytes, length - 4) == suffix.dwCRC);
}

bool ub_pack_is_archive(const uint8_t *bytes, size_t length)
{
    enum ub_packing packing = ub_packing(bytes, length);
    if (packing == UB_PACKING_NONE || is_dfu_file(bytes, length, packing))
        return false;
    for (size_t i = 0; ub_formats[i + 1]; i++) /* the last one, raw, takes anything */
        if (ub_formats[i] != &ub_format_dfu && ub_formats[i]->probe(bytes, length))
            return false;
    return true;
}

/** Unpacking under way. */
struct gather {
    const char *member; /* or NULL: all */
    struct ub_pack_budget budget;
    struct ub_pack_contents *out;
    size_t group_capacity;
    size_t file_capacity;
    struct ub_error *err;
};

/** For the archive of one group. */
struct wish {
    const char *member;
    const char *prefix;
};

static bool wants(const void *user, const char *path)
{
    const struct wish *wish = user;
    char whole[UB_STRING_TEXT];
    (void)ub_print(whole, sizeof(whole), "%s%s", wish->prefix, path);
    return on_the_way(whole, wish->member) || is_metadata(whole);
}

/** Room for one more in an array that doubles; false when out of memory. */
static bool grow(void **array, size_t count, size_t *capacity, size_t size)
{
    if (count < *capacity)
        return true;
    size_t larger = *capacity ? 2 * *capacity : 8;
    void *moved = realloc(*array, larger * size);
    if (!moved)
        return false;
    *array = moved;
    *capacity = larger;
    return true;
}

/** Adds a file; takes over what is in *member. */
static enum ub_code add_file(struct gather *g, size_t group, const char *path,
                             struct ub_packed *member)
{
    struct ub_pack_contents *out = g->out;
    void *files = out->files;
    if (!grow(&files, out->file_count, &g->file_capacity, sizeof(*out->files)))
        return ub_fail_memory(g->err);
    out->files = files;
    struct ub_pack_file *file = &out->files[out->file_count++];
    *file = (struct ub_pack_file){.group = group, .what = *member};
    (void)ub_print(file->what.path, sizeof(file->what.path), "%s", path);
    member->bytes = NULL;
    return UB_OK;
}

/** Adds a group; takes over what is in *self. Its index is that of the last group. */
static enum ub_code add_group(struct gather *g, size_t parent, const char *path,
                              struct ub_packed *self)
{
    struct ub_pack_contents *out = g->out;
    void *groups = out->groups;
    if (!grow(&groups, out->group_count, &g->group_capacity, sizeof(*out->groups)))
        return ub_fail_memory(g->err);
    out->groups = groups;
    struct ub_pack_group *group = &out->groups[out->group_count++];
    *group = (struct ub_pack_group){.parent = parent, .self = *self};
    self->bytes = NULL;
    if (path)
        (void)ub_print(group->prefix, sizeof(group->prefix), "%s/", path);
    return UB_OK;
}

static const char *name_of(const struct gather *g, size_t index)
{
    const struct ub_pack_group *group = &g->out->groups[index];
    return group->parent == index ? g->out->name : group->self.path;
}

static enum ub_code fail_deep(const struct gather *g, size_t index)
{
    return ub_fail(g->err, UB_IMG_BOMB, "%s: archives lie within archives more than %u deep",
                   name_of(g, index), g->budget.limits->layers);
}

/** Counts the layers down to this group. Its archive is read already, as only its content tells. */
static enum ub_code enter_layers(struct gather *g, size_t index, const struct ub_archive *archive)
{
    struct ub_pack_group *group = &g->out->groups[index];
    const struct ub_pack_group *parent = &g->out->groups[group->parent];
    bool outermost = group->parent == index;
    group->layers = (outermost ? 0 : parent->layers) + archive->layers;
    (void)ub_print(group->packed, sizeof(group->packed), "%s%s%s", outermost ? "" : parent->packed,
                   outermost ? "" : ", ", archive->packing);
    return group->layers > g->budget.limits->layers ? fail_deep(g, index) : UB_OK;
}

static enum ub_code gather(struct gather *g, size_t index, const uint8_t *bytes, size_t length);

/** A member that has come out: an archive is opened in turn, anything else is listed. */
static enum ub_code take(struct gather *g, size_t index, struct ub_packed *member)
{
    char path[UB_STRING_TEXT];
    (void)ub_print(path, sizeof(path), "%s%s", g->out->groups[index].prefix, member->path);
    bool opens = member->bytes && on_the_way(path, g->member) &&
                 ub_pack_is_archive(member->bytes, member->length);
    if (!opens)
        return add_file(g, index, path, member);
    const uint8_t *bytes = member->bytes;
    enum ub_code code = add_group(g, index, path, member);
    if (code)
        return code;
    size_t inner = g->out->group_count - 1;
    code = gather(g, inner, bytes, g->out->groups[inner].self.length);
    return code ? ub_wrap(g->err, code, "in %s, which is in %s", path, g->out->name) : UB_OK;
}

/** Unpacks the archive of group number `index`. */
static enum ub_code gather(struct gather *g, size_t index, const uint8_t *bytes, size_t length)
{
    struct ub_pack_group *group = &g->out->groups[index];
    const struct ub_pack_group *parent = &g->out->groups[group->parent];
    char name[UB_STRING_TEXT];
    char prefix[UB_STRING_TEXT];
    struct ub_archive archive = {0};
    if (group->parent != index && parent->layers >= g->budget.limits->layers)
        return fail_deep(g, index);
    /* Groups move when one is added. */
    (void)ub_print(name, sizeof(name), "%s", name_of(g, index));
    (void)ub_print(prefix, sizeof(prefix), "%s", group->prefix);
    struct wish wish = {.member = g->member, .prefix = prefix};
    struct ub_archive_source source = {
        .name = name, .bytes = bytes, .length = length, .wants = wants, .user = &wish};
    enum ub_code code = ub_archive_read(&source, &g->budget, &archive, g->err);
    if (!code)
        code = enter_layers(g, index, &archive);
    for (size_t i = 0; !code && i < archive.count; i++)
        code = take(g, index, &archive.members[i]);
    ub_archive_free(&archive);
    return code;
}

enum ub_code ub_pack_contents(const char *name, const uint8_t *bytes, size_t length,
                              const char *member, const struct ub_pack_limits *limits,
                              struct ub_pack_contents *out, struct ub_error *err)
{
    struct ub_packed outermost = {0};
    struct gather g = {
        .member = member,
        .budget = {.limits = limits, .members = limits->members, .bytes = limits->bytes},
        .out = out,
        .err = err,
    };
    const char *slash = strrchr(name, '/');
    const char *last = slash ? slash + 1 : name;
    *out = (struct ub_pack_contents){0};
    ub_print_stranger(out->name, sizeof(out->name), last, strlen(last));
    /* Without it libarchive could not tell names beyond ASCII in a program that set no locale. */
    locale_t utf8 = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);
    locale_t before = utf8 ? uselocale(utf8) : (locale_t)0;
    enum ub_code code = add_group(&g, 0, NULL, &outermost);
    if (!code)
        code = gather(&g, 0, bytes, length);
    if (utf8) {
        (void)uselocale(before);
        freelocale(utf8);
    }
    return code;
}

void ub_pack_contents_free(struct ub_pack_contents *contents)
{
    for (size_t i = 0; i < contents->file_count; i++)
        free(contents->files[i].what.bytes);
    for (size_t i = 0; i < contents->group_count; i++) {
        free(contents->groups[i].self.bytes);
        ub_pack_list_free(&contents->groups[i].list);
    }
    free(contents->files);
    free(contents->groups);
    *contents = (struct ub_pack_contents){0};
}

const struct ub_pack_file *ub_pack_find(const struct ub_pack_contents *contents, size_t group,
                                        const char *path)
{
    char whole[UB_STRING_TEXT];
    (void)ub_print(whole, sizeof(whole), "%s%s", contents->groups[group].prefix, path);
    for (size_t i = 0; i < contents->file_count; i++)
        if (contents->files[i].group == group && contents->files[i].what.is_file &&
            strcmp(contents->files[i].what.path, whole) == 0)
            return &contents->files[i];
    return NULL;
}
