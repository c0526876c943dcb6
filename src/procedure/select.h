/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file select.h
 * Which device is meant. Never guesses: two that fit are an error that lists both.
 */
#ifndef UB_PROCEDURE_SELECT_H
#define UB_PROCEDURE_SELECT_H

#include "family/quirks.h"

/** Devices in one line of an error: as many as fit whole, and how many more there are. Zero is an
 * empty one. */
struct ub_roll {
    char text[UB_ERROR_TEXT];
    size_t count; /**< devices, in the text or not */
    size_t more;  /**< of these, not in the text */
};

/** Adds "port=1-4.2 (0483:df11, serial A1)". */
void ub_roll_add(struct ub_roll *roll, const struct ub_device *device);
/** Ends it: ", and 3 more: unbrick list". Returns the text. */
const char *ub_roll_end(struct ub_roll *roll);

/** A device for the caller, from what the bus shows, corrected by what quirks know (NULL: nothing).
 */
void ub_describe(const struct ub_quirks *quirks, const struct ub_usb_info *info,
                 struct ub_device *out);

/**
 * Index of the one device that fits `selector` (see ub_details()). Without a selector devices in
 * DFU mode come first; only if there is none are those in runtime mode considered. Errors:
 * UB_USE_SELECTOR, UB_DEV_NONE, UB_DEV_SEVERAL, UB_DEV_NOT_DFU.
 */
enum ub_code ub_select(const struct ub_quirks *quirks, const struct ub_usb_list *list,
                       const char *selector, size_t *index, struct ub_error *err);

/**
 * Sets the flag in `chosen`, which has one for each device of the list, of every device that fits
 * `selector`; *found tells how many. Without a selector: of those in DFU mode. Errors:
 * UB_USE_SELECTOR.
 */
enum ub_code ub_select_all(const struct ub_quirks *quirks, const struct ub_usb_list *list,
                           const char *selector, bool *chosen, size_t *found, struct ub_error *err);

/** The device at `port`, or NULL. */
const struct ub_usb_info *ub_usb_list_port(const struct ub_usb_list *list, const char *port);

#endif
