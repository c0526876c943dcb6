/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "procedure/prove.h"

#include "base/error.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* A device that restarts to take in an image comes back within this time. */
#define RETURN_US UINT64_C(10000000)

static uint64_t patience_us(const struct ub_session *session)
{
    const uint64_t known_us = session->effect.return_deadline_ms * UINT64_C(1000);
    return known_us ? known_us : RETURN_US;
}

/** In a session's place of a loader, for a device that left for good: it only says how many
 * transfers there were. */
struct departed {
    struct ub_loader base;
    uint64_t transfers;
    uint64_t repeats;
};

static enum ub_code departed_leave(struct ub_loader *loader, uint64_t address, struct ub_error *err)
{
    (void)loader;
    (void)address;
    (void)err;
    return UB_OK;
}

static enum ub_code departed_abort(struct ub_loader *loader, struct ub_error *err)
{
    (void)loader;
    return ub_fail(err, UB_DEV_GONE, "the device left its bootloader");
}

static void departed_caps(const struct ub_loader *loader, struct ub_loader_caps *out)
{
    (void)loader;
    memset(out, 0, sizeof(*out));
}

static void departed_status(const struct ub_loader *loader, uint8_t *bState, uint8_t *bStatus,
                            uint64_t *transfers)
{
    *bState = *bStatus = 0;
    *transfers = ((const struct departed *)(const void *)loader)->transfers;
}

static uint64_t departed_repeats(const struct ub_loader *loader)
{
    return ((const struct departed *)(const void *)loader)->repeats;
}

static void departed_close(struct ub_loader *loader)
{
    free(loader);
}

static const struct ub_loader_ops departed_ops = {
    .name = "",
    .caps = departed_caps,
    .leave = departed_leave,
    .abort = departed_abort,
    .last_status = departed_status,
    .repeats = departed_repeats,
    .close = departed_close,
};

static struct ub_loader *make_departed(const struct ub_session *session)
{
    uint8_t ignored;
    struct departed *departed = calloc(1, sizeof(*departed));
    if (!departed)
        return NULL;
    departed->base.ops = &departed_ops;
    session->loader->ops->last_status(session->loader, &ignored, &ignored, &departed->transfers);
    if (session->loader->ops->repeats)
        departed->repeats = session->loader->ops->repeats(session->loader);
    return &departed->base;
}

enum ub_code ub_plan_find_again(struct ub_plan *plan, const struct ub_target *target,
                                struct ub_error *err)
{
    const uint8_t alt = plan->ops[0].step.alt;
    for (size_t i = 0; i < target->region_count; i++)
        if (target->regions[i].alt == alt) {
            plan->ops[0].region = plan->stream_piece.region = &target->regions[i];
            return UB_OK;
        }
    return ub_fail(err, UB_DEV_NOT_ENTERED, "the device came back without its memory %u", alt);
}

enum ub_code ub_session_restart(struct ub_session *session, struct ub_error *err)
{
    struct ub_ledger *ledger = session->target.ledger;
    enum ub_code code = session->loader->ops->leave(session->loader, 0, err);
    if (!code)
        code = ub_session_reopen(session, patience_us(session), err);
    session->target.ledger = ledger;
    return code;
}

/** Nothing more can be learned of it than that it took the whole stream. */
static enum ub_code accept(struct ub_session *session, struct ub_result *result, const char *why,
                           const char *more)
{
    result->verified = false;
    result->proved = true;
    ub_env_skipped(&session->context->env, UB_STEP_VERIFY, "no read-back is possible: %s%s", why,
                   more);
    return UB_OK;
}

/** Is this a reason why a device that came back cannot be brought into DFU mode once more? */
static bool cannot_enter(enum ub_code code)
{
    switch (code) {
    case UB_DEV_NO_RETURN:
    case UB_DEV_NOT_DFU:
    case UB_DEV_NOT_ENTERED:
    case UB_DEV_ACCESS:
    case UB_DEV_BUSY:
    case UB_DEV_GONE:
    case UB_DFU_DETACH:
        return true;
    default:
        return false;
    }
}

/** Brings what came back into DFU mode. If that cannot be, *why says so, and the session stays as
 * it was before, but for its loader. */
static enum ub_code enter_again(struct ub_session *session, struct ub_error *why, bool *entered,
                                struct ub_error *err)
{
    const struct ub_device device = session->device;
    struct ub_ledger *ledger = session->target.ledger;
    struct ub_session before = {.context = session->context};
    struct ub_loader *departed = make_departed(session);
    enum ub_code code = departed ? ub_session_adopt(&before, &session->info, err)
                                 : ub_fail_memory(err);
    if (code)
        goto out;
    code = ub_session_reopen(session, patience_us(session), why);
    session->target.ledger = ledger;
    *entered = code == UB_OK;
    if (code && cannot_enter(code)) {
        ub_session_let_go(session);
        code = ub_session_adopt(session, &before.info, err);
        session->device = device;
        session->loader = session->target.loader = departed;
        departed = NULL;
        session->target.regions = NULL;
        session->target.region_count = 0;
    } else if (code && err) {
        *err = *why;
    }
out:
    free(before.info.config);
    free(departed);
    return code;
}

/** Waits for the device at its port. *came tells whether it came back, *dfu whether it has a DFU
 * interface. */
static enum ub_code await(struct ub_session *session, bool *came, bool *dfu, struct ub_error *err)
{
    struct ub_usb_info info = {0};
    struct ub_dfu_interface interface;
    struct ub_error none;
    enum ub_code code = ub_wait_return(session->context, session->info.port,
                                       session->info.generation, patience_us(session), &info,
                                       &none);
    *came = code == UB_OK;
    *dfu = *came && ub_quirks_interface(session->context->quirks, &info, &interface);
    free(*came ? info.config : NULL);
    if (*came || code == UB_DEV_NO_RETURN)
        return UB_OK;
    if (err)
        *err = none;
    return code;
}

static enum ub_code fail_mute(const struct ub_session *session, struct ub_error *err)
{
    return ub_fail(
        err, UB_DFU_MANIFEST,
        "the device at %s took all of the image, then fell silent, and did not come back "
        "within %u s of a bus reset",
        session->info.port, (unsigned)(patience_us(session) / 1000000));
}

/** The device restarts to take in what it was sent: it is read when it is back. */
static enum ub_code prove_after_restart(struct ub_session *session, struct ub_plan *plan,
                                        struct ub_result *result, struct ub_proof *proof,
                                        struct ub_error *err)
{
    static const char restarts[] = "the device restarts to take in the image, which it accepted "
                                   "whole";
    const struct ub_loader_caps caps = session->target.caps;
    struct ub_error why = {0};
    bool came = false;
    bool dfu = false;
    bool entered = false;
    enum ub_code code = session->loader->ops->leave(session->loader, 0, &why);
    if (code == UB_SYS_INTERRUPTED)
        return ub_wrap(err, code, "while the device restarts");
    code = await(session, &came, &dfu, err);
    if (code)
        return ub_wrap(err, code, "while the device restarts");
    proof->odd = caps.mute || !came;
    if (caps.mute && !came)
        return fail_mute(session, err);
    if (!caps.can_read)
        return accept(session, result, "the device cannot be read; it accepted the whole image",
                      "");
    if (!came)
        return accept(session, result, restarts, "; it did not come back");
    if (!dfu)
        return accept(session, result, restarts, "; what came back has no DFU interface");
    code = enter_again(session, &why, &entered, err);
    if (entered) {
        proof->back = true;
        code = ub_plan_find_again(plan, &session->target, err);
        return code ? code : ub_plan_verify(plan, &session->target, err);
    }
    if (!cannot_enter(code) && code)
        return ub_wrap(err, code, "while bringing the device back to read what it holds");
    ub_env_warn(&session->context->env, "it could not be brought back into DFU mode to be read: %s",
                why.message);
    return accept(session, result, restarts, "");
}

enum ub_code ub_session_prove(struct ub_session *session, struct ub_plan *plan,
                              struct ub_result *result, struct ub_proof *proof,
                              struct ub_error *err)
{
    struct ub_env *env = &session->context->env;
    struct ub_target *target = &session->target;
    *proof = (struct ub_proof){0};
    /* a device that restarts to take in the image says so only now */
    session->loader->ops->caps(session->loader, &target->caps);
    const struct ub_loader_caps *caps = &target->caps;
    if (plan->stream && (caps->mute || (caps->can_read && !caps->tolerant)))
        return prove_after_restart(session, plan, result, proof, err);
    if (!ub_plan_can_read_back(plan, target)) {
        ub_env_skipped(env, UB_STEP_VERIFY,
                       "no read-back is possible: the device cannot be read; it accepted the whole "
                       "image");
        result->proved = plan->stream;
        result->verified = false;
        return UB_OK;
    }
    uint64_t unreadable = caps->can_read ? ub_plan_unreadable(plan) : 0;
    enum ub_code code = ub_plan_verify(plan, target, err);
    result->verified = result->verified && !code && !unreadable;
    if (!code && unreadable)
        ub_env_warn(env, "%" PRIu64 " bytes cannot be read back, and are not verified", unreadable);
    return code;
}
