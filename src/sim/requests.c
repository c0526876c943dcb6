/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The control requests of a virtual device: chapter 9 of USB 2.0, and on to the DFU function. */
#include "sim/device.h"

#include "base/bytes.h"
#include "sim/random.h"

#include <string.h>

#define TYPE_MASK           0x60u
#define TYPE_STANDARD       0x00u
#define TYPE_CLASS          0x20u
#define RECIPIENT_MASK      0x1fu
#define RECIPIENT_DEVICE    0u
#define RECIPIENT_INTERFACE 1u
#define RECIPIENT_ENDPOINT  2u
#define GET_STATUS          0u
#define CLEAR_FEATURE       1u
#define SET_ADDRESS         5u
#define GET_DESCRIPTOR      6u
#define GET_CONFIGURATION   8u
#define SET_CONFIGURATION   9u
#define GET_INTERFACE       10u
#define SET_INTERFACE       11u
#define DESCRIPTOR_DEVICE   1u
#define DESCRIPTOR_CONFIG   2u
#define DESCRIPTOR_STRING   3u
#define DESCRIPTOR_DFU      0x21u
#define SELF_POWERED        1u
#define LEAVE_DELAY_US      10000u

/* Answers an IN request with what there is, no more than was asked for. */
static bool answer(const struct ub_setup *setup, uint8_t *data, uint16_t *length,
                   const uint8_t *bytes, size_t count)
{
    if (!(setup->bmRequestType & UB_SETUP_IN) || count == 0)
        return false;
    *length = count < setup->wLength ? (uint16_t)count : setup->wLength;
    if (*length)
        memcpy(data, bytes, *length);
    return true;
}

static bool get_descriptor(const struct ub_sim_device *device, const struct ub_setup *setup,
                           uint8_t *data, uint16_t *length)
{
    uint8_t bytes[UB_SIM_CONFIG_MAX] = {0};
    size_t count = 0;
    uint8_t index = (uint8_t)setup->wValue;
    switch (setup->wValue >> 8) {
    case DESCRIPTOR_DEVICE:
        count = ub_sim_describe_device(device, bytes);
        break;
    case DESCRIPTOR_CONFIG:
        count = index == 0 ? ub_sim_describe_config(device, bytes) : 0;
        break;
    case DESCRIPTOR_STRING:
        count = ub_sim_describe_string(device, index, bytes);
        break;
    default:
        break; /* device qualifier, BOS: a full-speed device of USB 2.0 has none and stalls */
    }
    return answer(setup, data, length, bytes, count);
}

static bool device_request(struct ub_sim_device *device, const struct ub_setup *setup,
                           uint8_t *data, uint16_t *length)
{
    const uint8_t status[2] = {SELF_POWERED, 0};
    switch (setup->bRequest) {
    case GET_STATUS:
        return answer(setup, data, length, status, sizeof(status));
    case GET_DESCRIPTOR:
        return get_descriptor(device, setup, data, length);
    case GET_CONFIGURATION:
        return answer(setup, data, length, &device->configuration, 1);
    case SET_ADDRESS:
        return true;
    case SET_CONFIGURATION:
        if (setup->wValue > 1)
            return false;
        device->configuration = (uint8_t)setup->wValue;
        device->store.alt = 0;
        return true;
    default:
        return false;
    }
}

static bool set_interface(struct ub_sim_device *device, const struct ub_setup *setup)
{
    bool dfu = setup->wIndex == ub_sim_device_dfu_interface(device);
    size_t alts = dfu && device->mode == UB_MODE_DFU ? device->spec.chip->memory_count : 1;
    if (setup->wValue >= alts)
        return false;
    if (!dfu)
        return true;
    if (device->spec.dfu.setalt_stalls && setup->wValue == device->store.alt)
        return false;
    device->store.alt = (uint8_t)setup->wValue;
    ub_dfu_fn_set_alt(&device->fn);
    return true;
}

static bool interface_request(struct ub_sim_device *device, const struct ub_setup *setup,
                              uint8_t *data, uint16_t *length)
{
    uint8_t dfu = ub_sim_device_dfu_interface(device);
    uint8_t bytes[9] = {0};
    if (device->configuration == 0 || setup->wIndex > dfu)
        return false;
    switch (setup->bRequest) {
    case GET_STATUS:
        return answer(setup, data, length, bytes, 2);
    case GET_DESCRIPTOR:
        if (setup->wIndex != dfu || setup->wValue >> 8 != DESCRIPTOR_DFU)
            return false;
        return answer(setup, data, length, bytes, ub_sim_describe_functional(device, bytes));
    case GET_INTERFACE:
        bytes[0] = setup->wIndex == dfu ? device->store.alt : 0;
        return answer(setup, data, length, bytes, 1);
    case SET_INTERFACE:
        return set_interface(device, setup);
    default:
        return false;
    }
}

static bool endpoint_request(const struct ub_setup *setup, uint8_t *data, uint16_t *length)
{
    const uint8_t status[2] = {0};
    if ((setup->wIndex & 0x7fu) != 0)
        return false; /* there is only endpoint 0 */
    if (setup->bRequest == GET_STATUS)
        return answer(setup, data, length, status, sizeof(status));
    return setup->bRequest == CLEAR_FEATURE;
}

static bool standard_request(struct ub_sim_device *device, const struct ub_setup *setup,
                             uint8_t *data, uint16_t *length)
{
    *length = 0;
    switch (setup->bmRequestType & RECIPIENT_MASK) {
    case RECIPIENT_DEVICE:
        return device_request(device, setup, data, length);
    case RECIPIENT_INTERFACE:
        return interface_request(device, setup, data, length);
    case RECIPIENT_ENDPOINT:
        return endpoint_request(setup, data, length);
    default:
        return false;
    }
}

/* Is this a class request, or SET_INTERFACE, to the DFU interface? */
static bool to_dfu(const struct ub_sim_device *device, const struct ub_setup *setup, bool *is_class)
{
    uint8_t type = setup->bmRequestType & TYPE_MASK;
    *is_class = type == TYPE_CLASS;
    return (setup->bmRequestType & RECIPIENT_MASK) == RECIPIENT_INTERFACE &&
           setup->wIndex == ub_sim_device_dfu_interface(device) && device->configuration != 0 &&
           (*is_class || (type == TYPE_STANDARD && setup->bRequest == SET_INTERFACE));
}

/* Faults that take the place of the request; true if there is one. */
static bool replaced(struct ub_sim_device *device, uint64_t now_us, enum ub_sim_fault_kind fault,
                     enum ub_sim_answer *to)
{
    switch (fault) {
    case UB_SIM_FAULT_UNPLUG:
        ub_sim_device_unplug(device);
        *to = UB_SIM_ANSWER_GONE;
        return true;
    case UB_SIM_FAULT_RESET:
        ub_dfu_fn_wish(&device->fn, UB_FN_WISH_RESTART, now_us, 0);
        ub_sim_device_advance(device, now_us);
        *to = UB_SIM_ANSWER_GONE;
        return true;
    case UB_SIM_FAULT_STALL:
        *to = UB_SIM_ANSWER_STALL;
        return true;
    case UB_SIM_FAULT_TIMEOUT:
        *to = UB_SIM_ANSWER_MUTE;
        return true;
    default:
        return false;
    }
}

/* The first question for status after being told to leave, as the description wants it. */
static bool leaves_oddly(struct ub_sim_device *device, uint64_t now_us,
                         const struct ub_setup *setup, enum ub_sim_answer *to)
{
    if (!device->leaves || ub_dfu_fn_classify(setup) != UB_FN_REQ_GETSTATUS)
        return false;
    device->leaves = false;
    switch (device->leaving) {
    case UB_SIM_LEAVE_STALL:
        ub_dfu_fn_wish(&device->fn, UB_FN_WISH_RUN, now_us, LEAVE_DELAY_US);
        *to = UB_SIM_ANSWER_STALL;
        return true;
    case UB_SIM_LEAVE_GONE:
        ub_dfu_fn_wish(&device->fn, UB_FN_WISH_RUN, now_us, 0);
        ub_sim_device_advance(device, now_us);
        *to = UB_SIM_ANSWER_GONE;
        return true;
    case UB_SIM_LEAVE_MUTE:
        device->mute = true;
        *to = UB_SIM_ANSWER_MUTE;
        return true;
    default:
        return false;
    }
}

static bool dfu_request(struct ub_sim_device *device, uint64_t now_us, const struct ub_setup *setup,
                        uint8_t *data, struct ub_sim_reply *reply)
{
    if (leaves_oddly(device, now_us, setup, &reply->answer))
        return false;
    if (!ub_dfu_fn_control(&device->fn, now_us, setup, data, &reply->length)) {
        reply->answer = UB_SIM_ANSWER_STALL;
        return false;
    }
    return true;
}

static uint64_t wire_us(uint16_t length)
{
    uint32_t packets = ((uint32_t)length + UB_SIM_MAX_PACKET - 1) / UB_SIM_MAX_PACKET;
    return UB_SIM_TRANSFER_US + (uint64_t)packets * UB_SIM_PACKET_US;
}

static enum ub_sim_leave choose_leave(struct ub_sim_device *device)
{
    static const enum ub_sim_leave ways[] = {UB_SIM_LEAVE_WELL, UB_SIM_LEAVE_STALL,
                                             UB_SIM_LEAVE_GONE, UB_SIM_LEAVE_GONE_BEFORE};
    if (device->spec.leave != UB_SIM_LEAVE_RANDOM)
        return device->spec.leave;
    return ways[ub_sim_random(&device->random) % (sizeof(ways) / sizeof(ways[0]))];
}

/* What happens once the request has been answered. */
static void answered(struct ub_sim_device *device, const struct ub_setup *setup,
                     const struct ub_sim_reply *reply)
{
    ub_dfu_fn_sent(&device->fn, reply->complete_at_us);
    if (ub_dfu_fn_classify(setup) != UB_FN_REQ_DNLOAD_ZERO)
        return;
    device->leaves = !ub_dfu_fn_stays(&device->fn);
    device->leaving = choose_leave(device);
    if (device->leaves && device->leaving == UB_SIM_LEAVE_GONE_BEFORE)
        ub_dfu_fn_wish(&device->fn, UB_FN_WISH_RUN, reply->complete_at_us, 0);
}

/* What a hostile device does to an answer that is ready to be sent. */
static void make_hostile(struct ub_sim_device *device, const struct ub_setup *setup,
                         struct ub_sim_reply *reply)
{
    const struct ub_sim_hostile *hostile = &device->spec.hostile;
    enum ub_dfu_fn_request request = ub_dfu_fn_classify(setup);
    uint8_t *data = device->scratch;
    device->answers++;
    if (request == UB_FN_REQ_GETSTATUS || request == UB_FN_REQ_GETSTATE)
        device->statuses++;
    if (request == UB_FN_REQ_GETSTATUS && reply->length > 4) {
        ub_sim_bend_number(&hostile->status, device->statuses, &data[0]);
        ub_sim_bend_number(&hostile->state, device->statuses, &data[4]);
    }
    if (request == UB_FN_REQ_GETSTATE && reply->length > 0)
        ub_sim_bend_number(&hostile->state, device->statuses, &data[0]);
    if (request == UB_FN_REQ_UPLOAD && ++device->uploads == hostile->lies_at && reply->length > 0)
        data[reply->length / 2] ^= 0x5a;
    if (hostile->answers_long &&
        (hostile->answers_at == 0 || hostile->answers_at == device->answers)) {
        reply->answer = UB_SIM_ANSWER_LONG;
        reply->length = setup->wLength;
    }
}

/* Carries the request out on the scratch buffer. */
static void perform(struct ub_sim_device *device, uint64_t now_us, const struct ub_setup *setup,
                    bool dfu_class, enum ub_sim_fault_kind fault, struct ub_sim_reply *reply)
{
    uint8_t *data = device->scratch;
    bool in = (setup->bmRequestType & UB_SETUP_IN) != 0;
    bool ok = false;
    if (fault == UB_SIM_FAULT_CORRUPT && !in)
        data[setup->wLength / 2] ^= 0x10;
    if (dfu_class)
        ok = dfu_request(device, now_us, setup, data, reply);
    else if ((setup->bmRequestType & TYPE_MASK) == TYPE_STANDARD)
        ok = standard_request(device, setup, data, &reply->length);
    if (!ok) {
        if (reply->answer == UB_SIM_ANSWER_OK)
            reply->answer = UB_SIM_ANSWER_STALL;
        reply->length = 0;
        return;
    }
    if (in && dfu_class)
        make_hostile(device, setup, reply);
    if (in && fault == UB_SIM_FAULT_SHORT)
        reply->length /= 2;
    if (in && fault == UB_SIM_FAULT_CORRUPT && reply->length)
        data[reply->length / 2] ^= 0x10;
}

/* GET_DESCRIPTOR of the functional descriptor by itself, which the STM32C5's ROM never answers. */
static bool is_not_answered(const struct ub_sim_device *device, const struct ub_setup *setup)
{
    return device->spec.dfu.functional_mute &&
           setup->bmRequestType == (UB_SETUP_IN | TYPE_STANDARD | RECIPIENT_INTERFACE) &&
           setup->bRequest == GET_DESCRIPTOR && setup->wValue >> 8 == DESCRIPTOR_DFU;
}

void ub_sim_device_control(struct ub_sim_device *device, uint64_t now_us,
                           const struct ub_setup *setup, uint8_t *data, struct ub_sim_reply *reply)
{
    *reply = (struct ub_sim_reply){.answer = UB_SIM_ANSWER_OK, .complete_at_us = now_us};
    ub_sim_device_advance(device, now_us);
    if (!device->present) {
        reply->answer = UB_SIM_ANSWER_GONE;
        return;
    }
    bool in = (setup->bmRequestType & UB_SETUP_IN) != 0;
    bool is_class = false;
    bool dfu = to_dfu(device, setup, &is_class);
    enum ub_sim_fault_kind fault = UB_SIM_FAULT_NONE;
    if (dfu)
        fault = ub_sim_fault_take(&device->spec.faults, ++device->transfers, in,
                                  setup->wLength != 0);
    if (replaced(device, now_us, fault, &reply->answer))
        return;
    if (device->mute || is_not_answered(device, setup)) {
        reply->answer = UB_SIM_ANSWER_MUTE;
        return;
    }
    if (!in && setup->wLength)
        memcpy(device->scratch, data, setup->wLength);
    perform(device, now_us, setup, dfu && is_class, fault, reply);
    if (in && reply->length)
        memcpy(data, device->scratch, reply->length);
    if (!in && reply->answer == UB_SIM_ANSWER_OK)
        reply->length = setup->wLength;
    uint64_t wire = wire_us(in ? reply->length : setup->wLength);
    reply->complete_at_us = now_us + wire;
    bool done = reply->answer == UB_SIM_ANSWER_OK || reply->answer == UB_SIM_ANSWER_LONG;
    if (dfu && is_class && done)
        reply->complete_at_us += device->fn.delay_us;
    device->wire_us += wire;
    if (dfu && is_class && done)
        answered(device, setup, reply);
}
