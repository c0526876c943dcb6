/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file guid.h
 * The GUIDs by which fwupd and LVFS know a USB device.
 */
#ifndef UB_MATCH_GUID_H
#define UB_MATCH_GUID_H

#include <stdbool.h>
#include <stdint.h>

#define UB_GUID_TEXT 37 /**< bytes of a GUID as text, with its NUL */

/**
 * The GUID of an instance id such as "USB\VID_0483&PID_DF11": a name-based UUID over SHA-1 (RFC
 * 9562 §5.5) in the name space of DNS names, as fwupd_guid_hash_string() makes it. Small letters.
 */
void ub_guid_of(const char *instance_id, char to[UB_GUID_TEXT]);

/** True if `guid` (in any case) is one of a device with these ids, with or without its release. */
bool ub_guid_is_usb(const char *guid, uint16_t vid, uint16_t pid, uint16_t bcdDevice);

#endif
