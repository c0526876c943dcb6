/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file select.h
 * Which device is meant. Never guesses: two that fit are an error that lists both.
 */
#ifndef UB_PROCEDURE_SELECT_H
#define UB_PROCEDURE_SELECT_H

#include "family/quirks.h"

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
 * `selector`; *found tells how many. Without a selector: of those in DFU mode, or, with `either`
 * and if there is none, of those in runtime mode. Errors: UB_USE_SELECTOR.
 */
enum ub_code ub_select_all(const struct ub_quirks *quirks, const struct ub_usb_list *list,
                           const char *selector, bool either, bool *chosen, size_t *found,
                           struct ub_error *err);

/** The device at `port`, or NULL. */
const struct ub_usb_info *ub_usb_list_port(const struct ub_usb_list *list, const char *port);

#endif
