/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The verbs that work on files: images, keys, backups. */
#include "verbs.h"

/* What vouches for an image. */
#define TRUST_OPTIONS                                                                              \
    CLI_OPT_MEMBER, CLI_OPT_SHA256, CLI_OPT_SHA512, CLI_OPT_SUMS, CLI_OPT_KEY, CLI_OPT_SIGNATURE,  \
        CLI_OPT_MANIFEST, CLI_OPT_TRUST_FIRST_USE

const struct cli_verb cli_file_verbs[] = {
    {
        .id = CLI_VERB_IMAGE_INFO,
        .name = "image info",
        .summary = "what a firmware file is, who vouches for it, where it can belong",
        .arguments = {{.name = "FILE", .kind = CLI_WORD_FILE, .repeats = true}},
        .text = "Reads and checks each file as flash would, also one in an archive: its format, "
                "addresses, vector table, what it claims to be for, versions, digests and "
                "signatures, and the families of devices it can belong to. Of an archive with "
                "several images it lists what is inside; --member chooses one. A bad file does not "
                "keep the others from being looked at; the exit status is the worst one. Needs no "
                "device.",
        .examples = {{"unbrick image info firmware.dfu", "one file"},
                     {"unbrick image info update.zip --member boot/app.hex",
                      "one of several images in an archive"},
                     {"unbrick image info --json *.dfu *.hex", "several, as JSON lines"}},
        .options = CLI_OPTIONS(CLI_OPT_ACCEPT, TRUST_OPTIONS),
    },
    {
        .id = CLI_VERB_IMAGE_CHECK,
        .name = "image check",
        .summary = "does an image belong on a device or a family? changes nothing",
        .arguments = {{.name = "FILE", .kind = CLI_WORD_FILE},
                      {.name = "DEVICE", .kind = CLI_WORD_DEVICE, .optional = true}},
        .text =
            "Holds what the image claims and shows against the device, or with --family against "
            "a kind of device, which then need not be there. Says whether it fits, with the "
            "evidence for and against. Exit status 5 if flash would refuse it. Without DEVICE "
            "and --family, lists the families that it can belong to.",
        .examples = {{"unbrick image check firmware.dfu", "which families can it belong to?"},
                     {"unbrick image check firmware.dfu --family stm32f405",
                      "is it for these? Needs no device"},
                     {"unbrick image check firmware.dfu port=1-4.2 --label model=X2,revision=B",
                      "is it for this one, on whose label that stands?"}},
        .options = CLI_OPTIONS(CLI_OPT_AT, CLI_OPT_REGION, CLI_OPT_FAMILY, CLI_OPT_LABEL,
                               CLI_OPT_ACCEPT, TRUST_OPTIONS),
    },
    {
        .id = CLI_VERB_IMAGE_SHA256,
        .name = "image sha256",
        .summary = "digests of firmware files, in the form of sha256sum",
        .arguments = {{.name = "FILE", .kind = CLI_WORD_FILE, .repeats = true}},
        .text =
            "For each file a line that sha256sum --check reads, and a remark with the digest of "
            "the firmware inside: of the bytes of all its segments, without addresses, so that "
            "it is the same in every format that the firmware is kept in.",
        .examples = {{"unbrick image sha256 firmware.dfu", "one file"},
                     {"unbrick image sha256 *.hex > SHA256SUMS", "a list to be kept beside them"}},
        .options = CLI_OPTIONS(CLI_OPT_MEMBER, CLI_OPT_ACCEPT),
    },
    {
        .id = CLI_VERB_IMAGE_CONVERT,
        .name = "image convert",
        .summary = "write an image in another format; move, crop, fill, merge, split it",
        .arguments = {{.name = "FILE", .kind = CLI_WORD_FILE, .repeats = true}},
        .text = "Several FILE are merged; where they overlap they are refused. The order is: --at, "
                "--offset, --crop, --fill. Needs no device.",
        .examples = {{"unbrick image convert firmware.elf -o firmware.hex",
                      "the ending chooses the format"},
                     {"unbrick image convert boot.bin --at 0x08000000 -o boot.dfu --ids 0483:df11",
                      "a raw file with an address and ids"},
                     {"unbrick image convert boot.hex app.hex --fill 0xff -o whole.bin",
                      "two files as one"}},
        .options = CLI_OPTIONS(CLI_OPT_OUTPUT, CLI_OPT_FORMAT, CLI_OPT_AT, CLI_OPT_OFFSET,
                               CLI_OPT_CROP, CLI_OPT_FILL, CLI_OPT_SPLIT, CLI_OPT_FAMILY,
                               CLI_OPT_IDS, CLI_OPT_PREFIX, CLI_OPT_UF2_FAMILY, CLI_OPT_MEMBER,
                               CLI_OPT_ACCEPT),
    },
    {
        .id = CLI_VERB_IMAGE_DIFF,
        .name = "image diff",
        .summary = "where two images differ, by range or by sector",
        .arguments = {{.name = "FILE", .kind = CLI_WORD_FILE},
                      {.name = "FILE", .kind = CLI_WORD_FILE}},
        .text = "Compares what two files would put on a device, whatever their formats. With "
                "--family, by that family's sectors. Exit status 9 if there is a difference.",
        .examples = {{"unbrick image diff old.hex new.dfu", "ranges that differ"},
                     {"unbrick image diff old.hex new.hex --family stm32f405",
                      "sectors that an update would touch"}},
        .options = CLI_OPTIONS(CLI_OPT_FAMILY, CLI_OPT_AT, CLI_OPT_MEMBER, CLI_OPT_ACCEPT),
    },
    {
        .id = CLI_VERB_IMAGE_SIGN,
        .name = "image sign",
        .summary = "sign an image, or a manifest that says what it is for",
        .arguments = {{.name = "FILE", .kind = CLI_WORD_FILE}},
        .text =
            "Signs FILE as minisign does: FILE.minisig. With any of --vendor, --family, --model, "
            "--revision, --market, --set-version, --min-version, --min-loader, --not-before and "
            "--expires it writes FILE.manifest.json, which holds those words and the image's "
            "digest, and signs that; --member says which image of an archive it is about. "
            "Existing signatures and manifests are replaced. The "
            "password is asked for on the terminal, or read from --password-file.",
        .examples = {{"unbrick image sign firmware.dfu --secret-key acme.key", "the file itself"},
                     {"unbrick image sign firmware.dfu --secret-key acme.key --vendor Acme --model "
                      "X2 --revision B --family stm32f405 --set-version 1.4.0",
                      "and for which devices it is"}},
        .options = CLI_OPTIONS(CLI_OPT_SECRET_KEY, CLI_OPT_PASSWORD_FILE, CLI_OPT_COMMENT,
                               CLI_OPT_VENDOR, CLI_OPT_FAMILY, CLI_OPT_MODEL, CLI_OPT_REVISION,
                               CLI_OPT_MARKET, CLI_OPT_SET_VERSION, CLI_OPT_MIN_VERSION,
                               CLI_OPT_MIN_LOADER, CLI_OPT_NOT_BEFORE, CLI_OPT_EXPIRES,
                               CLI_OPT_MEMBER, CLI_OPT_ACCEPT),
    },
    {
        .id = CLI_VERB_IMAGE_FETCH,
        .name = "image fetch",
        .summary = "fetch a firmware file into the vault, and keep it only if it is verified",
        .arguments = {{.name = "URL", .kind = CLI_WORD_TEXT}},
        .text =
            "Gets a file over https://, going on where an earlier try ended, and keeps it if the "
            "digest that was given matches or a trusted key signed it (URL.minisig, or "
            "--signature). What nobody vouches for, and what has an expired or rolled back "
            "manifest, is not kept unless --keep-unverified says so; what is there and wrong never "
            "is. http:// and file:// are taken only with a "
            "digest or a key.",
        .examples = {{"unbrick image fetch https://example.com/x2.dfu --key acme.pub",
                      "signed by its maker"},
                     {"unbrick image fetch https://example.com/x2.dfu --sha256 3b1f...9c",
                      "with the digest that its maker publishes, in full"}},
        .options = CLI_OPTIONS(CLI_OPT_SHA256, CLI_OPT_SHA512, CLI_OPT_KEY, CLI_OPT_SIGNATURE,
                               CLI_OPT_KEEP_UNVERIFIED, CLI_OPT_AUTHORITIES),
    },
    {
        .id = CLI_VERB_KEY_LIST,
        .name = "key list",
        .summary = "the trusted keys, and for what each may speak",
        .text = "One line for each key in the store of this person and in that of the site.",
        .examples = {{"unbrick key list", "the keys of this person and of the site"},
                     {"unbrick key list --keys /mnt/usb/keys --json", "another store, as JSON"}},
    },
    {
        .id = CLI_VERB_KEY_ADD,
        .name = "key add",
        .summary = "trust a public key from now on",
        .arguments = {{.name = "FILE", .kind = CLI_WORD_FILE}},
        .text = "FILE is a public key of minisign or signify, or one for images of MCUboot (PEM). "
                "With --vendor, --model or --market the key speaks for those only. Compare its id "
                "with what its owner publishes before you trust it.",
        .examples = {{"unbrick key add acme.pub", "for any image"},
                     {"unbrick key add acme.pub --vendor Acme --model X2 --market EU",
                      "for one maker's model in one part of the world"}},
        .options = CLI_OPTIONS(CLI_OPT_NAME, CLI_OPT_VENDOR, CLI_OPT_MODEL, CLI_OPT_MARKET),
    },
    {
        .id = CLI_VERB_KEY_REMOVE,
        .name = "key remove",
        .summary = "forget a key",
        .arguments = {{.name = "KEY", .kind = CLI_WORD_KEY}},
        .text = "KEY is its name or its id, as key list shows them. A key that must not be trusted "
                "again is revoked instead.",
        .examples = {{"unbrick key remove acme", "by its name"},
                     {"unbrick key remove E7620F1842B4E81F", "by its id"}},
    },
    {
        .id = CLI_VERB_KEY_REVOKE,
        .name = "key revoke",
        .summary = "never again trust a key, or a file by its SHA-256",
        .arguments = {{.name = "KEY|SHA256", .kind = CLI_WORD_KEY}},
        .text =
            "Whatever the key signed is refused from now on, and it cannot be added again. With "
            "64 digits, the file with that SHA-256 is refused, whoever signed it.",
        .examples = {{"unbrick key revoke acme --reason \"stolen laptop\"", "a key"},
                     {"unbrick key revoke $(sha256sum bad.dfu | cut -c 1-64)", "a file"}},
        .options = CLI_OPTIONS(CLI_OPT_REASON),
    },
    {
        .id = CLI_VERB_KEY_NEW,
        .name = "key new",
        .summary = "make a pair of keys to sign with, in the form of minisign",
        .arguments = {{.name = "FILE", .kind = CLI_WORD_FILE}},
        .text =
            "Writes FILE.pub, to be given to everybody, and FILE.key, which is secret and "
            "encrypted with a password. The password is asked for on the terminal, or read from "
            "--password-file; an empty one leaves the key unencrypted.",
        .examples = {{"unbrick key new acme", "acme.pub and acme.key"},
                     {"unbrick key new acme --password-file secret.txt", "in a script"}},
        .options = CLI_OPTIONS(CLI_OPT_PASSWORD_FILE),
    },
    {
        .id = CLI_VERB_VAULT_LIST,
        .name = "vault list",
        .summary = "the backups, oldest first",
        .text = "One line for each backup in the vault.",
        .examples = {{"unbrick vault list", "the backups of this person"},
                     {"unbrick vault list --vault /mnt/usb/vault", "those in another folder"}},
    },
    {
        .id = CLI_VERB_VAULT_SHOW,
        .name = "vault show",
        .summary = "one backup's record: the device, its memory, the digests",
        .arguments = {{.name = "BACKUP", .kind = CLI_WORD_BACKUP, .optional = true}},
        .text = "Without BACKUP, the newest one.",
        .examples = {{"unbrick vault show", "the newest backup"},
                     {"unbrick vault show 2026-11-22-01 --json", "this one, as JSON"}},
    },
    {
        .id = CLI_VERB_VAULT_CHECK,
        .name = "vault check",
        .summary = "read backups whole and compare every digest",
        .arguments =
            {{.name = "BACKUP", .kind = CLI_WORD_BACKUP, .optional = true, .repeats = true}},
        .text = "Without BACKUP, all of them.",
        .examples = {{"unbrick vault check", "every backup"},
                     {"unbrick vault check 2026-11-22-01", "this one"}},
    },
    {.name = NULL},
};
