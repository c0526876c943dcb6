/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file marks.h
 * Structures with a fixed form that many programs carry: a USB device descriptor, a build id.
 */
#ifndef UB_INSPECT_MARKS_H
#define UB_INSPECT_MARKS_H

#include "image/image.h"

/** The ids in a USB device descriptor. */
struct ub_usb_ids {
    uint16_t vid;
    uint16_t pid;
    uint16_t bcdDevice;
};

/**
 * The ids under which the firmware will show itself: those in the USB device descriptors (USB 2.0
 * section 9.6.1) among the bytes. False if there is none, or several with different ids; *count is
 * raised by the number found.
 */
bool ub_marks_usb_ids(const uint8_t *bytes, size_t length, struct ub_usb_ids *ids, size_t *count);

/** The GNU build id (ELF note of type 3) as hexadecimal digits. False if there is none. */
bool ub_marks_build_id(const uint8_t *bytes, size_t length, char text[UB_BUILD_ID_TEXT]);

#endif
