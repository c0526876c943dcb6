/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Images of MCUboot: those that imgtool made are read as it says, damaged ones are refused. */
#include "inspect_test.h"

#include "inspect/mcuboot.h"

struct known {
    const char *file;
    const char *version;
    enum ub_mcuboot_signature kind;
    size_t signature_min;
    size_t signature_max;
    bool sha256;
    bool sha512;
    bool other_hash;
    bool key_hash;
    bool encrypted;
    bool counter;
    uint32_t counter_is;
    enum ub_self_check check;
    size_t hashed;
    size_t length; /**< 0: that of the file */
};

/* As imgtool dumpinfo says. An ECDSA signature in DER is 70 to 72 bytes long, one of P-384 102 to
 * 104. */
static const struct known files[] = {
    {.file = "mcuboot-unsigned.bin",
     .version = "1.2.3+4",
     .sha256 = true,
     .check = UB_SELF_RIGHT,
     .hashed = 0xe0},
    {.file = "mcuboot-ed25519.bin",
     .version = "2.0.1",
     .kind = UB_MCUBOOT_ED25519,
     .signature_min = 64,
     .signature_max = 64,
     .sha256 = true,
     .key_hash = true,
     .check = UB_SELF_RIGHT,
     .hashed = 0xe0},
    {.file = "mcuboot-ed25519-counter.bin",
     .version = "2.0.2+65537",
     .kind = UB_MCUBOOT_ED25519,
     .signature_min = 64,
     .signature_max = 64,
     .sha256 = true,
     .key_hash = true,
     .counter = true,
     .counter_is = 7,
     .check = UB_SELF_RIGHT,
     .hashed = 0xfc},
    {.file = "mcuboot-ed25519-sha512.bin",
     .version = "2.0.3",
     .kind = UB_MCUBOOT_OTHER,
     .signature_min = 64,
     .signature_max = 64,
     .sha512 = true,
     .check = UB_SELF_RIGHT,
     .hashed = 0xe0},
    {.file = "mcuboot-ed25519-pure.bin",
     .version = "2.0.4",
     .kind = UB_MCUBOOT_OTHER,
     .signature_min = 64,
     .signature_max = 64,
     .sha512 = true,
     .check = UB_SELF_RIGHT,
     .hashed = 0xe0},
    {.file = "mcuboot-ed25519-fullkey.bin",
     .version = "2.0.5",
     .kind = UB_MCUBOOT_ED25519,
     .signature_min = 64,
     .signature_max = 64,
     .sha256 = true,
     .check = UB_SELF_RIGHT,
     .hashed = 0xe0},
    {.file = "mcuboot-ecdsa-p256.bin",
     .version = "3.0.0",
     .kind = UB_MCUBOOT_P256,
     .signature_min = 68,
     .signature_max = 72,
     .sha256 = true,
     .key_hash = true,
     .check = UB_SELF_RIGHT,
     .hashed = 0xe0},
    {.file = "mcuboot-ecdsa-p256-padded.bin",
     .version = "3.0.1",
     .kind = UB_MCUBOOT_P256,
     .signature_min = 68,
     .signature_max = 72,
     .sha256 = true,
     .key_hash = true,
     .counter = true,
     .counter_is = 0x01020304,
     .check = UB_SELF_RIGHT,
     .hashed = 0xec,
     .length = 0xec + 0x98},
    {.file = "mcuboot-ecdsa-p384.bin",
     .version = "3.1.0",
     .kind = UB_MCUBOOT_OTHER,
     .signature_min = 100,
     .signature_max = 104,
     .other_hash = true,
     .check = UB_SELF_NONE,
     .hashed = 0xe0},
    {.file = "mcuboot-rsa-2048.bin",
     .version = "4.0.0",
     .kind = UB_MCUBOOT_OTHER,
     .signature_min = 256,
     .signature_max = 256,
     .sha256 = true,
     .key_hash = true,
     .check = UB_SELF_RIGHT,
     .hashed = 0xe0},
    {.file = "mcuboot-encrypted.bin",
     .version = "5.0.0",
     .kind = UB_MCUBOOT_ED25519,
     .signature_min = 64,
     .signature_max = 64,
     .sha256 = true,
     .key_hash = true,
     .encrypted = true,
     .check = UB_SELF_NONE,
     .hashed = 0xe0},
    {.file = "mcuboot-encrypted-clear.bin",
     .version = "5.0.1",
     .kind = UB_MCUBOOT_ED25519,
     .signature_min = 64,
     .signature_max = 64,
     .sha256 = true,
     .key_hash = true,
     .encrypted = true,
     .check = UB_SELF_RIGHT,
     .hashed = 0xe0},
};

static void expect_known(const struct known *known)
{
    struct ub_mcuboot m;
    const char *why = NULL;
    size_t length = 0;
    uint8_t *bytes = read_data(known->file, &length);
    print_message("%s\n", known->file);
    assert_true(ub_mcuboot_read(bytes, length, &m, &why));
    assert_null(why);
    assert_string_equal(m.version, known->version);
    assert_int_equal(m.kind, known->kind);
    assert_in_range(m.signature_length, known->signature_min, known->signature_max);
    assert_int_equal(m.signature != NULL, known->signature_min > 0);
    assert_int_equal(m.sha256 != NULL, known->sha256);
    assert_int_equal(m.sha512 != NULL, known->sha512);
    assert_int_equal(m.other_hash, known->other_hash);
    assert_int_equal(m.key_hash != NULL, known->key_hash);
    assert_int_equal(m.encrypted, known->encrypted);
    assert_int_equal(m.has_security_counter, known->counter);
    assert_int_equal(m.security_counter, known->counter_is);
    assert_int_equal(ub_mcuboot_check(&m), known->check);
    assert_int_equal(m.header_size, 0x20);
    assert_int_equal(m.image_size, 0xc0);
    assert_ptr_equal(m.hashed, bytes);
    assert_int_equal(m.hashed_length, known->hashed);
    assert_int_equal(m.length, known->length ? known->length : length);
    free(bytes);
}

static void what_imgtool_made(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
        expect_known(&files[i]);
}

/** The hash is checked: each byte it is of, and itself. */
static void every_changed_byte_is_seen(void **state)
{
    (void)state;
    size_t length = 0;
    uint8_t *bytes = read_data("mcuboot-ed25519-counter.bin", &length);
    struct ub_mcuboot m;
    const char *why = NULL;
    assert_true(ub_mcuboot_read(bytes, length, &m, &why));
    size_t sha_at = (size_t)(m.sha256 - bytes);
    for (size_t i = 0; i < sha_at + 32; i++) {
        if (i >= m.hashed_length && i < sha_at)
            continue;
        bytes[i] ^= 0x10;
        bool read = ub_mcuboot_read(bytes, length, &m, &why);
        assert_true(!read || ub_mcuboot_check(&m) == UB_SELF_WRONG);
        assert_int_equal(read, i >= 4 && why == NULL);
        bytes[i] ^= 0x10;
    }
    free(bytes);
}

static void every_cut_is_refused(void **state)
{
    (void)state;
    size_t length = 0;
    uint8_t *bytes = read_data("mcuboot-ed25519-counter.bin", &length);
    for (size_t n = 0; n < length; n++) {
        uint8_t *cut = copy_of(bytes, n);
        struct ub_mcuboot m;
        const char *why = NULL;
        assert_false(ub_mcuboot_read(cut, n, &m, &why));
        assert_int_equal(why != NULL, n >= 4);
        free(cut);
    }
    free(bytes);
}

/** Changes `count` bytes of a good file and expects a refusal in words that contain `words`. */
static void expect_lie(const char *file, size_t at, const char *to, size_t count, const char *words)
{
    size_t length = 0;
    uint8_t *bytes = read_data(file, &length);
    struct ub_mcuboot m;
    const char *why = NULL;
    memcpy(bytes + at, to, count);
    assert_false(ub_mcuboot_read(bytes, length, &m, &why));
    assert_non_null(why);
    if (!strstr(why, words))
        print_error("%s\n", why);
    assert_non_null(strstr(why, words));
    free(bytes);
}

static void lying_lengths_are_refused(void **state)
{
    (void)state;
    const char *plain = "mcuboot-unsigned.bin"; /* TLVs at 0xe0 */
    const char *with_counter =
        "mcuboot-ed25519-counter.bin"; /* protected ones at 0xe0, then 0xfc */
    expect_lie(plain, 8, "\x1f\0", 2, "header");
    expect_lie(plain, 8, "\0\0", 2, "header");
    expect_lie(plain, 8, "\xff\xff", 2, "cut");
    expect_lie(plain, 12, "\xff\xff\xff\xff", 4, "cut");
    expect_lie(plain, 12, "\xbf\0\0\0", 4, "missing");
    expect_lie(plain, 10, "\x04\0", 2, "protected");       /* there are none */
    expect_lie(plain, 0xe0, "\x08\x69", 2, "missing");     /* protected, and none are promised */
    expect_lie(plain, 0xe2, "\x29\0", 2, "missing");       /* one more than there is */
    expect_lie(plain, 0xe2, "\x03\0", 2, "missing");       /* shorter than its own head */
    expect_lie(plain, 0xe2, "\x27\0", 2, "TLV is longer"); /* cuts the hash */
    expect_lie(plain, 0xe2, "\x06\0", 2, "TLV is longer"); /* cuts the head of one */
    expect_lie(plain, 0xe6, "\x21\0", 2, "TLV is longer");
    expect_lie(plain, 0xe6, "\xff\xff", 2, "TLV is longer");
    expect_lie(with_counter, 10, "\0\0", 2, "missing");
    expect_lie(with_counter, 10, "\x1d\0", 2, "protected");
    expect_lie(with_counter, 0xe2, "\x1d\0", 2, "protected");
    expect_lie(with_counter, 0xe0, "\x07\x69", 2, "protected");
    expect_lie(with_counter, 0xe6, "\xff\xff", 2, "TLV is longer");
    expect_lie(with_counter, 0xfc, "\x08\x69", 2, "missing");
    expect_lie(with_counter, 0xe6, "\x14\0", 2, "security counter");
    /* The key's hash, named a second SHA-256. */
    expect_lie(with_counter, 0xfc + 4 + 36, "\x10\0", 2, "two hashes");
}

static void a_hash_of_another_length(void **state)
{
    (void)state;
    /* Header, no firmware, one TLV: SHA-256 of 4 bytes. */
    uint8_t bytes[44] = {0x3d, 0xb8, 0xf3, 0x96, 0, 0, 0, 0, 0x20};
    struct ub_mcuboot m;
    const char *why = NULL;
    memcpy(bytes + 32, "\x07\x69\x0c\0\x10\0\x04\0abcd", 12);
    assert_false(ub_mcuboot_read(bytes, sizeof(bytes), &m, &why));
    assert_non_null(strstr(why, "another length"));
    memcpy(bytes + 36, "\x99\0", 2); /* of a kind that nobody knows */
    assert_true(ub_mcuboot_read(bytes, sizeof(bytes), &m, &why));
    assert_int_equal(ub_mcuboot_check(&m), UB_SELF_NONE);
    memcpy(bytes + 34, "\x04\0", 2); /* an empty list, with padding behind it */
    assert_true(ub_mcuboot_read(bytes, sizeof(bytes), &m, &why));
    assert_int_equal(m.length, 36);
    assert_int_equal(m.kind, UB_MCUBOOT_UNSIGNED);
}

/** Of several signatures the first of a kind that is known, with its own key's hash. */
static void several_signatures(void **state)
{
    (void)state;
    uint8_t bytes[512] = {0x3d, 0xb8, 0xf3, 0x96, 0, 0, 0, 0, 0x20};
    struct ub_mcuboot m;
    const char *why = NULL;
    uint8_t *to = bytes + 36;
    static const uint8_t rows[][2] = {{0x10, 32}, {0x01, 32}, {0x20, 8}, {0x01, 32},
                                      {0x22, 8},  {0x01, 32}, {0x24, 8}};
    size_t second_key = 0;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        to[0] = rows[i][0];
        to[2] = rows[i][1];
        memset(to + 4, (int)i, rows[i][1]);
        if (i == 3)
            second_key = (size_t)(to + 4 - bytes);
        to += 4 + rows[i][1];
    }
    size_t length = (size_t)(to - bytes);
    memcpy(bytes + 32, "\x07\x69", 2);
    ub_put_u16le(bytes + 34, (uint16_t)(length - 32));
    assert_true(ub_mcuboot_read(bytes, length, &m, &why));
    assert_int_equal(m.kind, UB_MCUBOOT_P256);
    assert_int_equal(m.signature[0], 4);
    assert_ptr_equal(m.key_hash, bytes + second_key);
}

static void what_is_none(void **state)
{
    (void)state;
    struct ub_mcuboot m;
    const char *why = "?";
    assert_false(ub_mcuboot_read((const uint8_t *)"\0\0\0\0", 4, &m, &why));
    assert_null(why);
    assert_false(ub_mcuboot_read((const uint8_t *)"", 0, &m, &why));
    assert_null(why);
    assert_false(ub_mcuboot_read((const uint8_t *)"\x3d\xb8\xf3", 3, &m, &why));
    assert_null(why);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_imgtool_made),
        cmocka_unit_test(every_changed_byte_is_seen),
        cmocka_unit_test(every_cut_is_refused),
        cmocka_unit_test(lying_lengths_are_refused),
        cmocka_unit_test(a_hash_of_another_length),
        cmocka_unit_test(several_signatures),
        cmocka_unit_test(what_is_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
