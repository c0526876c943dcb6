/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file dfu_interface.h
 * Finding the DFU interface in a configuration descriptor (DFU 1.1 sections 4.1 and 4.2), without
 * opening anything.
 */
#ifndef UB_USB_DFU_INTERFACE_H
#define UB_USB_DFU_INTERFACE_H

#include "usb/transport.h"

#define UB_DFU_ALTS_MAX 32

/** bmAttributes of the functional descriptor (DFU 1.1 section 4.1.3). */
#define UB_DFU_CAN_DNLOAD     0x01u
#define UB_DFU_CAN_UPLOAD     0x02u
#define UB_DFU_MANIFEST_TOL   0x04u
#define UB_DFU_WILL_DETACH    0x08u
#define UB_DFU_CAN_ACCELERATE 0x80u /**< DfuSe 1.1a */

/** The functional descriptor. */
struct ub_dfu_functional {
    bool present; /**< false: none was found, the other fields are DFU 1.0 assumptions */
    uint8_t bmAttributes;
    uint16_t wDetachTimeOut; /**< milliseconds */
    uint16_t wTransferSize;  /**< bytes */
    uint16_t bcdDFUVersion;  /**< 0x0100, 0x0110, 0x011a */
};

/** One DFU interface with all its alternate settings. */
struct ub_dfu_interface {
    uint8_t number;
    uint8_t protocol; /**< bInterfaceProtocol: 1 runtime, 2 DFU mode */
    enum ub_mode mode;
    size_t alt_count;
    struct {
        uint8_t alt;        /**< bAlternateSetting */
        uint8_t iInterface; /**< string index, 0: none */
    } alts[UB_DFU_ALTS_MAX];
    struct ub_dfu_functional functional;
};

/**
 * Finds the DFU interface (class 0xfe, subclass 1) in a configuration descriptor. The functional
 * descriptor may follow any alternate setting. Unrelated interfaces are skipped; a damaged
 * descriptor is read as far as it goes. If both a runtime and a DFU-mode interface are there, DFU
 * mode wins. False if there is none.
 */
bool ub_dfu_interface_find(const uint8_t *config, size_t length, struct ub_dfu_interface *out);

/** Reads a functional descriptor of 7 (DFU 1.0) or 9 bytes; false if it is none. */
bool ub_dfu_functional_parse(const uint8_t *bytes, size_t length, struct ub_dfu_functional *out);

#endif
