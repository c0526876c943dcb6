/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Giving up what a read-protected device holds, so that it can be written again. */
#include "base/error.h"
#include "procedure/session.h"

#define US_PER_MS UINT64_C(1000)
/* A device that erased itself starts its bootloader within this time. */
#define RETURN_US UINT64_C(10000000)

enum ub_code ub_session_is_protected(struct ub_session *session, bool *answer, struct ub_error *err)
{
    struct ub_loader *loader = session->loader;
    const struct ub_target *target = &session->target;
    *answer = false;
    for (size_t i = 0; i < target->region_count; i++) {
        const struct ub_region *region = &target->regions[i];
        uint8_t byte;
        size_t actual;
        if (region->kind != UB_REGION_FLASH || !(region->runs[0].rights & UB_CAN_READ))
            continue;
        enum ub_code code = loader->ops->read(loader, region, region->runs[0].address, &byte, 1,
                                              &actual, err);
        *answer = code == UB_DFU_PROTECTED;
        return *answer ? UB_OK : code;
    }
    return UB_OK;
}

enum ub_code ub_session_unprotect(struct ub_session *session, struct ub_result *result,
                                  bool *lifted, struct ub_error *err)
{
    struct ub_env *env = &session->context->env;
    struct ub_loader *loader = session->loader;
    enum ub_code code = ub_session_is_protected(session, lifted, err);
    if (code || !*lifted) {
        if (!code)
            ub_env_warn(env, "the device is not read-protected: nothing had to be given up");
        return code;
    }
    if (!loader->ops->unprotect)
        return ub_fail(err, UB_DFU_COMMAND, "this device has no command to lift its protection");
    ub_env_begin(env, UB_STEP_ERASE, 0, "lifting read protection: the device erases itself");
    result->left = UB_LEFT_INCOMPLETE;
    code = loader->ops->unprotect(loader, err);
    if (!code)
        code = ub_session_reopen(
            session, session->target.habits.erase_all_deadline_ms * US_PER_MS + RETURN_US, err);
    if (code)
        return ub_wrap(err, code, "while lifting read protection");
    ub_env_done(env, "read protection lifted; the device erased itself");
    return UB_OK;
}
