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
    UB_IMG_SREC_SYNTAX = 521,   /**< a line is not a Motorola S-record */
    UB_IMG_SREC_CHECKSUM = 522, /**< a line's checksum is wrong */
    UB_IMG_SREC_COUNT = 523,    /**< lines are missing: the count at the end says so */
    UB_IMG_ELF = 524,           /**< the ELF structure is damaged, or not a firmware's */
    UB_IMG_UF2 = 525,           /**< the UF2 structure is damaged */
    UB_IMG_CONTAINER = 526,     /**< an archive is damaged, or of a kind that is not unpacked */
    UB_IMG_ENCRYPTED = 527,     /**< an archive needs a password */
    UB_IMG_SEVERAL = 528,       /**< an archive holds several images; unbrick never guesses */
    UB_IMG_NONE_INSIDE = 529,   /**< an archive holds no firmware, or not the member asked for */
    UB_IMG_BOMB = 530,          /**< an archive unpacks to more than any firmware */
    UB_IMG_MEMBER_DIGEST = 531, /**< a member is not what the archive's own list says */
    UB_IMG_METADATA = 532,      /**< metainfo or manifest inside an archive is malformed */
    UB_IMG_CONTRADICTION = 533, /**< what the image says or shows contradicts the device */
    UB_IMG_EDIT = 534,          /**< moving, cropping or merging would leave nothing sensible */
    UB_IMG_DIFFERENT = 535,     /**< two images that were compared differ */

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

    /* 11xx UB-TRU: who vouches for an image */
    UB_TRU_DIGEST = 1101,      /**< the file's digest is not the one that was given */
    UB_TRU_SIGNATURE = 1102,   /**< the signature does not match: file or signature was altered */
    UB_TRU_UNKNOWN_KEY = 1103, /**< signed by a key that is not known */
    UB_TRU_REQUIRED = 1104,    /**< the policy asks for a signature, and there is no good one */
    UB_TRU_KEY = 1105,         /**< a key cannot be read */
    UB_TRU_COMMENT = 1106,     /**< the trusted comment is for another file */
    UB_TRU_MANIFEST = 1107,    /**< a manifest is malformed */
    UB_TRU_EXPIRED = 1108,     /**< the manifest's time is over, or has not begun */
    UB_TRU_REVOKED = 1109,     /**< the key, the image or the manifest was revoked */
    UB_TRU_ROLLBACK = 1110,    /**< older than what was seen of this model before */
    UB_TRU_SCOPE = 1111,       /**< the key does not speak for this vendor, model or market */
    UB_TRU_STORE = 1112,       /**< the key store cannot be read or written */
    UB_TRU_POLICY = 1113,      /**< a configuration file cannot be read */
    UB_TRU_PASSWORD = 1114,    /**< the secret key needs a password, or another one */
    UB_TRU_NO_STATEMENT =
        1115, /**< a key or a digest file was named, and nothing is there for this file */
    UB_TRU_OTHER_IMAGE = 1116, /**< the manifest is for another image */

    /* 12xx UB-NET: fetching a file */
    UB_NET_URL = 1201,     /**< the address cannot be read, or is of a kind that is not fetched */
    UB_NET_FAILED = 1202,  /**< the connection failed */
    UB_NET_TLS = 1203,     /**< the server could not prove who it is */
    UB_NET_REFUSED = 1204, /**< the server answered, but not with the file */
    UB_NET_UNVERIFIED = 1205, /**< what came cannot be verified, so it is not kept */
    UB_NET_TIMEOUT = 1206,    /**< nothing came for too long */
    UB_NET_TOO_LARGE = 1207,  /**< larger than any firmware */
    UB_NET_CHANGED = 1208,    /**< the file on the server is another one than when it was begun */
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
    UB_STEP_FETCH, /**< getting a file: of ub_fetch() only */
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
    bool no_bus;         /**< no device is needed: no bus is opened, whatever `sims`, `trace` and
                              `replay` say */
    const char *keys;    /**< folder of trusted keys; NULL: $UNBRICK_KEYS, else the user's
                              configuration folder. The site's, /etc/unbrick/keys, is always read */
    const char *policy;  /**< configuration file (docs/trust.md); NULL: the user's. The site's,
                              /etc/unbrick/unbrick.yaml, is always read */
    struct ub_callbacks callbacks;
};

/**
 * Opens a context. *out is the caller's, to be closed with ub_context_close().
 * Errors: UB_USB_INIT, UB_SIM_SPEC, UB_SIM_STATE, UB_USE_QUIRK, UB_TRU_POLICY, UB_SYS_MEMORY.
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

/** The word of family number `index`, as selectors and ub_check() take it ("stm32f405"), or NULL
 * past the end; *title (may be NULL) is what it is, one line. */
UB_API const char *ub_family_word_at(size_t index, const char **title);

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
    bool accept_bad_crc;      /**< take a .dfu file although its suffix' CRC is wrong */
    bool accept_system_image; /**< take a file system, a disk image and the like as raw bytes: for
                                   devices with Linux whose U-Boot takes them by DFU */
    bool accept_blank;        /**< take a file of nothing but zeros or blank bytes */
    const char *member; /**< of an archive: the file in it, as its list says; of a UF2 file: the
                             family of chips, by name or id ("0xe48bff56"); NULL: the only one */
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
    const char *format;       /**< short name of the format: "raw", "dfu", "dfuse", "ihex", "elf" */
    const char *format_title; /**< for a person: "DFU file", "Intel HEX", ... */
    const char *packed;       /**< "" or how it was packed, outermost first: "zip, gzip" */
    const char *member;       /**< the file's path in its archive, or "" */
    uint64_t file_size;       /**< of the file on disk, that is of the archive */
    uint64_t length;          /**< bytes in all segments */
    uint8_t sha256[32];       /**< of the file on disk */
    size_t segment_count;
    bool has_ids; /**< the three fields below come from the file; 0xffff means "any" */
    uint16_t vid;
    uint16_t pid;
    uint16_t bcdDevice;
    const char *target_name; /**< first DfuSe target's name, or "" */
    const char *note; /**< "" or what of the file was left out: "3 blocks that are not for flash",
                           and what files of its archive hold the same firmware */
};

/**
 * Reads a firmware file, also one in an archive (docs/images.md). *out is the caller's, to be freed
 * with ub_image_close(). `options` may be NULL. Errors: the UB_IMG domain, UB_SYS_MEMORY.
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

/** What a file, its archive or its manifest can say about itself. */
enum ub_claim_kind {
    UB_CLAIM_TARGET,      /**< DfuSe target: `number` is the alternate setting, `text` its name */
    UB_CLAIM_UF2_FAMILY,  /**< `number` is the family id, `text` its name or "" */
    UB_CLAIM_MACHINE,     /**< `number` is e_machine, `detail` e_flags, `text` "Arm" */
    UB_CLAIM_ENTRY,       /**< `number` is the address where it starts */
    UB_CLAIM_PREFIX,      /**< `text` is "lpc" or "ti"; TI: `number` is where it goes */
    UB_CLAIM_CHIP,        /**< `number` is Espressif's chip id, `text` "ESP32-S3" */
    UB_CLAIM_VERSION,     /**< `text` is the version */
    UB_CLAIM_PRODUCT,     /**< `text` is a product's or a program's name */
    UB_CLAIM_VENDOR,      /**< `text` */
    UB_CLAIM_MODEL,       /**< `text`; several: any of them */
    UB_CLAIM_REVISION,    /**< hardware revision; several: any of them */
    UB_CLAIM_MARKET,      /**< the part of the world it is made for; several: any of them */
    UB_CLAIM_FAMILY,      /**< `text` is a family's word; several: any of them */
    UB_CLAIM_GUID,        /**< of the device, from LVFS metainfo */
    UB_CLAIM_MIN_VERSION, /**< the running firmware has to be at least `text` */
    UB_CLAIM_MIN_LOADER,  /**< the bootloader has to be at least `text` */
    /** How its versions are written: LVFS's word for it ("triplet", "bcd"). */
    UB_CLAIM_VERSION_FORMAT,
};

/** One claim. `source` is static: who says so ("ELF header", "metainfo", "manifest"). */
struct ub_claim {
    enum ub_claim_kind kind;
    const char *source;
    uint64_t number;
    uint64_t detail;
    char text[UB_STRING_TEXT];
};

/** Claim number `index`, in the order in which they were found; false past the end. */
UB_API bool ub_image_claim(const struct ub_image *image, size_t index, struct ub_claim *out);
/** "target", "uf2-family", "machine", ...: the claim's name in JSON. Never NULL. */
UB_API const char *ub_claim_name(enum ub_claim_kind kind);

/** A digest that an image carries of itself. */
enum ub_self_check {
    UB_SELF_NONE, /**< it has none */
    UB_SELF_RIGHT,
    UB_SELF_WRONG, /**< the image is damaged */
};

#define UB_FACT_VERSIONS 8
#define UB_BUILD_ID_TEXT 65 /**< bytes of a build id as text, with its NUL */

/** What the bytes of an image show, whatever it claims. */
struct ub_image_facts {
    uint64_t blank;        /**< bytes that are erased memory's (0xff) */
    unsigned entropy;      /**< of its densest 64 KiB, hundredths of a bit per byte: 0 to 800 */
    bool dense;            /**< no code looks like that: compressed or encrypted */
    bool has_vectors;      /**< it begins with what can be a Cortex-M vector table */
    uint64_t vectors_at;   /**< address of that, if the image has addresses */
    uint32_t stack;        /**< the initial stack pointer */
    uint32_t reset;        /**< the reset vector as it stands, with its lowest bit */
    bool reset_inside;     /**< it leads into the image, taken to begin at vectors_at or where the
                                vectors themselves say */
    bool mcuboot;          /**< it has MCUboot's header */
    bool mcuboot_unsigned; /**< and no signature among its TLVs */
    enum ub_self_check mcuboot_hash;
    bool esp; /**< it has Espressif's application header */
    enum ub_self_check esp_hash;
    char versions[UB_FACT_VERSIONS][64]; /**< texts in it that look like a version */
    size_t version_count;
    bool has_usb_ids; /**< the fields below are from the one USB device descriptor in it: the ids
                           under which it will show itself */
    uint16_t usb_vid;
    uint16_t usb_pid;
    uint16_t usb_bcdDevice;
    char build_id[UB_BUILD_ID_TEXT]; /**< GNU build id in hexadecimal digits, or "" */
};

/** Looks at the bytes of the image. Never fails. */
UB_API void ub_image_facts(const struct ub_image *image, struct ub_image_facts *out);

/** One file in an archive. */
struct ub_member {
    char path[UB_STRING_TEXT]; /**< as the archive says, made printable; nothing is written there */
    uint64_t length;
    char what[64]; /**< what it is, for a person: "Intel HEX", "a text file" */
    bool firmware; /**< it can be opened as an image */
};

/**
 * Lists what an archive holds. *out is an array to be freed with free(); a file that is no archive
 * gives none. Errors: as ub_image_open().
 */
UB_API UB_MUST_USE enum ub_code ub_image_members(const char *path, struct ub_member **out,
                                                 size_t *count, struct ub_error *err);

/** A format that can be written: number `index`, or NULL past the end. */
UB_API const char *ub_image_format_at(size_t index);

/** How an image is written. Zero is the usual. */
struct ub_save_options {
    const char *format; /**< "ihex", ...; NULL: by the path's ending */
    bool has_fill;      /**< fill gaps, so that formats of one piece can hold it */
    uint8_t fill;
    bool has_ids; /**< write these instead of the image's own */
    uint16_t vid;
    uint16_t pid;
    uint16_t bcdDevice;
    const char *prefix;      /**< "lpc", "ti" or "none"; NULL: as it is */
    uint64_t prefix_address; /**< for "ti" */
    bool has_uf2_family;
    uint32_t uf2_family;
    bool replace; /**< the file may exist */
};

/** The SHA-256 of the bytes of all segments in their order, without addresses and gaps: the same
 * for one firmware in every format. */
UB_API void ub_image_content_sha256(const struct ub_image *image, uint8_t out[32]);

/** Writes the image to a file. Errors: UB_IMG_UNWRITABLE, UB_USE_OPTION (no such format),
 * UB_SYS_WRITE, UB_SYS_DISK_FULL. */
UB_API UB_MUST_USE enum ub_code ub_image_save(const struct ub_image *image, const char *path,
                                              const struct ub_save_options *options,
                                              struct ub_error *err);

/** How one image is made of others. Zero changes nothing. Done in the order of the members. */
struct ub_edit {
    bool has_at; /**< an image without addresses goes there */
    uint64_t at;
    bool has_alt; /**< keep what is for this alternate setting; -1: what names none */
    int alt;
    int64_t offset;     /**< added to every address */
    uint64_t crop_from; /**< keep this range; crop_length 0: all */
    uint64_t crop_length;
    bool has_fill; /**< fill the gaps between the pieces */
    uint8_t fill;
};

/**
 * A new image out of `count` images, which may not overlap. *out is the caller's. Claims that are
 * the same in all are kept; the start address moves with the code, and goes with it if it is not
 * kept. Errors: UB_IMG_OVERLAP, UB_IMG_EDIT (nothing would be left, addresses would overflow, the
 * ids contradict each other), UB_IMG_NO_ADDRESS (several without addresses, or one that is to be
 * moved), UB_IMG_ADDRESS_CONFLICT (`at`, and all have addresses that differ), UB_IMG_TOO_LARGE (a
 * gap too wide to be filled), UB_SYS_MEMORY.
 */
UB_API UB_MUST_USE enum ub_code ub_image_edit(const struct ub_image *const *images, size_t count,
                                              const struct ub_edit *edit, struct ub_image **out,
                                              struct ub_error *err);

/** A part of an image that can be a file of its own: all that lies between its first byte and its
 * last, for one alternate setting (-1: none is named). */
struct ub_image_part {
    int alt;
    bool has_address;
    uint64_t address; /**< or the offset from the start */
    uint64_t length;  /**< with the gaps */
};

/**
 * How an image falls into parts: its segments, or with `family` (a family's word) what lies in each
 * bank of its flash memory, and the segments elsewhere. *out is an array to be freed with free().
 * Errors: UB_USE_OPTION (no such family, or one whose sectors are not known), UB_SYS_MEMORY.
 */
UB_API UB_MUST_USE enum ub_code ub_image_parts(const struct ub_image *image, const char *family,
                                               struct ub_image_part **out, size_t *count,
                                               struct ub_error *err);

/** A range in which two images differ. */
struct ub_difference {
    int alt; /**< alternate setting that the files name, or -1 */
    bool has_address;
    uint64_t address; /**< or the offset from the start */
    uint64_t length;
    uint64_t differing; /**< bytes in it that differ */
    uint64_t first_at;  /**< where the first of them is */
    bool only_first;    /**< the second image has nothing there */
    bool only_second;
};

/**
 * Compares two images: ranges of bytes that differ, those less than 16 bytes apart taken together;
 * with `family` (a family's word) its sectors that differ, and ranges elsewhere. A byte that only
 * one of them has differs. Where one image says no addresses, or names no alternate settings, it is
 * taken to begin where the other one does, and to be for the same ones. *out is an array to be
 * freed with free(), NULL if there is no difference. Errors: UB_USE_OPTION (no such family, or one
 * whose sectors are not known), UB_SYS_MEMORY.
 */
UB_API UB_MUST_USE enum ub_code ub_image_diff(const struct ub_image *first,
                                              const struct ub_image *second, const char *family,
                                              struct ub_difference **out, size_t *count,
                                              struct ub_error *err);

/* ---------------------------------------------------------------------------------------------------------------
 * Trust
 * ------------------------------------------------------------------------------------------------------------
 */

#define UB_KEY_ID_TEXT 72 /**< bytes of a key's id as text, with its NUL */

/** How far an image is vouched for. */
enum ub_trust_level {
    UB_TRUST_NONE,   /**< nobody said anything */
    UB_TRUST_DIGEST, /**< a digest beside the file matches: it is whole, not that it is genuine */
    UB_TRUST_GIVEN,  /**< the digest that the person gave matches */
    UB_TRUST_SIGNED, /**< signed by a key that is trusted for it */
};

/** Where the key that signed comes from. */
enum ub_key_origin {
    UB_KEY_NONE,  /**< there is no signature by a trusted key */
    UB_KEY_GIVEN, /**< trusted for this once */
    UB_KEY_USER,  /**< from the user's store */
    UB_KEY_SITE,  /**< from the site's */
};

/** Who vouches for an image. A plain value. */
struct ub_trust {
    enum ub_trust_level level;
    char by[UB_STRING_TEXT];      /**< name of the key, or of the file of digests */
    char key_id[UB_KEY_ID_TEXT];  /**< "" without signature */
    char comment[UB_STRING_TEXT]; /**< the trusted comment of a signature */
    bool manifest;                /**< a signed manifest speaks for it; its words are claims */
    char version[UB_STRING_TEXT]; /**< of the manifest */
    bool expired;                 /**< its time is over; refused unless named */
    bool rolled_back;             /**< an older version than was seen; refused unless named */
    bool first_use;               /**< its key was stored just now */
    bool not_kept;    /**< that was asked for, and not done, as the manifest's time is over */
    bool inside_only; /**< a trusted key signed the firmware in the file (MCUboot), and nobody the
                         address at which the file puts it: so it does not count as signed */
    bool unknown_key; /**< signed by key_id, which is not trusted: nothing was checked by it; only
                         where nobody trusted signed too */
    enum ub_key_origin origin; /**< of the key that signed */
};

/** What to check an image by. Zero: what lies beside the file, and the keys that are trusted. */
struct ub_trust_options {
    const char *sha256; /**< 64 hexadecimal digits, or NULL */
    const char *sha512; /**< 128 hexadecimal digits, or NULL */
    const char *sums;   /**< a file of digests (sha256sum's form); NULL: those beside the file */
    const char *const *keys; /**< public key files trusted for this once */
    size_t key_count;
    const char *signature; /**< NULL: FILE.minisig or FILE.sig beside the file */
    const char *manifest;  /**< NULL: FILE.manifest.json beside the file */
    bool first_use; /**< keep the one key of `keys` in the store if it is new there, for the vendor
                         and model of the manifest */
};

/**
 * Checks who vouches for an image that was opened from a file, against the very bytes that were
 * read. What is found stays with the image (ub_image_trust()), a manifest's words become its
 * claims. Anything that is there and wrong is an error; nothing at all is UB_TRUST_NONE. Errors:
 * UB_TRU domain except UB_TRU_REQUIRED, UB_TRU_EXPIRED and UB_TRU_ROLLBACK, UB_IMG_READ (the file
 * changed since), UB_USE_OPTION (no digest), UB_USE_CONFLICT (first use of other than one key).
 */
UB_API UB_MUST_USE enum ub_code ub_trust_image(struct ub_context *context, struct ub_image *image,
                                               const struct ub_trust_options *options,
                                               struct ub_error *err);
/** What ub_trust_image() found. */
UB_API void ub_image_trust(const struct ub_image *image, struct ub_trust *out);

/** A trusted key. Strings are the value's own. */
struct ub_key {
    char name[UB_STRING_TEXT];
    char id[UB_KEY_ID_TEXT];
    char kind[16];               /**< "minisign", "signify", "mcuboot" */
    char vendor[UB_STRING_TEXT]; /**< it speaks for this vendor only; "": any */
    char model[UB_STRING_TEXT];
    char market[UB_STRING_TEXT];
    char added[32]; /**< RFC 3339, UTC */
    bool site;      /**< from the site's folder, which this user cannot change */
    bool revoked;
    bool first_use;              /**< kept on first use, not added by hand */
    char reason[UB_STRING_TEXT]; /**< why it was revoked, or "" */
};

/** Lists the trusted keys. *out is an array to be freed with free(). Errors: UB_TRU_STORE. */
UB_API UB_MUST_USE enum ub_code ub_keys(struct ub_context *context, struct ub_key **out,
                                        size_t *count, struct ub_error *err);
/** Adds the public key in `path` under `scope->name` ("": the file's name), for scope's vendor,
 * model and market; a key that is there under that name gets them instead of its own. Errors:
 * UB_TRU_KEY, UB_TRU_STORE, UB_TRU_REVOKED, UB_USE_OPTION (no name for a key). */
UB_API UB_MUST_USE enum ub_code ub_key_add(struct ub_context *context, const char *path,
                                           const struct ub_key *scope, struct ub_error *err);
/** Forgets a key of the user's, by name or id. Errors: UB_TRU_UNKNOWN_KEY, UB_TRU_STORE. */
UB_API UB_MUST_USE enum ub_code ub_key_remove(struct ub_context *context, const char *key,
                                              struct ub_error *err);
/** Never again trusts a key (its name or id), or a file (64 digits of its SHA-256), with a reason.
 * Errors: UB_TRU_UNKNOWN_KEY (it is none of these), UB_TRU_STORE. */
UB_API UB_MUST_USE enum ub_code ub_key_revoke(struct ub_context *context, const char *what,
                                              const char *reason, struct ub_error *err);

/** How a password is asked for; writes at most `size` bytes with a NUL. False: there is none. */
typedef bool ub_password(void *user, const char *question, char *to, size_t size);

/** Makes a pair of minisign keys: NAME.pub and NAME.key, which must not exist. Without `password`
 * the secret one is not encrypted. Errors: UB_SYS_WRITE, UB_TRU_PASSWORD. */
UB_API UB_MUST_USE enum ub_code ub_key_new(const char *path, ub_password *password, void *user,
                                           struct ub_error *err);

/** What a manifest says (docs/trust.md). Strings are borrowed; lists end with NULL. */
struct ub_manifest {
    const char *vendor;
    const char *const *families;
    const char *const *models;
    const char *const *revisions;
    const char *const *markets;
    const char *version;
    const char *min_version; /**< lowest running version, or NULL */
    const char *min_loader;  /**< lowest bootloader, or NULL */
    const char *not_before;  /**< RFC 3339, or NULL */
    const char *expires;     /**< RFC 3339, or NULL */
};

/** How an image is signed. */
struct ub_sign_options {
    const char *key;       /**< minisign secret key file */
    ub_password *password; /**< asked if the key is encrypted; may be NULL */
    void *user;
    const char *comment;                /**< trusted comment; NULL: time, file name and "hashed" */
    const struct ub_manifest *manifest; /**< NULL: sign the file itself */
    const struct ub_image_options *image; /**< with a manifest: how the file is opened, such as
                                               which image of an archive it is about; may be NULL */
};

/**
 * Signs a file as `minisign -S` does: FILE.minisig. With a manifest, writes FILE.manifest.json and
 * signs that. Existing files are replaced. Errors: UB_TRU_KEY, UB_TRU_PASSWORD, UB_TRU_MANIFEST,
 * UB_IMG domain, UB_USE_OPTION (the comment is no line of text), UB_USE_CONFLICT (a member without
 * a manifest: a file is signed as a whole), UB_SYS_WRITE, UB_SYS_DISK_FULL, UB_SYS_MEMORY.
 */
UB_API UB_MUST_USE enum ub_code
ub_image_sign(const char *path, const struct ub_sign_options *options, struct ub_error *err);

/** What to fetch, and how to know that it is the right thing. */
struct ub_fetch_options {
    struct ub_trust_options trust; /**< digests, keys, or both. `signature` and `manifest` are
                                        addresses, or NULL: beside the file; `sums` is a file of
                                        this computer: the digest in it counts as one that was
                                        given */
    bool keep_unverified;          /**< named: keep it although nobody vouches for it, or its
                                        manifest is expired or rolled back */
    uint64_t stall_us;             /**< give up when next to nothing came for so long, or no
                                        connection; 0: 30 s */
    const char *authorities;       /**< file of certificates to believe; NULL: the system's */
};

/** What was fetched. */
struct ub_fetched {
    char path[4096]; /**< in the vault */
    uint64_t length;
    uint64_t resumed; /**< bytes that were there from an earlier try */
    struct ub_trust trust;
};

/**
 * Fetches a file over https:// (http:// and file:// where a digest or key is given) into the vault,
 * going on where an earlier try ended, and keeps it only if it can be verified: by a digest that
 * was given, or a signature of a key that is trusted, and a manifest that is neither expired nor
 * rolled back if there is one. What vouches for it is kept beside it. It has
 * the name that the address ends with; another file of that name goes into a folder of its own.
 * What is wrong, or not verified, is deleted again. Errors: UB_NET and UB_TRU domains,
 * UB_USE_OPTION, UB_SYS_WRITE, UB_SYS_DISK_FULL, UB_SYS_INTERRUPTED, UB_SYS_MEMORY.
 */
UB_API UB_MUST_USE enum ub_code ub_fetch(struct ub_context *context, const char *url,
                                         const struct ub_fetch_options *options,
                                         struct ub_fetched *out, struct ub_error *err);

/* ---------------------------------------------------------------------------------------------------------------
 * Does an image belong on a device?
 * ------------------------------------------------------------------------------------------------------------
 */

enum ub_weight {
    UB_FINDING_FOR,     /**< it speaks for the device */
    UB_FINDING_WEAK,    /**< something to think about; the person decides */
    UB_FINDING_AGAINST, /**< it cannot be: refused until it is named */
};

/** One piece of evidence. */
struct ub_finding {
    enum ub_weight weight;
    const char *name; /**< static: what --accept calls it ("other-machine") */
    bool acceptable;  /**< false: no name makes it go away */
    bool accepted;    /**< it was named */
    char text[UB_ERROR_TEXT];
};

struct ub_match;
struct ub_flash_options;

/**
 * Does the image belong on this device, or on a family's devices (`family`, a family's word; then
 * no device is looked for)? Reads the device, changes nothing. *out is the caller's, to be freed
 * with ub_match_free(). A refusal is no error here. Errors: those of finding and opening the
 * device, UB_USE_OPTION (no such family, no such name to accept).
 */
UB_API UB_MUST_USE enum ub_code ub_check(struct ub_context *context, const struct ub_image *image,
                                         const char *selector, const char *family,
                                         const struct ub_flash_options *options,
                                         struct ub_match **out, struct ub_error *err);
UB_API void ub_match_free(struct ub_match *match);
/** Finding number `index`, what speaks against it first; false past the end. */
UB_API bool ub_match_finding(const struct ub_match *match, size_t index, struct ub_finding *out);
/** The error with which ub_flash() would refuse, or UB_OK. */
UB_API enum ub_code ub_match_refusal(const struct ub_match *match, struct ub_error *err);
/** A name that options->accept may hold: number `index`, or NULL past the end; *meaning is what is
 * accepted by it, one line. */
UB_API const char *ub_acceptable_at(size_t index, const char **meaning);
/** The families that the image can belong to, best first: the word of number `index`, or NULL past
 * the end; *why is the evidence, cut to `size` bytes. */
UB_API const char *ub_image_family(const struct ub_image *image, size_t index, char *why,
                                   size_t size);

/* ---------------------------------------------------------------------------------------------------------------
 * Plans and procedures
 * ------------------------------------------------------------------------------------------------------------
 */

/** What flashing, planning and verifying may do. Zero is the careful default. */
struct ub_flash_options {
    bool has_at; /**< `at` says where a raw image goes */
    uint64_t at;
    bool assume_yes;           /**< do not ask questions that have a safe default */
    bool no_backup;            /**< give up the way back: named by the person */
    bool whole;                /**< write every sector of the image without comparing first */
    bool discard_neighbours;   /**< do not keep what shares a sector with the image */
    bool stay;                 /**< do not leave the bootloader afterwards */
    const char *const *accept; /**< contradictions that the person named (ub_acceptable_at()) */
    size_t accept_count;
    const char *label; /**< what the device's label says: "model=X,revision=B,market=EU"; or NULL */
    bool erase_all;    /**< irreversible, named: erase everything first */
    bool write_option_bytes; /**< irreversible, named: regions of option bytes may be written */
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
    uint64_t repeats;       /**< blocks and commands done once more, as the first try failed */
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
