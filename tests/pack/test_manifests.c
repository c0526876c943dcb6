/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What manifests in archives say, and that it is compared with what is there. The known answers
 * were made with gcab (and shown by fwupdtool to say the same), nrfutil 6.1.7 and adafruit-nrfutil
 * 0.5.3.
 */
#include "pack_test.h"

#include "pack/list.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static void expect_claim(const struct ub_image *image, enum ub_claim_kind kind, const char *source,
                         const char *text)
{
    for (size_t i = 0; i < image->claim_count; i++) {
        const struct ub_claim *claim = &image->claims[i];
        if (claim->kind == kind && strcmp(claim->source, source) == 0 &&
            strcmp(claim->text, text) == 0)
            return;
    }
    fail_msg("no claim %s \"%s\" of the %s", ub_claim_name(kind), text, source);
}

static size_t count_claims(const struct ub_image *image, enum ub_claim_kind kind)
{
    size_t count = 0;
    for (size_t i = 0; i < image->claim_count; i++)
        count += image->claims[i].kind == kind;
    return count;
}

static void cabinet(void **state)
{
    (void)state;
    static const char *const files[] = {"board.cab", "packed.cab"};
    for (size_t i = 0; i < COUNT(files); i++) {
        struct blob blob = read_data(files[i]);
        struct ub_image *image = open_member(files[i], &blob, NULL);
        assert_string_equal(image->packed, "cab");
        assert_string_equal(image->member, "firmware.dfu");
        assert_string_equal(image->format->name, "dfu");
        assert_int_equal(image->bcdDevice, 0x0123);
        expect_claim(image, UB_CLAIM_GUID, "metainfo", "2082b5e0-7a64-478a-b1b2-e3404fab6dad");
        expect_claim(image, UB_CLAIM_GUID, "metainfo", "3fa7d2a5-2f3d-5b8c-9c4e-000000000001");
        assert_int_equal(count_claims(image, UB_CLAIM_GUID), 2);
        expect_claim(image, UB_CLAIM_VERSION, "metainfo", "1.2.3");
        expect_claim(image, UB_CLAIM_PRODUCT, "metainfo", "Board");
        assert_int_equal(count_claims(image, UB_CLAIM_PRODUCT), 1);
        expect_claim(image, UB_CLAIM_VENDOR, "metainfo", "Example Works");
        expect_claim(image, UB_CLAIM_MIN_VERSION, "metainfo", "1.1.0");
        assert_int_equal(count_claims(image, UB_CLAIM_MIN_VERSION), 1);
        expect_claim(image, UB_CLAIM_MIN_LOADER, "metainfo", "0.9");
        expect_claim(image, UB_CLAIM_VERSION_FORMAT, "metainfo", "triplet");
        ub_image_close(image);
        free(blob.bytes);
    }
}

/** A component of type firmware with one release that holds `inside`. */
#define COMPONENT(name, inside)                                                                    \
    "<component type=\"firmware\"><name>" name "</name><releases><release version=\"2\">" inside   \
    "</release><release version=\"1\"><checksum filename=\"old.hex\" target=\"content\" "          \
    "type=\"sha256\">00</checksum></release></releases></component>"

static struct blob zip_with_metainfo(const char *metainfo)
{
    const struct piece pieces[] = {PIECE("a.hex", HEX_A),
                                   PIECE("b.hex", HEX_B),
                                   {"x.metainfo.xml", metainfo, strlen(metainfo), NULL}};
    return pack_zip(pieces, COUNT(pieces));
}

static void metainfo_is(const char *metainfo, const char *asked, const char *member)
{
    struct blob blob = zip_with_metainfo(metainfo);
    expect_member("a.zip", &blob, asked, "zip", member);
    free(blob.bytes);
}

static void metainfo_fails(const char *metainfo, const char *asked, enum ub_code code,
                           const char *words)
{
    struct blob blob = zip_with_metainfo(metainfo);
    expect_error("a.zip", &blob, asked, code, words);
    free(blob.bytes);
}

/** A check sum of HEX_A as metainfo has it. */
static const char *metainfo_with_digest(const char *type, char *to, size_t size, bool right)
{
    char hex[65];
    uint8_t digest[32];
    struct ub_image *image = NULL;
    assert_int_equal(
        ub_image_parse("a.hex", (const uint8_t *)HEX_A, sizeof(HEX_A) - 1, NULL, &image, NULL),
        UB_OK);
    memcpy(digest, image->sha256, sizeof(digest));
    ub_image_close(image);
    digest[31] ^= !right;
    ub_print_hex(hex, digest, sizeof(digest));
    (void)ub_print(to, size,
                   COMPONENT("A", "<checksum filename=\"a.hex\" target=\"content\" "
                                  "type=\"%s\">%s</checksum>"),
                   type, hex);
    return to;
}

static void metainfo_decides(void **state)
{
    (void)state;
    char text[2048];
    metainfo_is(metainfo_with_digest("sha256", text, sizeof(text), true), NULL, "a.hex");
    metainfo_is(text, "a.hex", "a.hex");
    metainfo_is(text, "b.hex", "b.hex");
    metainfo_fails(metainfo_with_digest("sha256", text, sizeof(text), false), NULL,
                   UB_IMG_MEMBER_DIGEST, "SHA-256 is not the one");
    metainfo_fails(text, "a.hex", UB_IMG_MEMBER_DIGEST, "metainfo");
    metainfo_is(text, "b.hex", "b.hex");
    /* SHA-1 only where there is nothing better. */
    metainfo_fails(COMPONENT("A", "<checksum filename=\"a.hex\" target=\"content\" type=\"sha1\">"
                                  "0000000000000000000000000000000000000000</checksum>"),
                   NULL, UB_IMG_MEMBER_DIGEST, "SHA-1 is not the one");
    /* fwupd takes firmware.bin where no file is named. */
    metainfo_fails(COMPONENT("A", ""), NULL, UB_IMG_METADATA, "firmware.bin, which is not there");
    metainfo_is(COMPONENT("A", ""), "b.hex", "b.hex");
}

#define FILE_OF(name) "<checksum filename=\"" name "\" target=\"content\" type=\"md5\">x</checksum>"

static void several_components(void **state)
{
    (void)state;
    const char *two = "<components>" COMPONENT("A", FILE_OF("a.hex"))
        COMPONENT("B", FILE_OF("b.hex")) "<component type=\"generic\"/></components>";
    metainfo_fails(two, NULL, UB_IMG_SEVERAL, "b.hex (Intel HEX, 32 bytes)");
    struct blob blob = zip_with_metainfo(two);
    struct ub_image *image = open_member("a.zip", &blob, "b.hex");
    expect_claim(image, UB_CLAIM_PRODUCT, "metainfo", "B");
    assert_int_equal(count_claims(image, UB_CLAIM_PRODUCT), 1);
    expect_claim(image, UB_CLAIM_VERSION, "metainfo", "2");
    assert_int_equal(count_claims(image, UB_CLAIM_VERSION), 1);
    ub_image_close(image);
    free(blob.bytes);
    /* One file that is for two components is one. */
    metainfo_is("<components>" COMPONENT("A", FILE_OF("a.hex"))
                    COMPONENT("B", FILE_OF("a.hex")) "</components>",
                NULL, "a.hex");
}

static void metainfo_malformed(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        const char *words;
    } rows[] = {
        {"<component type=\"firmware\">", "x.metainfo.xml: line 1: "},
        {"no xml at all", "line 1: "},
        {"<component type=\"desktop\"/>", "describes no firmware"},
        {"<!DOCTYPE component [<!ENTITY a \"aaaa\"><!ENTITY b \"&a;&a;\">]>\n"
         "<component type=\"firmware\"><name>&b;</name></component>",
         "document type"},
        {"<!DOCTYPE c [<!ENTITY a SYSTEM \"file:///etc/passwd\">]><component "
         "type=\"firmware\"><name>&a;</name></component>",
         "document type"},
        {COMPONENT("&a;", ""), "undefined entity"},
        {COMPONENT("A", "<checksum filename=\"a.hex\" target=\"content\" type=\"sha256\">beef"
                        "</checksum>"),
         "a check sum that is none"},
        {"<a><a><a><a><a><a><a><a><a><a><a><a><a><a><a><a><a></a></a></a></a></a></a></a></a></a>"
         "</a></a></a></a></a></a></a></a>",
         "too deep"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        metainfo_fails(rows[i].text, NULL, UB_IMG_METADATA, rows[i].words);
        metainfo_is(rows[i].text, "a.hex", "a.hex"); /* who knows needs no manifest */
    }
}

/** Long, and with more components than anybody has. */
static void metainfo_bounds(void **state)
{
    (void)state;
    struct ub_pack_list list = {0};
    struct ub_error err;
    struct blob blob = {0};
    blob_add(&blob, "<components>", 12);
    for (int i = 0; i <= UB_PACK_ENTRIES_MAX; i++)
        blob_add(&blob, "<component type=\"firmware\"/>", 28);
    blob_add(&blob, "</components>", 13);
    assert_int_equal(ub_metainfo_read("m", blob.bytes, blob.length, &list, &err), UB_IMG_METADATA);
    assert_non_null(strstr(err.message, "more than 64"));
    assert_int_equal(list.count, UB_PACK_ENTRIES_MAX);
    ub_pack_list_free(&list);
    free(blob.bytes);
    blob = (struct blob){calloc(1, UB_PACK_MANIFEST_MAX + 1), UB_PACK_MANIFEST_MAX + 1, 0};
    assert_int_equal(ub_metainfo_read("m", blob.bytes, blob.length, &list, &err), UB_IMG_METADATA);
    assert_non_null(strstr(err.message, "longer than any"));
    assert_int_equal(ub_manifest_json_read("m", blob.bytes, blob.length, &list, NULL),
                     UB_IMG_METADATA);
    free(blob.bytes);
    /* As many claims as one can hold, and long ones. */
    blob = (struct blob){0};
    blob_add(&blob, "<component type=\"firmware\"><provides>", 37);
    for (int i = 0; i < 100; i++) {
        char text[400];
        (void)ub_print(text, sizeof(text), "<firmware type=\"flashed\">%0300d</firmware>", i);
        blob_add(&blob, text, strlen(text));
    }
    blob_add(&blob, "</provides></component>", 23);
    assert_int_equal(ub_metainfo_read("m", blob.bytes, blob.length, &list, &err), UB_OK);
    assert_int_equal(list.entries[0].claim_count, UB_PACK_CLAIMS_MAX);
    assert_int_equal(strlen(list.entries[0].claims[0].text), UB_STRING_TEXT - 1);
    ub_pack_list_free(&list);
    free(blob.bytes);
}

static void nordic(void **state)
{
    (void)state;
    struct blob blob = read_data("nordic.zip");
    struct ub_image *image = open_member("nordic.zip", &blob, NULL);
    assert_string_equal(image->member, "app.bin");
    assert_int_equal(image->segments[0].length, 600);
    expect_claim(image, UB_CLAIM_PRODUCT, "Nordic manifest", "Nordic application");
    expect_claim(image, UB_CLAIM_VERSION, "Nordic manifest", "66051");
    assert_int_equal(count_claims(image, UB_CLAIM_REVISION), 0); /* 52 is the chip */
    ub_image_close(image);
    free(blob.bytes);
    blob = read_data("nordic-legacy.zip");
    image = open_member("nordic-legacy.zip", &blob, NULL);
    assert_string_equal(image->member, "app.bin");
    expect_claim(image, UB_CLAIM_VERSION, "Nordic manifest", "7");
    assert_int_equal(count_claims(image, UB_CLAIM_REVISION), 0); /* 52 is the chip */
    ub_image_close(image);
    free(blob.bytes);
    blob = read_data("nordic-two.zip");
    expect_error("nordic-two.zip", &blob, NULL, UB_IMG_SEVERAL, "bl.bin (raw bytes, 300 bytes)");
    image = open_member("nordic-two.zip", &blob, "bl.bin");
    expect_claim(image, UB_CLAIM_PRODUCT, "Nordic manifest", "Nordic bootloader");
    expect_claim(image, UB_CLAIM_VERSION, "Nordic manifest", "3");
    ub_image_close(image);
    free(blob.bytes);
}

/** The init packet that nrfutil made for nordic.zip. */
static struct blob nordic_packet(void)
{
    struct blob zip = read_data("nordic.zip");
    struct ub_image *image = open_member("nordic.zip", &zip, "app.dat");
    struct blob packet = {0};
    blob_add(&packet, image->segments[0].data, image->segments[0].length);
    ub_image_close(image);
    free(zip.bytes);
    return packet;
}

static void zip_fails(const char *manifest, const struct blob *packet, const char *bin,
                      enum ub_code code, const char *words)
{
    const struct piece pieces[] = {{"manifest.json", manifest, strlen(manifest), NULL},
                                   {"app.bin", bin, strlen(bin), NULL},
                                   {"app.dat", packet->bytes, packet->length, NULL}};
    struct blob blob = pack_zip(pieces, COUNT(pieces));
    expect_error("n.zip", &blob, NULL, code, words);
    free(blob.bytes);
}

static void nordic_wrong(void **state)
{
    (void)state;
    const char *app = "{\"manifest\":{\"application\":{\"bin_file\":\"app.bin\","
                      "\"dat_file\":\"app.dat\"}}}";
    struct blob packet = nordic_packet();
    zip_fails(app, &packet, "other firmware\1\2", UB_IMG_MEMBER_DIGEST, "SHA-256");
    packet.length -= 20;
    zip_fails(app, &packet, "other firmware\1\2", UB_IMG_METADATA, "no init packet");
    packet.length = 0;
    zip_fails(app, &packet, "x\1", UB_IMG_METADATA, "it has 0 bytes");
    zip_fails("{\"manifest\":{\"application\":{\"bin_file\":\"app.bin\",\"init_packet_data\":"
              "{\"firmware_crc16\":1}}}}",
              &packet, "firmware\1", UB_IMG_MEMBER_DIGEST, "CRC-16");
    zip_fails("{\"manifest\":{\"application\":{\"bin_file\":\"gone.bin\"}}}", &packet, "x\1",
              UB_IMG_METADATA, "gone.bin, which is not there");
    zip_fails("{\"manifest\":{\"application\":{\"bin_file\":\"app.bin\",\"dat_file\":\"g.dat\"}}}",
              &packet, "x\1", UB_IMG_METADATA, "g.dat, which is not there");
    zip_fails("{\"manifest\":{\"softdevice\":{\"bin_file\":7}}}", &packet, "x\1", UB_IMG_METADATA,
              "\"softdevice\" names no bin_file");
    zip_fails("{\"manifest\":{\"bootloader\":[]}}", &packet, "x\1", UB_IMG_METADATA,
              "names no bin_file");
    zip_fails("{\"manifest\":", &packet, "x\1", UB_IMG_METADATA, "manifest.json: line 1: ");
    zip_fails("{\"a\":1,\"a\":2}", &packet, "x\1", UB_IMG_METADATA, "duplicate");
    free(packet.bytes);
}

/** Any change and any cut of the packet gives an error or different claims, and nothing worse. */
static void init_packet(void **state)
{
    (void)state;
    struct blob packet = nordic_packet();
    struct ub_pack_entry entry = {.source = "Nordic manifest"};
    for (size_t length = 0; length < packet.length; length++) {
        uint8_t *exact = malloc(length + 1);
        assert_non_null(exact);
        memcpy(exact, packet.bytes, length);
        entry = (struct ub_pack_entry){.source = "Nordic manifest"};
        assert_int_equal(ub_nordic_init_read("p", exact, length, &entry, NULL), UB_IMG_METADATA);
        free(exact);
    }
    for (size_t at = 0; at < packet.length; at++)
        for (unsigned bit = 1; bit < 256; bit <<= 1) {
            packet.bytes[at] ^= (uint8_t)bit;
            entry = (struct ub_pack_entry){.source = "Nordic manifest"};
            enum ub_code code = ub_nordic_init_read("p", packet.bytes, packet.length, &entry, NULL);
            assert_true(code == UB_OK || code == UB_IMG_METADATA);
            packet.bytes[at] ^= (uint8_t)bit;
        }
    entry = (struct ub_pack_entry){.source = "Nordic manifest"};
    assert_int_equal(ub_nordic_init_read("p", packet.bytes, packet.length, &entry, NULL), UB_OK);
    assert_true(entry.has_sha256 && entry.claim_count == 1);
    /* A number without end. */
    uint8_t endless[64];
    memset(endless, 0xff, sizeof(endless));
    assert_int_equal(ub_nordic_init_read("p", endless, sizeof(endless), &entry, NULL),
                     UB_IMG_METADATA);
    free(packet.bytes);
}

/** The packages of MCUboot images that Zephyr's build makes; other manifests are not ours. */
static void other_manifests(void **state)
{
    (void)state;
    const char *one = "{\"format-version\":0,\"time\":1,\"files\":[{\"type\":\"application\","
                      "\"board\":\"nrf52840dk\",\"image_index\":\"0\",\"file\":\"app_update.bin\","
                      "\"version_MCUBOOT\":\"1.2.3+4\"}],\"name\":\"x\"}";
    const struct piece pieces[] = {{"manifest.json", one, strlen(one), NULL},
                                   PIECE("app_update.bin", RAW_A),
                                   PIECE("net.bin", RAW_A "b")};
    struct blob blob = pack_zip(pieces, COUNT(pieces));
    struct ub_image *image = open_member("z.zip", &blob, NULL);
    assert_string_equal(image->member, "app_update.bin");
    expect_claim(image, UB_CLAIM_VERSION, "package", "1.2.3+4");
    expect_claim(image, UB_CLAIM_PRODUCT, "package", "nrf52840dk");
    ub_image_close(image);
    free(blob.bytes);
    const char *two = "{\"format-version\":0,\"files\":[{\"file\":\"app_update.bin\"},"
                      "{\"file\":\"net.bin\"}]}";
    const struct piece both[] = {{"manifest.json", two, strlen(two), NULL}, pieces[1], pieces[2]};
    blob = pack_zip(both, COUNT(both));
    expect_error("z.zip", &blob, NULL, UB_IMG_SEVERAL, "net.bin");
    free(blob.bytes);
    const char *bad = "{\"format-version\":0,\"files\":[{\"name\":\"app_update.bin\"}]}";
    const struct piece nameless[] = {{"manifest.json", bad, strlen(bad), NULL}, pieces[1]};
    blob = pack_zip(nameless, COUNT(nameless));
    expect_error("z.zip", &blob, NULL, UB_IMG_METADATA, "number 1 of its files has no name");
    free(blob.bytes);
    const char *others = "{\"version\":1,\"files\":{\"app_update.bin\":{\"target\":\"stm32\"}}}";
    const struct piece unknown[] = {{"manifest.json", others, strlen(others), NULL}, pieces[1]};
    blob = pack_zip(unknown, COUNT(unknown));
    expect_member("z.zip", &blob, NULL, "zip", "app_update.bin");
    free(blob.bytes);
}

/** An archive in an archive has its own manifest; that of the outer one decides. */
static void nested(void **state)
{
    (void)state;
    struct blob cab = read_data("packed.cab");
    const struct piece plain[] = {{"board.cab", cab.bytes, cab.length, NULL},
                                  PIECE("x.txt", "text")};
    struct blob blob = pack_zip(plain, COUNT(plain));
    struct ub_image *image = open_member("a.zip", &blob, NULL);
    assert_string_equal(image->member, "board.cab/firmware.dfu");
    assert_string_equal(image->packed, "zip, cab");
    expect_claim(image, UB_CLAIM_VERSION, "metainfo", "1.2.3");
    ub_image_close(image);
    free(blob.bytes);
    /* The digest in the outer one is that of the archive in it. */
    struct blob gz = compress_with(ARCHIVE_FILTER_GZIP, HEX_A, sizeof(HEX_A) - 1);
    const char *xml = COMPONENT("A", "<checksum filename=\"fw.hex.gz\" target=\"content\" "
                                     "type=\"sha1\">0000000000000000000000000000000000000000"
                                     "</checksum>");
    const struct piece outer[] = {{"fw.hex.gz", gz.bytes, gz.length, NULL},
                                  PIECE("other.hex", HEX_B),
                                  {"x.metainfo.xml", xml, strlen(xml), NULL}};
    blob = pack_zip(outer, COUNT(outer));
    expect_error("a.zip", &blob, NULL, UB_IMG_MEMBER_DIGEST, "fw.hex.gz: its SHA-1");
    free(blob.bytes);
    const char *good = COMPONENT("A", FILE_OF("fw.hex.gz"));
    const struct piece right[] = {outer[0], outer[1], {"x.metainfo.xml", good, strlen(good), NULL}};
    blob = pack_zip(right, COUNT(right));
    expect_member("a.zip", &blob, NULL, "zip, gzip", "fw.hex.gz/fw.hex");
    free(blob.bytes);
    free(gz.bytes);
    free(cab.bytes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cabinet),
        cmocka_unit_test(metainfo_decides),
        cmocka_unit_test(several_components),
        cmocka_unit_test(metainfo_malformed),
        cmocka_unit_test(metainfo_bounds),
        cmocka_unit_test(nordic),
        cmocka_unit_test(nordic_wrong),
        cmocka_unit_test(init_packet),
        cmocka_unit_test(other_manifests),
        cmocka_unit_test(nested),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
