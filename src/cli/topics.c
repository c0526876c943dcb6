/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The topics of help: part of the table in verbs.h. */
#include "unbrick.h"
#include "verbs.h"

#include <stdio.h>

static const struct cli_item device_items[] = {
    {"port=1-4.2", "the device at this port of the bus; survives re-enumeration, unlike anything "
                   "else about a device. A bare 1-4.2 means the same."},
    {"serial=TEXT", "the device with this serial number"},
    {"id=VID:PID", "vendor and product id in hexadecimal, such as id=0483:df11"},
    {"FAMILY",
     "a family's name, such as stm32, gd32, at32, or dfu for any device with a DFU interface. "
     "Families with the same ids, such as stm32f405 and stm32l4, cannot be told apart before the "
     "device is opened"},
    {NULL, NULL},
};

static const struct cli_item sim_items[] = {
    {"state=FILE", "its flash lives in FILE, so that the next command meets the same device"},
    {"content=FILE", "what its flash holds at first"},
    {"mode=MODE", "what runs when the command starts: runtime or dfu"},
    {"time=TIME", "real, or virtual: no waiting, the clock jumps"},
    {"port=PORT", "the port at which it appears, such as 1-4.2"},
    {"serial=TEXT", "its serial number"},
    {"id=VID:PID", "its ids in DFU mode"},
    {"appid=VID:PID", "its ids while the firmware runs"},
    {"fault=KIND@N", "something goes wrong at transfer N; KIND is unplug, stall, timeout, short, "
                     "corrupt or reset; may be repeated"},
    {"arrive=STATE", "the state in which it is met: idle, dnload-sync, dnbusy, dnload-idle, "
                     "manifest-sync, manifest, manifest-wait, upload-idle or error"},
    {"leave=HOW", "what it does when told to leave: well, stall, gone, gone-before-status, mute or "
                  "random"},
    {"speed=SPEED", "typical, or slow: each erase and write takes as long as the chip may need"},
    {"seed=N", "what it does at random follows from this number; 1 if not given"},
    {"report=FILE", "gets what the device counted, as one JSON object, when it is given up"},
    {"poll=TIME", "how long it asks to be left alone: milliseconds, typical or generous"},
    {"stuck=N", "from download N on it stays busy for ever"},
    {"drop=N", "data block N is reported as written and is not"},
    {"silent", "everything is reported as written or erased and nothing is"},
    {"rdp", "its flash is read-protected"},
    {"wrp=N", "sector N is write-protected; may be repeated"},
    {"map=TEXT", "the memory map that it tells of its flash; commas need a backslash"},
    {"xfer=BYTES", "the transfer size that it tells (wTransferSize)"},
    {"short=N", "its status answers have N bytes instead of 6"},
    {"nofunc", "it has no DFU functional descriptor"},
    {"protocol=N", "the interface protocol that it tells (bInterfaceProtocol)"},
    {"setalt=stall", "it stalls when an alternate setting is selected"},
    {"descriptor=HOW",
     "its descriptors are wrong: short, long, zero or loop (lengths), garbage, or one length is N: "
     "cut@N (bytes sent), functional@N, interface@N (bLength) or total@N (wTotalLength)"},
    {"strings=HOW", "none, long (255 bytes) or cut (half of what they say)"},
    {"badstate=N", "its state is N, which need not exist; N@M: from answer M on"},
    {"badstatus=N", "its status is N, likewise"},
    {"answer=long", "its answers are longer than was asked for; long@N: the Nth one only"},
    {"upload=lie@N", "the Nth block that it uploads is not what it holds"},
    {"endless", "a plain DFU upload never ends"},
    {"flood=N", "it comes and goes N times, every 50 ms, as soon as it has power"},
    {NULL, NULL},
};

static const struct cli_item quirk_items[] = {
    {"name", "small letters, digits and dashes; needed in a file"},
    {"defect", "what is wrong with the device, one line; needed in a file"},
    {"source", "where that is known from"},
    {"does", "what is done about it beyond the keys below"},
    {"select", "in a file: a mapping of the keys from id to map, each with a value or a list of "
               "values"},
    {"behaviour", "in a file: a mapping of the keys from erase_deadline_ms on"},
    {NULL, NULL},
};

static const struct cli_item no_items[] = {{NULL, NULL}};

static const struct cli_item status_items[] = {
    {"0", "done: the device holds the image, verified"},
    {"2", "usage: untouched; the command line is wrong"},
    {"3", "not found: untouched; no device fits, or more than one does"},
    {"4", "no access: untouched; permission, driver, or held by another program"},
    {"5",
     "image refused: untouched; damaged, not for this device, or nobody trusted vouches for it"},
    {"6", "needs a name: untouched; an irreversible step was not named"},
    {"7", "unchanged: an error, and the device still holds what it held"},
    {"8", "incomplete: the device holds part of the image and is in, or enters, its bootloader; "
          "give the same command again"},
    {"9", "mismatch: verify or image diff found differences"},
    {"10", "host: disk full, output could not be written, out of memory, internal error"},
    {"130", "interrupted by the person; the last line says in what state the device is"},
    {NULL, NULL},
};

static const struct cli_item json_items[] = {
    {"event", "kind (begin, progress, wait, warning, done, skipped), step (image, device, enter, "
              "backup, plan, erase, write, verify, leave), port, text; bytes done, total and rate "
              "(per second), microseconds left_us and elapsed_us"},
    {"device", "port, id, vid, pid, release, mode (none, runtime, dfu), family, protocol, "
               "manufacturer, product, serial, next_step. With --watch also change (present, "
               "attached, gone, changed)"},
    {"details", "from info: device, dfu_version, attributes, can_download, can_upload, "
                "manifestation_tolerant, will_detach, transfer_size_claimed, transfer_size, "
                "detach_timeout_ms, state, status, regions (alt, name, kind, rights, runs), "
                "read_protected, warnings, quirks (name, defect, remedy, because, source)"},
    {"image",
     "file, name, format, packed (\"zip, gzip\" or \"\"), member, file_size, length, sha256 (of "
     "the "
     "file), content_sha256 (of the firmware inside), vid, pid, release, target, segments (alt, "
     "address, length); address and alt are null where the file gives none. claims: what it says "
     "of "
     "itself (claim, source, number, detail, text). facts: what its bytes show (blank, entropy in "
     "hundredths of a bit a byte, dense, vectors with at, stack, reset and reset_inside, mcuboot "
     "with hash and signed, esp with hash, versions, usb with vid, pid and release of a device "
     "descriptor, build_id); what it has not is null, a hash is right, "
     "wrong or null. families (family, why), trust. error is null; where nobody can vouch for it "
     "because something is wrong it is as in result, and trust is null; for a file that is refused "
     "only file and error are there"},
    {"trust", "in image, match and fetched: level (none, digest, given, signed), by, key, origin "
              "(none, given, user, site), comment, manifest, version, expired, rolled_back, "
              "first_use, not_kept, inside_only, unknown_key"},
    {"archive", "from image info of an archive with several images: file, members (path, length, "
                "what, firmware)"},
    {"match",
     "from image check: file, against, verdict (fits, accepted, unknown, refused), findings "
     "(weight: for, weak or against, name, acceptable, accepted, text), trust, error"},
    {"families", "from image check without DEVICE and --family: file, families (family, why)"},
    {"digest", "from image sha256: file, sha256, content_sha256, length"},
    {"signed", "from image sign: file, manifest (whether one was written)"},
    {"fetched", "from image fetch: path, length, resumed, trust"},
    {"key", "name, id, kind (minisign, signify, mcuboot), vendor, model, market, added, site, "
            "first_use, revoked, reason"},
    {"written", "from image convert, for each file: file, length, segments (alt, address, length)"},
    {"difference", "from image diff, for each range or sector: alt, address (or offset, where the "
                   "files give none), length, differing (how many of its bytes), only (first, "
                   "second or null), from (offset of the first of them) and up to 16 bytes from "
                   "there on in hexadecimal: first, second; -- where one has none"},
    {"comparison", "from image diff: first, second, family, same, ranges, differing"},
    {"plan", "steps in order of execution (action, alt, address, length, predicted_us, "
             "irreversible) and the sums sectors_erased, sectors_touched, sectors_total, "
             "bytes_written, bytes_kept, bytes_preserved, predicted_us, may_add_us, read_back, "
             "nothing_to_do, "
             "needs_no_backup (no backup can be made, so flash needs --no-backup). choices: the "
             "ways that were considered, cheapest first (way, chosen, allowed, why, "
             "predicted_us). For several devices a line for each, with port, device and error, "
             "which is null unless there is no plan"},
    {"backup", "id, created, transport (libusb, virtual, replay), device, readings, interrupted "
               "(taken after a run that was cut short), "
               "length, parts (alt, name, address, length, sha256)"},
    {"check", "backup, intact"},
    {"model", "name, title"},
    {"explanation", "id, title, meaning, causes, next, status"},
    {"serving", "where: how the virtual device is reached"},
    {"version", "version"},
    {"finished", "from flash on several devices, as each is done: status, left, error and the keys "
                 "that result has after flash on one; device, as it was in DFU mode"},
    {"left-out", "from flash and plan on several devices, the keys of device: one in runtime mode, "
                 "which no DEVICE names"},
    {"result", "always the last line: verb, status (the exit status), left (untouched, unchanged, "
               "incomplete, done), error (null, or id, message, context, title, causes, next, "
               "raw). After flash, verify, backup, restore, erase, enter and leave also port, "
               "backup, bytes_written, bytes_kept, sectors_erased, verified, proved, "
               "left_bootloader, came_back, returned, return_us, predicted_us, actual_us, "
               "total_us, transfers, repeats (blocks and commands done once more), and erase, "
               "write and verify, each with predicted_us and "
               "actual_us. After flash or plan on several devices instead count, failed, "
               "devices, each with the keys of finished, left_out (devices) and worst (a port or "
               "null); left and error are those of the worst"},
    {NULL, NULL},
};

static const struct cli_item environment_items[] = {
    {"UNBRICK_VAULT", "folder of the vault where --vault does not name one; without either it is "
                      "unbrick/vault in the person's data folder"},
    {"XDG_CONFIG_HOME", "the configuration folder, in which unbrick/quirks.yaml, "
                        "unbrick/unbrick.yaml and unbrick/keys are read; without it that is "
                        "~/.config"},
    {"UNBRICK_KEYS", "folder of the trusted keys where --keys does not name one; without either it "
                     "is unbrick/keys in the configuration folder. Those in /etc/unbrick/keys are "
                     "read too"},
    {"NO_COLOR", "if set and not empty: no colours"},
    {"TERM", "with dumb: no colours and no moving progress bar"},
    {"LC_ALL, LC_CTYPE, LANG", "where these do not say UTF-8, output is ASCII"},
    {NULL, NULL},
};

static const struct cli_topic topics[] = {
    {"device", "Naming a device",
     "DEVICE may be left out when exactly one device fits. If two fit, unbrick lists both and "
     "stops: it never guesses. Several conditions separated by commas narrow further.",
     device_items, CLI_MORE_NOTHING},
    {"sim-keys", "Virtual devices",
     "--sim MODEL[,KEY=VALUE...] puts a virtual device in place of the real bus. \"unbrick sim\" "
     "lists the models.",
     sim_items, CLI_MORE_NOTHING},
    {"quirks", "Known defects of devices",
     "A quirk says what is wrong with a kind of device and what is different about it; \"unbrick "
     "info\" shows those that apply, and why. Many are built in. Your own are read from "
     "unbrick/quirks.yaml in the configuration folder ($XDG_CONFIG_HOME, else ~/.config), then "
     "from files given with --quirks, then from lines given with --quirk. Later ones win, and one "
     "with the name of an earlier one takes its place.\n\n"
     "A line is KEY=VALUE[,KEY=VALUE...]; a comma in a value needs a backslash, and true may be "
     "left out. A file is YAML: the key quirks with a list of mappings; docs/quirks.md has an "
     "example. Of the values of one key that selects any may fit, of each such key one must.",
     quirk_items, CLI_MORE_QUIRK_KEYS},
    {"accept", "Going on against a contradiction",
     "An image that contradicts the device is refused, and the error says the name of that very "
     "contradiction. --accept NAME goes on in spite of it, and of nothing else; it may be given "
     "several times. There is no name for everything.",
     no_items, CLI_MORE_ACCEPTABLE},
    {"status", "Exit status", "The exit status says in what state the device was left.",
     status_items, CLI_MORE_NOTHING},
    {"json", "JSON output",
     "With --json every line of standard output is one JSON object; its key type says which. Keys "
     "are only ever added. Addresses, sizes and ids are numbers; vid and pid also appear together "
     "as text in id. No question is asked, so a verb that would ask needs --yes.",
     json_items, CLI_MORE_NOTHING},
    {"environment", "Environment", "", environment_items, CLI_MORE_NOTHING},
};

/** What the library adds to a topic: number `index`. */
static bool more(const struct cli_topic *topic, size_t index, char room[CLI_ITEM_TEXT],
                 struct cli_item *out)
{
    const struct ub_quirk_key *key = NULL;
    const char *meaning = "";
    switch (topic->more) {
    case CLI_MORE_NOTHING:
        break;
    case CLI_MORE_QUIRK_KEYS:
        key = ub_quirk_key_at(index);
        if (key == NULL) {
            break;
        }
        (void)snprintf(room, CLI_ITEM_TEXT, "%s (%s)", key->text, key->value);
        *out = (struct cli_item){key->name, room};
        return true;
    case CLI_MORE_ACCEPTABLE:
        out->term = ub_acceptable_at(index, &meaning);
        (void)snprintf(room, CLI_ITEM_TEXT, "%s", meaning);
        out->text = room;
        return out->term != NULL;
    }
    return false;
}

bool cli_topic_item(const struct cli_topic *topic, size_t index, char room[CLI_ITEM_TEXT],
                    struct cli_item *out)
{
    size_t count = 0;
    while (topic->items[count].term != NULL) {
        count++;
    }
    if (index < count) {
        *out = topic->items[index];
        return true;
    }
    return more(topic, index - count, room, out);
}

const struct cli_topic *cli_topic_at(size_t index)
{
    return index < sizeof(topics) / sizeof(topics[0]) ? &topics[index] : NULL;
}
