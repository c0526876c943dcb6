/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What DFU 1.1 makes of each request in each state, as a table. */
#include "sim/dfu_function.h"

#define ST UB_FN_DO_STALL
#define AP UB_FN_DO_APP
#define ER UB_FN_DO_ERROR
#define DE UB_FN_DO_DETACH
#define DN UB_FN_DO_BLOCK
#define EN UB_FN_DO_END
#define UP UB_FN_DO_UPLOAD
#define GS UB_FN_DO_STATUS
#define CL UB_FN_DO_CLEAR
#define GE UB_FN_DO_STATE
#define AB UB_FN_DO_ABORT

/*
 * DFU 1.1 appendix A.2. Where implementations differ this is the majority: DFU_ABORT is taken in
 * dfuDNLOAD-SYNC and dfuMANIFEST-SYNC (ST, dapboot, usbd-dfu), dfuDNBUSY answers questions about
 * its state. dfuMANIFEST-WAIT-RESET answers nothing (A.2.9).
 */
const uint8_t ub_dfu_fn_table[UB_FN_STATES][UB_FN_REQUESTS] = {
    /*                     DETACH DNLOAD ZERO UPLOAD STATUS CLEAR STATE ABORT other */
    [UB_FN_APP_IDLE] = {DE, ST, ST, ST, GS, ST, GE, ST, ST},
    [UB_FN_APP_DETACH] = {AP, AP, AP, AP, GS, AP, GE, AP, AP},
    [UB_FN_IDLE] = {ER, DN, EN, UP, GS, ER, GE, AB, ER},
    [UB_FN_DNLOAD_SYNC] = {ER, ER, ER, ER, GS, ER, GE, AB, ER},
    [UB_FN_DNBUSY] = {ER, ER, ER, ER, GS, ER, GE, ER, ER},
    [UB_FN_DNLOAD_IDLE] = {ER, DN, EN, ER, GS, ER, GE, AB, ER},
    [UB_FN_MANIFEST_SYNC] = {ER, ER, ER, ER, GS, ER, GE, AB, ER},
    [UB_FN_MANIFEST] = {ER, ER, ER, ER, GS, ER, GE, ER, ER},
    [UB_FN_MANIFEST_WAIT_RESET] = {ST, ST, ST, ST, ST, ST, ST, ST, ST},
    [UB_FN_UPLOAD_IDLE] = {ER, ER, ER, UP, GS, ER, GE, AB, ER},
    [UB_FN_ERROR] = {ER, ER, ER, ER, GS, CL, GE, ER, ER},
};

#undef ST
#undef AP
#undef ER
#undef DE
#undef DN
#undef EN
#undef UP
#undef GS
#undef CL
#undef GE
#undef AB

enum ub_dfu_fn_request ub_dfu_fn_classify(const struct ub_setup *setup)
{
    static const uint8_t in_requests = 1u << 2 | 1u << 3 | 1u << 5;
    if (setup->bRequest > 6)
        return UB_FN_REQ_UNKNOWN;
    /* U-Boot flashed from an IN request for ten years (CVE-2022-2347): direction counts. */
    bool in = (setup->bmRequestType & UB_SETUP_IN) != 0;
    if (in != ((in_requests >> setup->bRequest & 1u) != 0))
        return UB_FN_REQ_UNKNOWN;
    static const uint8_t columns[] = {UB_FN_REQ_DETACH,    UB_FN_REQ_DNLOAD,    UB_FN_REQ_UPLOAD,
                                      UB_FN_REQ_GETSTATUS, UB_FN_REQ_CLRSTATUS, UB_FN_REQ_GETSTATE,
                                      UB_FN_REQ_ABORT};
    if (setup->bRequest == 1 && setup->wLength == 0)
        return UB_FN_REQ_DNLOAD_ZERO;
    return (enum ub_dfu_fn_request)columns[setup->bRequest];
}
