/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "procedure/known.h"

#include "loader/layout.h"
#include "procedure/session.h"

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

/* A byte that cannot be read, as behind read protection, stays unknown. */
static bool read_byte(struct ub_session *session, struct ub_held_byte *held)
{
    const struct ub_target *target = &session->target;
    for (size_t i = 0; i < target->region_count; i++) {
        const struct ub_region *region = &target->regions[i];
        size_t actual = 0;
        if (ub_region_reach(region, held->address, UB_CAN_READ) == 0)
            continue;
        held->known = session->loader->ops->read(session->loader, region, held->address,
                                                 &held->byte, 1, &actual, NULL) == UB_OK &&
                      actual == 1;
        break;
    }
    return held->known;
}

bool ub_known_learn(struct ub_session *session)
{
    bool more = false;
    for (size_t i = 0; i < session->held_count; i++)
        if (!session->held[i].known && read_byte(session, &session->held[i]))
            more = true;
    return more;
}

void ub_known_settle(struct ub_session *session)
{
    struct ub_target *target = &session->target;
    apply(session, &target->family->habits);
    target->habits = session->effect.habits;
    session->loader->ops->adopt(session->loader, &target->habits);
}
