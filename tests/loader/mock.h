/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file mock.h
 * A transport that plays a script: each request must be the next one of the script and gets that
 * step's answer. Behind the script's end, or without one, a small device answers by itself.
 */
#ifndef UB_TEST_MOCK_H
#define UB_TEST_MOCK_H

#include "loader/dfu_protocol.h"
#include "usb/dfu_interface.h"

/* Requests beside the DFU class' own. */
#define MOCK_SET_ALT 0x80
#define MOCK_RESET   0x81
#define MOCK_ANY     (-1)
#define MOCK_LOG_MAX 8192

/** One step: the request that must come, and the answer to it. */
struct mock_step {
    int request;       /**< enum dfu_request, MOCK_SET_ALT or MOCK_RESET */
    int value;         /**< wValue, or MOCK_ANY */
    enum ub_code code; /**< of the answer */
    unsigned length;   /**< bytes of the answer to an IN request */
    uint8_t answer[8]; /**< its first bytes; the rest is 0 */
    bool forever;      /**< this step answers every further request of its kind */
    uint32_t takes_ms; /**< on the clock */
};

#define STATUS_BYTES(status, poll, state)                                                          \
    {                                                                                              \
        (status), (uint8_t)((poll)&0xff), (uint8_t)((poll) >> 8 & 0xff), (uint8_t)((poll) >> 16),  \
            (state), 0                                                                             \
    }
#define STATUS(status_, poll, state)                                                               \
    {                                                                                              \
        .request = DFU_GETSTATUS, .value = 0, .length = 6,                                         \
        .answer = STATUS_BYTES(status_, poll, state)                                               \
    }
#define STATUS_FOREVER(status_, poll, state)                                                       \
    {                                                                                              \
        .request = DFU_GETSTATUS, .value = 0, .length = 6,                                         \
        .answer = STATUS_BYTES(status_, poll, state), .forever = true                              \
    }
#define TAKES(request_, value_)                                                                    \
    {                                                                                              \
        .request = (request_), .value = (value_)                                                   \
    }
#define FAILS(request_, code_)                                                                     \
    {                                                                                              \
        .request = (request_), .value = MOCK_ANY, .code = (code_)                                  \
    }

/** One request as it came. */
struct mock_entry {
    int request;
    uint16_t value;
    uint16_t length;
    uint8_t data[8]; /**< first bytes sent */
    uint32_t timeout_ms;
    uint64_t at_us; /**< on the clock */
};

struct mock {
    struct ub_virtual_time time;
    struct ub_env env;
    struct ub_usb_info info;
    struct ub_dfu_interface interface;
    struct ub_loader_port port;
    const struct mock_step *script;
    size_t script_length;
    size_t script_at;
    struct mock_entry log[MOCK_LOG_MAX];
    size_t log_length;
    unsigned claims;
    unsigned waits;       /**< UB_EVENT_WAIT events seen */
    bool cancel_on_wait;  /**< the person stops it when a countdown shows */
    unsigned warnings;    /**< UB_EVENT_WARNING events seen */
    size_t queue_log[64]; /**< lengths of the queues so far */
    size_t queue_count;
    uint32_t last_timeout;
    const char *strings[UB_DFU_ALTS_MAX + 1]; /**< string descriptors from index 1 on */
    const uint8_t *functional; /**< the answer to GET_DESCRIPTOR(0x21); NULL: a STALL */
    size_t functional_length;
    /* the small device */
    uint32_t chaos; /**< not 0: it answers GETSTATUS with anything; a seed */
    uint8_t state;
    size_t stream_left; /**< bytes that a plain upload still brings */
    uint32_t pointer;
    uint32_t touched[16]; /**< effective addresses of the last DfuSe blocks */
    size_t touched_count;
};

/** Sets up a device with one alternate setting, wTransferSize 2048 and everything allowed. */
void mock_init(struct mock *mock, uint16_t bcdDFUVersion);
/** From now on its transport takes several requests at once. */
void mock_queues(struct mock *mock);
/** The script to play from now on. */
void mock_play(struct mock *mock, const struct mock_step *script, size_t length);
#define PLAY(mock, script) mock_play((mock), (script), sizeof(script) / sizeof((script)[0]))
/** Fails the test if a part of the script was not asked for (endless steps excepted). */
void mock_played(const struct mock *mock);
/** Forgets the log. */
void mock_forget(struct mock *mock);
/** How often a request came. */
size_t mock_count(const struct mock *mock, int request);
/** A link over the mock in a known state, without having been opened. */
void mock_link(struct mock *mock, struct dfu_link *link, uint8_t state);

#endif
