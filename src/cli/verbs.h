/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file verbs.h
 * The one table of verbs, options and topics. Parsing, help, manual pages and shell completion are
 * all driven by it, so that they cannot disagree. Everything here is constant and static.
 */
#ifndef CLI_VERBS_H
#define CLI_VERBS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** Every option; the number is its place in the table. */
enum cli_option_id {
    CLI_OPT_SIM,
    CLI_OPT_VAULT,
    CLI_OPT_QUIRKS,
    CLI_OPT_QUIRK,
    CLI_OPT_TRACE,
    CLI_OPT_REPLAY,
    CLI_OPT_LENIENT,
    CLI_OPT_KEYS,
    CLI_OPT_CONFIG,
    CLI_OPT_JSON,
    CLI_OPT_YES,
    CLI_OPT_QUIET,
    CLI_OPT_VERBOSE,
    CLI_OPT_NO_COLOR,
    CLI_OPT_ASCII,
    CLI_OPT_HELP,
    CLI_OPT_VERSION,
    CLI_OPT_ALL,
    CLI_OPT_WATCH,
    CLI_OPT_NUMBER,
    CLI_OPT_AT,
    CLI_OPT_REGION,
    CLI_OPT_DRY_RUN,
    CLI_OPT_STAY,
    CLI_OPT_WHOLE,
    CLI_OPT_READ_ONCE,
    CLI_OPT_MEMBER,
    CLI_OPT_FAMILY,
    CLI_OPT_LABEL,
    CLI_OPT_ACCEPT,
    CLI_OPT_SHA256,
    CLI_OPT_SHA512,
    CLI_OPT_SUMS,
    CLI_OPT_KEY,
    CLI_OPT_SIGNATURE,
    CLI_OPT_MANIFEST,
    CLI_OPT_TRUST_FIRST_USE,
    CLI_OPT_DISCARD_NEIGHBOURS,
    CLI_OPT_NO_BACKUP,
    CLI_OPT_ERASE_ALL,
    CLI_OPT_WRITE_OPTION_BYTES,
    CLI_OPT_WRITE_OTP,
    CLI_OPT_LOSE_PROTECTED_CONTENT,
    CLI_OPT_OUTPUT,
    CLI_OPT_FORMAT,
    CLI_OPT_OFFSET,
    CLI_OPT_CROP,
    CLI_OPT_FILL,
    CLI_OPT_SPLIT,
    CLI_OPT_IDS,
    CLI_OPT_PREFIX,
    CLI_OPT_UF2_FAMILY,
    CLI_OPT_SECRET_KEY,
    CLI_OPT_PASSWORD_FILE,
    CLI_OPT_COMMENT,
    CLI_OPT_VENDOR,
    CLI_OPT_MODEL,
    CLI_OPT_REVISION,
    CLI_OPT_MARKET,
    CLI_OPT_SET_VERSION,
    CLI_OPT_MIN_VERSION,
    CLI_OPT_MIN_LOADER,
    CLI_OPT_NOT_BEFORE,
    CLI_OPT_EXPIRES,
    CLI_OPT_KEEP_UNVERIFIED,
    CLI_OPT_AUTHORITIES,
    CLI_OPT_NAME,
    CLI_OPT_REASON,
    CLI_OPT_ATTACH,
    CLI_OPT_USBIP,
    CLI_OPTION_COUNT
};

/** What a word on the command line means: for help and for completion. */
enum cli_word_kind {
    CLI_WORD_NONE, /**< an option without value */
    CLI_WORD_TEXT, /**< nothing that could be completed */
    CLI_WORD_FILE,
    CLI_WORD_FOLDER,
    CLI_WORD_DEVICE,
    CLI_WORD_BACKUP,
    CLI_WORD_MODEL,
    CLI_WORD_ERROR,
    CLI_WORD_KEY,    /**< a trusted key */
    CLI_WORD_ACCEPT, /**< what --accept can name */
    CLI_WORD_FAMILY,
    CLI_WORD_FORMAT, /**< that an image can be written in */
    CLI_WORD_TOPIC,  /**< a verb or a topic of help */
};

/** One option. */
struct cli_option {
    const char *name; /**< without the dashes */
    char letter;      /**< its short form, or 0 */
    bool repeats;     /**< may be given several times */
    bool global;      /**< every verb takes it */
    bool loses;       /**< it gives something up for ever; shown apart in help */
    enum cli_word_kind kind;
    const char *value; /**< what its value is called, or NULL if it takes none */
    const char *help;  /**< a sentence or two */
};

/** The parts in which options are shown. */
enum cli_option_part {
    CLI_PART_GLOBAL,
    CLI_PART_OWN,   /**< a verb's, besides the global ones */
    CLI_PART_LOSES, /**< those of a verb that give something up for ever */
};

/** One argument of a verb. */
struct cli_argument {
    const char *name; /**< "IMAGE"; NULL ends the list */
    enum cli_word_kind kind;
    bool optional;
    bool repeats; /**< takes the rest of the line; only the last one may */
};

/** A command line and what it does. */
struct cli_example {
    const char *command;
    const char *says;
};

enum cli_verb_id {
    CLI_VERB_OVERVIEW, /**< no verb at all */
    CLI_VERB_LIST,
    CLI_VERB_INFO,
    CLI_VERB_ENTER,
    CLI_VERB_LEAVE,
    CLI_VERB_FLASH,
    CLI_VERB_PLAN,
    CLI_VERB_VERIFY,
    CLI_VERB_BACKUP,
    CLI_VERB_RESTORE,
    CLI_VERB_ERASE,
    CLI_VERB_IMAGE_INFO,
    CLI_VERB_IMAGE_CHECK,
    CLI_VERB_IMAGE_SHA256,
    CLI_VERB_IMAGE_CONVERT,
    CLI_VERB_IMAGE_DIFF,
    CLI_VERB_IMAGE_SIGN,
    CLI_VERB_IMAGE_FETCH,
    CLI_VERB_KEY_LIST,
    CLI_VERB_KEY_ADD,
    CLI_VERB_KEY_REMOVE,
    CLI_VERB_KEY_REVOKE,
    CLI_VERB_KEY_NEW,
    CLI_VERB_VAULT_LIST,
    CLI_VERB_VAULT_SHOW,
    CLI_VERB_VAULT_CHECK,
    CLI_VERB_SIM,
    CLI_VERB_EXPLAIN,
    CLI_VERB_VERSION,
    CLI_VERB_HELP,
    CLI_VERB_GENERATE, /**< hidden: manual pages and completion, for the build */
    CLI_VERB_WORDS,    /**< hidden: words for completion */
    CLI_VERB_COUNT
};

#define CLI_MAX_ARGUMENTS 2
#define CLI_MAX_EXAMPLES  4

/** One verb. */
struct cli_verb {
    enum cli_verb_id id;
    const char *name;    /**< "flash", "vault list"; "" for no verb; NULL ends a list of verbs */
    const char *summary; /**< one line, no full stop */
    bool hidden;         /**< in no help, no manual and no completion */
    bool needs_device;   /**< works on a device, so that an error says how it was left */
    struct cli_argument arguments[CLI_MAX_ARGUMENTS + 1];
    const char *text; /**< paragraphs, separated by an empty line */
    struct cli_example examples[CLI_MAX_EXAMPLES];
    /** Those that it takes besides the global ones, ended by CLI_OPTION_COUNT; NULL: none. */
    const enum cli_option_id *options;
};

/** The options of a verb, for the table. */
#define CLI_OPTIONS(...) ((const enum cli_option_id[]){__VA_ARGS__, CLI_OPTION_COUNT})

/** A verb with verbs of its own: `vault`, `image`. */
struct cli_group {
    const char *name;
    const char *summary;
};

/** Two options that contradict each other, and why. */
struct cli_conflict {
    enum cli_option_id one;
    enum cli_option_id other;
    const char *why;
};

/** A term and its explanation. */
struct cli_item {
    const char *term; /**< NULL ends the list */
    const char *text;
};

/** What the library knows of a topic; it follows the items. */
enum cli_topic_more {
    CLI_MORE_NOTHING,
    CLI_MORE_QUIRK_KEYS,
    CLI_MORE_ACCEPTABLE, /**< the names that --accept takes */
};

/** A topic of help that is not a verb; a section of unbrick(1). */
struct cli_topic {
    const char *name;
    const char *title;
    const char *text; /**< paragraphs, separated by an empty line; may be "" */
    const struct cli_item *items;
    enum cli_topic_more more;
};

extern const struct cli_option cli_options[CLI_OPTION_COUNT];

/** The table of verbs, in parts: what works on this computer, on devices, and on files. Each ends
 * with a verb whose name is NULL. */
extern const struct cli_verb cli_host_verbs[], cli_device_verbs[], cli_file_verbs[];

/** The verb with this id, or NULL past the last one. */
const struct cli_verb *cli_verb_at(size_t id);

/** Group number `index`, or NULL past the end. */
const struct cli_group *cli_group_at(size_t index);
/** Conflict number `index`, or NULL past the end. */
const struct cli_conflict *cli_conflict_at(size_t index);
/** Topic number `index`, or NULL past the end. */
const struct cli_topic *cli_topic_at(size_t index);

#define CLI_ITEM_TEXT 512 /**< bytes for an item that is put together, with its NUL */

/**
 * Item number `index` of a topic; false past the end. `room` is the caller's, for what is put
 * together, and has to live as long as the item.
 */
bool cli_topic_item(const struct cli_topic *topic, size_t index, char room[CLI_ITEM_TEXT],
                    struct cli_item *out);

/** The verb, group or topic of this name, or NULL. */
const struct cli_verb *cli_verb_find(const char *name);
const struct cli_group *cli_group_find(const char *name);
const struct cli_topic *cli_topic_find(const char *name);
/** The option of this long name (`length` characters of it), or CLI_OPTION_COUNT. */
enum cli_option_id cli_option_find(const char *name, size_t length);
/** The option of this letter, or CLI_OPTION_COUNT. */
enum cli_option_id cli_option_by_letter(char letter);

/** True if `verb` belongs to the group `group` ("vault list" to "vault"). */
bool cli_verb_in_group(const struct cli_verb *verb, const char *group);
/** True if the verb takes the option. */
bool cli_verb_takes(const struct cli_verb *verb, enum cli_option_id option);
/** True if the option is shown in this part of the verb's options. */
bool cli_option_in(enum cli_option_id option, const struct cli_verb *verb,
                   enum cli_option_part part);

#endif
