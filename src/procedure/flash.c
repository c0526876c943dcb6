/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "procedure/flash.h"

#include "base/error.h"
#include "base/text.h"
#include "flash/access.h"
#include "procedure/backup.h"
#include "procedure/costs.h"
#include "procedure/prepare.h"
#include "procedure/prove.h"
#include "procedure/run.h"
#include "procedure/trust.h"

#include <inttypes.h>
#include <stdlib.h>

void ub_tell_plan(struct ub_session *session, const struct ub_plan *plan, const char *already)
{
    struct ub_env *env = &session->context->env;
    struct ub_plan_info info;
    ub_plan_info(plan, &info);
    char written[32];
    char kept[32];
    ub_print_grouped(written, sizeof(written), info.bytes_written);
    ub_print_grouped(kept, sizeof(kept), info.bytes_kept);
    char time[UB_DURATION_TEXT];
    ub_format_duration(time, sizeof(time), info.predicted_us);
    char more[UB_DURATION_TEXT] = "";
    if (info.may_add_us)
        ub_format_duration(more, sizeof(more), info.may_add_us);
    const bool named = plan->stream && session->target.region_count > 1;
    const char *name = named ? plan->stream_piece.region->name : "";
    const char *colon = named ? ": " : "";
    if (info.nothing_to_do)
        ub_env_done(env, "%s%snothing to do: %s", name, colon, already);
    else if (plan->stream)
        ub_env_done(env, "%s%swrite %s B as one stream · about %s%s%s%s", name, colon, written,
                    time, more[0] ? ", and may take up to " : "", more,
                    more[0] ? " to take it in" : "");
    else if (plan->way == UB_WAY_ERASE_ALL)
        ub_env_done(env, "erase everything, write %s B · about %s", written, time);
    else
        ub_env_done(env, "erase %zu of %zu sectors, write %s B, keep %s B · about %s",
                    info.sectors_erased, info.sectors_total, written, kept, time);
}

/** What is to be done, in order: one plan, or for a device that takes streams one for each of its
 * memories. */
struct stages {
    struct ub_plan **plans;
    size_t count;
};

static void free_stages(struct stages *stages)
{
    for (size_t i = 0; stages->plans && i < stages->count; i++)
        ub_plan_free(stages->plans[i]);
    free(stages->plans);
}

static bool nothing_to_do(const struct stages *stages)
{
    for (size_t i = 0; i < stages->count; i++)
        if (!stages->plans[i]->info.nothing_to_do)
            return false;
    return true;
}

static enum ub_code ask_person(struct ub_session *session, const struct ub_job *job,
                               const struct stages *stages, struct ub_error *err)
{
    const struct ub_callbacks *callbacks = &session->context->env.callbacks;
    if (job->options->assume_yes || nothing_to_do(stages) || !callbacks->confirm)
        return UB_OK;
    char question[UB_ERROR_TEXT];
    (void)ub_print(question, sizeof(question), "%s %s the %s at %s?", job->verb, job->object,
                   session->device.family, session->info.port);
    struct ub_env *env = &session->context->env;
    uint64_t asked = ub_now(&env->clock);
    bool yes = callbacks->confirm(callbacks->user, question);
    env->started_us += ub_now(&env->clock) - asked; /* a person's time is not the procedure's */
    if (yes)
        return UB_OK;
    enum ub_code code = ub_env_check(session->target.env, err);
    return code ? code : ub_fail(err, UB_USE_DECLINED, "nothing was changed, as you wished");
}

/** Reads what is there, unless that was given up by name. */
static enum ub_code read_first(struct ub_session *session, const struct ub_job *job,
                               struct ub_backup **backup, struct ub_error *err)
{
    if (!job->options->no_backup) {
        enum ub_code code = ub_session_read(session, job->options, backup, err);
        bool unreadable = ub_access_refused(code) || code == UB_USB_TIMEOUT || code == UB_USB_IO;
        return unreadable ? ub_wrap(err, code,
                                    "if the device cannot be read any more, --no-backup --whole "
                                    "gives up what it holds and writes without reading it")
                          : code;
    }
    ub_env_skipped(&session->context->env, UB_STEP_BACKUP, "given up by name: no way back");
    return UB_OK;
}

/** A stream has no size; what the device gave back is a hint. */
static void warn_if_larger(struct ub_session *session, const struct ub_plan *plan,
                           const struct ub_backup *backup)
{
    for (size_t i = 0; backup && plan->stream && i < backup->info.part_count; i++) {
        const struct ub_backup_part *part = &backup->info.parts[i];
        if (part->alt == plan->stream_piece.region->alt && part->length < plan->stream_piece.length)
            ub_env_warn(&session->context->env,
                        "the image has %" PRIu64 " bytes, the device gave back %" PRIu64
                        ": it may not fit",
                        plan->stream_piece.length, part->length);
    }
}

/** Before the first erase: what was read goes into the vault, with a note that leads back to it. */
static enum ub_code secure(struct ub_session *session, struct ub_backup *backup,
                           struct ub_result *result, struct ub_error *err)
{
    struct ub_vault *vault = session->context->vault;
    char whole[UB_BACKUP_ID] = "";
    bool cut_short = ub_vault_marked(vault, &session->device, whole);
    enum ub_code code = UB_OK;
    if (backup)
        code = ub_session_keep(session, backup, err);
    if (!code && backup && backup->info.id[0])
        code = ub_vault_mark(vault, &session->device, backup->info.id, err);
    if (code)
        return code;
    if (cut_short)
        ub_env_warn(&session->context->env,
                    "an earlier run was cut short: the way back stays backup %s", whole);
    (void)ub_print(result->backup, sizeof(result->backup), "%s",
                   cut_short ? whole
                   : backup  ? backup->info.id
                             : "");
    return UB_OK;
}

/** What each part of the run was foretold to take, and took. */
static void note_phases(const struct ub_plan *plan, struct ub_result *result)
{
    struct ub_phase *phases[UB_PHASES] = {
        [UB_PHASE_ERASE] = &result->erase,
        [UB_PHASE_WRITE] = &result->write,
        [UB_PHASE_VERIFY] = &result->verify,
    };
    for (size_t i = 0; i < UB_PHASES; i++) {
        phases[i]->predicted_us += plan->predicted[i];
        phases[i]->actual_us += plan->actual[i];
    }
}

/** Writes and proves one plan's part. From here on the device is changed. */
static enum ub_code write_and_verify(struct ub_session *session, struct ub_plan *plan,
                                     struct ub_result *result, struct ub_proof *proof,
                                     struct ub_error *err)
{
    struct ub_env *env = &session->context->env;
    uint64_t start = ub_now(&env->clock);
    enum ub_code code = ub_plan_execute(plan, &session->target, &result->left, err);
    result->bytes_written += plan->bytes_done;
    result->sectors_erased += plan->sectors_done;
    if (!code && !plan->info.nothing_to_do)
        code = ub_session_prove(session, plan, result, proof, err);
    else if (!code && ub_plan_trusts_one_reading(plan))
        code = ub_plan_confirm(plan, &session->target, err);
    result->actual_us += ub_now(&env->clock) - start;
    note_phases(plan, result);
    return code;
}

/** A device that restarts to take in a stream is brought back before it gets the next one, unless
 * it is back already; its regions are others then. */
static enum ub_code bring_back(struct ub_session *session, struct ub_plan *next, bool back,
                               struct ub_error *err)
{
    enum ub_code code = UB_OK;
    session->loader->ops->caps(session->loader, &session->target.caps);
    if (!back && session->target.caps.tolerant)
        return UB_OK;
    if (!back)
        code = ub_session_restart(session, err);
    if (!code)
        code = ub_plan_find_again(next, &session->target, err);
    return code ? ub_wrap(err, code, "while the device restarts between two of its memories")
                : UB_OK;
}

static enum ub_code carry_out(struct ub_session *session, const struct stages *stages,
                              struct ub_result *result, struct ub_error *err)
{
    enum ub_code code = UB_OK;
    struct ub_proof proof = {0};
    bool changed = false;
    bool odd = false;
    result->verified = true; /* until a part is not */
    for (size_t i = 0; !code && i < stages->count; i++) {
        struct ub_plan *plan = stages->plans[i];
        const bool writes = !plan->info.nothing_to_do;
        if (changed && (writes || ub_plan_trusts_one_reading(plan)))
            code = bring_back(session, plan, proof.back, err);
        if (!code)
            code = write_and_verify(session, plan, result, &proof, err);
        changed = changed || writes;
        odd = odd || proof.odd;
    }
    if (code) {
        result->verified = result->proved = false;
        return code;
    }
    result->left = UB_LEFT_DONE;
    ub_vault_unmark(session->context->vault, &session->device);
    if (changed && !odd && (result->verified || result->proved))
        ub_ledger_remember(session);
    return UB_OK;
}

/** What the backup of a run that was cut short has and the device refuses to give out now is not
 * lost: the vault's note says that the one came before the other. */
static enum ub_code check_kept(struct ub_session *session, const struct ub_plan *plan,
                               const struct ub_backup *backup, struct ub_error *err)
{
    struct ub_vault *vault = session->context->vault;
    char id[UB_BACKUP_ID] = "";
    struct ub_backup *earlier = NULL;
    struct ub_error ignored;
    enum ub_code code = ub_plan_check_kept(plan, backup, NULL, err);
    if (code != UB_MEM_NO_BACKUP || !ub_vault_marked(vault, &session->device, id) ||
        ub_vault_load(vault, id, &earlier, &ignored) != UB_OK)
        return code;
    code = ub_plan_check_kept(plan, backup, earlier, err);
    ub_backup_free(earlier);
    if (!code) {
        ub_error_clear(err);
        ub_env_warn(&session->context->env,
                    "what cannot be read is in backup %s, made before the run that was cut short",
                    id);
    }
    return code;
}

/** Plans each part. The stages are the caller's, also on failure. */
static enum ub_code make_plans(struct ub_session *session, const struct ub_job *job,
                               const struct ub_backup *backup, struct stages *stages,
                               struct ub_result *result, struct ub_error *err)
{
    struct ub_env *env = &session->context->env;
    const bool streams = !session->target.caps.addressed;
    stages->count = streams ? job->placement->count : 1;
    stages->plans = calloc(stages->count ? stages->count : 1, sizeof(struct ub_plan *));
    enum ub_code code = stages->plans ? UB_OK : ub_fail_memory(err);
    for (size_t i = 0; !code && i < stages->count; i++) {
        struct ub_placement part = *job->placement;
        if (streams)
            part = (struct ub_placement){.pieces = part.pieces + i, .count = 1};
        const struct ub_plan_wish wish = {&part, job->options, backup, false, false};
        struct ub_plan **plan = &stages->plans[i];
        ub_env_begin(env, UB_STEP_PLAN, 0, "comparing");
        code = ub_plan_build(&session->target, &wish, plan, err);
        if (code)
            break;
        result->predicted_us += (*plan)->info.predicted_us;
        result->bytes_kept += (*plan)->info.bytes_kept;
        ub_tell_plan(session, *plan, job->already);
        warn_if_larger(session, *plan, backup);
        code = backup ? check_kept(session, *plan, backup, err) : UB_OK;
    }
    return code;
}

/** Reads what is there, makes the plans, asks, and secures what is about to be changed. */
static enum ub_code plan_and_ask(struct ub_session *session, const struct ub_job *job,
                                 struct stages *stages, struct ub_result *result,
                                 struct ub_error *err)
{
    struct ub_backup *backup = NULL;
    enum ub_code code = read_first(session, job, &backup, err);
    if (!code)
        code = make_plans(session, job, backup, stages, result, err);
    if (!code)
        code = ask_person(session, job, stages, err);
    if (!code && !nothing_to_do(stages))
        code = secure(session, backup, result, err);
    ub_backup_free(backup);
    return code;
}

enum ub_code ub_session_write(struct ub_session *session, const struct ub_job *job,
                              struct ub_result *result, struct ub_error *err)
{
    struct ub_ledger ledger;
    struct stages stages = {0};
    ub_ledger_open(session, &ledger);
    enum ub_code code = plan_and_ask(session, job, &stages, result, err);
    if (!code)
        code = carry_out(session, &stages, result, err);
    ub_ledger_close(session);
    free_stages(&stages);
    return code;
}

enum ub_code ub_give_up_protected(struct ub_session *session, struct ub_flash_options *options,
                                  struct ub_result *result, struct ub_error *err)
{
    bool lifted = false;
    if (!options->lose_protected_content)
        return UB_OK;
    enum ub_code code = ub_session_unprotect(session, result, &lifted, err);
    options->no_backup = options->no_backup || lifted; /* nothing is left to keep */
    return code;
}

static enum ub_code flash_body(struct ub_session *session, struct ub_work *work,
                               struct ub_result *result, struct ub_error *err)
{
    const struct ub_image *image = work->image;
    struct ub_placement placement = {0};
    enum ub_code code = ub_prepare(session, image, &work->options, &placement, err);
    if (!code && work->options.lose_protected_content) {
        /* only now that the image has its place; regions are made anew when the device comes back
         */
        ub_placement_free(&placement);
        code = ub_give_up_protected(session, &work->options, result, err);
        if (!code)
            code = ub_prepare(session, image, &work->options, &placement, err);
    }
    char object[UB_STRING_TEXT + 8];
    (void)ub_print(object, sizeof(object), "%s to", image->name);
    const struct ub_job job = {"Write", object, UB_ALREADY_HELD, &placement, &work->options};
    if (!code)
        code = ub_session_write(session, &job, result, err);
    ub_placement_free(&placement);
    if (!code && (result->verified || result->proved))
        ub_remember_version(session, image);
    if (!code && !work->options.stay)
        code = ub_session_leave(session, result, err);
    return code;
}

enum ub_code ub_flash(struct ub_context *context, const struct ub_image *image,
                      const char *selector, const struct ub_flash_options *options,
                      struct ub_result *result, struct ub_error *err)
{
    struct ub_work work = {.image = image};
    return ub_run(context, selector, true, flash_body, &work, options, result, err);
}
