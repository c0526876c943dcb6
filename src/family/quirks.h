/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file quirks.h
 * The table of known defects: the one that is built in (data/quirks.yaml), and the person's own
 * behind it. Later ones win.
 */
#ifndef UB_FAMILY_QUIRKS_H
#define UB_FAMILY_QUIRKS_H

#include "family/quirk.h"
#include "usb/dfu_interface.h"

#define UB_QUIRKS_MAX      512u
#define UB_QUIRKS_FILE_MAX ((size_t)256 * 1024) /**< bytes of a file with quirks */

struct ub_quirks;

/** Which quirks apply: of each the conditions that fit, as ub_quirk_conditions_fit() gives them. */
struct ub_quirk_hits {
    uint32_t fits[UB_QUIRKS_MAX];
};

/** The built-in table. *out is the caller's. Errors: UB_SYS_MEMORY, UB_USE_QUIRK. */
enum ub_code ub_quirks_open(struct ub_quirks **out, struct ub_error *err);
/** An empty table, for tests. *out is the caller's. Errors: UB_SYS_MEMORY. */
enum ub_code ub_quirks_open_empty(struct ub_quirks **out, struct ub_error *err);
void ub_quirks_close(struct ub_quirks *quirks);

/**
 * Adds the quirks of a YAML text; `file` names it in messages. One that has the name of an earlier
 * one takes its place, at the end. `own`: the person's, which need no source. Errors: UB_USE_QUIRK
 * with file, line and what is allowed; UB_SYS_MEMORY.
 */
enum ub_code ub_quirks_add_text(struct ub_quirks *quirks, const char *file, bool own,
                                const uint8_t *text, size_t length, struct ub_error *err);
/** Adds the quirks of a file of the person's own. Errors: as ub_quirks_add_text(). */
enum ub_code ub_quirks_add_file(struct ub_quirks *quirks, const char *path, struct ub_error *err);
/**
 * Adds one quirk from a line: "id=28e9:0189,poll_fixed_ms=5". A backslash takes the next character
 * as it is; a flag alone means true. Without a name it is called after its option, "--quirk 1".
 * Errors: as ub_quirks_add_text().
 */
enum ub_code ub_quirks_add_line(struct ub_quirks *quirks, const char *line, struct ub_error *err);

/** The number of the next line, from 1 on: each call counts one. */
size_t ub_quirks_next_line(struct ub_quirks *quirks);

/** Adds a finished quirk, which it takes over (also on failure). Errors: UB_USE_QUIRK (too many),
 * UB_SYS_MEMORY. */
enum ub_code ub_quirks_add(struct ub_quirks *quirks, struct ub_quirk *quirk,
                           const struct ub_quirk_place *place, struct ub_error *err);

/** How many there are; 0 for NULL. */
size_t ub_quirks_count(const struct ub_quirks *quirks);
/** Number `index`, or NULL past the end. */
const struct ub_quirk *ub_quirks_at(const struct ub_quirks *quirks, size_t index);

/** Finds the quirks that apply to a device. `quirks` may be NULL: none do. */
void ub_quirks_find(const struct ub_quirks *quirks, const struct ub_quirk_device *device,
                    struct ub_quirk_hits *out);
/** Changes what the quirks found change, in order. */
void ub_quirks_apply(const struct ub_quirks *quirks, const struct ub_quirk_hits *hits,
                     struct ub_quirk_effect *effect);

/** ub_quirks_find() and ub_quirks_apply() on no habits, for a device that is not open. */
void ub_quirks_look(const struct ub_quirks *quirks, const struct ub_usb_info *info,
                    struct ub_quirk_effect *effect);
/**
 * ub_dfu_interface_find(), corrected by what quirks know of such devices: mode and release of the
 * protocol. False if there is no DFU interface, or if it is known to be none.
 */
bool ub_quirks_interface(const struct ub_quirks *quirks, const struct ub_usb_info *info,
                         struct ub_dfu_interface *out);

/** data/quirks.yaml, as it was when the library was built. */
extern const uint8_t ub_quirks_built_in[];
extern const size_t ub_quirks_built_in_length;

#endif
