/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "procedure/backup.h"

#include "base/error.h"
#include "base/file.h"
#include "base/text.h"
#include "flash/access.h"
#include "image/image.h"
#include "loader/layout.h"
#include "procedure/run.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* A stream's length is not known beforehand; a device that sends more than this never ends. */
#define STREAM_MAX ((uint64_t)64 * 1024 * 1024)

static bool worth_reading(const struct ub_region *region)
{
    return region->kind != UB_REGION_OTHER && (region->rights & UB_CAN_READ);
}

/** Stretches of a region that can be read; fills `parts` if it is not NULL. */
static size_t stretches(const struct ub_region *region, struct ub_backup_part *parts)
{
    if (!worth_reading(region))
        return 0;
    size_t count = 0;
    if (region->kind == UB_REGION_STREAM) {
        if (parts)
            parts[0].alt = region->alt;
        count = 1;
    }
    for (size_t r = 0; r < region->run_count;) {
        uint64_t start = region->runs[r].address;
        uint64_t length = ub_region_reach(region, start, UB_CAN_READ);
        if (parts && length) {
            parts[count].alt = region->alt;
            parts[count].has_address = true;
            parts[count].address = start;
            parts[count].length = length;
        }
        count += length > 0;
        r++;
        while (r < region->run_count && region->runs[r].address < start + length)
            r++;
    }
    for (size_t i = 0; parts && i < count; i++)
        (void)ub_print(parts[i].name, sizeof(parts[i].name), "%s", region->name);
    return count;
}

/** A stretch that the device refuses to give out: memory whose ECC was spoiled, say. */
struct hole {
    uint8_t alt;
    uint64_t address;
    uint64_t length;
};

/** In the order of regions and addresses. */
struct holes {
    struct hole *items; /**< owned */
    size_t count;
    size_t room;
    size_t read; /**< sectors of the flash that could be read */
};

/** Cuts a hole out of the parts; where both ends are left, one part more. */
static void cut(struct ub_backup_info *info, const struct hole *hole)
{
    const uint64_t end = hole->address + hole->length;
    for (size_t i = 0; i < info->part_count; i++) {
        struct ub_backup_part *part = &info->parts[i];
        const uint64_t until = part->address + part->length;
        if (part->alt != hole->alt || !part->has_address || hole->address < part->address ||
            end > until)
            continue;
        struct ub_backup_part *rest = &info->parts[i + 1];
        memmove(rest + 1, rest, (info->part_count - i - 1) * sizeof(*rest));
        *rest = *part;
        part->length = hole->address - part->address;
        rest->address = end;
        rest->length = until - end;
        info->part_count++;
        return;
    }
}

/** Parts for all that can be read but the holes, nothing read yet. */
static struct ub_backup *new_backup(const struct ub_session *session, const struct holes *holes)
{
    const struct ub_target *target = &session->target;
    size_t count = 0;
    for (size_t i = 0; i < target->region_count; i++)
        count += stretches(&target->regions[i], NULL);
    struct ub_backup *backup = ub_backup_new(count + holes->count);
    if (!backup)
        return NULL;
    struct ub_backup_info *info = &backup->info;
    info->part_count = 0;
    for (size_t i = 0; i < target->region_count; i++)
        info->part_count += stretches(&target->regions[i], info->parts + info->part_count);
    for (size_t i = 0; i < holes->count; i++)
        cut(info, &holes->items[i]);
    for (size_t i = 0; i < info->part_count;)
        if (info->parts[i].has_address && info->parts[i].length == 0)
            ub_backup_drop(backup, i);
        else
            i++;
    info->device = session->device;
    return backup;
}

static const struct ub_region *region_of(const struct ub_target *target, uint8_t alt)
{
    for (size_t i = 0; i < target->region_count; i++)
        if (target->regions[i].alt == alt)
            return &target->regions[i];
    return NULL;
}

enum ub_region_kind ub_part_kind(const struct ub_target *target, const struct ub_backup_part *part)
{
    const struct ub_region *region = region_of(target, part->alt);
    return region ? region->kind : UB_REGION_OTHER;
}

/** Reads a part into the draft; a stream's length becomes known by it. */
static enum ub_code read_part(struct ub_session *session, struct ub_backup *backup, size_t index,
                              uint8_t *bytes, struct ub_error *err)
{
    struct ub_backup_part *part = &backup->info.parts[index];
    const struct ub_region *region = region_of(&session->target, part->alt);
    const size_t chunk = ub_access_chunk(&session->target);
    const uint64_t length = part->has_address ? part->length : STREAM_MAX;
    enum ub_code code = UB_OK;
    bool ended = false;
    uint64_t at = 0;
    while (!code && !ended && at < length) {
        size_t want = length - at < chunk ? (size_t)(length - at) : chunk;
        size_t actual = 0;
        code = ub_access_read(&session->target, region, part->address + at, bytes, want, &actual,
                              err);
        ended = actual < want;
        if (!code && ended && part->has_address)
            code = ub_fail(err, UB_USB_SHORT, "the device sent %zu of %zu bytes", actual, want);
        if (!code)
            code = ub_draft_append(backup, index, bytes, actual, err);
        at += actual;
    }
    if (!code && !part->has_address && !ended)
        code = ub_fail(err, UB_USB_OVERFLOW, "the device's upload does not end");
    if (code)
        return ub_wrap(err, code, "while reading \"%s\"", region->name);
    part->length = at;
    return UB_OK;
}

/** A second reading, compared with the first. `bytes` has room for two chunks. */
static enum ub_code read_again(struct ub_session *session, const struct ub_backup *backup,
                               size_t index, uint8_t *bytes, struct ub_error *err)
{
    const struct ub_backup_part *part = &backup->info.parts[index];
    const struct ub_region *region = region_of(&session->target, part->alt);
    const size_t chunk = ub_access_chunk(&session->target);
    enum ub_code code = UB_OK;
    /* a stream is asked for more than it had: it has to end at the same place */
    const uint64_t end = part->has_address ? part->length : part->length + 1;
    for (uint64_t at = 0; !code && at < end; at += chunk) {
        size_t has = part->length - at < chunk ? (size_t)(part->length - at) : chunk;
        size_t want = part->has_address ? has : chunk;
        size_t actual = 0;
        code = ub_access_read(&session->target, region, part->address + at, bytes, want, &actual,
                              err);
        if (!code)
            code = ub_backup_read(backup, index, at, bytes + chunk, has, err);
        if (!code && (actual != has || memcmp(bytes, bytes + chunk, has) != 0))
            code = ub_fail(err, UB_VER_READS_DIFFER,
                           "two readings of \"%s\" differ within %zu bytes from 0x%08" PRIx64,
                           region->name, has, part->address + at);
    }
    return code;
}

static bool optional(const struct ub_target *target, const struct ub_backup_part *part)
{
    enum ub_region_kind kind = ub_part_kind(target, part);
    return kind == UB_REGION_OPTION || kind == UB_REGION_OTP;
}

static bool device_is_fine(enum ub_code code)
{
    return code != UB_USB_GONE && code != UB_DEV_GONE && code != UB_SYS_INTERRUPTED &&
           code != UB_SYS_MEMORY;
}

static enum ub_code read_all(struct ub_session *session, struct ub_backup *backup, uint8_t *bytes,
                             struct ub_error *err)
{
    for (size_t i = 0; i < backup->info.part_count;) {
        struct ub_backup_part *part = &backup->info.parts[i];
        enum ub_code code = read_part(session, backup, i, bytes, err);
        for (unsigned n = 1; !code && n < backup->info.readings; n++)
            code = read_again(session, backup, i, bytes, err);
        if (code && optional(&session->target, part) && device_is_fine(code)) {
            ub_env_warn(&session->context->env, "\"%s\" could not be read and is not in the backup",
                        part->name);
            (void)session->loader->ops->abort(session->loader, NULL);
            ub_backup_drop(backup, i);
            continue;
        }
        if (code)
            return code;
        if (part->length == 0) {
            ub_env_warn(&session->context->env, "\"%s\" is empty and not in the backup",
                        part->name);
            ub_backup_drop(backup, i);
            continue;
        }
        backup->info.length += part->length;
        i++;
    }
    return UB_OK;
}

static uint64_t known_length(const struct ub_backup *backup)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < backup->info.part_count; i++)
        sum += backup->info.parts[i].length;
    return sum;
}

/** Reads everything into files of the vault, through the memory of two chunks. */
static enum ub_code read_into_vault(struct ub_session *session, struct ub_backup *backup,
                                    struct ub_error *err)
{
    struct ub_vault *vault = session->context->vault;
    uint8_t *bytes = malloc(2 * ub_access_chunk(&session->target));
    if (!bytes)
        return ub_fail_memory(err);
    enum ub_code code = ub_vault_ready(vault, known_length(backup), err);
    if (!code)
        code = ub_vault_draft(vault, backup, err);
    if (!code)
        code = read_all(session, backup, bytes, err);
    free(bytes);
    return code;
}

bool ub_session_can_back_up(const struct ub_session *session)
{
    const struct ub_target *target = &session->target;
    for (size_t i = 0; target->caps.can_read && i < target->region_count; i++)
        if (worth_reading(&target->regions[i]))
            return true;
    return false;
}

/** Adds a sector, or lengthens the hole that it continues. */
static enum ub_code add_hole(struct holes *holes, uint8_t alt, const struct ub_sector *sector,
                             struct ub_error *err)
{
    struct hole *last = holes->count ? &holes->items[holes->count - 1] : NULL;
    if (last && last->alt == alt && last->address + last->length == sector->address) {
        last->length += sector->size;
        return UB_OK;
    }
    if (!holes->items || holes->count == holes->room) {
        size_t room = holes->room ? 2 * holes->room : 16;
        struct hole *items = realloc(holes->items, room * sizeof(*items));
        if (!items)
            return ub_fail_memory(err);
        holes->items = items;
        holes->room = room;
    }
    holes->items[holes->count++] = (struct hole){alt, sector->address, sector->size};
    return UB_OK;
}

/** Reads a sector to see whether it can be. */
static enum ub_code try_sector(struct ub_session *session, const struct ub_region *region,
                               const struct ub_sector *sector, uint8_t *bytes, struct holes *holes,
                               struct ub_error *err)
{
    const size_t chunk = ub_access_chunk(&session->target);
    enum ub_code code = UB_OK;
    for (size_t at = 0; !code && at < sector->size; at += chunk) {
        size_t length = sector->size - at < chunk ? sector->size - at : chunk;
        code = ub_access_read_all(&session->target, region, sector->address + at, bytes, length,
                                  err);
    }
    holes->read += code == UB_OK;
    if (!ub_access_refused(code))
        return code;
    enum ub_code back = ub_access_recover(&session->target, err);
    return back ? back : add_hole(holes, region->alt, sector, err);
}

/** Looks for the sectors of the flash that the device refuses to give out. Only what can be erased
 * counts: there is no other way to mend it. */
static enum ub_code find_holes(struct ub_session *session, struct holes *holes,
                               struct ub_error *err)
{
    const struct ub_target *target = &session->target;
    uint8_t *bytes = malloc(ub_access_chunk(target));
    enum ub_code code = bytes ? UB_OK : ub_fail_memory(err);
    for (size_t r = 0; r < target->region_count; r++) {
        const struct ub_region *region = &target->regions[r];
        struct ub_sector sector;
        const unsigned needed = UB_CAN_READ | UB_CAN_ERASE;
        for (size_t n = 0;
             !code && region->kind == UB_REGION_FLASH && ub_region_sector_at(region, n, &sector);
             n++)
            if ((sector.rights & needed) == needed)
                code = try_sector(session, region, &sector, bytes, holes, err);
    }
    free(bytes);
    return code;
}

static void tell_holes(struct ub_session *session, const struct holes *holes)
{
    for (size_t i = 0; i < holes->count; i++)
        ub_env_warn(&session->context->env,
                    "%" PRIu64 " bytes at 0x%08" PRIx64
                    " cannot be read and are not in the backup: the device refuses to give them "
                    "out, as it does with memory that was programmed twice",
                    holes->items[i].length, holes->items[i].address);
}

/** Begins anew without what the device refuses to give out, if that is not all of it: then `code`,
 * the first refusal, stands. */
static enum ub_code read_around_holes(struct ub_session *session, enum ub_code code,
                                      uint32_t readings, struct ub_backup **backup,
                                      struct ub_error *err)
{
    struct holes holes = {0};
    struct ub_error why = {0};
    enum ub_code looked = ub_access_recover(&session->target, &why);
    if (!looked)
        looked = find_holes(session, &holes, &why);
    if (!looked && holes.count && holes.read) {
        ub_backup_free(*backup);
        tell_holes(session, &holes);
        ub_error_clear(err);
        *backup = new_backup(session, &holes);
        if (*backup)
            (*backup)->info.readings = readings;
        code = *backup ? read_into_vault(session, *backup, err) : ub_fail_memory(err);
    } else if (looked == UB_SYS_INTERRUPTED || looked == UB_USB_GONE) {
        code = looked;
        if (err)
            *err = why;
    }
    free(holes.items);
    return code;
}

static enum ub_code check_possible(const struct ub_session *session, struct ub_error *err)
{
    if (ub_session_can_back_up(session))
        return UB_OK;
    return ub_fail(err, UB_MEM_NO_BACKUP,
                   "this device cannot be read, so what it holds now would be lost");
}

enum ub_code ub_session_read(struct ub_session *session, const struct ub_flash_options *options,
                             struct ub_backup **out, struct ub_error *err)
{
    struct ub_env *env = &session->context->env;
    *out = NULL;
    enum ub_code code = check_possible(session, err);
    if (code)
        return code;
    const struct holes none = {0};
    struct ub_backup *backup = new_backup(session, &none);
    if (!backup)
        return ub_fail_memory(err);
    backup->info.readings = options->read_once ? 1 : 2;
    uint64_t length = known_length(backup);
    ub_env_begin(env, UB_STEP_BACKUP, length * backup->info.readings, "backing up");
    code = read_into_vault(session, backup, err);
    if (ub_access_refused(code))
        code = read_around_holes(session, code, backup->info.readings, &backup, err);
    if (code) {
        ub_backup_free(backup);
        return ub_wrap(err, code, "while backing up the device at %s", session->info.port);
    }
    char text[32];
    ub_print_grouped(text, sizeof(text), backup->info.length);
    ub_env_done(env, "%s bytes, %s", text,
                backup->info.readings > 1 ? "read twice, same" : "read once");
    *out = backup;
    return UB_OK;
}

enum ub_code ub_session_keep(struct ub_session *session, struct ub_backup *backup,
                             struct ub_error *err)
{
    struct ub_env *env = &session->context->env;
    struct ub_vault *vault = session->context->vault;
    char whole[UB_BACKUP_ID];
    if (backup->info.part_count == 0) {
        ub_env_skipped(env, UB_STEP_BACKUP, "the device gave back nothing that could be kept");
        return UB_OK;
    }
    ub_env_begin(env, UB_STEP_BACKUP, 0, "storing");
    backup->info.interrupted = ub_vault_marked(vault, &session->device, whole);
    if (ub_vault_holds(vault, backup, backup->info.id)) {
        ub_env_done(env, "in the vault already, as %s", backup->info.id);
        return UB_OK;
    }
    enum ub_code code = ub_vault_store(vault, backup, err);
    if (code)
        return ub_wrap(err, code, "while keeping what was read from the device at %s",
                       session->info.port);
    ub_env_done(env, "kept in the vault as %s", backup->info.id);
    return UB_OK;
}

/** The bytes of a part, which are the caller's from now on. */
static enum ub_code take_content(struct ub_backup *backup, size_t index, uint8_t **content,
                                 struct ub_error *err)
{
    const struct ub_backup_part *part = &backup->info.parts[index];
    *content = backup->contents[index];
    backup->contents[index] = NULL;
    if (*content)
        return UB_OK;
    *content = malloc((size_t)part->length + 1);
    if (!*content)
        return ub_fail_memory(err);
    return ub_backup_read(backup, index, 0, *content, (size_t)part->length, err);
}

/** Adds those sectors of a part that can be written. */
static enum ub_code add_writable(const struct ub_region *region, struct ub_image *image,
                                 const struct ub_backup_part *part, const uint8_t *content,
                                 size_t *left_out, struct ub_error *err)
{
    enum ub_code code = UB_OK;
    for (uint64_t at = 0; !code && at < part->length;) {
        uint64_t rest = part->length - at;
        uint64_t reach = ub_region_reach(region, part->address + at, UB_CAN_WRITE);
        struct ub_sector sector;
        if (!reach && ub_region_sector(region, part->address + at, &sector)) {
            (*left_out)++;
            at += sector.address + sector.size - (part->address + at);
            continue;
        }
        uint64_t length = reach && reach < rest ? reach : rest;
        code = ub_image_add(image, part->alt, true, part->address + at, content + at,
                            (size_t)length, err);
        at += length;
    }
    return code;
}

/** Adds a part; with `writable_only` without the sectors that cannot be written. */
static enum ub_code add_part(const struct ub_target *target, struct ub_image *image,
                             struct ub_backup *backup, size_t index, bool writable_only,
                             size_t *left_out, struct ub_error *err)
{
    const struct ub_backup_part *part = &backup->info.parts[index];
    const struct ub_region *region = region_of(target, part->alt);
    uint8_t *content = NULL;
    enum ub_code code = take_content(backup, index, &content, err);
    bool whole = !part->has_address || !writable_only ||
                 ub_region_reach(region, part->address, UB_CAN_WRITE) >= part->length;
    if (!code && whole)
        return ub_image_adopt(image, part->alt, part->has_address, part->address, content,
                              (size_t)part->length, err);
    if (!code)
        code = add_writable(region, image, part, content, left_out, err);
    free(content);
    return code;
}

enum ub_code ub_backup_image(const struct ub_target *target, struct ub_backup *backup,
                             bool writable_only, struct ub_image **out, size_t *left_out,
                             struct ub_error *err)
{
    *left_out = 0;
    enum ub_code code = ub_image_new(backup->info.id, out, err);
    for (size_t i = 0; !code && i < backup->info.part_count; i++) {
        const struct ub_backup_part *part = &backup->info.parts[i];
        enum ub_region_kind kind = ub_part_kind(target, part);
        if (kind != UB_REGION_FLASH && kind != UB_REGION_STREAM) {
            (*left_out)++;
            continue;
        }
        code = add_part(target, *out, backup, i, writable_only, left_out, err);
    }
    if (!code)
        code = ub_image_finish(*out, err);
    if (code) {
        ub_image_close(*out);
        *out = NULL;
        return code;
    }
    (*out)->has_ids = true;
    (*out)->vid = backup->info.device.vid;
    (*out)->pid = backup->info.device.pid;
    (*out)->bcdDevice = backup->info.device.bcdDevice;
    return UB_OK;
}

/** Writes the program memory of a backup to a file in the format that its name asks for. */
static enum ub_code write_export(const struct ub_session *session, struct ub_backup *backup,
                                 const char *file, struct ub_error *err)
{
    struct ub_image *image = NULL;
    size_t left_out;
    enum ub_code code = ub_backup_image(&session->target, backup, false, &image, &left_out, err);
    if (code)
        return code;
    const struct ub_format *format = ub_format_for_image(file, image);
    if (!format || !format->write)
        code = ub_fail(err, UB_IMG_UNWRITABLE, "%s cannot hold what was read", file);
    if (left_out)
        ub_env_warn(&session->context->env,
                    "%s holds program memory; option bytes and OTP are in the vault only", file);
    uint8_t *bytes = NULL;
    size_t length = 0;
    if (!code)
        code = format->write(image, NULL, &bytes, &length, err);
    if (!code)
        code = ub_file_write(file, bytes, length, err);
    free(bytes);
    ub_image_close(image);
    return code;
}

/** A file that cannot be written later is refused before anything is read. */
static enum ub_code check_file(const char *file, struct ub_error *err)
{
    const struct ub_format *format = file ? ub_format_for_name(file) : NULL;
    if (!file || (format && format->write))
        return UB_OK;
    return ub_fail(err, UB_USE_OPTION,
                   "the name of %s does not tell a format: end it in .dfu, .hex or .bin", file);
}

static enum ub_code backup_body(struct ub_session *session, struct ub_work *work,
                                struct ub_result *result, struct ub_error *err)
{
    struct ub_backup *backup = NULL;
    enum ub_code code = check_file(work->what, err);
    if (!code)
        code = ub_session_read(session, &work->options, &backup, err);
    if (!code)
        code = ub_session_keep(session, backup, err);
    if (!code) {
        (void)ub_print(result->backup, sizeof(result->backup), "%s", backup->info.id);
        if (work->what)
            code = write_export(session, backup, work->what, err);
    }
    ub_backup_free(backup);
    if (session->loader)
        (void)session->loader->ops->abort(session->loader, NULL);
    enum ub_code back = ub_session_give_back(session, work, result, code ? NULL : err);
    return code ? code : back;
}

enum ub_code ub_backup(struct ub_context *context, const char *selector, const char *file,
                       const struct ub_flash_options *options, struct ub_result *result,
                       struct ub_error *err)
{
    struct ub_work work = {.what = file};
    return ub_run(context, selector, true, backup_body, &work, options, result, err);
}
