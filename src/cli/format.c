/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "format.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

const char *format_grouped(char *to, uint64_t value)
{
    char digits[32];
    size_t length = (size_t)snprintf(digits, sizeof(digits), "%" PRIu64, value);
    size_t at = 0;
    for (size_t i = 0; i < length; i++) {
        if (i > 0 && (length - i) % 3 == 0) {
            to[at++] = ',';
        }
        to[at++] = digits[i];
    }
    to[at] = '\0';
    return to;
}

const char *format_duration(char *to, uint64_t us)
{
    ub_format_duration(to, FORMAT_TEXT, us);
    return to;
}

const char *format_rate(char *to, uint64_t rate)
{
    if (rate >= 1000000) {
        (void)snprintf(to, FORMAT_TEXT, "%" PRIu64 ".%" PRIu64 " MB/s", rate / 1000000,
                       rate / 100000 % 10);
    } else if (rate >= 1000) {
        (void)snprintf(to, FORMAT_TEXT, "%" PRIu64 " KB/s", rate / 1000);
    } else {
        (void)snprintf(to, FORMAT_TEXT, "%" PRIu64 " B/s", rate);
    }
    return to;
}

const char *format_size(char *to, uint64_t bytes)
{
    static const char *const units[] = {"B", "KiB", "MiB", "GiB"};
    char number[FORMAT_TEXT];
    size_t unit = 0;
    while (unit < 3 && bytes != 0 && bytes % 1024 == 0) {
        bytes /= 1024;
        unit++;
    }
    (void)snprintf(to, FORMAT_TEXT, "%s %s", format_grouped(number, bytes), units[unit]);
    return to;
}

const char *format_range(char *to, uint64_t address, uint64_t length)
{
    uint64_t last = length > 0 && address <= UINT64_MAX - (length - 1) ? address + length - 1
                                                                       : address;
    (void)snprintf(to, FORMAT_TEXT, "0x%08" PRIx64 "-0x%08" PRIx64, address, last);
    return to;
}

const char *format_rights(char *to, unsigned rights)
{
    static const char *const names[] = {
        "none",  "read",        "erase",        "read, erase",
        "write", "read, write", "erase, write", "read, erase, write",
    };
    (void)snprintf(to, FORMAT_TEXT, "%s", names[rights & 7U]);
    return to;
}

const char *format_id(char *to, const struct ub_device *device)
{
    (void)snprintf(to, FORMAT_TEXT, "%04x:%04x", device->vid, device->pid);
    return to;
}

const char *format_sha256(char *to, const uint8_t *digest)
{
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < 32; i++) {
        to[2 * i] = digits[digest[i] >> 4];
        to[2 * i + 1] = digits[digest[i] & 15];
    }
    to[64] = '\0';
    return to;
}

const char *format_mode(enum ub_mode mode)
{
    switch (mode) {
    case UB_MODE_RUNTIME:
        return "runtime";
    case UB_MODE_DFU:
        return "DFU";
    case UB_MODE_NONE:
        break;
    }
    return "-";
}

const char *format_mode_key(enum ub_mode mode)
{
    switch (mode) {
    case UB_MODE_RUNTIME:
        return "runtime";
    case UB_MODE_DFU:
        return "dfu";
    case UB_MODE_NONE:
        break;
    }
    return "none";
}

const char *format_kind(enum ub_region_kind kind)
{
    switch (kind) {
    case UB_REGION_FLASH:
        return "flash";
    case UB_REGION_OPTION:
        return "option";
    case UB_REGION_OTP:
        return "otp";
    case UB_REGION_STREAM:
        return "stream";
    case UB_REGION_OTHER:
        break;
    }
    return "other";
}

const char *format_action(enum ub_plan_action action)
{
    switch (action) {
    case UB_PLAN_ERASE:
        return "erase";
    case UB_PLAN_WRITE:
        return "write";
    case UB_PLAN_BLANK:
        return "blank";
    case UB_PLAN_ERASE_ALL:
        return "erase-all";
    case UB_PLAN_KEEP:
        break;
    }
    return "keep";
}

const char *format_left(enum ub_left left)
{
    switch (left) {
    case UB_LEFT_UNCHANGED:
        return "unchanged";
    case UB_LEFT_INCOMPLETE:
        return "incomplete";
    case UB_LEFT_DONE:
        return "done";
    case UB_LEFT_UNTOUCHED:
        break;
    }
    return "untouched";
}

struct request {
    uint8_t type; /**< bmRequestType */
    uint8_t request;
    const char *name;
};

/* DFU 1.1 table 3.2; USB 2.0 table 9-4. */
static const struct request requests[] = {
    {0x21, 0, "DFU_DETACH"},        {0x21, 1, "DFU_DNLOAD"},        {0xa1, 2, "DFU_UPLOAD"},
    {0xa1, 3, "DFU_GETSTATUS"},     {0x21, 4, "DFU_CLRSTATUS"},     {0xa1, 5, "DFU_GETSTATE"},
    {0x21, 6, "DFU_ABORT"},         {0x80, 6, "GET_DESCRIPTOR"},    {0x81, 6, "GET_DESCRIPTOR"},
    {0x80, 8, "GET_CONFIGURATION"}, {0x00, 9, "SET_CONFIGURATION"}, {0x01, 11, "SET_INTERFACE"},
};

const char *format_request(uint8_t request_type, uint8_t request)
{
    for (size_t i = 0; i < sizeof(requests) / sizeof(requests[0]); i++) {
        if (requests[i].type == request_type && requests[i].request == request) {
            return requests[i].name;
        }
    }
    return NULL;
}
