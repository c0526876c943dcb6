/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file dfu_protocol.h
 * The requests of USB DFU (DFU 1.1 section 3) over one opened device, with what is known of it.
 *
 * Time limits and retries of single requests are decided here and nowhere else:
 * - a request has DFU_CONTROL_MS, or what is left of the operation's own deadline if that is more:
 *   some ROMs answer nothing until their flash is done;
 * - only GETSTATUS is sent again here (DFU_STATUS_RETRIES times, at growing distances), as only
 * GETSTATUS changes nothing. STM32L4 stalls it when asked too early.
 */
#ifndef UB_LOADER_DFU_PROTOCOL_H
#define UB_LOADER_DFU_PROTOCOL_H

#include "loader/dfu_pace.h"
#include "loader/loader.h"

/** bRequest values (DFU 1.1 table 3.2). */
enum dfu_request {
    DFU_DETACH = 0,
    DFU_DNLOAD = 1,
    DFU_UPLOAD = 2,
    DFU_GETSTATUS = 3,
    DFU_CLRSTATUS = 4,
    DFU_GETSTATE = 5,
    DFU_ABORT = 6,
};

/** bState values (DFU 1.1 section 6.1.2), and one for "the host does not know". */
enum dfu_state {
    DFU_APP_IDLE = 0,
    DFU_APP_DETACH = 1,
    DFU_IDLE = 2,
    DFU_DNLOAD_SYNC = 3,
    DFU_DNBUSY = 4,
    DFU_DNLOAD_IDLE = 5,
    DFU_MANIFEST_SYNC = 6,
    DFU_MANIFEST = 7,
    DFU_MANIFEST_WAIT_RESET = 8,
    DFU_UPLOAD_IDLE = 9,
    DFU_ERROR = 10,
    DFU_STATE_UNKNOWN = 0xff,
};

#define DFU_STATE_MAX      10u
#define DFU_STATUS_MAX     15u
#define DFU_STATUS_BYTES   6u
#define DFU_BCD_DFUSE      0x011au

#define DFU_CONTROL_MS     5000u /**< least time limit of a request, in milliseconds */
#define DFU_STATUS_RETRIES 3u
#define DFU_RETRY_MS                                                                               \
    5u /**< least pause before GETSTATUS is sent again; four times that for the next */
#define DFU_WARNINGS 8u

/* What a device gets of which nothing is known (habits of zero): the longest seen of any. */
#define DFU_ERASE_MS     10000u
#define DFU_ERASE_ALL_MS 40000u
#define DFU_WRITE_MS     10000u
#define DFU_MANIFEST_MS  180000u
#define DFU_POLL_MAX_MS  120000u

/** An answer to GETSTATUS. */
struct dfu_status {
    uint8_t bStatus;
    uint32_t poll_ms; /**< bwPollTimeout: least time until the next GETSTATUS */
    uint8_t bState;
};

/** One opened device and what is known of it. Part of a loader. */
struct dfu_link {
    struct ub_loader_port port;          /**< a copy; what it points at is the session's */
    struct ub_dfu_functional functional; /**< from the configuration, or asked for */
    uint16_t transfer_size;              /**< bytes of a full block as used */
    uint16_t transfer_size_bearable;     /**< most that device and host can, quirks aside */
    uint8_t state;           /**< enum dfu_state as the host works it out, without asking */
    uint8_t bState;          /**< as last answered */
    uint8_t bStatus;         /**< as last answered */
    uint8_t arrived_bState;  /**< as first answered; DFU_STATE_UNKNOWN: never */
    uint8_t arrived_bStatus; /**< as first answered */
    bool alt_known;          /**< `alt` was selected by this session */
    uint8_t alt;
    bool mute;         /**< it took the end of a download, and then did not answer in time */
    bool stuck;        /**< it once stayed busy past a deadline */
    uint16_t language; /**< of its strings; 0: not asked yet */
    uint64_t told_us;  /**< when the last countdown was told, on the clock */
    /* what this run taught */
    bool refuses_early; /**< a question before its poll time was over met a STALL */
    bool commands_take; /**< so did one right behind SET_ADDRESS: commands take time */
    bool answers_busy;  /**< it does not keep silent while it is busy, whatever its habits say */
    bool uploads_one_by_one; /**< it did not bear several UPLOAD at once */
    struct dfu_paces paces;
    uint64_t transfers;
    uint64_t repeats; /* what was done once more, as the first try failed */
    size_t warning_count;
    char warnings[DFU_WARNINGS][UB_ERROR_TEXT];
};

/** Remembers something odd for `info`; dropped when there are too many. */
void dfu_warn(struct dfu_link *link, const char *format, ...) __attribute__((format(printf, 2, 3)));

/** Takes on habits: fills in what every device gets where they are silent, and applies what they
 * say of the functional descriptor and of the size of blocks. */
void dfu_take_habits(struct dfu_link *link, const struct ub_loader_habits *habits);

/** True if the device may be read: it says so, and no habit says otherwise. */
bool dfu_can_upload(const struct dfu_link *link);

/**
 * GETSTATUS, with retries. `pause_ms` is the poll time last asked for, observed before each retry.
 * Errors: UB_USB_SHORT, UB_DFU_STATUS_INVALID, UB_USB domain.
 */
enum ub_code dfu_get_status(struct dfu_link *link, uint64_t timeout_ms, uint32_t pause_ms,
                            struct dfu_status *out, struct ub_error *err);
/** GETSTATUS once. Errors: as dfu_get_status(). */
enum ub_code dfu_get_status_once(struct dfu_link *link, uint64_t timeout_ms, struct dfu_status *out,
                                 struct ub_error *err);
/** CLRSTATUS: from dfuERROR to dfuIDLE. Errors: UB_USB domain. */
enum ub_code dfu_clear_status(struct dfu_link *link, struct ub_error *err);
/** GETSTATE. Errors: UB_USB_SHORT, UB_DFU_STATUS_INVALID, UB_USB domain. */
enum ub_code dfu_get_state(struct dfu_link *link, uint8_t *state, struct ub_error *err);
/** ABORT: from the idle states to dfuIDLE. Errors: UB_USB domain. */
enum ub_code dfu_abort(struct dfu_link *link, struct ub_error *err);
/** DETACH; `timeout_ms` is how long the device shall wait for a bus reset. Errors: UB_USB domain.
 */
enum ub_code dfu_detach(struct dfu_link *link, uint16_t timeout_ms, struct ub_error *err);
/**
 * DNLOAD of one block; no data at all ends the download. Errors: UB_USB_SHORT (the device took part
 * of it), UB_USB domain.
 */
enum ub_code dfu_dnload(struct dfu_link *link, uint16_t block, const uint8_t *data, uint16_t length,
                        uint64_t timeout_ms, struct ub_error *err);
/** UPLOAD of one block; *actual < length is the end of what the device has. Errors: UB_USB domain.
 */
enum ub_code dfu_upload(struct dfu_link *link, uint16_t block, uint8_t *data, uint16_t length,
                        uint16_t *actual, struct ub_error *err);

/** A class request to the DFU interface (DFU 1.1 table 3.1). */
struct ub_setup dfu_class_request(const struct dfu_link *link, enum dfu_request request,
                                  uint16_t value, uint16_t length);
/**
 * Reads an answer to GETSTATUS of `actual` bytes into *out, and notes it in the link. Errors:
 * UB_USB_SHORT, UB_DFU_STATUS_INVALID.
 */
enum ub_code dfu_take_status(struct dfu_link *link, const struct ub_setup *setup,
                             const uint8_t answer[DFU_STATUS_BYTES], uint16_t actual,
                             struct dfu_status *out, struct ub_error *err);
/** Puts the device's last answer into the raw part of *err, if it ever gave one. */
void dfu_add_status(const struct dfu_link *link, struct ub_error *err);

/** Puts an answer to GETSTATUS into the raw part of *err (which may be NULL). */
void dfu_raw_status(struct ub_error *err, const struct dfu_status *status);
/** True if the answer reports an error: dfuERROR, or any bStatus but OK. */
bool dfu_status_is_error(const struct dfu_status *status);
/** Fills *err from an answer that reports an error; returns 400 + bStatus, or UB_DFU_STATE if the
 * device is in dfuERROR without a reason. `doing` says what the host was about. */
enum ub_code dfu_fail_status(const struct dfu_status *status, const char *doing,
                             struct ub_error *err);
/**
 * After a request was refused (UB_USB_STALL): asks the device for its reason and turns the error
 * into that if it has one. Any other code is wrapped and returned unchanged.
 */
enum ub_code dfu_explain(struct dfu_link *link, enum ub_code code, const char *doing,
                         struct ub_error *err);
/** dfu_explain() with the answer that the device gave already; NULL: it gave none. */
enum ub_code dfu_explain_by(struct dfu_link *link, enum ub_code code,
                            const struct dfu_status *status, const char *doing,
                            struct ub_error *err);

#endif
