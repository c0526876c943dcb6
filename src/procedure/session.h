/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file session.h
 * One device in hand: found, brought into DFU mode, opened, its loader ready.
 */
#ifndef UB_PROCEDURE_SESSION_H
#define UB_PROCEDURE_SESSION_H

#include "flash/target.h"
#include "procedure/context.h"
#include "procedure/known.h"

#define UB_SESSION_HELD_MAX 8

/** A byte of the device's memory that tells devices apart. */
struct ub_held_byte {
    uint32_t address;
    uint8_t byte;
    bool known; /**< it was read */
};

struct ub_session {
    struct ub_context *context;
    struct ub_usb_info info; /**< owned copy */
    struct ub_dfu_interface interface;
    struct ub_usb_handle *handle;
    struct ub_loader *loader;
    struct ub_target target;
    struct ub_device device;
    struct ub_quirk_hits quirks;   /**< that apply, as far as the device is known */
    struct ub_quirk_effect effect; /**< the family's habits, and all that those change */
    struct ub_held_byte held[UB_SESSION_HELD_MAX];
    size_t held_count;
    uint32_t held_generation; /**< of the device that these are of */
    bool was_runtime;         /**< it was entered from runtime mode, where its ids were: */
    uint16_t runtime_vid;
    uint16_t runtime_pid;
    struct ub_device runtime; /**< as it was then */
    bool matched;             /**< whether the image belongs here was told */
    uint64_t entered_us;      /**< how long it took to come back in DFU mode */
};

/**
 * Finds the device, brings it into DFU mode if its firmware runs (`may_enter`), opens it. *out is
 * the caller's. Errors: UB_DEV, UB_USB, UB_DFU domains, UB_USE_SELECTOR.
 */
enum ub_code ub_session_open(struct ub_context *context, const char *selector, bool may_enter,
                             struct ub_session **out, struct ub_error *err);

/**
 * Finds the DFU interface and opens the device at the session's port; *port is what a loader needs
 * of it. Closed by ub_session_let_go(), also on failure. Errors: UB_DEV_NOT_DFU, UB_USB_GONE (what
 * was chosen is not what is there now), and those of transport.open.
 */
enum ub_code ub_session_connect(struct ub_session *session, struct ub_loader_port *port,
                                struct ub_error *err);

/** Closes the device and frees everything. NULL is allowed. */
void ub_session_close(struct ub_session *session);

/** Closes loader and handle, keeps what is known of the device. */
void ub_session_let_go(struct ub_session *session);

/**
 * Waits until something other than `generation` is at `port`. *out is the caller's copy (free
 * out->config). Errors: UB_DEV_NO_RETURN after `timeout_us`, UB_SYS_INTERRUPTED, UB_USB_INIT.
 */
enum ub_code ub_wait_return(struct ub_context *context, const char *port, uint32_t generation,
                            uint64_t timeout_us, struct ub_usb_info *out, struct ub_error *err);

/** enter.c: asks running firmware to hand over, and follows the device to its DFU mode. info is
 * updated. */
enum ub_code ub_session_enter(struct ub_session *session, struct ub_error *err);

/** leave.c: leaves the bootloader, lets the handle go, waits for what comes back and fills the
 * result. */
enum ub_code ub_session_leave(struct ub_session *session, struct ub_result *result,
                              struct ub_error *err);

/**
 * After the device was made to leave: waits at most `timeout_us` for it to come back at its port,
 * and opens it anew. Regions and placements from before are gone. Errors: as ub_session_open(),
 * UB_DEV_NO_RETURN.
 */
enum ub_code ub_session_reopen(struct ub_session *session, uint64_t timeout_us,
                               struct ub_error *err);

/** unprotect.c: does the device refuse to be read? It tells when its memory is asked for. */
enum ub_code ub_session_is_protected(struct ub_session *session, bool *answer,
                                     struct ub_error *err);

/**
 * unprotect.c: where the person gave up what a read-protected device holds: lifts the protection,
 * by which the device erases itself, and opens it anew. *lifted tells whether there was one.
 * Errors: UB_DFU_COMMAND, and of reopening.
 */
enum ub_code ub_session_unprotect(struct ub_session *session, struct ub_result *result,
                                  bool *lifted, struct ub_error *err);

/** Replaces the session's info by a copy of `info`. Errors: UB_SYS_MEMORY. */
enum ub_code ub_session_adopt(struct ub_session *session, const struct ub_usb_info *info,
                              struct ub_error *err);

/** Starts a result: port, nothing done yet. */
void ub_result_start(struct ub_result *result);
/** Adds the session's port and transfer count. */
void ub_result_note(struct ub_result *result, const struct ub_session *session);

#endif
