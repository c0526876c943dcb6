/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file unbrick.h
 * The public interface of libunbrick: bring a device with a bootloader to verified firmware, and
 * never leave it worse than it was found. This is the only header a program needs; the `unbrick`
 * command uses nothing else.
 *
 * Conventions
 * - A function that can fail returns an `enum ub_code`; UB_OK is 0. It fills the caller's `struct
 * ub_error` (which may be NULL) with the whole story. Nothing is printed, nothing exits, there is
 * no global state.
 * - Text is UTF-8. Text that came from a device or a file has its control characters replaced.
 * - Addresses and lengths are in bytes, times in microseconds unless the name says otherwise.
 * - One `struct ub_context` belongs to one thread at a time; several contexts may be used side by
 * side.
 */
#ifndef UNBRICK_H
#define UNBRICK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__)
#define UB_API      __attribute__((visibility("default")))
#define UB_MUST_USE __attribute__((warn_unused_result))
#else
#define UB_API
#define UB_MUST_USE
#endif

#define UB_VERSION_MAJOR 0
#define UB_VERSION_MINOR 1
#define UB_VERSION_PATCH 0

/** The library's version as "MAJOR.MINOR.PATCH". */
UB_API const char *ub_version(void);

/* ---------------------------------------------------------------------------------------------------------------
 * Errors
 * ------------------------------------------------------------------------------------------------------------
 */

/**
 * Every error unbrick can report. The number is the identity: code 412 is shown as `UB-DFU-012`,
 * its hundreds name the domain. Numbers are never reused. `data/errors` holds title, causes and
 * next steps for each.
 */
enum ub_code {
    UB_OK = 0,

    /* 1xx UB-USE: what was asked for does not make sense */
    UB_USE_OPTION = 101,    /**< an option is unknown, lacks its value or has a wrong one */
    UB_USE_ARGUMENT = 102,  /**< a verb or argument is missing, unknown or one too many */
    UB_USE_NUMBER = 103,    /**< a number, size or address cannot be read */
    UB_USE_SELECTOR = 104,  /**< a DEVICE selector cannot be read */
    UB_USE_CONFLICT = 105,  /**< two options contradict each other */
    UB_USE_EXPLAIN = 106,   /**< `explain` was asked about an id that does not exist */
    UB_USE_NO_ANSWER = 107, /**< a question had to be asked and nobody can answer it */
    UB_USE_DECLINED = 108,  /**< the person said no */
    UB_USE_QUIRK = 109,     /**< a quirk cannot be read */
    UB_USE_TRACE = 110,     /**< a trace file cannot be read */

    /* 2xx UB-DEV: finding and opening the device */
    UB_DEV_NONE = 201,        /**< no attached device fits */
    UB_DEV_SEVERAL = 202,     /**< more than one device fits; unbrick never guesses */
    UB_DEV_ACCESS = 203,      /**< the operating system refuses to open the device */
    UB_DEV_BUSY = 204,        /**< another program or driver holds the interface */
    UB_DEV_GONE = 205,        /**< the device left the bus */
    UB_DEV_NOT_DFU = 206,     /**< the device has no DFU interface */
    UB_DEV_NO_RETURN = 207,   /**< the device did not come back at its port in time */
    UB_DEV_NOT_ENTERED = 208, /**< the device came back, but not in DFU mode */
    UB_DEV_DESCRIPTOR = 209,  /**< the device's descriptors are malformed */
    UB_DEV_FEWER = 210,       /**< fewer devices came than were asked for */
    UB_DEV_NOT_LEFT = 211,    /**< told to leave its bootloader, the device is still in it */

    /* 3xx UB-USB: a transfer failed */
    UB_USB_STALL = 301,    /**< the device refused a request (STALL) */
    UB_USB_TIMEOUT = 302,  /**< a request got no answer before its deadline */
    UB_USB_IO = 303,       /**< a transfer failed on the wire or in the host controller */
    UB_USB_GONE = 304,     /**< the device vanished during a transfer */
    UB_USB_SHORT = 305,    /**< the device answered with too few bytes */
    UB_USB_OVERFLOW = 306, /**< the device answered with too many bytes */
    UB_USB_INIT = 307,     /**< the USB library could not be started */
    UB_USB_REPLAY = 308,   /**< a replayed device was asked what its trace does not hold */

    /* 4xx UB-DFU: the DFU protocol. 401..415 are the standard's bStatus values 1..15 (DFU 1.1
       section 6.1.2). */
    UB_DFU_ERR_TARGET = 401,
    UB_DFU_ERR_FILE = 402,
    UB_DFU_ERR_WRITE = 403,
    UB_DFU_ERR_ERASE = 404,
    UB_DFU_ERR_CHECK_ERASED = 405,
    UB_DFU_ERR_PROG = 406,
    UB_DFU_ERR_VERIFY = 407,
    UB_DFU_ERR_ADDRESS = 408,
    UB_DFU_ERR_NOTDONE = 409,
    UB_DFU_ERR_FIRMWARE = 410,
    UB_DFU_ERR_VENDOR = 411,
    UB_DFU_ERR_USBR = 412,
    UB_DFU_ERR_POR = 413,
    UB_DFU_ERR_UNKNOWN = 414,
    UB_DFU_ERR_STALLEDPKT = 415,
    UB_DFU_STATE = 420, /**< the device is in a state it should not be in */
    UB_DFU_STATUS_INVALID =
        421,                    /**< a status answer holds values that the standard does not have */
    UB_DFU_BUSY = 422,          /**< the device stayed busy past its deadline */
    UB_DFU_POLL_TIME = 423,     /**< the device asks to wait longer than any device needs */
    UB_DFU_NO_DOWNLOAD = 425,   /**< the device says that it cannot be written */
    UB_DFU_NO_UPLOAD = 426,     /**< the device says that it cannot be read */
    UB_DFU_TRANSFER_SIZE = 427, /**< wTransferSize cannot be used */
    UB_DFU_MEMORY_MAP = 428,    /**< the memory map string is damaged or contradicts itself */
    UB_DFU_COMMAND = 429,       /**< the device does not know a DfuSe command that is needed */
    UB_DFU_ALT = 430,           /**< an alternate setting cannot be selected */
    UB_DFU_MANIFEST = 431,      /**< the device did not finish taking in the new firmware */
    UB_DFU_PROTECTED = 432,     /**< read protection is active */
    UB_DFU_DETACH = 433,        /**< the running firmware refused to hand over to the bootloader */

    /* 5xx UB-IMG: the firmware file */
    UB_IMG_READ = 501,          /**< the file cannot be opened or read */
    UB_IMG_EMPTY = 502,         /**< the file holds no firmware at all */
    UB_IMG_TOO_LARGE = 503,     /**< the file is larger than any firmware unbrick takes */
    UB_IMG_SUFFIX_CRC = 504,    /**< the DFU suffix' CRC does not match the file */
    UB_IMG_SUFFIX = 505,        /**< the DFU suffix is damaged */
    UB_IMG_DFUSE = 506,         /**< the DfuSe structure is damaged */
    UB_IMG_HEX_SYNTAX = 507,    /**< a line is not Intel HEX */
    UB_IMG_HEX_CHECKSUM = 508,  /**< a line's checksum is wrong */
    UB_IMG_HEX_TYPE = 509,      /**< a record type that Intel HEX does not have */
    UB_IMG_HEX_TRUNCATED = 510, /**< the end-of-file record is missing */
    UB_IMG_OVERLAP = 511,       /**< two parts of the file want the same addresses */
    UB_IMG_NOT_RAW =
        512, /**< the file is recognised as something that must not be flashed as raw bytes */
    UB_IMG_WRONG_DEVICE = 514, /**< the file says that it is for another device */
    UB_IMG_WRONG_TARGET = 515, /**< the file is for an alternate setting that the device lacks */
    UB_IMG_NO_ADDRESS = 516,   /**< a raw file, and nothing says where it goes */
    UB_IMG_ADDRESS_CONFLICT = 517, /**< --at contradicts the addresses in the file */
    UB_IMG_DOES_NOT_FIT = 518,     /**< the image is larger than the memory it is meant for */
    UB_IMG_UNWRITABLE = 519,       /**< the image cannot be expressed in the format asked for */
    UB_IMG_NO_PREFIX = 520, /**< the device needs a prefix in front of the image, which has none */

    /* 6xx UB-MEM: memory of the device */
    UB_MEM_OUTSIDE = 601,      /**< an address lies outside every region of the device */
    UB_MEM_READ_ONLY = 602,    /**< the region cannot be written or erased */
    UB_MEM_IRREVERSIBLE = 603, /**< option bytes, OTP or another one-way place that was not named */
    UB_MEM_NOT_READABLE = 604, /**< the region cannot be read */
    UB_MEM_ERASE_ALL = 605,    /**< erasing everything was not named */
    UB_MEM_RANGE = 606,        /**< a range is empty, reversed, or not made of whole sectors */
    UB_MEM_NEIGHBOURS =
        607, /**< what shares a sector with the image cannot be read, so it would be lost */
    UB_MEM_NO_BACKUP = 608,    /**< no backup can be made, and giving it up was not named */
    UB_MEM_NOT_ERASABLE = 609, /**< what is there cannot be erased by a command */

    /* 7xx UB-VER: verification */
    UB_VER_MISMATCH = 701,     /**< the device does not hold the image */
    UB_VER_NO_READ_BACK = 702, /**< the device cannot be read, so nothing can be compared */
    UB_VER_NOT_WRITTEN = 703,  /**< the device reported success, but holds something else */
    UB_VER_READS_DIFFER = 704, /**< two readings of the same memory differ */

    /* 8xx UB-VLT: the vault */
    UB_VLT_ACCESS = 801,    /**< the vault cannot be created, read or written */
    UB_VLT_NOT_FOUND = 802, /**< no such backup */
    UB_VLT_DAMAGED = 803,   /**< a backup's content does not match its digest */
    UB_VLT_FORMAT = 804, /**< a backup was written by a newer unbrick, or its record is malformed */
    UB_VLT_OTHER_DEVICE = 805, /**< the backup is from a different kind of device */
    UB_VLT_EMPTY = 806,        /**< the vault holds no backup that fits */

    /* 9xx UB-SYS: this computer */
    UB_SYS_MEMORY = 901,      /**< out of memory */
    UB_SYS_INTERNAL = 902,    /**< a defect in unbrick */
    UB_SYS_INTERRUPTED = 903, /**< the person stopped it */
    UB_SYS_WRITE = 904,       /**< a file could not be written */
    UB_SYS_DISK_FULL = 905,   /**< no space left */

    /* 10xx UB-SIM: the virtual bench */
    UB_SIM_SPEC = 1001,   /**< a --sim description cannot be read */
    UB_SIM_STATE = 1002,  /**< the state file cannot be used */
    UB_SIM_ATTACH = 1003, /**< the local kernel would not take the virtual device */
    UB_SIM_SERVE = 1004,  /**< the USB/IP server could not be started */
};

#define UB_ERROR_TEXT  256 /**< bytes of one line of an error, with its NUL */
#define UB_ERROR_DEPTH 6   /**< lines of context an error can gather */

/** The raw transfer or answer behind an error, for those who want to see it. */
struct ub_raw_transfer {
    bool has_transfer; /**< the six fields below are set */
    uint8_t bmRequestType;
    uint8_t bRequest;
    uint16_t wValue;
    uint16_t wIndex;
    uint16_t wLength;
    int32_t actual;  /**< bytes moved, or -1 if the transfer failed */
    bool has_status; /**< the two fields below are set: the last DFU_GETSTATUS answer */
    uint8_t bStatus;
    uint8_t bState;
};

/** An error: what happened (`message`), and what was being done, innermost first (`context`). A
 * plain value. */
struct ub_error {
    enum ub_code code;
    char message[UB_ERROR_TEXT];
    unsigned depth; /**< lines used in `context` */
    char context[UB_ERROR_DEPTH][UB_ERROR_TEXT];
    struct ub_raw_transfer raw;
};

/** What a procedure has done to the device so far; with the error it decides the exit status. */
enum ub_left {
    UB_LEFT_UNTOUCHED = 0, /**< nothing was sent that could change it */
    UB_LEFT_UNCHANGED,     /**< its memory holds what it held */
    UB_LEFT_INCOMPLETE,    /**< part of the image is written; it is in, or enters, its bootloader */
    UB_LEFT_DONE,          /**< it holds the image */
};

/** One entry of the error catalogue. Strings are static; lists end with NULL. */
struct ub_explanation {
    enum ub_code code;
    const char *id;            /**< "UB-DFU-012" */
    const char *title;         /**< one line */
    const char *meaning;       /**< a sentence or two */
    const char *const *causes; /**< likely causes, most likely first */
    const char *const *next;   /**< what to do, in order */
    int status;                /**< exit status while the device is untouched */
};

/** The catalogue entry of `code`, or NULL if there is none. */
UB_API const struct ub_explanation *ub_explain(enum ub_code code);
/** The catalogue entry of an id such as "UB-DFU-012" (case does not matter), or NULL. */
UB_API const struct ub_explanation *ub_explain_id(const char *id);
/** Entry number `index` of the catalogue, in order of code, or NULL past its end. */
UB_API const struct ub_explanation *ub_explain_at(size_t index);
/** The exit status that says in what state the device was left, for an error or for UB_OK. */
UB_API int ub_exit_status(enum ub_code code, enum ub_left left);

/* ---------------------------------------------------------------------------------------------------------------
 * Events: what a procedure tells while it runs
 * ------------------------------------------------------------------------------------------------------------
 */

/** The steps of the procedure; the same names appear in events, in JSON and in the docs. */
enum ub_step {
    UB_STEP_IMAGE,
    UB_STEP_DEVICE,
    UB_STEP_ENTER,
    UB_STEP_BACKUP,
    UB_STEP_PLAN,
    UB_STEP_ERASE,
    UB_STEP_WRITE,
    UB_STEP_VERIFY,
    UB_STEP_LEAVE,
};

enum ub_event_kind {
    UB_EVENT_BEGIN,    /**< the step starts; `total` is known if it is not 0 */
    UB_EVENT_PROGRESS, /**< `done` of `total` bytes */
    UB_EVENT_WAIT,     /**< the device is busy; `left_us` until its deadline */
    UB_EVENT_WARNING,  /**< something the person should know; the step goes on */
    UB_EVENT_DONE,     /**< the step is complete; `text` sums it up */
    UB_EVENT_SKIPPED,  /**< the step was not needed or not possible; `text` says why */
};

/** One event. Pointers are valid during the callback only. */
struct ub_event {
    enum ub_step step;
    enum ub_event_kind kind;
    const char *port;    /**< the device's port, or "" before one is chosen */
    const char *text;    /**< one line for a person; "" if there is nothing to say */
    uint64_t done;       /**< bytes done of this step */
    uint64_t total;      /**< bytes this step will do; 0 if not known */
    uint64_t rate;       /**< bytes per second over the step so far; 0 if not known */
    uint64_t left_us;    /**< predicted time left of this step, or of the wait */
    uint64_t elapsed_us; /**< time since the procedure began */
};

/** The name of a step: "image", "device", "write", ... Never NULL. */
UB_API const char *ub_step_name(enum ub_step step);

#define UB_DURATION_TEXT 32 /**< bytes that any duration fits in, with its NUL */

/** "40 ms", "0.4 s", "42 s", "2 min 05 s", "1 h 10 min": microseconds for a person, cut to `size`
 * bytes. */
UB_API void ub_format_duration(char *to, size_t size, uint64_t us);

/**
 * How a procedure talks to its caller. Any member may be NULL. Procedures on several devices
 * (ub_flash_many()) call from threads of their own, but never two at a time.
 */
struct ub_callbacks {
    void *user;
    /** An event happened. */
    void (*event)(void *user, const struct ub_event *event);
    /** Asks a question with a safe default of yes. Without this callback the answer is yes. */
    bool (*confirm)(void *user, const char *question);
};

/* ---------------------------------------------------------------------------------------------------------------
 * Context
 * ------------------------------------------------------------------------------------------------------------
 */

struct ub_context;

/** How a context is set up. Zero it, then fill what is needed; strings are copied. */
struct ub_config {
    const char
        *vault; /**< folder of the vault; NULL: $UNBRICK_VAULT, else the user's data folder */
    const char *const
        *sims; /**< virtual devices ("stm32f405,state=F"); with any, no real bus is used */
    size_t sim_count;
    const char *const *quirk_files; /**< files with quirks of the person's own (docs/quirks.md) */
    size_t quirk_file_count;
    const char *const *quirks; /**< single quirks: "id=28e9:0189,poll_fixed_ms=5" */
    size_t quirk_count;
    const char *trace;   /**< file that gets every transfer (docs/traces.md), NULL: none. Its ending
                              chooses the format: .pcap, else JSON lines */
    const char *replay;  /**< trace that takes the place of the bus, NULL: none. Without `vault` it
                              has one of its own, which is gone when the context is closed */
    bool replay_lenient; /**< the replay bears another order and other numbers of questions */
    struct ub_callbacks callbacks;
};

/**
 * Opens a context. *out is the caller's, to be closed with ub_context_close().
 * Errors: UB_USB_INIT, UB_SIM_SPEC, UB_SIM_STATE, UB_USE_QUIRK, UB_SYS_MEMORY.
 */
UB_API UB_MUST_USE enum ub_code ub_context_open(const struct ub_config *config,
                                                struct ub_context **out, struct ub_error *err);
/** Closes a context and everything it opened. NULL is allowed. */
UB_API void ub_context_close(struct ub_context *context);
/**
 * Asks a running procedure to stop: it finishes the block in hand, puts the device in a known state
 * and returns UB_SYS_INTERRUPTED. The one function that may be called from a signal handler or
 * another thread.
 */
UB_API void ub_context_cancel(struct ub_context *context);

/* ---------------------------------------------------------------------------------------------------------------
 * Devices
 * ------------------------------------------------------------------------------------------------------------
 */

#define UB_PORT_TEXT   40  /**< bytes of a port ("1-4.2"), with its NUL */
#define UB_STRING_TEXT 128 /**< bytes of a device's string, with its NUL */

enum ub_mode {
    UB_MODE_NONE,    /**< no DFU interface */
    UB_MODE_RUNTIME, /**< the firmware runs and offers a DFU interface */
    UB_MODE_DFU,     /**< the bootloader runs */
};

/** A device as the bus shows it; found without opening it. A plain value. */
struct ub_device {
    char port[UB_PORT_TEXT];
    uint16_t vid;
    uint16_t pid;
    uint16_t bcdDevice;
    enum ub_mode mode;
    const char *family;   /**< static; name of the family, or "" if unknown */
    const char *protocol; /**< static; "DFU 1.1", "DfuSe 1.1a", ... or "" without DFU interface */
    char manufacturer[UB_STRING_TEXT]; /**< "" where the system does not tell without opening the
                                          device */
    char product[UB_STRING_TEXT];
    char serial[UB_STRING_TEXT];
    const char *next_step; /**< static; what a person would sensibly do with it next */
};

/**
 * Lists every device on the bus that has a DFU interface, and with `all` every device. Opens none.
 * *out is an array of *count devices, to be freed with ub_devices_free(). Errors: UB_USB_INIT,
 * UB_SYS_MEMORY.
 */
UB_API UB_MUST_USE enum ub_code ub_devices(struct ub_context *context, bool all,
                                           struct ub_device **out, size_t *count,
                                           struct ub_error *err);
UB_API void ub_devices_free(struct ub_device *devices);

/**
 * Waits until something is plugged in or leaves, at most `timeout_us`; *changed tells which.
 * Errors: UB_USB_INIT, UB_SYS_INTERRUPTED.
 */
UB_API UB_MUST_USE enum ub_code ub_devices_wait(struct ub_context *context, uint64_t timeout_us,
                                                bool *changed, struct ub_error *err);

/** What may be done to memory; a set of bits. */
enum ub_rights {
    UB_CAN_READ = 1,
    UB_CAN_ERASE = 2,
    UB_CAN_WRITE = 4,
};

enum ub_region_kind {
    UB_REGION_FLASH,  /**< program memory */
    UB_REGION_OPTION, /**< option bytes or fuses: writing them can lock the device for ever */
    UB_REGION_OTP,    /**< one-time programmable */
    UB_REGION_OTHER,  /**< anything else, such as a device feature page */
    UB_REGION_STREAM, /**< plain DFU: no addresses, written as one stream from its start */
};

/** `count` sectors of `size` bytes from `address` on, all with the same rights (bits of enum
 * ub_rights). */
struct ub_sector_run {
    uint64_t address;
    uint32_t size;
    uint32_t count;
    unsigned rights;
};

/** A region of a device: the memory behind one alternate setting. */
struct ub_region {
    uint8_t alt; /**< bAlternateSetting */
    enum ub_region_kind kind;
    char name[UB_STRING_TEXT];
    const struct ub_sector_run *runs; /**< ascending, not overlapping */
    size_t run_count;                 /**< 0 for UB_REGION_STREAM */
    unsigned rights; /**< union of the rights of all runs; of the interface for a stream */
};

/** A known defect of a device, and what unbrick does about it. Strings live as long as the details
 * that they are part of, and no longer than the context. */
struct ub_quirk_info {
    const char *name;    /**< "gd32vf103-pages" */
    const char *defect;  /**< what is wrong with the device */
    const char *remedy;  /**< what is done about it: "memory_map=..., no_erase_all" */
    const char *because; /**< why it applies: "id 28e9:0189, serial 3?BJ" */
    const char *source;  /**< where this is known from, or the file or option it was given in */
};

/** A key that a quirk may have (docs/quirks.md). Strings are static. */
struct ub_quirk_key {
    const char *name;  /**< "poll_fixed_ms" */
    const char *value; /**< what it takes: "milliseconds from 0 to 120000" */
    const char *text;  /**< what it means, one line */
    bool selects;      /**< it says which devices the quirk is for, not what is different */
};

/** Key number `index`, those that select first, or NULL past the end. */
UB_API const struct ub_quirk_key *ub_quirk_key_at(size_t index);

/** What is known of a device after opening it. Free with ub_details_free(). */
struct ub_details {
    struct ub_device device;
    uint16_t bcdDFUVersion;
    uint16_t wTransferSize;  /**< as the device says */
    uint16_t transfer_size;  /**< as unbrick uses it */
    uint16_t wDetachTimeOut; /**< milliseconds */
    uint8_t bmAttributes;    /**< of the DFU functional descriptor (DFU 1.1 section 4.1.3) */
    uint8_t bState;          /**< on arrival */
    uint8_t bStatus;
    struct ub_region *regions;
    size_t region_count;
    char warnings[8][UB_ERROR_TEXT]; /**< what is odd about this device */
    size_t warning_count;
    struct ub_quirk_info *quirks; /**< that apply, in the order in which they were applied */
    size_t quirk_count;
    bool read_protected; /**< it refuses to be read; most such devices cannot be written either */
    bool can_read;       /**< as it says, unless a quirk knows better */
    bool can_write;
};

/**
 * Opens the device and reads everything it tells about itself. *out is the caller's.
 * `selector` is "port=1-4.2", "serial=...", "id=0483:df11", a family name, a bare port, a
 * comma-separated list of these, or NULL when exactly one device is expected. Errors:
 * UB_USE_SELECTOR and the UB_DEV, UB_USB, UB_DFU domains.
 */
UB_API UB_MUST_USE enum ub_code ub_details(struct ub_context *context, const char *selector,
                                           struct ub_details **out, struct ub_error *err);
UB_API void ub_details_free(struct ub_details *details);
/** The standard's name of a DFU state (0..10), such as "dfuDNLOAD-IDLE"; "?" for any other number.
 */
UB_API const char *ub_dfu_state_name(uint8_t state);
/** The standard's name of a DFU status (0..15), such as "errADDRESS"; "?" for any other number. */
UB_API const char *ub_dfu_status_name(uint8_t status);

/* ---------------------------------------------------------------------------------------------------------------
 * Images
 * ------------------------------------------------------------------------------------------------------------
 */

struct ub_image;

/** How an image file is to be read. Zero is the careful default. */
struct ub_image_options {
    bool accept_bad_crc; /**< take a .dfu file although its suffix' CRC is wrong */
};

/** One segment of an image. */
struct ub_image_segment {
    bool has_address;
    uint64_t address;
    int alt;             /**< alternate setting that the file names (DfuSe), or -1 */
    const uint8_t *data; /**< owned by the image */
    size_t length;
};

/** What an image is and claims. Pointers are owned by the image. */
struct ub_image_info {
    const char *name;         /**< the file's name without its folder */
    const char *format;       /**< short name of the format: "raw", "dfu", "dfuse", "ihex" */
    const char *format_title; /**< for a person: "DFU file", "Intel HEX", ... */
    uint64_t file_size;
    uint64_t length;    /**< bytes in all segments */
    uint8_t sha256[32]; /**< of the file */
    size_t segment_count;
    bool has_ids; /**< the three fields below come from the file; 0xffff means "any" */
    uint16_t vid;
    uint16_t pid;
    uint16_t bcdDevice;
    const char *target_name; /**< first DfuSe target's name, or "" */
};

/**
 * Reads a firmware file. *out is the caller's, to be freed with ub_image_close(). `options` may be
 * NULL. Errors: the UB_IMG domain, UB_SYS_MEMORY.
 */
UB_API UB_MUST_USE enum ub_code ub_image_open(const char *path,
                                              const struct ub_image_options *options,
                                              struct ub_image **out, struct ub_error *err);
/** As ub_image_open(), from memory (copied); `name` is used in messages. */
UB_API UB_MUST_USE enum ub_code ub_image_open_bytes(const char *name, const uint8_t *bytes,
                                                    size_t length,
                                                    const struct ub_image_options *options,
                                                    struct ub_image **out, struct ub_error *err);
UB_API void ub_image_close(struct ub_image *image);
UB_API void ub_image_info(const struct ub_image *image, struct ub_image_info *out);
/** Segment number `index`; false past the end. Segments are sorted by alternate setting and
 * address. */
UB_API bool ub_image_segment(const struct ub_image *image, size_t index,
                             struct ub_image_segment *out);

/* ---------------------------------------------------------------------------------------------------------------
 * Plans and procedures
 * ------------------------------------------------------------------------------------------------------------
 */

/** What flashing, planning and verifying may do. Zero is the careful default. */
struct ub_flash_options {
    bool has_at; /**< `at` says where a raw image goes */
    uint64_t at;
    bool assume_yes;          /**< do not ask questions that have a safe default */
    bool no_backup;           /**< give up the way back: named by the person */
    bool whole;               /**< write every sector of the image without comparing first */
    bool discard_neighbours;  /**< do not keep what shares a sector with the image */
    bool stay;                /**< do not leave the bootloader afterwards */
    bool accept_other_device; /**< the image names other vendor and product ids */
    bool erase_all;           /**< irreversible, named: erase everything first */
    bool write_option_bytes;  /**< irreversible, named: regions of option bytes may be written */
    bool write_otp; /**< irreversible, named: one-time programmable regions may be written */
    bool lose_protected_content; /**< irreversible, named: lift read protection, by which the device
                                      erases itself */
    bool read_once;              /**< back up by one reading instead of two */
    /** Alternate setting, by number or name, for a file that names none; or NULL. */
    const char *region;
};

enum ub_plan_action {
    UB_PLAN_KEEP, /**< already right, or not the image's business */
    UB_PLAN_ERASE,
    UB_PLAN_WRITE,
    UB_PLAN_BLANK, /**< left blank by the erase, so nothing is sent */
    UB_PLAN_ERASE_ALL,
};

/** One operation of a plan, in the order in which it happens. */
struct ub_plan_step {
    enum ub_plan_action action;
    uint8_t alt;
    uint64_t address;
    uint64_t length;
    uint64_t predicted_us;
    bool irreversible;
};

struct ub_plan;

/** The sums of a plan. */
struct ub_plan_info {
    size_t step_count;
    size_t sectors_erased;
    size_t sectors_touched; /**< sectors that hold part of the image */
    size_t sectors_total;   /**< sectors of the regions concerned */
    uint64_t bytes_written;
    uint64_t bytes_kept;      /**< bytes of the regions concerned that stay as they are */
    uint64_t bytes_preserved; /**< of these, bytes that share a sector with the image */
    uint64_t predicted_us;    /**< erase, write and verify */
    uint64_t may_add_us;      /**< the device may take up to so much longer to take the image in:
                                   known of its kind, not measured yet, and not in predicted_us */
    bool read_back;           /**< the write can be verified by reading */
    bool nothing_to_do;       /**< the device already holds the image */
    bool needs_no_backup;     /**< no backup can be made of what would be lost: ub_flash() refuses
                                   unless that is given up by options->no_backup, as it was not */
};

/** A way to bring the device to the image, and its price. */
struct ub_plan_choice {
    const char *way; /**< static: "difference", "whole", "erase all", ... */
    bool chosen;
    bool allowed;    /**< false: it breaks a rule, or was not named */
    const char *why; /**< static: why it was chosen, rejected or not allowed */
    uint64_t predicted_us;
};

/**
 * What flash would do and what it costs. Reads the device, changes nothing. *out is the caller's.
 * Errors: as ub_flash() before its first erase.
 */
UB_API UB_MUST_USE enum ub_code ub_plan(struct ub_context *context, const struct ub_image *image,
                                        const char *selector,
                                        const struct ub_flash_options *options,
                                        struct ub_plan **out, struct ub_error *err);
UB_API void ub_plan_free(struct ub_plan *plan);
UB_API void ub_plan_info(const struct ub_plan *plan, struct ub_plan_info *out);
/** Step number `index` in order of execution; false past the end. */
UB_API bool ub_plan_step(const struct ub_plan *plan, size_t index, struct ub_plan_step *out);
/** Way number `index` that was considered, cheapest first; false past the end. */
UB_API bool ub_plan_choice(const struct ub_plan *plan, size_t index, struct ub_plan_choice *out);

#define UB_BACKUP_ID 32 /**< bytes of a backup's id ("2026-11-22-01"), with its NUL */

/** One part of a run: how long it was foretold to take, and took, in microseconds. */
struct ub_phase {
    uint64_t predicted_us;
    uint64_t actual_us;
};

/** What a procedure did. A plain value, filled on success and on failure. */
struct ub_result {
    enum ub_left left;
    char port[UB_PORT_TEXT];
    struct ub_device device;   /**< in hand, in DFU mode; its port is "" if none was opened */
    char backup[UB_BACKUP_ID]; /**< id of the backup that leads back from here, or "" */
    uint64_t bytes_written;
    uint64_t bytes_kept;
    size_t sectors_erased;
    bool verified; /**< read back and identical */
    bool proved;   /**< not readable, but the device accepted the whole (manifestation) */
    bool left_bootloader;
    bool came_back;            /**< after leaving, something came back at the port */
    struct ub_device returned; /**< what came back */
    uint64_t return_us;        /**< how long that took */
    uint64_t predicted_us;
    uint64_t actual_us;     /**< erase, write and verify */
    struct ub_phase erase;  /**< the parts of those two */
    struct ub_phase write;  /**< with what the device does to take the image in */
    struct ub_phase verify; /**< reading back */
    uint64_t total_us;      /**< the whole procedure */
    uint64_t transfers;     /**< control transfers sent to the DFU interface */
};

/**
 * The whole procedure: match, back up, enter, plan, erase, write, verify, leave. `result` is filled
 * in any case. Errors: every domain; `result->left` says in what state the device is.
 */
UB_API UB_MUST_USE enum ub_code ub_flash(struct ub_context *context, const struct ub_image *image,
                                         const char *selector,
                                         const struct ub_flash_options *options,
                                         struct ub_result *result, struct ub_error *err);

/** What came of one device. */
struct ub_many_item {
    struct ub_result result; /**< its port and device are set in any case */
    struct ub_error error;   /**< error.code is UB_OK if all went well */
};

/**
 * Which devices, and for how long. Zero: those that are there now, in DFU mode. Without a
 * selector those in runtime mode are left out, whether or not others are in DFU mode; a selector
 * that they fit takes them in.
 */
struct ub_many_options {
    const char *const
        *selectors; /**< as for ub_details(), each may fit several devices; none: any */
    size_t selector_count;
    bool one_each;    /**< each selector has to fit exactly one device, as for ub_flash() */
    size_t count;     /**< wait until so many fit; 0: take those that are there */
    bool watch;       /**< go on, and do each device plugged in later once, until cancelled */
    uint64_t wait_us; /**< how long to wait for `count` devices; 0: until cancelled */
    /** Before the question, for each device that is there and is wanted (`taken`), or is in runtime
     * mode and left out. Called with the context's `user`. May be NULL. */
    void (*found)(void *user, const struct ub_device *device, bool taken);
    /** A device is done, well or not. Called like the context's callbacks, with their `user`. May
     * be NULL. */
    void (*finished)(void *user, const struct ub_many_item *item);
    /** For ub_plan_many(): a device's plan, valid during the call; NULL if there is none, as the
     * item's error says. Called with the context's `user`. May be NULL. */
    void (*planned)(void *user, const struct ub_many_item *item, const struct ub_plan *plan);
};

/** What came of all. Free with ub_many_free(). */
struct ub_many_result {
    struct ub_many_item *items; /**< in the order in which they were begun */
    size_t count;
    size_t failed;
    size_t worst;               /**< index of the item whose error was returned, if one was */
    struct ub_device *left_out; /**< those in runtime mode that no selector named */
    size_t left_out_count;
};

/**
 * ub_flash() on several devices side by side, one thread each. One that fails stops none of the
 * others. Asks once, before anything is changed. A device is its port: equal serial numbers are no
 * obstacle, and when it comes back by itself after it was done it is not a new one.
 *
 * *out is the caller's, also on failure; NULL only when out of memory. Returns the worst of their
 * errors: that of an incomplete device before all others, then in the order of exit statuses 10,
 * 9, 7, 130, 6, 5, 4, 3, 2. Without any device UB_DEV_NONE, UB_DEV_SEVERAL (`one_each`, or more
 * than `count`), UB_DEV_FEWER, UB_USE_SELECTOR, UB_USE_DECLINED, UB_SYS_INTERRUPTED. UB_OK when a
 * watch that was cancelled has left all devices done.
 */
UB_API UB_MUST_USE enum ub_code ub_flash_many(struct ub_context *context,
                                              const struct ub_image *image,
                                              const struct ub_many_options *many,
                                              const struct ub_flash_options *options,
                                              struct ub_many_result **out, struct ub_error *err);
/**
 * ub_plan() for each device that ub_flash_many() would take, one after the other. Changes nothing,
 * asks nothing. In an item's result port, device and predicted_us are set. Not with `count` or
 * `watch`: UB_USE_CONFLICT. *out and errors as for ub_flash_many().
 */
UB_API UB_MUST_USE enum ub_code ub_plan_many(struct ub_context *context,
                                             const struct ub_image *image,
                                             const struct ub_many_options *many,
                                             const struct ub_flash_options *options,
                                             struct ub_many_result **out, struct ub_error *err);
UB_API void ub_many_free(struct ub_many_result *result);

/** Compares the device with the image. Errors: UB_VER_MISMATCH, UB_VER_NO_READ_BACK and those of
 * finding it. */
UB_API UB_MUST_USE enum ub_code ub_verify(struct ub_context *context, const struct ub_image *image,
                                          const char *selector,
                                          const struct ub_flash_options *options,
                                          struct ub_result *result, struct ub_error *err);

/**
 * Reads everything readable into the vault and, with `file`, also into that file (its ending
 * chooses the format: .dfu, .hex, .bin). `options` may be NULL.
 */
UB_API UB_MUST_USE enum ub_code ub_backup(struct ub_context *context, const char *selector,
                                          const char *file, const struct ub_flash_options *options,
                                          struct ub_result *result, struct ub_error *err);

/** Puts back what backup `id` holds (NULL: the newest one of this very device), by the same way as
 * ub_flash(). */
UB_API UB_MUST_USE enum ub_code ub_restore(struct ub_context *context, const char *id,
                                           const char *selector,
                                           const struct ub_flash_options *options,
                                           struct ub_result *result, struct ub_error *err);

/**
 * Erases `what`: a region's name, or a range "START-END" (both included) or "START+LENGTH" made of
 * whole sectors. Backs up first. Everything ("all") needs options->erase_all.
 */
UB_API UB_MUST_USE enum ub_code ub_erase(struct ub_context *context, const char *what,
                                         const char *selector,
                                         const struct ub_flash_options *options,
                                         struct ub_result *result, struct ub_error *err);

/**
 * Leaves the bootloader and waits for what comes back. Errors: UB_DEV_NOT_LEFT if the device is
 * still in its bootloader, or in it again; those of finding it.
 */
UB_API UB_MUST_USE enum ub_code ub_leave(struct ub_context *context, const char *selector,
                                         struct ub_result *result, struct ub_error *err);

/** Brings a device in runtime mode into DFU mode by DFU_DETACH. A device that is there already is
 * success. */
UB_API UB_MUST_USE enum ub_code ub_enter(struct ub_context *context, const char *selector,
                                         struct ub_result *result, struct ub_error *err);

/* ---------------------------------------------------------------------------------------------------------------
 * Vault
 * ------------------------------------------------------------------------------------------------------------
 */

/** One stretch of memory in a backup. */
struct ub_backup_part {
    uint8_t alt;
    char name[UB_STRING_TEXT]; /**< of the region */
    bool has_address;
    uint64_t address;
    uint64_t length;
    uint8_t sha256[32];
};

/** A backup's record. */
struct ub_backup_info {
    char id[UB_BACKUP_ID];
    char created[32];        /**< RFC 3339, UTC */
    struct ub_device device; /**< as it was; `next_step` is "" */
    char transport[16];      /**< "libusb" (a real device), "virtual" or "replay" (of a trace) */
    bool interrupted;        /**< taken after a run that was cut short: it may hold half an image */
    unsigned readings;       /**< how often it was read; all readings were the same */
    struct ub_backup_part *parts;
    size_t part_count;
    uint64_t length; /**< bytes in all parts */
};

/** Lists the backups, oldest first. *out is an array to be freed with ub_vault_free(). Errors:
 * UB_VLT_ACCESS. */
UB_API UB_MUST_USE enum ub_code ub_vault_list(struct ub_context *context,
                                              struct ub_backup_info **out, size_t *count,
                                              struct ub_error *err);
UB_API void ub_vault_free(struct ub_backup_info *backups, size_t count);
/** Reads a backup whole and compares every digest. Errors: UB_VLT_NOT_FOUND, UB_VLT_DAMAGED,
 * UB_VLT_FORMAT. */
UB_API UB_MUST_USE enum ub_code ub_vault_check(struct ub_context *context, const char *id,
                                               struct ub_error *err);
/** The folder in which the context keeps its backups; owned by the context. */
UB_API const char *ub_vault_path(const struct ub_context *context);

/* ---------------------------------------------------------------------------------------------------------------
 * Virtual bench
 * ------------------------------------------------------------------------------------------------------------
 */

/** A model of the bench. */
struct ub_sim_model {
    const char *name;  /**< as used in a spec: "stm32f405" */
    const char *title; /**< for a person */
};

/** Model number `index`, or NULL past the end. */
UB_API const struct ub_sim_model *ub_sim_model_at(size_t index);

/** How a virtual device is offered to other programs. */
struct ub_sim_serve_options {
    bool attach;       /**< to the local kernel, through vhci-hcd (needs root) */
    const char *usbip; /**< "ADDR:PORT" to listen on with USB/IP; NULL: do not */
    /** Called once it can be reached; `where` says where (for a person). May be NULL. */
    void (*ready)(void *user, const char *where);
    void *user;
};

struct ub_sim_server;

/** Makes a server for the virtual device `spec`. *out is the caller's. Errors: UB_SIM_SPEC,
 * UB_SIM_STATE. */
UB_API UB_MUST_USE enum ub_code ub_sim_server_open(const char *spec,
                                                   const struct ub_sim_serve_options *options,
                                                   struct ub_sim_server **out,
                                                   struct ub_error *err);
/** Serves until ub_sim_server_stop() is called. Errors: UB_SIM_ATTACH, UB_SIM_SERVE. */
UB_API UB_MUST_USE enum ub_code ub_sim_server_run(struct ub_sim_server *server,
                                                  struct ub_error *err);
/** Ends ub_sim_server_run(). May be called from a signal handler. */
UB_API void ub_sim_server_stop(struct ub_sim_server *server);
UB_API void ub_sim_server_close(struct ub_sim_server *server);

#ifdef __cplusplus
}
#endif
#endif
