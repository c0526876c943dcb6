/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "loader/dfu_names.h"

#include "loader/dfu_protocol.h"

static const char *const state_names[DFU_STATE_MAX + 1] = {
    [DFU_APP_IDLE] = "appIDLE",
    [DFU_APP_DETACH] = "appDETACH",
    [DFU_IDLE] = "dfuIDLE",
    [DFU_DNLOAD_SYNC] = "dfuDNLOAD-SYNC",
    [DFU_DNBUSY] = "dfuDNBUSY",
    [DFU_DNLOAD_IDLE] = "dfuDNLOAD-IDLE",
    [DFU_MANIFEST_SYNC] = "dfuMANIFEST-SYNC",
    [DFU_MANIFEST] = "dfuMANIFEST",
    [DFU_MANIFEST_WAIT_RESET] = "dfuMANIFEST-WAIT-RESET",
    [DFU_UPLOAD_IDLE] = "dfuUPLOAD-IDLE",
    [DFU_ERROR] = "dfuERROR",
};

struct status_text {
    const char *name;
    const char *meaning;
};

/* DFU 1.1 section 6.1.2, in words. */
static const struct status_text statuses[DFU_STATUS_MAX + 1] = {
    {"OK", "no error"},
    {"errTARGET", "this is not meant for this device, or the address is not allowed"},
    {"errFILE", "the firmware fails the device's own check"},
    {"errWRITE", "the memory could not be written"},
    {"errERASE", "the memory could not be erased"},
    {"errCHECK_ERASED", "the memory is not blank after its erase"},
    {"errPROG", "programming the memory failed"},
    {"errVERIFY", "what was programmed reads back different"},
    {"errADDRESS", "the address lies outside the device's memory"},
    {"errNOTDONE", "the device expects more data than it was sent"},
    {"errFIRMWARE", "the device's firmware is damaged, so it cannot start it"},
    {"errVENDOR", "an error of the vendor's own"},
    {"errUSBR", "the device saw an unexpected bus reset"},
    {"errPOR", "the device saw an unexpected power-on reset"},
    {"errUNKNOWN", "something went wrong and the device does not know what"},
    {"errSTALLEDPKT", "the device did not expect this request"},
};

const char *ub_dfu_state_name(uint8_t state)
{
    return state <= DFU_STATE_MAX ? state_names[state] : "?";
}

const char *ub_dfu_status_name(uint8_t status)
{
    return status <= DFU_STATUS_MAX ? statuses[status].name : "?";
}

const char *dfu_status_meaning(uint8_t status)
{
    return status <= DFU_STATUS_MAX ? statuses[status].meaning : "?";
}
