/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What an LVFS cabinet says of its firmware: *.metainfo.xml, AppStream's component of type firmware
 * as fwupd reads it (https://lvfs.readthedocs.io/en/latest/metainfo.html). */
#include "pack/list.h"

#include "base/error.h"
#include "base/text.h"

#include <expat.h>
#include <string.h>

#define DEPTH_MAX 16
#define PLACE_MAX 256

/* fwupd takes this name where the metainfo gives none. */
#define FILE_DEFAULT "firmware.bin"

struct reader;

/** What is done with an element of interest. Either function may be NULL. */
struct element {
    const char *place; /* from the component down */
    void (*begin)(struct reader *r, const char **attributes);
    void (*end)(struct reader *r, const char *text);
};

/** Reading under way. */
struct reader {
    XML_Parser parser;
    const char *name;
    struct ub_pack_list *list;
    struct ub_pack_entry *entry; /* of the component in hand, or NULL: it is not firmware */
    char place[PLACE_MAX];       /* "/component/releases/release" */
    unsigned depth;
    unsigned releases;             /* begun in this component */
    const struct element *element; /* whose text is gathered, or NULL */
    char text[UB_STRING_TEXT];
    size_t text_length;
    char version[UB_STRING_TEXT]; /* of the requirement in hand, or "" */
    char checksum_type[16];
    char checksum_file[UB_STRING_TEXT];
    bool of_content; /* the check sum in hand is that of the firmware, not of the cabinet */
    enum ub_code code;
    struct ub_error *err;
};

static void stop(struct reader *r, enum ub_code code)
{
    if (!r->code)
        r->code = code;
    (void)XML_StopParser(r->parser, XML_FALSE);
}

static void malformed(struct reader *r, const char *why)
{
    if (!r->code)
        stop(r, ub_fail(r->err, UB_IMG_METADATA, "%s: line %lu: %s", r->name,
                        (unsigned long)XML_GetCurrentLineNumber(r->parser), why));
}

static const char *attribute(const char **attributes, const char *name)
{
    for (; *attributes; attributes += 2)
        if (strcmp(attributes[0], name) == 0)
            return attributes[1];
    return NULL;
}

static bool has(const char **attributes, const char *name, const char *value)
{
    const char *found = attribute(attributes, name);
    return found && strcmp(found, value) == 0;
}

static void copy(char *to, size_t size, const char *text)
{
    ub_print_stranger(to, size, text ? text : "", text ? strlen(text) : 0);
}

static void begin_component(struct reader *r, const char **attributes)
{
    r->entry = NULL;
    r->releases = 0;
    if (!has(attributes, "type", "firmware"))
        return;
    r->entry = ub_pack_list_add(r->list, ub_metainfo_source, r->err);
    if (!r->entry) {
        stop(r, r->err->code);
        return;
    }
    copy(r->entry->file, sizeof(r->entry->file), FILE_DEFAULT);
}

static void end_component(struct reader *r, const char *text)
{
    (void)text;
    r->entry = NULL;
}

static void begin_release(struct reader *r, const char **attributes)
{
    r->releases++;
    if (r->entry && r->releases == 1) /* the newest comes first */
        ub_pack_claim(r->entry, UB_CLAIM_VERSION, attribute(attributes, "version"));
}

static void begin_checksum(struct reader *r, const char **attributes)
{
    const char *target = attribute(attributes, "target");
    r->of_content = !target || strcmp(target, "content") == 0;
    copy(r->checksum_type, sizeof(r->checksum_type), attribute(attributes, "type"));
    copy(r->checksum_file, sizeof(r->checksum_file), attribute(attributes, "filename"));
}

static void end_checksum(struct reader *r, const char *text)
{
    if (!r->entry || r->releases != 1 || !r->of_content)
        return;
    struct ub_pack_entry *entry = r->entry;
    if (r->checksum_file[0])
        copy(entry->file, sizeof(entry->file), r->checksum_file);
    bool good = true;
    if (ub_same_word(r->checksum_type, "sha256"))
        entry->has_sha256 = good = ub_parse_hex(text, entry->sha256, sizeof(entry->sha256));
    else if (ub_same_word(r->checksum_type, "sha1") || !r->checksum_type[0])
        entry->has_sha1 = good = ub_parse_hex(text, entry->sha1, sizeof(entry->sha1));
    if (!good)
        malformed(r, "a check sum that is none");
}

static void end_name(struct reader *r, const char *text)
{
    if (r->entry)
        ub_pack_claim(r->entry, UB_CLAIM_PRODUCT, text);
}

static void end_vendor(struct reader *r, const char *text)
{
    if (r->entry)
        ub_pack_claim(r->entry, UB_CLAIM_VENDOR, text);
}

static void begin_flashed(struct reader *r, const char **attributes)
{
    if (!has(attributes, "type", "flashed"))
        r->element = NULL;
}

static void end_flashed(struct reader *r, const char *text)
{
    if (r->entry)
        ub_pack_claim(r->entry, UB_CLAIM_GUID, text);
}

/** Only "at least": the other comparisons are about what no device tells over DFU. */
static void begin_requirement(struct reader *r, const char **attributes)
{
    copy(r->version, sizeof(r->version), attribute(attributes, "version"));
    if (!has(attributes, "compare", "ge") || attribute(attributes, "depth"))
        r->version[0] = '\0';
}

/** Without a word it is the running firmware that is meant, with one a part or another device. */
static void end_requirement(struct reader *r, const char *text)
{
    if (!r->entry || !r->version[0])
        return;
    if (!*text)
        ub_pack_claim(r->entry, UB_CLAIM_MIN_VERSION, r->version);
    else if (strcmp(text, "bootloader") == 0)
        ub_pack_claim(r->entry, UB_CLAIM_MIN_LOADER, r->version);
}

static void begin_custom(struct reader *r, const char **attributes)
{
    if (!has(attributes, "key", "LVFS::VersionFormat"))
        r->element = NULL;
}

static void end_custom(struct reader *r, const char *text)
{
    if (r->entry)
        ub_pack_claim(r->entry, UB_CLAIM_VERSION_FORMAT, text);
}

static const struct element elements[] = {
    {"/component", begin_component, end_component},
    {"/component/name", NULL, end_name},
    {"/component/developer_name", NULL, end_vendor},
    {"/component/developer/name", NULL, end_vendor},
    {"/component/provides/firmware", begin_flashed, end_flashed},
    {"/component/releases/release", begin_release, NULL},
    {"/component/releases/release/checksum", begin_checksum, end_checksum},
    {"/component/requires/firmware", begin_requirement, end_requirement},
    {"/component/custom/value", begin_custom, end_custom},
};

static const struct element *find_element(const struct reader *r)
{
    const char *place = r->place;
    const char *many = "/components/"; /* AppStream's root for several */
    if (strncmp(place, many, strlen(many)) == 0)
        place += strlen(many) - 1;
    for (size_t i = 0; i < sizeof(elements) / sizeof(elements[0]); i++)
        if (strcmp(place, elements[i].place) == 0)
            return &elements[i];
    return NULL;
}

/** A name in another language says the same once more. */
static bool is_translation(const char **attributes)
{
    return attribute(attributes, "xml:lang") != NULL;
}

static void XMLCALL on_begin(void *user, const char *name, const char **attributes)
{
    struct reader *r = user;
    if (++r->depth > DEPTH_MAX || !ub_append(r->place, sizeof(r->place), "/%s", name)) {
        malformed(r, "elements lie within elements too deep");
        return;
    }
    const struct element *element = find_element(r);
    r->element = element && element->end && !is_translation(attributes) ? element : NULL;
    r->text_length = 0;
    if (element && element->begin)
        element->begin(r, attributes);
}

static void XMLCALL on_end(void *user, const char *name)
{
    struct reader *r = user;
    (void)name;
    const struct element *element = find_element(r);
    if (element && element->end && (element == r->element || element == &elements[0])) {
        while (r->text_length && strchr(" \t\r\n", r->text[r->text_length - 1]))
            r->text_length--;
        r->text[r->text_length] = '\0';
        element->end(r, r->text);
    }
    r->element = NULL;
    r->depth--;
    char *slash = strrchr(r->place, '/');
    if (slash)
        *slash = '\0';
}

/** Gathers text without blanks around it. What is too long for a claim is cut. */
static void XMLCALL on_text(void *user, const char *text, int length)
{
    struct reader *r = user;
    if (!r->element)
        return;
    for (int i = 0; i < length && r->text_length + 1 < sizeof(r->text); i++)
        if (r->text_length || !strchr(" \t\r\n", text[i]))
            r->text[r->text_length++] = text[i];
}

/** Entities can only be declared there: without it none can grow or lead elsewhere. */
static void XMLCALL on_doctype(void *user, const char *name, const char *system,
                               const char *public_id, int internal)
{
    (void)name;
    (void)system;
    (void)public_id;
    (void)internal;
    malformed(user, "has a document type declaration, which metainfo never has");
}

/** The parser's own complaint. */
static enum ub_code fail_parser(const struct reader *r)
{
    enum XML_Error error = XML_GetErrorCode(r->parser);
    if (error == XML_ERROR_NO_MEMORY)
        return ub_fail_memory(r->err);
    return ub_fail(r->err, UB_IMG_METADATA, "%s: line %lu: %s", r->name,
                   (unsigned long)XML_GetCurrentLineNumber(r->parser), XML_ErrorString(error));
}

enum ub_code ub_metainfo_read(const char *name, const uint8_t *bytes, size_t length,
                              struct ub_pack_list *list, struct ub_error *err)
{
    struct ub_error own;
    struct reader r = {.name = name, .list = list, .err = err ? err : &own};
    size_t before = list->count;
    if (length > UB_PACK_MANIFEST_MAX)
        return ub_fail(err, UB_IMG_METADATA, "%s: longer than any metainfo", name);
    r.parser = XML_ParserCreate(NULL);
    if (!r.parser)
        return ub_fail_memory(err);
    XML_SetUserData(r.parser, &r);
    XML_SetElementHandler(r.parser, on_begin, on_end);
    XML_SetCharacterDataHandler(r.parser, on_text);
    XML_SetStartDoctypeDeclHandler(r.parser, on_doctype);
    enum XML_Status status = XML_Parse(r.parser, (const char *)bytes, (int)length, XML_TRUE);
    if (!r.code && status != XML_STATUS_OK)
        r.code = fail_parser(&r);
    if (!r.code && list->count == before)
        r.code = ub_fail(err, UB_IMG_METADATA, "%s: describes no firmware", name);
    XML_ParserFree(r.parser);
    return r.code;
}
