/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "mock.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

static struct mock mock;
static struct ub_loader *loader;
static struct ub_error err;
static uint8_t buffer[16 * 2048];

static int setup(void **state)
{
    (void)state;
    mock_init(&mock, 0x0110);
    mock.strings[1] = "Firmware";
    memset(buffer, 0x5a, sizeof(buffer));
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    if (loader)
        loader->ops->close(loader);
    loader = NULL;
    return 0;
}

static const struct ub_region *open_it(void)
{
    size_t count;
    const struct ub_loader_ops *ops = ub_loader_for(&mock.interface);
    assert_non_null(ops);
    assert_int_equal(ops->open(&mock.port, &loader, &err), UB_OK);
    const struct ub_region *regions = loader->ops->regions(loader, &count);
    assert_true(count > 0);
    mock_forget(&mock);
    return regions;
}

static void one_region_per_setting(void **state)
{
    (void)state;
    size_t count;
    struct ub_loader_caps caps;
    mock.interface.alt_count = 2;
    mock.interface.alts[1].alt = 4;
    const struct ub_region *regions = open_it();
    (void)loader->ops->regions(loader, &count);
    assert_int_equal(count, 2);
    assert_int_equal(regions[0].kind, UB_REGION_STREAM);
    assert_int_equal(regions[0].run_count, 0);
    assert_int_equal(regions[0].rights, UB_CAN_READ | UB_CAN_WRITE);
    assert_string_equal(regions[0].name, "Firmware");
    assert_string_equal(regions[1].name, "firmware 4");
    loader->ops->caps(loader, &caps);
    assert_false(caps.addressed);
    assert_true(caps.can_read && caps.can_write && caps.tolerant && !caps.will_detach);
    assert_int_equal(caps.transfer_size, 2048);
    assert_null(loader->ops->erase);
    assert_null(loader->ops->erase_all);
    assert_string_equal(loader->ops->name, "DFU 1.1");
}

static void arrival_in_idle_costs_one_transfer(void **state)
{
    (void)state;
    uint8_t bState;
    uint8_t bStatus;
    uint64_t transfers;
    (void)open_it();
    loader->ops->last_status(loader, &bState, &bStatus, &transfers);
    assert_int_equal(transfers, 1);
    assert_int_equal(bState, DFU_IDLE);
    assert_null(loader->ops->warning(loader, 0));
}

static void state_on_arrival_is_kept(void **state)
{
    (void)state;
    struct ub_loader_caps caps;
    const struct mock_step script[] = {STATUS(10, 0, 10), TAKES(DFU_CLRSTATUS, 0), STATUS(0, 0, 2)};
    PLAY(&mock, script);
    (void)open_it();
    loader->ops->caps(loader, &caps);
    assert_int_equal(caps.arrived_bState, DFU_ERROR);
    assert_int_equal(caps.arrived_bStatus, 10);
}

static void writes_two_transfers_per_block(void **state)
{
    (void)state;
    const struct ub_region *region = open_it();
    assert_int_equal(loader->ops->write(loader, region, 0, buffer, 4096, &err), UB_OK);
    assert_int_equal(loader->ops->write(loader, region, 4096, buffer, 5000, &err), UB_OK);
    assert_int_equal(mock_count(&mock, DFU_DNLOAD), 5);
    assert_int_equal(mock.log_length, 10);
    for (uint16_t i = 0; i < 5; i++)
        assert_int_equal(mock.log[2 * i].value, i);
    assert_int_equal(mock.log[8].length, 904);
    assert_int_equal(mock.env.step_done, 9096);
}

static void stream_cannot_go_on_behind_a_short_block(void **state)
{
    (void)state;
    const struct ub_region *region = open_it();
    assert_int_equal(loader->ops->write(loader, region, 0, buffer, 100, &err), UB_OK);
    assert_int_equal(loader->ops->write(loader, region, 100, buffer, 100, &err), UB_MEM_RANGE);
    assert_int_equal(loader->ops->write(loader, region, 4096, buffer, 100, &err), UB_MEM_RANGE);
}

static void block_number_wraps(void **state)
{
    (void)state;
    mock.interface.functional.wTransferSize = 8;
    const struct ub_region *region = open_it();
    uint64_t at = 0;
    for (unsigned round = 0; round < 17; round++) {
        mock_forget(&mock);
        assert_int_equal(loader->ops->write(loader, region, at, buffer, 32768, &err), UB_OK);
        at += 32768;
    }
    /* 16 rounds of 4096 blocks are 65536: the 17th begins with block 0 again */
    assert_int_equal(mock.log[0].value, 0);
    assert_int_equal(mock.log[2].value, 1);
}

static void new_stream_begins_in_idle(void **state)
{
    (void)state;
    const struct ub_region *region = open_it();
    assert_int_equal(loader->ops->write(loader, region, 0, buffer, 4096, &err), UB_OK);
    mock_forget(&mock);
    assert_int_equal(loader->ops->write(loader, region, 0, buffer, 2048, &err), UB_OK);
    assert_int_equal(mock.log[0].request, DFU_ABORT);
    assert_int_equal(mock.log[1].request, DFU_DNLOAD);
    assert_int_equal(mock.log[1].value, 0);
}

static void reads_until_the_short_block(void **state)
{
    (void)state;
    size_t actual;
    const struct ub_region *region = open_it();
    mock.stream_left = 5000;
    assert_int_equal(loader->ops->read(loader, region, 0, buffer, sizeof(buffer), &actual, &err),
                     UB_OK);
    assert_int_equal(actual, 5000);
    assert_int_equal(mock_count(&mock, DFU_UPLOAD), 3);
    assert_int_equal(mock.log_length, 3);
    assert_int_equal(buffer[4999], 2);
    assert_int_equal(buffer[5000], 0x5a);
}

static void stream_of_whole_blocks_ends_with_an_empty_one(void **state)
{
    (void)state;
    size_t actual;
    const struct ub_region *region = open_it();
    mock.stream_left = 4096;
    assert_int_equal(loader->ops->read(loader, region, 0, buffer, sizeof(buffer), &actual, &err),
                     UB_OK);
    assert_int_equal(actual, 4096);
    assert_int_equal(mock_count(&mock, DFU_UPLOAD), 3);
}

static void reading_stops_and_goes_on(void **state)
{
    (void)state;
    size_t actual;
    const struct ub_region *region = open_it();
    mock.stream_left = 10000;
    assert_int_equal(loader->ops->read(loader, region, 0, buffer, 4096, &actual, &err), UB_OK);
    assert_int_equal(actual, 4096);
    assert_int_equal(loader->ops->read(loader, region, 4096, buffer, 3000, &actual, &err), UB_OK);
    assert_int_equal(actual, 3000);
    /* a part of the last block is lost now: only the start can follow */
    assert_int_equal(loader->ops->read(loader, region, 8192, buffer, 100, &actual, &err),
                     UB_MEM_RANGE);
    assert_int_equal(loader->ops->read(loader, region, 7096, buffer, 100, &actual, &err),
                     UB_MEM_RANGE);
    mock_forget(&mock);
    mock.stream_left = 10000;
    assert_int_equal(loader->ops->read(loader, region, 0, buffer, 2048, &actual, &err), UB_OK);
    assert_int_equal(mock.log[0].request, DFU_ABORT);
    assert_int_equal(mock.log[1].value, 0);
}

static void device_that_cannot_is_not_asked(void **state)
{
    (void)state;
    size_t actual;
    mock.interface.functional.bmAttributes = UB_DFU_CAN_DNLOAD;
    const struct ub_region *region = open_it();
    assert_int_equal(region->rights, UB_CAN_WRITE);
    assert_int_equal(loader->ops->read(loader, region, 0, buffer, 10, &actual, &err),
                     UB_DFU_NO_UPLOAD);
    teardown(NULL);
    mock.interface.functional.bmAttributes = UB_DFU_CAN_UPLOAD;
    region = open_it();
    assert_int_equal(loader->ops->write(loader, region, 0, buffer, 10, &err), UB_DFU_NO_DOWNLOAD);
    assert_int_equal(mock.log_length, 0);
}

static void every_error_of_a_block_is_told(void **state)
{
    (void)state;
    for (uint8_t bStatus = 1; bStatus <= 15; bStatus++) {
        const struct mock_step script[] = {TAKES(DFU_DNLOAD, 0), STATUS(0, 3, 4),
                                           STATUS(bStatus, 0, 10)};
        setup(NULL);
        const struct ub_region *region = open_it();
        PLAY(&mock, script);
        assert_int_equal(loader->ops->write(loader, region, 0, buffer, 2048, &err), 400 + bStatus);
        mock_played(&mock);
        /* and the next stream first clears it */
        const struct mock_step again[] = {STATUS(bStatus, 0, 10), TAKES(DFU_CLRSTATUS, 0),
                                          STATUS(0, 0, 2), TAKES(DFU_DNLOAD, 0), STATUS(0, 0, 5)};
        PLAY(&mock, again);
        assert_int_equal(loader->ops->write(loader, region, 0, buffer, 2048, &err), UB_OK);
        mock_played(&mock);
        teardown(NULL);
    }
}

static void stops_between_blocks(void **state)
{
    (void)state;
    size_t actual;
    const struct ub_region *region = open_it();
    atomic_store(&mock.env.cancelled, true);
    assert_int_equal(loader->ops->write(loader, region, 0, buffer, 4096, &err), UB_SYS_INTERRUPTED);
    assert_int_equal(loader->ops->read(loader, region, 0, buffer, 4096, &actual, &err),
                     UB_SYS_INTERRUPTED);
    assert_int_equal(mock.log_length, 0);
    assert_int_equal(loader->ops->abort(loader, &err), UB_OK);
}

/* Commits a stream of one block with the given answers behind the zero-length block. */
static enum ub_code commit(unsigned attributes, const struct mock_step *script, size_t length)
{
    teardown(NULL);
    setup(NULL);
    mock.interface.functional.bmAttributes = (uint8_t)(attributes | UB_DFU_CAN_DNLOAD);
    const struct ub_region *region = open_it();
    assert_int_equal(loader->ops->write(loader, region, 0, buffer, 2048, &err), UB_OK);
    mock_forget(&mock);
    mock_play(&mock, script, length);
    enum ub_code code = loader->ops->commit(loader, &err);
    mock_played(&mock);
    assert_int_equal(mock.log[0].request, DFU_DNLOAD);
    assert_int_equal(mock.log[0].length, 0);
    assert_int_equal(mock.log[0].value, 1);
    return code;
}

#define COMMIT(attributes, script)                                                                 \
    commit((attributes), (script), sizeof(script) / sizeof((script)[0]))

static void tolerant_device_comes_back_to_idle(void **state)
{
    (void)state;
    const struct mock_step script[] = {TAKES(DFU_DNLOAD, 1), STATUS(0, 20, 6), STATUS(0, 500, 7),
                                       STATUS(0, 0, 6), STATUS(0, 0, 2)};
    assert_int_equal(COMMIT(UB_DFU_MANIFEST_TOL, script), UB_OK);
    assert_true(mock.log[3].at_us - mock.log[2].at_us >= 500000);
    /* leaving takes a bus reset, whatever it does with the device */
    const struct mock_step leave[] = {FAILS(MOCK_RESET, UB_USB_GONE)};
    PLAY(&mock, leave);
    assert_int_equal(loader->ops->leave(loader, 0, &err), UB_OK);
    mock_played(&mock);
}

static void other_device_waits_for_reset(void **state)
{
    (void)state;
    const struct mock_step script[] = {TAKES(DFU_DNLOAD, 1), STATUS(0, 100, 7), STATUS(0, 0, 8)};
    assert_int_equal(COMMIT(0, script), UB_OK);
    const struct mock_step leave[] = {TAKES(MOCK_RESET, 0)};
    PLAY(&mock, leave);
    assert_int_equal(loader->ops->leave(loader, 0, &err), UB_OK);
    mock_played(&mock);
}

static void device_that_vanishes_after_the_last_block_took_it(void **state)
{
    (void)state;
    static const unsigned attributes[] = {0, UB_DFU_MANIFEST_TOL, UB_DFU_WILL_DETACH};
    for (size_t i = 0; i < 3; i++) {
        const struct mock_step at_once[] = {TAKES(DFU_DNLOAD, 1),
                                            FAILS(DFU_GETSTATUS, UB_USB_GONE)};
        assert_int_equal(COMMIT(attributes[i], at_once), UB_OK);
        const struct mock_step later[] = {TAKES(DFU_DNLOAD, 1), STATUS(0, 100, 7),
                                          FAILS(DFU_GETSTATUS, UB_USB_GONE)};
        assert_int_equal(COMMIT(attributes[i], later), UB_OK);
        mock_forget(&mock);
        assert_int_equal(loader->ops->leave(loader, 0, &err), UB_OK);
        assert_int_equal(mock.log_length, 0);
    }
}

static void silence_is_good_only_where_it_is_announced(void **state)
{
    (void)state;
    const struct mock_step mute[] = {TAKES(DFU_DNLOAD, 1), STATUS(0, 100, 7),
                                     FAILS(DFU_GETSTATUS, UB_USB_TIMEOUT)};
    assert_int_equal(COMMIT(0, mute), UB_OK);
    assert_int_equal(mock.last_timeout, DFU_CONTROL_MS); /* no long wait for a deaf device */
    assert_int_equal(COMMIT(UB_DFU_MANIFEST_TOL, mute), UB_DFU_MANIFEST);
    assert_int_equal(err.code, UB_DFU_MANIFEST);
    const struct mock_step stall[] = {TAKES(DFU_DNLOAD, 1), FAILS(DFU_GETSTATUS, UB_USB_STALL),
                                      FAILS(DFU_GETSTATUS, UB_USB_STALL),
                                      FAILS(DFU_GETSTATUS, UB_USB_STALL),
                                      FAILS(DFU_GETSTATUS, UB_USB_STALL)};
    assert_int_equal(COMMIT(0, stall), UB_OK);
    assert_int_equal(COMMIT(UB_DFU_MANIFEST_TOL, stall), UB_DFU_MANIFEST);
}

static void failed_manifestation_is_told(void **state)
{
    (void)state;
    const struct mock_step file[] = {TAKES(DFU_DNLOAD, 1), STATUS(0, 10, 7), STATUS(2, 0, 10)};
    assert_int_equal(COMMIT(UB_DFU_MANIFEST_TOL, file), UB_DFU_ERR_FILE);
    const struct mock_step endless[] = {TAKES(DFU_DNLOAD, 1), STATUS_FOREVER(0, 0, 7)};
    assert_int_equal(COMMIT(UB_DFU_MANIFEST_TOL, endless), UB_DFU_MANIFEST);
    assert_true(mock.time.now < 12000000);
    const struct mock_step absurd[] = {TAKES(DFU_DNLOAD, 1), STATUS(0, 16777215, 7)};
    assert_int_equal(COMMIT(0, absurd), UB_DFU_POLL_TIME);
    const struct mock_step refused[] = {FAILS(DFU_DNLOAD, UB_USB_STALL), STATUS(9, 0, 10)};
    assert_int_equal(COMMIT(0, refused), UB_DFU_ERR_NOTDONE);
    const struct mock_step lost[] = {FAILS(DFU_DNLOAD, UB_USB_GONE)};
    assert_int_equal(COMMIT(0, lost), UB_USB_GONE);
}

static void download_idle_instead_of_manifest_is_taken(void **state)
{
    (void)state;
    const struct mock_step script[] = {TAKES(DFU_DNLOAD, 1), STATUS(0, 0, 5), STATUS(0, 0, 5),
                                       STATUS(0, 0, 5)};
    assert_int_equal(COMMIT(0, script), UB_OK);
}

static void nothing_is_committed_without_a_download(void **state)
{
    (void)state;
    (void)open_it();
    assert_int_equal(loader->ops->commit(loader, &err), UB_DFU_STATE);
    assert_int_equal(mock.log_length, 0);
}

static void leaving_by_detach_where_the_device_does_so(void **state)
{
    (void)state;
    mock.interface.functional.bmAttributes = UB_DFU_CAN_DNLOAD | UB_DFU_WILL_DETACH;
    (void)open_it();
    const struct mock_step takes[] = {TAKES(DFU_DETACH, 255)};
    PLAY(&mock, takes);
    assert_int_equal(loader->ops->leave(loader, 0, &err), UB_OK);
    mock_played(&mock);
    const struct mock_step refuses[] = {FAILS(DFU_DETACH, UB_USB_STALL),
                                        FAILS(MOCK_RESET, UB_USB_GONE)};
    PLAY(&mock, refuses);
    assert_int_equal(loader->ops->leave(loader, 0, &err), UB_OK);
    mock_played(&mock);
    const struct mock_step goes[] = {FAILS(DFU_DETACH, UB_USB_GONE)};
    PLAY(&mock, goes);
    assert_int_equal(loader->ops->leave(loader, 0, &err), UB_OK);
    mock_played(&mock);
}

static void reset_that_fails_is_told(void **state)
{
    (void)state;
    (void)open_it();
    const struct mock_step script[] = {FAILS(MOCK_RESET, UB_USB_IO)};
    PLAY(&mock, script);
    assert_int_equal(loader->ops->leave(loader, 0, &err), UB_USB_IO);
}

/* Transfer sizes as devices say them, and what becomes of them. */
static void transfer_sizes(void **state)
{
    (void)state;
    static const struct {
        uint16_t says;
        uint16_t used; /* 0: refused */
        bool warns;
    } rows[] = {{0, 0, false},       {1, 0, false},      {7, 0, false},       {8, 8, false},
                {64, 64, false},     {1000, 1000, true}, {4096, 4096, false}, {8192, 4096, true},
                {65535, 1024, true}, {4097, 4096, true}};
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        setup(NULL);
        mock.interface.functional.wTransferSize = rows[i].says;
        enum ub_code code = ub_loader_for(&mock.interface)->open(&mock.port, &loader, &err);
        if (rows[i].used == 0) {
            assert_int_equal(code, UB_DFU_TRANSFER_SIZE);
            assert_null(loader);
            continue;
        }
        struct ub_loader_caps caps;
        assert_int_equal(code, UB_OK);
        loader->ops->caps(loader, &caps);
        assert_int_equal(caps.transfer_size, rows[i].used);
        assert_int_equal(loader->ops->warning(loader, 0) != NULL, rows[i].warns);
        teardown(NULL);
    }
}

static void missing_descriptor_is_asked_for(void **state)
{
    (void)state;
    static const uint8_t answer[] = {9, 0x21, 0x05, 0xe8, 0x03, 0x00, 0x01, 0x10, 0x01};
    mock.interface.functional = (struct ub_dfu_functional){
        .bmAttributes = 3, .wDetachTimeOut = 1000, .wTransferSize = 64, .bcdDFUVersion = 0x0100};
    struct ub_loader_caps caps;
    mock.functional = answer;
    mock.functional_length = sizeof(answer);
    (void)open_it();
    loader->ops->caps(loader, &caps);
    assert_int_equal(caps.transfer_size, 256);
    assert_false(caps.can_read);
    assert_true(caps.tolerant);
    assert_non_null(loader->ops->warning(loader, 0));
    assert_string_equal(loader->ops->name, "DFU 1.1");
    teardown(NULL);
    /* and where it does not answer, DFU 1.0 is assumed */
    mock.functional = NULL;
    (void)open_it();
    loader->ops->caps(loader, &caps);
    assert_int_equal(caps.transfer_size, 64);
    assert_string_equal(loader->ops->name, "DFU 1.0");
    assert_non_null(loader->ops->warning(loader, 0));
}

static void asked_for_descriptor_may_say_dfuse(void **state)
{
    (void)state;
    static const uint8_t answer[] = {9, 0x21, 0x0b, 0xff, 0x00, 0x00, 0x08, 0x1a, 0x01};
    mock.interface.functional = (struct ub_dfu_functional){
        .bmAttributes = 3, .wTransferSize = 64, .bcdDFUVersion = 0x0100};
    mock.functional = answer;
    mock.functional_length = sizeof(answer);
    mock.strings[1] = "@Internal Flash  /0x08000000/04*016Kg";
    (void)open_it();
    assert_string_equal(loader->ops->name, "DfuSe 1.1a");
}

static void dfuse_without_a_map_is_plain_dfu(void **state)
{
    (void)state;
    mock.interface.functional.bcdDFUVersion = 0x011a;
    mock.strings[1] = "DFU Program FLASH 0x08005000";
    assert_string_equal(ub_loader_for(&mock.interface)->name, "DfuSe 1.1a");
    (void)open_it();
    assert_string_equal(loader->ops->name, "DFU 1.1");
    assert_non_null(loader->ops->warning(loader, 0));
}

static void memory_maps_for_names_are_never_streams(void **state)
{
    (void)state;
    static const uint16_t releases[] = {0x0100, 0x0101, 0x0110, 0x9999};
    mock.strings[1] = "@Internal Flash  /0x08000000/04*016Kg";
    for (size_t i = 0; i < sizeof(releases) / sizeof(releases[0]); i++) {
        mock.interface.functional.bcdDFUVersion = releases[i];
        struct ub_loader_caps caps;
        const struct ub_region *region = open_it();
        loader->ops->caps(loader, &caps);
        assert_false(caps.can_write);
        assert_int_equal(region->rights, UB_CAN_READ);
        assert_non_null(strstr(loader->ops->warning(loader, 0), "says what it speaks"));
        teardown(NULL);
    }
    /* a quirk says it */
    static const char *const names[] = {"DFU 1.1", "DfuSe 1.1a"};
    for (size_t i = 0; i < 2; i++) {
        mock.port.habits.bcdDFUVersion = i ? 0x011a : 0x0110;
        assert_true(open_it()->rights & UB_CAN_WRITE);
        assert_string_equal(loader->ops->name, names[i]);
        assert_null(loader->ops->warning(loader, 0));
        teardown(NULL);
    }
    mock.port.habits.bcdDFUVersion = 0;
    mock.interface.functional.bcdDFUVersion = 0x0110;
    /* without a descriptor it is DfuSe, and a map that cannot be read no reason to write commands
     */
    mock.interface.functional.present = false;
    (void)open_it();
    assert_string_equal(loader->ops->name, "DfuSe 1.1a");
    teardown(NULL);
    mock.strings[1] = "@Internal Flash  /0x08000000/04*";
    assert_int_equal(ub_loader_for(&mock.interface)->open(&mock.port, &loader, &err),
                     UB_DFU_MEMORY_MAP);
    assert_null(loader);
    mock.interface.functional.present = true;
    /* a name that merely begins like a map is a name */
    mock.strings[1] = "@home";
    (void)open_it();
    assert_string_equal(loader->ops->name, "DFU 1.1");
}

static void runtime_interface_has_no_loader(void **state)
{
    (void)state;
    mock.interface.mode = UB_MODE_RUNTIME;
    assert_null(ub_loader_for(&mock.interface));
    mock.interface.mode = UB_MODE_DFU;
    mock.interface.functional.bcdDFUVersion = 0x0100;
    assert_string_equal(ub_loader_for(&mock.interface)->name, "DFU 1.0");
}

static void refused_block_is_sent_again_where_nothing_moved(void **state)
{
    (void)state;
    const struct ub_region *region = open_it();
    const struct mock_step script[] = {
        TAKES(DFU_DNLOAD, 0), STATUS(0, 0, 5),      FAILS(DFU_DNLOAD, UB_USB_STALL),
        STATUS(0, 0, 5),      TAKES(DFU_DNLOAD, 1), STATUS(0, 0, 5)};
    PLAY(&mock, script);
    assert_int_equal(loader->ops->write(loader, region, 0, buffer, 4096, &err), UB_OK);
    mock_played(&mock);
    assert_int_equal(mock.warnings, 1);
    assert_int_equal(err.code, UB_OK);
    /* a device in dfuERROR has dropped the stream */
    const struct mock_step error[] = {FAILS(DFU_DNLOAD, UB_USB_STALL), STATUS(15, 0, 10)};
    PLAY(&mock, error);
    assert_int_equal(loader->ops->write(loader, region, 4096, buffer, 2048, &err),
                     UB_DFU_ERR_STALLEDPKT);
    mock_played(&mock);
}

static void also_over_a_transport_that_queues(void **state)
{
    mock_queues(&mock);
    refused_block_is_sent_again_where_nothing_moved(state);
    assert_true(mock.queue_count > 0);
}

static void lost_block_is_not_sent_again(void **state)
{
    (void)state;
    const struct ub_region *region = open_it();
    const struct mock_step lost[] = {TAKES(DFU_DNLOAD, 0), STATUS(0, 0, 5),
                                     FAILS(DFU_DNLOAD, UB_USB_IO)};
    PLAY(&mock, lost);
    assert_int_equal(loader->ops->write(loader, region, 0, buffer, 4096, &err), UB_USB_IO);
    assert_int_equal(mock_count(&mock, DFU_DNLOAD), 2);
}

static void refusals_have_their_bound(void **state)
{
    (void)state;
    const struct ub_region *region = open_it();
    const struct mock_step script[] = {TAKES(DFU_DNLOAD, 0),
                                       STATUS(0, 0, 5),
                                       FAILS(DFU_DNLOAD, UB_USB_STALL),
                                       STATUS(0, 0, 5),
                                       FAILS(DFU_DNLOAD, UB_USB_STALL),
                                       STATUS(0, 0, 5),
                                       FAILS(DFU_DNLOAD, UB_USB_STALL),
                                       STATUS(0, 0, 5),
                                       FAILS(DFU_DNLOAD, UB_USB_STALL),
                                       STATUS(0, 0, 5)};
    PLAY(&mock, script);
    assert_int_equal(loader->ops->write(loader, region, 0, buffer, 4096, &err), UB_USB_STALL);
    mock_played(&mock);
}

static void habits_of_a_stream_are_obeyed(void **state)
{
    (void)state;
    size_t actual;
    struct ub_loader_caps caps;
    mock.port.habits.first_block = 64; /* Ubertooth */
    mock.port.habits.whole_blocks = true;
    const struct ub_region *region = open_it();
    assert_int_equal(loader->ops->write(loader, region, 0, buffer, 2048 + 4, &err), UB_OK);
    assert_int_equal(mock.log[0].value, 64);
    assert_int_equal(mock.log[2].value, 65);
    assert_int_equal(mock.log[2].length, 2048);
    assert_memory_equal(mock.log[2].data, "\x5a\x5a\x5a\x5a\xff\xff\xff\xff", 8);
    const struct mock_step ends[] = {TAKES(DFU_ABORT, 0),
                                     {.request = DFU_UPLOAD, .value = 64, .length = 2048},
                                     FAILS(DFU_UPLOAD, UB_USB_STALL),
                                     STATUS(15, 0, 10),
                                     TAKES(DFU_CLRSTATUS, 0),
                                     STATUS(0, 0, 2),
                                     /* it may have been by chance */
                                     {.request = DFU_UPLOAD, .value = 65, .code = UB_USB_STALL},
                                     STATUS(15, 0, 10),
                                     TAKES(DFU_CLRSTATUS, 0),
                                     STATUS(0, 0, 2)};
    PLAY(&mock, ends);
    assert_int_equal(loader->ops->read(loader, region, 0, buffer, 8192, &actual, &err), UB_OK);
    mock_played(&mock);
    assert_int_equal(actual, 2048);
    teardown(NULL);
    mock.port.habits = (struct ub_loader_habits){.no_upload = true};
    region = open_it();
    loader->ops->caps(loader, &caps);
    assert_false(caps.can_read);
    assert_int_equal(region->rights, UB_CAN_WRITE);
    assert_int_equal(loader->ops->read(loader, region, 0, buffer, 8192, &actual, &err),
                     UB_DFU_NO_UPLOAD);
}

static void leaving_obeys_habits(void **state)
{
    (void)state;
    mock.port.habits.no_leave_reset = true;
    (void)open_it();
    assert_int_equal(loader->ops->leave(loader, 0, &err), UB_OK);
    assert_int_equal(mock.log_length, 0);
    teardown(NULL);
    mock.port.habits = (struct ub_loader_habits){.upload_to_run = true};
    (void)open_it();
    mock.stream_left = 4096;
    assert_int_equal(loader->ops->leave(loader, 0, &err), UB_OK);
    assert_int_equal(mock.log_length, 2);
    assert_int_equal(mock.log[0].request, DFU_UPLOAD);
    assert_int_equal(mock.log[1].request, MOCK_RESET);
    /* a device that goes while it is read is gone, which is what was wanted */
    teardown(NULL);
    (void)open_it();
    const struct mock_step gone[] = {FAILS(DFU_UPLOAD, UB_USB_GONE)};
    PLAY(&mock, gone);
    assert_int_equal(loader->ops->leave(loader, 0, &err), UB_OK);
    assert_int_equal(mock.log_length, 1);
}

static void manifestation_with_poll_time_zero_is_asked_more_and_more_slowly(void **state)
{
    (void)state;
    mock.port.habits.manifest_deadline_ms = 180000;
    const struct ub_region *region = open_it();
    assert_int_equal(loader->ops->write(loader, region, 0, buffer, 2048, &err), UB_OK);
    const struct mock_step script[] = {TAKES(DFU_DNLOAD, 1), STATUS_FOREVER(0, 0, 7)};
    PLAY(&mock, script);
    mock_forget(&mock);
    assert_int_equal(loader->ops->commit(loader, &err), UB_DFU_MANIFEST);
    assert_true(mock.log_length < 250);
    assert_true(mock.waits > 10);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(one_region_per_setting),
        TEST(arrival_in_idle_costs_one_transfer),
        TEST(state_on_arrival_is_kept),
        TEST(writes_two_transfers_per_block),
        TEST(stream_cannot_go_on_behind_a_short_block),
        TEST(block_number_wraps),
        TEST(new_stream_begins_in_idle),
        TEST(reads_until_the_short_block),
        TEST(stream_of_whole_blocks_ends_with_an_empty_one),
        TEST(reading_stops_and_goes_on),
        TEST(device_that_cannot_is_not_asked),
        TEST(every_error_of_a_block_is_told),
        TEST(stops_between_blocks),
        TEST(tolerant_device_comes_back_to_idle),
        TEST(other_device_waits_for_reset),
        TEST(device_that_vanishes_after_the_last_block_took_it),
        TEST(silence_is_good_only_where_it_is_announced),
        TEST(failed_manifestation_is_told),
        TEST(download_idle_instead_of_manifest_is_taken),
        TEST(nothing_is_committed_without_a_download),
        TEST(leaving_by_detach_where_the_device_does_so),
        TEST(reset_that_fails_is_told),
        TEST(transfer_sizes),
        TEST(missing_descriptor_is_asked_for),
        TEST(asked_for_descriptor_may_say_dfuse),
        TEST(dfuse_without_a_map_is_plain_dfu),
        TEST(memory_maps_for_names_are_never_streams),
        TEST(runtime_interface_has_no_loader),
        TEST(refused_block_is_sent_again_where_nothing_moved),
        TEST(also_over_a_transport_that_queues),
        TEST(lost_block_is_not_sent_again),
        TEST(refusals_have_their_bound),
        TEST(habits_of_a_stream_are_obeyed),
        TEST(leaving_obeys_habits),
        TEST(manifestation_with_poll_time_zero_is_asked_more_and_more_slowly),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
