/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "usb/trace.h"

#include "base/text.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#define TYPE_INTERFACE 1u /* USB 2.0 table 9-2: standard request to an interface */
#define SET_INTERFACE  11u
#define SETUP_LENGTH   20u /* characters of a request as text */

const char *ub_trace_op_name(enum ub_trace_op op)
{
    static const char *const names[UB_TRACE_OP_COUNT] = {
        [UB_TRACE_LIST] = "list",       [UB_TRACE_ATTACH] = "attach", [UB_TRACE_DETACH] = "detach",
        [UB_TRACE_OPEN] = "open",       [UB_TRACE_CLOSE] = "close",   [UB_TRACE_CLAIM] = "claim",
        [UB_TRACE_ALT] = "alt",         [UB_TRACE_RESET] = "reset",   [UB_TRACE_WAIT] = "wait",
        [UB_TRACE_CONTROL] = "control",
    };
    return (unsigned)op < UB_TRACE_OP_COUNT ? names[op] : "?";
}

struct ub_setup ub_setup_of_alt(uint8_t interface, uint8_t alt)
{
    return (struct ub_setup){.bmRequestType = TYPE_INTERFACE,
                             .bRequest = SET_INTERFACE,
                             .wValue = alt,
                             .wIndex = interface};
}

void ub_print_setup(char *to, const struct ub_setup *setup)
{
    (void)ub_print(to, UB_SETUP_TEXT, "%02x %02x %04x %04x %04x", setup->bmRequestType,
                   setup->bRequest, setup->wValue, setup->wIndex, setup->wLength);
}

bool ub_parse_setup(const char *text, struct ub_setup *setup)
{
    static const size_t digits[] = {2, 2, 4, 4, 4};
    uint16_t words[5];
    if (strlen(text) != SETUP_LENGTH)
        return false;
    for (size_t i = 0; i < 5; i++) {
        uint64_t value;
        if (!ub_parse_digits(text, digits[i], 16, UINT16_MAX, &value))
            return false;
        words[i] = (uint16_t)value;
        text += digits[i];
        if (*text != (i < 4 ? ' ' : '\0'))
            return false;
        text++;
    }
    *setup = (struct ub_setup){.bmRequestType = (uint8_t)words[0],
                               .bRequest = (uint8_t)words[1],
                               .wValue = words[2],
                               .wIndex = words[3],
                               .wLength = words[4]};
    return true;
}

struct ub_trace_block {
    struct ub_trace_block *next;
    max_align_t bytes[];
};

void *ub_trace_keep(struct ub_trace *trace, size_t size)
{
    struct ub_trace_block *block = malloc(sizeof(*block) + size);
    if (!block)
        return NULL;
    block->next = trace->blocks;
    trace->blocks = block;
    return block->bytes;
}

void ub_trace_free(struct ub_trace *trace)
{
    if (!trace)
        return;
    while (trace->blocks) {
        struct ub_trace_block *next = trace->blocks->next;
        free(trace->blocks);
        trace->blocks = next;
    }
    free(trace->records);
    free(trace);
}
