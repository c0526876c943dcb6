/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the bytes of an image show, and what headers in it claim. */
#include "inspect_test.h"

#include "inspect/claims.h"
#include "inspect/entropy.h"

#include <sodium.h>

/** Random bytes, the same each time. */
static uint8_t *make_random(size_t length, uint8_t seed_is)
{
    unsigned char seed[randombytes_SEEDBYTES] = {seed_is};
    uint8_t *bytes = malloc(length);
    assert_non_null(bytes);
    randombytes_buf_deterministic(bytes, length, seed);
    return bytes;
}

/** An image of one piece, which has an address unless that is UINT64_MAX. */
static struct ub_image *image_of(const uint8_t *bytes, size_t length, uint64_t address)
{
    struct ub_image *image = NULL;
    bool has_address = address != UINT64_MAX;
    assert_int_equal(ub_image_new("fw.bin", &image, NULL), UB_OK);
    assert_int_equal(ub_image_add(image, UB_IMAGE_ALT_NONE, has_address, has_address ? address : 0,
                                  bytes, length, NULL),
                     UB_OK);
    assert_int_equal(ub_image_finish(image, NULL), UB_OK);
    return image;
}

static void facts_of(const uint8_t *bytes, size_t length, uint64_t address,
                     struct ub_image_facts *out)
{
    struct ub_image *image = image_of(bytes, length, address);
    ub_image_facts(image, out);
    ub_image_close(image);
}

static void facts_of_file(const char *name, struct ub_image_facts *out)
{
    size_t length = 0;
    uint8_t *bytes = read_data(name, &length);
    facts_of(bytes, length, UINT64_MAX, out);
    free(bytes);
}

static void entropy_of_known_bytes(void **state)
{
    (void)state;
    uint8_t bytes[512];
    memset(bytes, 7, sizeof(bytes));
    assert_int_equal(ub_entropy_of(bytes, 0), 0);
    assert_int_equal(ub_entropy_of(bytes, sizeof(bytes)), 0);
    memset(bytes, 8, 256);
    assert_int_equal(ub_entropy_of(bytes, sizeof(bytes)), 100);
    for (size_t i = 0; i < sizeof(bytes); i++)
        bytes[i] = (uint8_t)i;
    assert_int_equal(ub_entropy_of(bytes, sizeof(bytes)), 800);
    memset(bytes, 1, 3);
    bytes[3] = 2; /* 3/4 log(4/3) + 1/4 log(4) = 0.8113 */
    assert_in_range(ub_entropy_of(bytes, 4), 80, 82);
}

/** Dense from 2 KiB on, whatever the size; not where a third is something else. */
static void random_bytes_are_dense(void **state)
{
    (void)state;
    struct ub_image_facts facts;
    static const size_t lengths[] = {2048, 2049, 3000, 5000, 10000, 65536, 65537, 70000, 300000};
    uint8_t *bytes = make_random(300000, 1);
    for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
        facts_of(bytes, lengths[i], UINT64_MAX, &facts);
        assert_true(facts.dense);
        assert_true(facts.entropy > 785);
    }
    facts_of(bytes, 2047, UINT64_MAX, &facts);
    assert_false(facts.dense); /* too short to tell */
    memset(bytes + 100000, 0xff, 200000);
    facts_of(bytes, 300000, UINT64_MAX, &facts);
    assert_true(facts.dense); /* what is blank behind it does not count */
    assert_in_range(facts.blank, 200000, 201000);
    memset(bytes, 'a', 70000);
    facts_of(bytes, 100000, UINT64_MAX, &facts);
    assert_false(facts.dense);
    free(bytes);
}

static void firmware_that_unpacks_itself_is_not_called_dense(void **state)
{
    (void)state;
    struct ub_image_facts facts;
    uint8_t *bytes = make_random(50000, 2);
    memset(bytes, 0, 64);
    ub_put_u32le(bytes, 0x20005000);
    ub_put_u32le(bytes + 4, 0x08000101);
    facts_of(bytes, 50000, UINT64_MAX, &facts);
    assert_true(facts.has_vectors);
    assert_false(facts.dense);
    free(bytes);
}

static void text_is_not_dense(void **state)
{
    (void)state;
    struct ub_image_facts facts;
    uint8_t *bytes = make_random(50000, 3);
    for (size_t i = 0; i < 50000; i++)
        bytes[i] = (uint8_t)(' ' + bytes[i] % 95); /* base64 and the like */
    facts_of(bytes, 50000, UINT64_MAX, &facts);
    assert_false(facts.dense);
    free(bytes);
}

static void make_vectors(uint8_t *to, uint32_t base)
{
    memset(to, 0, 64);
    ub_put_u32le(to, 0x20005000);
    ub_put_u32le(to + 4, base + 0x41);
}

static void vectors_with_addresses(void **state)
{
    (void)state;
    struct ub_image_facts facts;
    uint8_t bytes[256];
    memset(bytes, 0x46, sizeof(bytes));
    make_vectors(bytes, 0x08000000);
    facts_of(bytes, sizeof(bytes), 0x08000000, &facts);
    assert_true(facts.has_vectors && facts.reset_inside);
    assert_true(facts.vectors_at == 0x08000000);
    assert_int_equal(facts.stack, 0x20005000);
    assert_int_equal(facts.reset, 0x08000041);
    facts_of(bytes, sizeof(bytes), 0x08004000, &facts); /* made for another place */
    assert_true(facts.has_vectors);
    assert_false(facts.reset_inside);
    facts_of(bytes, sizeof(bytes), UINT64_MAX, &facts);
    assert_true(facts.has_vectors && facts.reset_inside);
    assert_true(facts.vectors_at == 0);
    make_vectors(bytes, 0); /* linked for the alias at 0, as toboot is */
    facts_of(bytes, sizeof(bytes), 0x08000000, &facts);
    assert_true(facts.has_vectors && facts.reset_inside);
    facts_of(bytes, sizeof(bytes), 0x08004000, &facts);
    assert_true(facts.has_vectors);
    assert_false(facts.reset_inside);
    facts_of(bytes, sizeof(bytes), 0x00400000, &facts); /* where there is no alias */
    assert_true(facts.has_vectors);
    assert_false(facts.reset_inside);
}

/** The reset vector may lead into another piece than that with the table. */
static void vectors_and_code_in_two_pieces(void **state)
{
    (void)state;
    struct ub_image_facts facts;
    struct ub_image *image = NULL;
    uint8_t bytes[64];
    make_vectors(bytes, 0x08001000);
    assert_int_equal(ub_image_new("fw.hex", &image, NULL), UB_OK);
    assert_int_equal(ub_image_add(image, -1, true, 0x08000000, bytes, 64, NULL), UB_OK);
    assert_int_equal(ub_image_add(image, -1, true, 0x08001040, bytes, 64, NULL), UB_OK);
    assert_int_equal(ub_image_finish(image, NULL), UB_OK);
    ub_image_facts(image, &facts);
    assert_true(facts.has_vectors && facts.reset_inside);
    image->segments[1].address += 1;
    ub_image_facts(image, &facts);
    assert_true(facts.has_vectors && !facts.reset_inside);
    ub_image_close(image);
}

static void vectors_behind_something(void **state)
{
    (void)state;
    struct ub_image_facts facts;
    uint8_t bytes[1024];
    memset(bytes, 0x46, sizeof(bytes));
    memset(bytes, 0xff, 16); /* LPC43xx boot header, as in hackrf_one_usb.dfu */
    memcpy(bytes, "\xda\xff\x58", 4);
    make_vectors(bytes + 16, 0x10000000);
    facts_of(bytes, sizeof(bytes), UINT64_MAX, &facts);
    assert_true(facts.has_vectors && facts.reset_inside);
    bytes[15] = 0;
    facts_of(bytes, sizeof(bytes), UINT64_MAX, &facts);
    assert_false(facts.has_vectors);

    memset(bytes, 0x46, sizeof(bytes)); /* RP2040: behind its second stage */
    make_vectors(bytes + 256, 0x10000100);
    facts_of(bytes, sizeof(bytes), 0x10000000, &facts);
    assert_true(facts.has_vectors && facts.reset_inside);
    assert_true(facts.vectors_at == 0x10000100);
    facts_of(bytes, sizeof(bytes), 0x10001000, &facts);
    assert_false(facts.has_vectors);

    facts_of_file("mcuboot-ed25519.bin", &facts);
    assert_true(facts.has_vectors && facts.reset_inside);
    assert_int_equal(facts.reset, 0x0800c029);
    facts_of_file("mcuboot-encrypted.bin", &facts);
    assert_false(facts.has_vectors);
}

static void facts_of_mcuboot(void **state)
{
    (void)state;
    struct ub_image_facts facts;
    facts_of_file("mcuboot-unsigned.bin", &facts);
    assert_true(facts.mcuboot && facts.mcuboot_unsigned);
    assert_int_equal(facts.mcuboot_hash, UB_SELF_RIGHT);
    facts_of_file("mcuboot-ecdsa-p256-padded.bin", &facts);
    assert_true(facts.mcuboot && !facts.mcuboot_unsigned);
    assert_int_equal(facts.mcuboot_hash, UB_SELF_RIGHT);
    facts_of_file("mcuboot-encrypted.bin", &facts);
    assert_true(facts.mcuboot && !facts.mcuboot_unsigned);
    assert_int_equal(facts.mcuboot_hash, UB_SELF_NONE);

    size_t length = 0;
    uint8_t *bytes = read_data("mcuboot-ed25519.bin", &length);
    facts_of(bytes, length - 1, UINT64_MAX, &facts); /* cut */
    assert_true(facts.mcuboot && !facts.mcuboot_unsigned);
    assert_int_equal(facts.mcuboot_hash, UB_SELF_WRONG);
    bytes[100] ^= 1;
    facts_of(bytes, length, UINT64_MAX, &facts);
    assert_int_equal(facts.mcuboot_hash, UB_SELF_WRONG);
    free(bytes);
    facts_of_file("esp-c3.bin", &facts);
    assert_false(facts.mcuboot);
    assert_int_equal(facts.mcuboot_hash, UB_SELF_NONE);
}

static void facts_of_esp(void **state)
{
    (void)state;
    struct ub_image_facts facts;
    facts_of_file("esp-c3.bin", &facts);
    assert_true(facts.esp);
    assert_int_equal(facts.esp_hash, UB_SELF_RIGHT);
    assert_true(facts.version_count >= 1);
    assert_string_equal(facts.versions[0], "2.3.4-rc1");
    size_t length = 0;
    uint8_t *bytes = read_data("esp-c3.bin", &length);
    bytes[length - 1] ^= 1;
    facts_of(bytes, length, UINT64_MAX, &facts);
    assert_true(facts.esp);
    assert_int_equal(facts.esp_hash, UB_SELF_WRONG);
    free(bytes);
    facts_of_file("mcuboot-unsigned.bin", &facts);
    assert_false(facts.esp);
    assert_int_equal(facts.esp_hash, UB_SELF_NONE);
}

static void texts_and_marks_of_several_pieces(void **state)
{
    (void)state;
    static const uint8_t descriptor[18] = {0x12, 1,    0x10, 0x02, 0, 0, 0, 0x40, 0x09,
                                           0x12, 0xb1, 0x70, 0x01, 1, 1, 2, 0,    1};
    struct ub_image_facts facts;
    struct ub_image *image = NULL;
    uint8_t second[18];
    assert_int_equal(ub_image_new("fw.hex", &image, NULL), UB_OK);
    assert_int_equal(ub_image_add(image, -1, true, 0, (const uint8_t *)"fw v1.2", 8, NULL), UB_OK);
    assert_int_equal(ub_image_add(image, -1, true, 0x100, descriptor, 18, NULL), UB_OK);
    assert_int_equal(ub_image_add(image, -1, true, 0x200, (const uint8_t *)"1.2.3", 6, NULL),
                     UB_OK);
    assert_int_equal(ub_image_finish(image, NULL), UB_OK);
    ub_image_facts(image, &facts);
    assert_int_equal(facts.version_count, 2);
    assert_string_equal(facts.versions[0], "v1.2");
    assert_string_equal(facts.versions[1], "1.2.3");
    assert_true(facts.has_usb_ids);
    assert_int_equal(facts.usb_vid, 0x1209);
    assert_int_equal(facts.usb_pid, 0x70b1);
    assert_int_equal(facts.usb_bcdDevice, 0x0101);
    assert_string_equal(facts.build_id, "");
    /* One with other ids makes it unclear which is shown. */
    memcpy(second, descriptor, 18);
    second[10] = 0xb2;
    assert_int_equal(ub_image_add(image, -1, true, 0x300, second, 18, NULL), UB_OK);
    assert_int_equal(ub_image_finish(image, NULL), UB_OK);
    ub_image_facts(image, &facts);
    assert_false(facts.has_usb_ids);
    assert_int_equal(facts.usb_vid, 0);
    ub_image_close(image);
}

static void an_empty_image(void **state)
{
    (void)state;
    struct ub_image_facts facts;
    struct ub_image *image = NULL;
    assert_int_equal(ub_image_new("nothing", &image, NULL), UB_OK);
    ub_image_facts(image, &facts);
    assert_int_equal(ub_inspect_claims(image, NULL), UB_OK);
    assert_true(facts.blank == 0 && !facts.dense && !facts.has_vectors);
    ub_image_close(image);
}

static const struct ub_claim *claim_of(const struct ub_image *image, enum ub_claim_kind kind)
{
    const struct ub_claim *claim = ub_image_find_claim(image, kind);
    assert_non_null(claim);
    return claim;
}

static void claims_of_headers(void **state)
{
    (void)state;
    size_t length = 0;
    uint8_t *bytes = read_data("esp-c3.bin", &length);
    struct ub_image *image = image_of(bytes, length, UINT64_MAX);
    assert_int_equal(ub_inspect_claims(image, NULL), UB_OK);
    assert_int_equal(image->claim_count, 4);
    assert_int_equal(claim_of(image, UB_CLAIM_CHIP)->number, 5);
    assert_string_equal(claim_of(image, UB_CLAIM_CHIP)->text, "ESP32-C3");
    assert_string_equal(claim_of(image, UB_CLAIM_CHIP)->source, "ESP image header");
    assert_int_equal(claim_of(image, UB_CLAIM_ENTRY)->number, 0x40380010);
    assert_string_equal(claim_of(image, UB_CLAIM_VERSION)->text, "2.3.4-rc1");
    assert_string_equal(claim_of(image, UB_CLAIM_PRODUCT)->text, "blinker");
    assert_int_equal(ub_inspect_claims(image, NULL), UB_OK); /* once is enough */
    assert_int_equal(image->claim_count, 4);
    ub_image_close(image);
    free(bytes);

    bytes = read_data("mcuboot-unsigned.bin", &length);
    image = image_of(bytes, length, 0x0800c000);
    assert_int_equal(ub_inspect_claims(image, NULL), UB_OK);
    assert_int_equal(image->claim_count, 1);
    assert_string_equal(claim_of(image, UB_CLAIM_VERSION)->text, "1.2.3+4");
    assert_string_equal(claim_of(image, UB_CLAIM_VERSION)->source, "MCUboot header");
    ub_image_close(image);
    image = image_of(bytes, length - 1, 0x0800c000); /* damaged: it says nothing */
    assert_int_equal(ub_inspect_claims(image, NULL), UB_OK);
    assert_int_equal(image->claim_count, 0);
    ub_image_close(image);
    free(bytes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(entropy_of_known_bytes),
        cmocka_unit_test(random_bytes_are_dense),
        cmocka_unit_test(firmware_that_unpacks_itself_is_not_called_dense),
        cmocka_unit_test(text_is_not_dense),
        cmocka_unit_test(vectors_with_addresses),
        cmocka_unit_test(vectors_and_code_in_two_pieces),
        cmocka_unit_test(vectors_behind_something),
        cmocka_unit_test(facts_of_mcuboot),
        cmocka_unit_test(facts_of_esp),
        cmocka_unit_test(texts_and_marks_of_several_pieces),
        cmocka_unit_test(an_empty_image),
        cmocka_unit_test(claims_of_headers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
