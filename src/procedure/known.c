/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "procedure/known.h"

#include "base/error.h"
#include "loader/layout.h"
#include "procedure/session.h"

#include <inttypes.h>

#define READ_TRIES 6u

static struct ub_held_byte *held_at(struct ub_session *session, uint32_t address)
{
    for (size_t i = 0; i < session->held_count; i++)
        if (session->held[i].address == address)
            return &session->held[i];
    return NULL;
}

/* A byte that is not known yet is noted, to be read when the device is open. */
static bool holds(void *self, const struct ub_quirk_condition *condition)
{
    struct ub_session *session = self;
    struct ub_held_byte *held = held_at(session, condition->address);
    if (!held && session->held_count < UB_SESSION_HELD_MAX) {
        held = &session->held[session->held_count++];
        *held = (struct ub_held_byte){.address = condition->address};
    }
    return held && held->known && (held->byte & condition->mask) == condition->value;
}

static void find(struct ub_session *session, const char *const *names, size_t count)
{
    const struct ub_quirk_device device = {.info = &session->info,
                                           .names = names,
                                           .name_count = count,
                                           .holds = holds,
                                           .self = session};
    ub_quirks_find(session->context->quirks, &device, &session->quirks);
}

static void apply(struct ub_session *session, const struct ub_loader_habits *habits)
{
    session->effect = (struct ub_quirk_effect){.habits = *habits};
    ub_quirks_apply(session->context->quirks, &session->quirks, &session->effect);
}

static void advise(void *self, const char *const *names, size_t count,
                   struct ub_loader_habits *habits)
{
    struct ub_session *session = self;
    find(session, names, count);
    apply(session, habits);
    *habits = session->effect.habits;
}

void ub_known_start(struct ub_session *session)
{
    const struct ub_family *family = ub_family_by_id(session->info.vid, session->info.pid);
    if (session->held_generation != session->info.generation)
        session->held_count = 0;
    session->held_generation = session->info.generation;
    find(session, NULL, 0);
    apply(session, &family->habits);
}

struct ub_loader_adviser ub_known_adviser(struct ub_session *session)
{
    return (struct ub_loader_adviser){.advise = advise, .self = session};
}

/* Where the byte can be read, or NULL. */
static const struct ub_region *region_of(const struct ub_target *target, uint64_t address)
{
    for (size_t i = 0; i < target->region_count; i++)
        if (ub_region_reach(&target->regions[i], address, UB_CAN_READ) > 0)
            return &target->regions[i];
    return NULL;
}

/* Reads a byte until two readings in a row agree. */
static enum ub_code read_surely(struct ub_session *session, const struct ub_region *region,
                                struct ub_held_byte *held, struct ub_error *err)
{
    const struct ub_loader_ops *ops = session->loader->ops;
    enum ub_code code = UB_OK;
    unsigned same = 0;
    for (unsigned tries = 0; tries < READ_TRIES && same < 2; tries++) {
        uint8_t byte = 0;
        size_t actual = 0;
        code = ops->read(session->loader, region, held->address, &byte, 1, &actual, err);
        if (code == UB_DFU_PROTECTED || code == UB_USB_GONE || code == UB_SYS_INTERRUPTED)
            return code;
        if (code || actual != 1) {
            (void)ops->abort(session->loader, NULL);
            same = 0;
            continue;
        }
        same = same && byte == held->byte ? same + 1 : 1;
        held->byte = byte;
    }
    held->known = same == 2;
    if (held->known)
        ub_error_clear(err);
    else if (!code)
        code = ub_fail(err, UB_VER_READS_DIFFER, "readings of 0x%08" PRIx32 " differ",
                       held->address);
    return held->known ? UB_OK : code;
}

enum ub_code ub_known_learn(struct ub_session *session, bool *more, struct ub_error *err)
{
    *more = false;
    for (size_t i = 0; i < session->held_count; i++) {
        struct ub_held_byte *held = &session->held[i];
        const struct ub_region *region = region_of(&session->target, held->address);
        if (held->known || !region)
            continue;
        enum ub_code code = read_surely(session, region, held, err);
        if (code == UB_DFU_PROTECTED) { /* it stays unknown, and nothing can be written either */
            ub_error_clear(err);
            continue;
        }
        if (code)
            return ub_wrap(err, code, "while reading 0x%08" PRIx32 ", which tells what it is",
                           held->address);
        *more = true;
    }
    return UB_OK;
}

void ub_known_settle(struct ub_session *session)
{
    struct ub_target *target = &session->target;
    apply(session, &target->family->habits);
    target->habits = session->effect.habits;
    session->loader->ops->adopt(session->loader, &target->habits);
}
