/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Lets libusb enumerate the bus, and nothing else: what `unbrick list` is compared with. Prints the
 * number of devices and the microseconds from starting libusb to its end. */
#define _POSIX_C_SOURCE 200809L
#include <libusb.h>
#include <stdio.h>
#include <time.h>

static long long now_us(void)
{
    struct timespec now = {0, 0};
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (long long)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

int main(void)
{
    libusb_context *context;
    libusb_device **devices;
    const long long start = now_us();
    if (libusb_init(&context) != 0)
        return 1;
    const ssize_t count = libusb_get_device_list(context, &devices);
    for (ssize_t i = 0; i < count; i++) {
        struct libusb_device_descriptor descriptor;
        (void)libusb_get_device_descriptor(devices[i], &descriptor);
    }
    if (count >= 0)
        libusb_free_device_list(devices, 1);
    libusb_exit(context);
    printf("%zd\n%lld\n", count, now_us() - start);
    return count < 0;
}
