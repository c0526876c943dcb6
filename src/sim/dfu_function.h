/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file dfu_function.h
 * The device side of DFU 1.1: the state machine of its appendix A.2, over a medium that does the
 * work. Plain DFU and ST's DfuSe are two media below the same machine.
 *
 * It never sleeps: every call is told the time, and says when something will be over.
 */
#ifndef UB_SIM_DFU_FUNCTION_H
#define UB_SIM_DFU_FUNCTION_H

#include "sim/model.h"
#include "usb/transport.h"

/** bState (DFU 1.1 section 6.1.2). */
enum ub_dfu_fn_state {
    UB_FN_APP_IDLE,
    UB_FN_APP_DETACH,
    UB_FN_IDLE,
    UB_FN_DNLOAD_SYNC,
    UB_FN_DNBUSY,
    UB_FN_DNLOAD_IDLE,
    UB_FN_MANIFEST_SYNC,
    UB_FN_MANIFEST,
    UB_FN_MANIFEST_WAIT_RESET,
    UB_FN_UPLOAD_IDLE,
    UB_FN_ERROR,
    UB_FN_STATES,
};

/** bStatus values that the bench gives. */
enum ub_dfu_fn_status {
    UB_FN_STATUS_OK = 0,
    UB_FN_STATUS_TARGET = 1,
    UB_FN_STATUS_FILE = 2,
    UB_FN_STATUS_ADDRESS = 8,
    UB_FN_STATUS_NOTDONE = 9,
    UB_FN_STATUS_FIRMWARE = 10,
    UB_FN_STATUS_VENDOR = 11,
    UB_FN_STATUS_UNKNOWN = 14,
    UB_FN_STATUS_STALLEDPKT = 15,
};

/** What a host can ask, as the state table sees it. */
enum ub_dfu_fn_request {
    UB_FN_REQ_DETACH,
    UB_FN_REQ_DNLOAD,
    UB_FN_REQ_DNLOAD_ZERO, /**< DFU_DNLOAD of no bytes */
    UB_FN_REQ_UPLOAD,
    UB_FN_REQ_GETSTATUS,
    UB_FN_REQ_CLRSTATUS,
    UB_FN_REQ_GETSTATE,
    UB_FN_REQ_ABORT,
    UB_FN_REQ_UNKNOWN, /**< any other class request, or one in the wrong direction */
    UB_FN_REQUESTS,
};

/** What the table makes of a request. */
enum ub_dfu_fn_action {
    UB_FN_DO_STALL,  /**< STALL, the state stays */
    UB_FN_DO_APP,    /**< STALL, back to appIDLE */
    UB_FN_DO_ERROR,  /**< STALL, to dfuERROR with errSTALLEDPKT */
    UB_FN_DO_DETACH, /**< to appDETACH */
    UB_FN_DO_BLOCK,  /**< takes a block */
    UB_FN_DO_END,    /**< the download is complete */
    UB_FN_DO_UPLOAD,
    UB_FN_DO_STATUS,
    UB_FN_DO_CLEAR,
    UB_FN_DO_STATE,
    UB_FN_DO_ABORT,
};

/** The state table: what to do with each request in each state (DFU 1.1 appendix A.2). */
extern const uint8_t ub_dfu_fn_table[UB_FN_STATES][UB_FN_REQUESTS];

/** A piece of work that a medium does after DFU_GETSTATUS has been answered. */
struct ub_dfu_work {
    uint64_t duration_us;
    uint32_t poll_ms; /**< what bwPollTimeout claims; UB_SIM_POLL_TRUE: the duration */
    uint8_t status;   /**< bStatus once it is done */
    bool on_flash;    /**< it erases or programs: a question too early meets enum ub_sim_early */
    bool at_once;     /**< it is done when the first question comes, which tells the result */
    bool restarts;    /**< the chip resets itself when it is done */
    bool forever;     /**< it never ends */
};

/** The medium below the state machine; `self` is what struct ub_dfu_fn carries. */
struct ub_dfu_media_ops {
    /** A block arrived. False: it is refused with STALL and errSTALLEDPKT. */
    bool (*accept)(void *self, uint16_t number, const uint8_t *data, uint16_t length);
    /** Does the work of the accepted block. */
    void (*work)(void *self, uint16_t number, const uint8_t *data, uint16_t length,
                 struct ub_dfu_work *work);
    /** Reads at most `want` bytes into data. Otherwise than UB_FN_STATUS_OK: STALL, dfuERROR. */
    uint8_t (*upload)(void *self, uint16_t number, uint8_t *data, uint16_t want, uint16_t *got,
                      bool *ends);
    /** May a download end here? `idle`: none was begun. False: STALL, errSTALLEDPKT. */
    bool (*end)(void *self, bool idle);
    /** A transfer was given up or ended; the next one starts over. */
    void (*forget)(void *self);
    /** DFU_CLRSTATUS ended work that never ends by itself; `over`: its time was over. NULL:
     * nothing comes of it. */
    void (*freed)(void *self, bool over);
    /** Will the device stay where it is although it was told to leave? NULL: it leaves. */
    bool (*stays)(const void *self);
};

/** What the function wants to happen to the whole device. */
enum ub_dfu_wish {
    UB_FN_WISH_NONE,
    UB_FN_WISH_ENTER,   /**< leave the bus and come back in DFU mode */
    UB_FN_WISH_RUN,     /**< leave the bus and start the firmware */
    UB_FN_WISH_RESTART, /**< leave the bus and start the bootloader again */
};

/** The function's state. */
struct ub_dfu_fn {
    const struct ub_sim_dfu *model;
    const struct ub_dfu_media_ops *media;
    void *media_self;
    uint8_t state;
    uint8_t status;
    uint8_t *block; /**< wTransferSize bytes, owned */
    uint16_t block_length;
    uint16_t block_number;
    bool block_waits;         /**< a block was accepted and its work has not begun */
    bool manifested;          /**< the manifestation of this download is done */
    struct ub_dfu_work work;  /**< in hand in dfuDNBUSY and dfuMANIFEST */
    bool begins;              /**< the work begins when the running transfer is complete */
    uint64_t busy_until_us;   /**< end of the work */
    uint64_t delay_us;        /**< by which the answer in hand is late: work is done before it */
    uint32_t claimed_ms;      /**< bwPollTimeout in the answer in hand */
    uint64_t poll_until_us;   /**< end of the time claimed for the work */
    uint64_t early;           /**< questions for status before that */
    uint64_t detach_until_us; /**< end of the detach timer */
    uint16_t detach_ms;
    enum ub_dfu_wish wish;
    bool wish_begins;       /**< the wish counts from the end of the running transfer */
    uint64_t wish_delay_us; /**< from then on */
    uint64_t wish_at_us;    /**< when it is carried out; UINT64_MAX: none */
};

/** Sets *fn up over a medium. It is closed with ub_dfu_fn_close(). Errors: UB_SYS_MEMORY. */
enum ub_code ub_dfu_fn_open(struct ub_dfu_fn *fn, const struct ub_sim_dfu *model,
                            const struct ub_dfu_media_ops *media, void *media_self,
                            struct ub_error *err);
void ub_dfu_fn_close(struct ub_dfu_fn *fn);

/** Power-up in `state` with `status`; everything pending is forgotten. */
void ub_dfu_fn_start(struct ub_dfu_fn *fn, uint8_t state, uint8_t status);

/** Lets time pass: timers that are over change the state. */
void ub_dfu_fn_advance(struct ub_dfu_fn *fn, uint64_t now_us);

/** The moment from which the function looks at a request made now: later if it is deaf. */
uint64_t ub_dfu_fn_ready_at(const struct ub_dfu_fn *fn, uint64_t now_us);

/**
 * A class request to the DFU interface. `data` holds setup->wLength bytes. False: STALL. After a
 * request that was not stalled, ub_dfu_fn_sent() must say when its status stage ended: after the
 * time on the wire and fn->delay_us.
 */
bool ub_dfu_fn_control(struct ub_dfu_fn *fn, uint64_t now_us, const struct ub_setup *setup,
                       uint8_t *data, uint16_t *length);
void ub_dfu_fn_sent(struct ub_dfu_fn *fn, uint64_t now_us);

/** SET_INTERFACE to the DFU interface. */
void ub_dfu_fn_set_alt(struct ub_dfu_fn *fn);

/** A bus reset; `firmware` says whether a good firmware is there to run. */
void ub_dfu_fn_bus_reset(struct ub_dfu_fn *fn, uint64_t now_us, bool firmware);

/** Asks for something to happen `delay_us` after `now_us`. */
void ub_dfu_fn_wish(struct ub_dfu_fn *fn, enum ub_dfu_wish wish, uint64_t now_us,
                    uint64_t delay_us);

/** Will it stay although it is told to leave? */
bool ub_dfu_fn_stays(const struct ub_dfu_fn *fn);

/** The table's column for a class request. */
enum ub_dfu_fn_request ub_dfu_fn_classify(const struct ub_setup *setup);

#endif
