/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Images, what is known of them, and keys, as JSON. */
#include "format.h"
#include "json.h"

static void add_or_null(json_t *object, const char *key, bool there, uint64_t value)
{
    (void)json_object_set_new(object, key, there ? json_of_number(value) : json_null());
}

static json_t *segments_array(const struct ub_image *image)
{
    struct ub_image_segment segment;
    json_t *array = json_array();
    for (size_t i = 0; ub_image_segment(image, i, &segment); i++) {
        json_t *one = json_object();
        add_or_null(one, "alt", segment.alt >= 0, (uint64_t)(segment.alt >= 0 ? segment.alt : 0));
        add_or_null(one, "address", segment.has_address, segment.address);
        json_add_number(one, "length", segment.length);
        (void)json_array_append_new(array, one);
    }
    return array;
}

static json_t *claims_array(const struct ub_image *image)
{
    struct ub_claim claim;
    json_t *array = json_array();
    for (size_t i = 0; ub_image_claim(image, i, &claim); i++) {
        json_t *one = json_object();
        json_add_text(one, "claim", ub_claim_name(claim.kind));
        json_add_text(one, "source", claim.source);
        json_add_number(one, "number", claim.number);
        json_add_number(one, "detail", claim.detail);
        json_add_text(one, "text", claim.text);
        (void)json_array_append_new(array, one);
    }
    return array;
}

/** "right", "wrong", or null where the image has none. */
static json_t *self_check(enum ub_self_check check)
{
    switch (check) {
    case UB_SELF_RIGHT:
        return json_string("right");
    case UB_SELF_WRONG:
        return json_string("wrong");
    case UB_SELF_NONE:
        break;
    }
    return json_null();
}

static json_t *vectors_object(const struct ub_image_facts *facts)
{
    if (!facts->has_vectors) {
        return json_null();
    }
    json_t *object = json_object();
    json_add_number(object, "at", facts->vectors_at);
    json_add_number(object, "stack", facts->stack);
    json_add_number(object, "reset", facts->reset);
    json_add_bool(object, "reset_inside", facts->reset_inside);
    return object;
}

static json_t *header_object(bool there, enum ub_self_check hash)
{
    json_t *object = there ? json_object() : json_null();
    if (there) {
        (void)json_object_set_new(object, "hash", self_check(hash));
    }
    return object;
}

static json_t *usb_object(const struct ub_image_facts *facts)
{
    if (!facts->has_usb_ids) {
        return json_null();
    }
    json_t *object = json_object();
    json_add_number(object, "vid", facts->usb_vid);
    json_add_number(object, "pid", facts->usb_pid);
    json_add_number(object, "release", facts->usb_bcdDevice);
    return object;
}

static json_t *facts_object(const struct ub_image *image)
{
    struct ub_image_facts facts;
    json_t *object = json_object();
    json_t *versions = json_array();
    ub_image_facts(image, &facts);
    json_add_number(object, "blank", facts.blank);
    json_add_number(object, "entropy", facts.entropy);
    json_add_bool(object, "dense", facts.dense);
    (void)json_object_set_new(object, "vectors", vectors_object(&facts));
    json_t *mcuboot = header_object(facts.mcuboot, facts.mcuboot_hash);
    if (facts.mcuboot) {
        json_add_bool(mcuboot, "signed", !facts.mcuboot_unsigned);
    }
    (void)json_object_set_new(object, "mcuboot", mcuboot);
    (void)json_object_set_new(object, "esp", header_object(facts.esp, facts.esp_hash));
    for (size_t i = 0; i < facts.version_count && i < UB_FACT_VERSIONS; i++) {
        (void)json_array_append_new(versions, json_of_text(facts.versions[i]));
    }
    (void)json_object_set_new(object, "versions", versions);
    (void)json_object_set_new(object, "usb", usb_object(&facts));
    json_add_text(object, "build_id", facts.build_id);
    return object;
}

json_t *json_of_families(const struct ub_image *image)
{
    char why[UB_ERROR_TEXT];
    const char *family = NULL;
    json_t *array = json_array();
    for (size_t i = 0; (family = ub_image_family(image, i, why, sizeof(why))) != NULL; i++) {
        json_t *one = json_object();
        json_add_text(one, "family", family);
        json_add_text(one, "why", why);
        (void)json_array_append_new(array, one);
    }
    return array;
}

json_t *json_of_trust(const struct ub_trust *trust)
{
    static const char *const levels[] = {
        [UB_TRUST_NONE] = "none",
        [UB_TRUST_DIGEST] = "digest",
        [UB_TRUST_GIVEN] = "given",
        [UB_TRUST_SIGNED] = "signed",
    };
    static const char *const origins[] = {
        [UB_KEY_NONE] = "none",
        [UB_KEY_GIVEN] = "given",
        [UB_KEY_USER] = "user",
        [UB_KEY_SITE] = "site",
    };
    json_t *object = json_object();
    json_add_text(object, "level", levels[trust->level]);
    json_add_text(object, "by", trust->by);
    json_add_text(object, "key", trust->key_id);
    json_add_text(object, "origin", origins[trust->origin]);
    json_add_text(object, "comment", trust->comment);
    json_add_bool(object, "manifest", trust->manifest);
    json_add_text(object, "version", trust->version);
    json_add_bool(object, "expired", trust->expired);
    json_add_bool(object, "rolled_back", trust->rolled_back);
    json_add_bool(object, "first_use", trust->first_use);
    json_add_bool(object, "not_kept", trust->not_kept);
    json_add_bool(object, "inside_only", trust->inside_only);
    json_add_bool(object, "unknown_key", trust->unknown_key);
    return object;
}

json_t *json_of_image(const char *file, const struct ub_image *image,
                      const struct ub_error *trouble)
{
    struct ub_image_info info;
    struct ub_trust trust;
    uint8_t content[32];
    char digest[FORMAT_TEXT];
    json_t *object = json_object();
    ub_image_info(image, &info);
    ub_image_trust(image, &trust);
    ub_image_content_sha256(image, content);
    json_add_text(object, "file", file);
    json_add_text(object, "name", info.name);
    json_add_text(object, "format", info.format);
    json_add_text(object, "packed", info.packed);
    json_add_text(object, "member", info.member);
    json_add_text(object, "note", info.note);
    json_add_number(object, "file_size", info.file_size);
    json_add_number(object, "length", info.length);
    json_add_sha256(object, info.sha256);
    json_add_text(object, "content_sha256", format_sha256(digest, content));
    add_or_null(object, "vid", info.has_ids, info.vid);
    add_or_null(object, "pid", info.has_ids, info.pid);
    add_or_null(object, "release", info.has_ids, info.bcdDevice);
    json_add_text(object, "target", info.target_name);
    (void)json_object_set_new(object, "segments", segments_array(image));
    (void)json_object_set_new(object, "claims", claims_array(image));
    (void)json_object_set_new(object, "facts", facts_object(image));
    (void)json_object_set_new(object, "families", json_of_families(image));
    (void)json_object_set_new(object, "trust",
                              trouble == NULL ? json_of_trust(&trust) : json_null());
    (void)json_object_set_new(object, "error",
                              trouble != NULL ? json_of_error(trouble) : json_null());
    return object;
}

json_t *json_of_members(const struct ub_member *members, size_t count)
{
    json_t *array = json_array();
    for (size_t i = 0; i < count; i++) {
        json_t *one = json_object();
        json_add_text(one, "path", members[i].path);
        json_add_number(one, "length", members[i].length);
        json_add_text(one, "what", members[i].what);
        json_add_bool(one, "firmware", members[i].firmware);
        (void)json_array_append_new(array, one);
    }
    return array;
}

json_t *json_of_match(const struct ub_match *match)
{
    static const char *const weights[] = {
        [UB_FINDING_FOR] = "for",
        [UB_FINDING_WEAK] = "weak",
        [UB_FINDING_AGAINST] = "against",
    };
    struct ub_finding finding;
    json_t *array = json_array();
    for (size_t i = 0; ub_match_finding(match, i, &finding); i++) {
        json_t *one = json_object();
        json_add_text(one, "weight", weights[finding.weight]);
        json_add_text(one, "name", finding.name);
        json_add_bool(one, "acceptable", finding.acceptable);
        json_add_bool(one, "accepted", finding.accepted);
        json_add_text(one, "text", finding.text);
        (void)json_array_append_new(array, one);
    }
    return array;
}

json_t *json_of_key(const struct ub_key *key)
{
    json_t *object = json_object();
    json_add_text(object, "name", key->name);
    json_add_text(object, "id", key->id);
    json_add_text(object, "kind", key->kind);
    json_add_text(object, "vendor", key->vendor);
    json_add_text(object, "model", key->model);
    json_add_text(object, "market", key->market);
    json_add_text(object, "added", key->added);
    json_add_bool(object, "site", key->site);
    json_add_bool(object, "first_use", key->first_use);
    json_add_bool(object, "revoked", key->revoked);
    json_add_text(object, "reason", key->reason);
    return object;
}
