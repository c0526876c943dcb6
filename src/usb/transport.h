/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file transport.h
 * The USB bus behind one interface: libusb, the virtual bus, a recorder around either, a replayer.
 *
 * A device is named by its port (bus and port path, "1-4.2"): the one name that survives
 * re-enumeration.
 */
#ifndef UB_USB_TRANSPORT_H
#define UB_USB_TRANSPORT_H

#include "unbrick.h"

/** The eight bytes of a control request (USB 2.0 section 9.3), in host byte order. */
struct ub_setup {
    uint8_t bmRequestType; /**< bit 7 set: device to host */
    uint8_t bRequest;
    uint16_t wValue;
    uint16_t wIndex;
    uint16_t wLength;
};

#define UB_SETUP_IN 0x80u
/** Most bytes in the data stage of one control transfer: usbfs and WinUSB both end there. */
#define UB_CONTROL_MAX 4096u

enum ub_speed { UB_SPEED_UNKNOWN, UB_SPEED_LOW, UB_SPEED_FULL, UB_SPEED_HIGH, UB_SPEED_SUPER };

/** A device as the bus shows it without being opened. */
struct ub_usb_info {
    char port[UB_PORT_TEXT];
    uint32_t generation; /**< another number after each re-enumeration at this port */
    enum ub_speed speed;
    uint16_t vid;
    uint16_t pid;
    uint16_t bcdDevice;
    uint8_t *
        config; /**< configuration descriptor and all that follows it, as sent; owned by the list */
    size_t config_length;              /**< 0 if it could not be had */
    char manufacturer[UB_STRING_TEXT]; /**< "" if it cannot be had without opening the device */
    char product[UB_STRING_TEXT];
    char serial[UB_STRING_TEXT];
};

/** What is attached, sorted by port. Free with ub_usb_list_free(). */
struct ub_usb_list {
    struct ub_usb_info *items;
    size_t count;
};

/** One control transfer of a queue: what is asked, and what came of it. */
struct ub_transfer {
    struct ub_setup setup;
    uint8_t *data;       /**< setup.wLength bytes; borrowed */
    uint32_t timeout_ms; /**< for this transfer alone, never 0 */
    uint16_t actual;     /**< out: bytes moved */
    enum ub_code code;   /**< out: how it ended */
};

/** Most transfers in one queue. */
#define UB_QUEUE_MAX 32u

/** An opened device; each transport defines its own. */
struct ub_usb_handle;

/**
 * One transport. `self` is what ub_transport carries.
 *
 * Threads may use a transport side by side, but each handle by one thread at a time; no transfer of
 * one device waits for another device's. enumerate() and wait_change() share the memory of what was
 * seen last: with several threads a change is told to one of them.
 */
struct ub_transport_ops {
    /** "libusb" or "virtual", for reports. */
    const char *name;

    /**
     * Lists what is attached, opening nothing and sending nothing to any device. *out is the
     * caller's. Errors: UB_USB_INIT, UB_USB_IO, UB_SYS_MEMORY.
     */
    enum ub_code (*enumerate)(void *self, struct ub_usb_list *out, struct ub_error *err);

    /**
     * Opens the device that is at `port` now. *out is the caller's, to be closed.
     * Errors: UB_DEV_GONE (nothing there), UB_DEV_ACCESS, UB_DEV_BUSY, UB_USB_IO, UB_SYS_MEMORY.
     */
    enum ub_code (*open)(void *self, const char *port, struct ub_usb_handle **out,
                         struct ub_error *err);

    /** Releases what was claimed (giving it back to a kernel driver that was detached) and closes.
     */
    void (*close)(void *self, struct ub_usb_handle *handle);

    /**
     * Takes an interface for this program; a kernel driver bound to it is detached.
     * Errors: UB_DEV_BUSY, UB_DEV_ACCESS, UB_USB_GONE, UB_USB_IO.
     */
    enum ub_code (*claim)(void *self, struct ub_usb_handle *handle, uint8_t interface,
                          struct ub_error *err);

    /** SET_INTERFACE. Errors: UB_USB_STALL (refused), UB_USB_TIMEOUT, UB_USB_GONE, UB_USB_IO. */
    enum ub_code (*set_alt)(void *self, struct ub_usb_handle *handle, uint8_t interface,
                            uint8_t alt, struct ub_error *err);

    /**
     * One control transfer. `data` holds setup->wLength bytes, read or written as bmRequestType
     * says; wLength is at most UB_CONTROL_MAX. *actual is the number of bytes moved (an IN transfer
     * may be short; that is no error here). Returns no later than `timeout_ms` (never 0) on the
     * bus' clock, plus what the system needs. Errors: UB_USB_STALL, UB_USB_TIMEOUT, UB_USB_GONE,
     * UB_USB_OVERFLOW, UB_USB_IO. err->raw is filled.
     */
    enum ub_code (*control)(void *self, struct ub_usb_handle *handle, const struct ub_setup *setup,
                            uint8_t *data, uint32_t timeout_ms, uint16_t *actual,
                            struct ub_error *err);

    /**
     * Several control transfers (at most UB_QUEUE_MAX), handed over at once and carried out in
     * order, so that the bus does not idle between them. Each is carried out even if the one before
     * it failed; but what stands behind a time-out, or behind the device's disappearance, ends with
     * that same code, whether it was sent or not. Returns the first failure, which *err is about.
     * NULL where waiting between transfers costs nothing.
     */
    enum ub_code (*control_queue)(void *self, struct ub_usb_handle *handle,
                                  struct ub_transfer *transfers, size_t count,
                                  struct ub_error *err);

    /**
     * Bus reset. UB_OK: the same device is still there, the handle is good, alternate settings are
     * 0 again. UB_USB_GONE: it re-enumerated or vanished; the handle can only be closed. Errors:
     * also UB_USB_IO.
     */
    enum ub_code (*reset)(void *self, struct ub_usb_handle *handle, struct ub_error *err);

    /** Waits at most `timeout_us` for anything to be plugged in or to leave. Errors: UB_USB_INIT.
     */
    enum ub_code (*wait_change)(void *self, uint64_t timeout_us, bool *changed,
                                struct ub_error *err);

    /**
     * Waits at most `timeout_us` for something other than `generation` to be at `port`; *came tells
     * whether it is there, and then *out is what (out->config is the caller's, to be freed). Looks
     * at no other port, so that many threads may follow a device each. Errors: UB_USB_INIT,
     * UB_USB_IO, UB_SYS_MEMORY. NULL: enumerate() and wait_change() have to do; see ub_wait_port().
     */
    enum ub_code (*wait_port)(void *self, const char *port, uint32_t generation,
                              uint64_t timeout_us, struct ub_usb_info *out, bool *came,
                              struct ub_error *err);

    /** Ends the transport; all handles are closed by then. */
    void (*destroy)(void *self);
};

/** A transport: its operations and itself. Owned by the context. */
struct ub_transport {
    const struct ub_transport_ops *ops;
    void *self;
};

/** Frees the list's content. */
void ub_usb_list_free(struct ub_usb_list *list);

/** control_queue(), or one control() after the other where the transport has none. */
enum ub_code ub_control_queue(const struct ub_transport *transport, struct ub_usb_handle *handle,
                              struct ub_transfer *transfers, size_t count, struct ub_error *err);

/** wait_port(), or looks at the whole bus where the transport has none. */
enum ub_code ub_wait_port(const struct ub_transport *transport, const char *port,
                          uint32_t generation, uint64_t timeout_us, struct ub_usb_info *out,
                          bool *came, struct ub_error *err);

/** Fills err->raw from a request (err may be NULL); `actual` is -1 for a failed transfer. */
void ub_error_transfer(struct ub_error *err, const struct ub_setup *setup, int32_t actual);

/** The transport over libusb-1.0. *out is the caller's (out->ops->destroy). Errors: UB_SYS_MEMORY;
 * whether libusb can be started at all shows when it is needed. */
enum ub_code ub_transport_libusb(struct ub_transport *out, struct ub_error *err);

#endif
