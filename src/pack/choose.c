/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which file of an archive is the firmware, and how one says that this is not clear. */
#include "pack/choose.h"

#include "base/error.h"
#include "base/text.h"

#include <stdlib.h>
#include <string.h>

#define LIST_LINES (UB_ERROR_DEPTH - 1) /* one is left for whoever called */

/** The choice under way. */
struct choice {
    const struct ub_pack_contents *contents;
    const struct ub_image_options *options;
    struct ub_pack_judged *judged; /* those that are asked about */
    size_t count;
    struct ub_error *err;
};

/** "fw/a.hex (Intel HEX, 12,345 bytes)" */
static void print_file(const struct ub_packed *file, char *to, size_t size)
{
    char length[32];
    ub_print_grouped(length, sizeof(length), file->length);
    (void)ub_print(to, size, "%s (%s, %s bytes)", file->path, ub_pack_describe(file), length);
}

/** Adds the files of one rank or above to the error's lines, as many as fit. */
static void list_files(const struct choice *c, enum ub_pack_rank least)
{
    char line[UB_ERROR_TEXT] = "";
    char text[UB_ERROR_TEXT];
    size_t lines = 0;
    size_t left = 0;
    for (size_t i = 0; i < c->count; i++)
        left += c->judged[i].rank >= least;
    bool dense = left > LIST_LINES; /* else each has a line of its own */
    for (size_t i = 0; i < c->count && lines < LIST_LINES; i++) {
        if (c->judged[i].rank < least)
            continue;
        print_file(&c->judged[i].file->what, text, sizeof(text));
        /* Room is kept for the words that say how many are left out. */
        bool fits = dense && strlen(line) + strlen(text) + 32 < sizeof(line);
        if (line[0] && !fits) {
            if (lines + 1 == LIST_LINES)
                break;
            (void)ub_wrap(c->err, c->err->code, "%s", line);
            lines++;
            line[0] = '\0';
        }
        (void)ub_append(line, sizeof(line), "%s%s", line[0] ? "; " : "", text);
        left--;
    }
    if (left)
        (void)ub_append(line, sizeof(line), "; and %zu more", left);
    if (line[0])
        (void)ub_wrap(c->err, c->err->code, "%s", line);
}

static enum ub_code fail_several(const struct choice *c, enum ub_pack_rank rank, size_t count)
{
    (void)ub_fail(c->err, UB_IMG_SEVERAL, "%s: holds %zu files that could be meant",
                  c->contents->name, count);
    list_files(c, rank);
    return UB_IMG_SEVERAL;
}

static enum ub_code fail_none(struct choice *c)
{
    if (c->options->member && c->count == 0)
        for (size_t i = 0; i < c->contents->file_count; i++)
            c->judged[c->count++] = (struct ub_pack_judged){.file = &c->contents->files[i]};
    if (c->options->member)
        (void)ub_fail(c->err, UB_IMG_NONE_INSIDE, "%s: holds no firmware of the name %s",
                      c->contents->name, c->options->member);
    else
        (void)ub_fail(c->err, UB_IMG_NONE_INSIDE, "%s: holds no firmware%s", c->contents->name,
                      c->count ? "; this is what it holds" : "; it is empty");
    list_files(c, UB_PACK_NO);
    return UB_IMG_NONE_INSIDE;
}

static bool same_segment(const struct ub_segment *a, const struct ub_segment *b)
{
    return a->has_address == b->has_address && a->address == b->address && a->alt == b->alt &&
           a->length == b->length && memcmp(a->data, b->data, a->length) == 0;
}

/** Whether it makes no difference which of the two is written. */
static bool same_firmware(const struct ub_image *a, const struct ub_image *b)
{
    if (a->segment_count != b->segment_count || a->has_ids != b->has_ids || a->vid != b->vid ||
        a->pid != b->pid || a->bcdDevice != b->bcdDevice)
        return false;
    for (size_t i = 0; i < a->segment_count; i++)
        if (!same_segment(&a->segments[i], &b->segments[i]))
            return false;
    return true;
}

/** What the manifest's entry is about: the file, or an archive around it. */
static const struct ub_packed *find_listed(const struct choice *c,
                                           const struct ub_pack_judged *judged)
{
    size_t group = judged->file->group;
    if (!judged->entry_is_archive)
        return &judged->file->what;
    for (;;) {
        const struct ub_pack_group *inner = &c->contents->groups[group];
        const struct ub_pack_list *list = &c->contents->groups[inner->parent].list;
        for (size_t i = 0; i < list->count; i++)
            if (judged->entry == &list->entries[i])
                return &inner->self;
        if (inner->parent == group)
            return &judged->file->what;
        group = inner->parent;
    }
}

/** "RP2040" of the member "fw.uf2/RP2040", if the file is one that holds several images itself. */
static const char *member_within(const struct choice *c, const struct ub_packed *file)
{
    size_t n = strlen(file->path);
    const char *member = c->options->member;
    bool within = member && ub_pack_lies_in(member, file->path) && member[n] == '/';
    return within && file->bytes && ub_image_has_members(file->bytes, file->length) ? member + n + 1
                                                                                    : NULL;
}

/** Opens a file that was chosen, with what its manifest claims for it. */
static enum ub_code open_file(const struct choice *c, const struct ub_pack_judged *judged,
                              struct ub_image **out)
{
    const struct ub_packed *file = &judged->file->what;
    struct ub_image *image = NULL;
    const struct ub_packed *listed = find_listed(c, judged);
    struct ub_image_options options = *c->options;
    options.member = member_within(c, file);
    enum ub_code code = UB_OK;
    if (judged->entry)
        code = ub_pack_check(judged->entry, listed->path, listed->bytes, listed->length, c->err);
    if (!code)
        code = ub_image_parse(file->path, file->bytes, file->length, &options, &image, c->err);
    for (size_t i = 0; !code && judged->entry && i < judged->entry->claim_count; i++) {
        const struct ub_claim *claim = &judged->entry->claims[i];
        code = ub_image_add_claim(image, claim->kind, claim->source, 0, 0, claim->text, c->err);
    }
    if (code) {
        ub_image_close(image);
        return ub_wrap(c->err, code, "while reading %s of %s", file->path, c->contents->name);
    }
    (void)ub_print(image->packed, sizeof(image->packed), "%s",
                   c->contents->groups[judged->file->group].packed);
    (void)ub_print(image->member, sizeof(image->member), "%s", file->path);
    (void)ub_print(image->name, sizeof(image->name), "%s", c->contents->name);
    *out = image;
    return UB_OK;
}

/** Says which other files of that rank hold the firmware that was taken. */
static void note_others(const struct choice *c, enum ub_pack_rank rank, size_t count,
                        struct ub_image *image)
{
    char names[UB_STRING_TEXT] = "";
    const char *before = image->note[0] ? "; " : "";
    bool first = true; /* that is the one that was taken */
    bool fits = true;
    size_t left = count - 1;
    for (size_t i = 0; i < c->count; i++) {
        if (c->judged[i].rank != rank)
            continue;
        if (!first) {
            const char *between = !names[0] ? "" : left == 1 ? " and " : ", ";
            fits = fits &&
                   ub_append(names, sizeof(names), "%s%s", between, c->judged[i].file->what.path);
            left--;
        }
        first = false;
    }
    static const char words[] = "the same firmware is in ";
    fits = fits && strlen(image->note) + strlen(before) + strlen(words) + strlen(names) <
                       sizeof(image->note);
    if (fits)
        (void)ub_append(image->note, sizeof(image->note), "%s%s%s", before, words, names);
    else
        (void)ub_append(image->note, sizeof(image->note), "%sthe same firmware is in %zu more %s",
                        before, count - 1, count == 2 ? "file" : "files");
}

/** Of several files of that rank: the first, if all are the same firmware. */
static enum ub_code open_same(const struct choice *c, enum ub_pack_rank rank, size_t count,
                              struct ub_image **out)
{
    struct ub_image *first = NULL;
    enum ub_code code = UB_OK;
    bool same = true;
    for (size_t i = 0; same && i < c->count; i++) {
        struct ub_image *image = NULL;
        if (c->judged[i].rank != rank)
            continue;
        code = open_file(c, &c->judged[i], &image);
        same = !code && (!first || same_firmware(first, image));
        if (first)
            ub_image_close(image);
        else
            first = image;
    }
    if (same) {
        note_others(c, rank, count, first);
        *out = first;
        return UB_OK;
    }
    ub_image_close(first);
    return code == UB_SYS_MEMORY ? code : fail_several(c, rank, count);
}

/** Opens the only file of the highest rank there is. */
static enum ub_code open_best(struct choice *c, struct ub_image **out)
{
    for (enum ub_pack_rank rank = UB_PACK_FORMAT; rank > UB_PACK_NO; rank--) {
        const struct ub_pack_judged *last = NULL;
        size_t count = 0;
        for (size_t i = 0; i < c->count; i++) {
            if (c->judged[i].rank != rank)
                continue;
            last = &c->judged[i];
            count++;
        }
        if (count == 1)
            return open_file(c, last, out);
        if (count > 1 && rank > UB_PACK_PROGRAM)
            return open_same(c, rank, count, out);
    }
    return fail_none(c);
}

/** The manifest names files; each has to be there. */
static enum ub_code check_manifests(const struct choice *c)
{
    for (size_t g = 0; g < c->contents->group_count; g++) {
        const struct ub_pack_group *group = &c->contents->groups[g];
        for (size_t e = 0; e < group->list.count; e++) {
            bool found = ub_pack_find(c->contents, g, group->list.entries[e].file) != NULL;
            for (size_t i = 0; !found && i < c->contents->group_count; i++)
                found = i != g && c->contents->groups[i].parent == g &&
                        strcmp(c->contents->groups[i].self.path, group->list.entries[e].file) == 0;
            if (!found)
                return ub_fail(c->err, UB_IMG_METADATA, "%s: the %s names %s, which is not there",
                               c->contents->name, group->list.entries[e].source,
                               group->list.entries[e].file);
        }
    }
    return UB_OK;
}

/** Whether a file is asked about: the member named, or what lies in an archive of that name. */
static bool is_meant(const struct choice *c, const struct ub_pack_file *file, bool exact)
{
    const char *member = c->options->member;
    if (!member)
        return true;
    if (exact)
        return strcmp(file->what.path, member) == 0 || member_within(c, &file->what);
    return ub_pack_lies_in(file->what.path, member);
}

static enum ub_code fail_encrypted(const struct choice *c, const struct ub_pack_file *file)
{
    return ub_fail(c->err, UB_IMG_ENCRYPTED, "%s: %s is encrypted", c->contents->name,
                   file->what.path);
}

/** Judges the files that are asked about. */
static enum ub_code judge_all(struct choice *c, bool exact)
{
    const struct ub_pack_contents *contents = c->contents;
    c->count = 0;
    for (size_t i = 0; i < contents->file_count; i++)
        if (is_meant(c, &contents->files[i], exact) && contents->files[i].what.encrypted)
            return fail_encrypted(c, &contents->files[i]);
    for (size_t i = 0; i < contents->file_count; i++)
        if (is_meant(c, &contents->files[i], exact))
            c->judged[c->count++] = ub_pack_judge(contents, i, c->options);
    return UB_OK;
}

/** The one file that was named, whatever it looks like. */
static enum ub_code open_named(struct choice *c, struct ub_image **out)
{
    enum ub_code code = judge_all(c, true);
    if (code)
        return code;
    if (c->count > 1)
        return fail_several(c, UB_PACK_NO, c->count);
    if (c->count == 1 && c->judged[0].file->what.is_file)
        return open_file(c, &c->judged[0], out);
    code = judge_all(c, false);
    return code ? code : open_best(c, out);
}

enum ub_code ub_pack_choose(const struct ub_pack_contents *contents,
                            const struct ub_image_options *options, struct ub_image **out,
                            struct ub_error *err)
{
    struct ub_error own;
    struct choice c = {.contents = contents, .options = options, .err = err ? err : &own};
    c.judged = calloc(contents->file_count + 1, sizeof(*c.judged));
    if (!c.judged)
        return ub_fail_memory(err);
    enum ub_code code;
    if (options->member) {
        code = open_named(&c, out);
    } else {
        code = judge_all(&c, false);
        if (!code)
            code = check_manifests(&c);
        if (!code)
            code = open_best(&c, out);
    }
    free(c.judged);
    return code;
}
