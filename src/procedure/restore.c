/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The way back: what a backup holds is put back by the same way as any image. */
#include "base/error.h"
#include "base/text.h"
#include "procedure/backup.h"
#include "procedure/flash.h"
#include "procedure/prepare.h"
#include "procedure/run.h"

#include <stdlib.h>
#include <string.h>

static bool same_kind(const struct ub_device *a, const struct ub_device *b)
{
    return a->vid == b->vid && a->pid == b->pid && strcmp(a->family, b->family) == 0;
}

static bool same_unit(const struct ub_device *a, const struct ub_device *b)
{
    return same_kind(a, b) && strcmp(a->serial, b->serial) == 0 && strcmp(a->port, b->port) == 0;
}

/** A record of this kind of device with this serial number, though at another port. */
static bool moved_unit(const struct ub_device *a, const struct ub_device *b)
{
    return same_kind(a, b) && a->serial[0] && strcmp(a->serial, b->serial) == 0;
}

static const struct ub_backup_info *
newest_of(const struct ub_vault *vault, const struct ub_backup_info *records, size_t count,
          const struct ub_device *device,
          bool (*fits)(const struct ub_device *, const struct ub_device *))
{
    for (size_t i = count; i > 0; i--)
        if (!records[i - 1].interrupted && ub_vault_is_native(vault, &records[i - 1]) &&
            fits(&records[i - 1].device, device))
            return &records[i - 1];
    return NULL;
}

/**
 * The newest backup of this very device that holds a whole image. Serial numbers collide, so one
 * from another port is only named, not taken; ports collide too, so one of another transport is
 * not even named.
 */
static enum ub_code newest(struct ub_session *session, char *id, size_t size, struct ub_error *err)
{
    struct ub_backup_info *records = NULL;
    size_t count = 0;
    struct ub_vault *vault = session->context->vault;
    enum ub_code code = ub_vault_records(vault, &records, &count, err);
    if (code)
        return code;
    const struct ub_device *device = &session->device;
    const struct ub_backup_info *own = newest_of(vault, records, count, device, same_unit);
    const struct ub_backup_info *moved = newest_of(vault, records, count, device, moved_unit);
    if (own) {
        (void)ub_print(id, size, "%s", own->id);
    } else {
        code = ub_fail(err, UB_VLT_EMPTY, "the vault holds no backup of the %s at %s",
                       session->device.family, session->info.port);
        if (moved)
            (void)ub_wrap(err, code,
                          "but %s is from one with the same serial number, at port %s: if that is "
                          "this device, name it: unbrick restore %s",
                          moved->id, moved->device.port, moved->id);
    }
    ub_vault_free(records, count);
    return code;
}

static void tell_backup(struct ub_session *session, const struct ub_backup *backup)
{
    struct ub_env *env = &session->context->env;
    char length[32];
    ub_print_grouped(length, sizeof(length), backup->info.length);
    ub_env_begin(env, UB_STEP_IMAGE, 0, "%s", backup->info.id);
    ub_env_done(env, "backup %s, %s bytes, taken %s", backup->info.id, length,
                backup->info.created);
    if (backup->info.interrupted)
        ub_env_warn(env, "it was taken after a run that was cut short, and may hold half an image");
}

static enum ub_code check_device(struct ub_session *session, const struct ub_backup *backup,
                                 const struct ub_flash_options *options, struct ub_error *err)
{
    const struct ub_device *from = &backup->info.device;
    const struct ub_callbacks *callbacks = &session->context->env.callbacks;
    if (!same_kind(from, &session->device))
        return ub_fail(err, UB_VLT_OTHER_DEVICE,
                       "backup %s is from a %s (%04x:%04x), the device at %s is a %s (%04x:%04x)",
                       backup->info.id, from->family, from->vid, from->pid, session->info.port,
                       session->device.family, session->info.vid, session->info.pid);
    if (!ub_vault_may_return(session->context->vault, &backup->info))
        return ub_fail(err, UB_VLT_OTHER_DEVICE,
                       "backup %s is from a device of the transport \"%s\", and the one at %s is "
                       "real",
                       backup->info.id, backup->info.transport, session->info.port);
    if (same_unit(from, &session->device) || options->assume_yes || !callbacks->confirm)
        return UB_OK;
    char question[UB_ERROR_TEXT];
    (void)ub_print(question, sizeof(question),
                   "Backup %s is from another %s (port %s, serial %s). Use it for the one at %s?",
                   backup->info.id, from->family, from->port, from->serial, session->info.port);
    if (callbacks->confirm(callbacks->user, question))
        return UB_OK;
    return ub_fail(err, UB_USE_DECLINED, "nothing was changed, as you wished");
}

/** Does an earlier part come from the same memory? One with gaps has several. */
static bool seen(const struct ub_backup *backup, size_t index)
{
    for (size_t i = 0; i < index; i++)
        if (backup->info.parts[i].alt == backup->info.parts[index].alt)
            return true;
    return false;
}

static void tell_left_out(struct ub_session *session, const struct ub_backup *backup)
{
    for (size_t i = 0; i < backup->info.part_count; i++) {
        const struct ub_backup_part *part = &backup->info.parts[i];
        enum ub_region_kind kind = ub_part_kind(&session->target, part);
        if (kind != UB_REGION_FLASH && kind != UB_REGION_STREAM && !seen(backup, i))
            ub_env_warn(&session->context->env, "\"%s\" is in the backup, and is not put back",
                        part->name);
    }
}

/** Takes the contents of the backup over: they are not needed twice. */
static enum ub_code put_back(struct ub_session *session, struct ub_backup *backup,
                             const struct ub_flash_options *options, struct ub_result *result,
                             struct ub_error *err)
{
    struct ub_image *image = NULL;
    struct ub_placement placement = {0};
    size_t left_out;
    enum ub_code code = ub_backup_image(&session->target, backup, true, &image, &left_out, err);
    if (!code && session->target.caps.addressed)
        code = ub_place_image(&session->target, image, options, &placement, err);
    else if (!code)
        code = ub_place_parts(&session->target, image, &placement, err);
    char object[UB_BACKUP_ID + 16];
    (void)ub_print(object, sizeof(object), "backup %s to", backup->info.id);
    struct ub_job job = {"Restore", object, UB_ALREADY_HELD, &placement, options};
    if (!code)
        code = ub_session_write(session, &job, result, err);
    ub_placement_free(&placement);
    ub_image_close(image);
    return code;
}

static enum ub_code restore_body(struct ub_session *session, struct ub_work *work,
                                 struct ub_result *result, struct ub_error *err)
{
    char found[UB_BACKUP_ID];
    const char *id = work->what;
    struct ub_backup *backup = NULL;
    enum ub_code code = UB_OK;
    if (!id) {
        code = newest(session, found, sizeof(found), err);
        id = found;
    }
    if (!code)
        code = ub_vault_load(session->context->vault, id, &backup, err);
    if (!code) {
        tell_backup(session, backup);
        code = check_device(session, backup, &work->options, err);
    }
    if (!code)
        code = ub_give_up_protected(session, &work->options, result, err);
    if (!code) {
        tell_left_out(session, backup);
        code = put_back(session, backup, &work->options, result, err);
    }
    ub_backup_free(backup);
    if (!code && !work->options.stay)
        code = ub_session_leave(session, result, err);
    return code;
}

enum ub_code ub_restore(struct ub_context *context, const char *id, const char *selector,
                        const struct ub_flash_options *options, struct ub_result *result,
                        struct ub_error *err)
{
    struct ub_work work = {.what = id};
    return ub_run(context, selector, true, restore_body, &work, options, result, err);
}
