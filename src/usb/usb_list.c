/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "usb/usb_list.h"

#include <stdlib.h>
#include <string.h>

void ub_usb_list_free(struct ub_usb_list *list)
{
    if (!list)
        return;
    for (size_t i = 0; i < list->count; i++)
        free(list->items[i].config);
    free(list->items);
    list->items = NULL;
    list->count = 0;
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* The length of the run of digits at `text`, leading zeros left out: *skipped counts those. */
static size_t digits(const char *text, size_t *skipped)
{
    size_t zeros = 0;
    while (text[zeros] == '0' && is_digit(text[zeros + 1]))
        zeros++;
    size_t length = 0;
    while (is_digit(text[zeros + length]))
        length++;
    *skipped = zeros;
    return length;
}

int ub_port_compare(const char *a, const char *b)
{
    while (*a && *b) {
        if (is_digit(*a) && is_digit(*b)) {
            size_t zeros_a;
            size_t zeros_b;
            size_t length_a = digits(a, &zeros_a);
            size_t length_b = digits(b, &zeros_b);
            if (length_a != length_b)
                return length_a < length_b ? -1 : 1;
            int order = memcmp(a + zeros_a, b + zeros_b, length_a);
            if (order)
                return order;
            a += zeros_a + length_a;
            b += zeros_b + length_b;
        } else if (*a != *b) {
            return (unsigned char)*a < (unsigned char)*b ? -1 : 1;
        } else {
            a++;
            b++;
        }
    }
    return (*a != 0) - (*b != 0);
}

static int by_port(const void *a, const void *b)
{
    const struct ub_usb_info *left = a;
    const struct ub_usb_info *right = b;
    return ub_port_compare(left->port, right->port);
}

void ub_usb_list_sort(struct ub_usb_list *list)
{
    if (list->count > 1)
        qsort(list->items, list->count, sizeof(*list->items), by_port);
}

/* FNV-1a. */
static uint64_t mix(uint64_t hash, const void *bytes, size_t length)
{
    const uint8_t *b = bytes;
    for (size_t i = 0; i < length; i++)
        hash = (hash ^ b[i]) * UINT64_C(0x100000001b3);
    return hash;
}

uint64_t ub_usb_share(const char *port, uint64_t generation)
{
    const uint64_t hash = mix(UINT64_C(0xcbf29ce484222325), port, strlen(port) + 1);
    return mix(hash, &generation, sizeof(generation));
}

void ub_error_transfer(struct ub_error *err, const struct ub_setup *setup, int32_t actual)
{
    if (!err)
        return;
    err->raw.has_transfer = true;
    err->raw.bmRequestType = setup->bmRequestType;
    err->raw.bRequest = setup->bRequest;
    err->raw.wValue = setup->wValue;
    err->raw.wIndex = setup->wIndex;
    err->raw.wLength = setup->wLength;
    err->raw.actual = actual;
}
