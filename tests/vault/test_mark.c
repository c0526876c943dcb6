/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define _XOPEN_SOURCE 700
/* Notes of devices that are being changed, and of backups that are there already. */
#include "vault_fixture.h"

static struct ub_device device_at(const char *port)
{
    struct ub_device device = {.vid = 0x0483, .pid = 0xdf11};
    (void)ub_print(device.port, sizeof(device.port), "%s", port);
    (void)ub_print(device.serial, sizeof(device.serial), "../../%s", "odd");
    return device;
}

static void a_note_stays_until_the_device_is_whole(void **state)
{
    struct fixture *fixture = *state;
    struct ub_device device = device_at("1-4.2");
    struct ub_device other = device_at("1-4");
    char id[UB_BACKUP_ID];
    assert_false(ub_vault_marked(fixture->vault, &device, id));
    assert_int_equal(ub_vault_mark(fixture->vault, &device, "2026-11-22-01", NULL), UB_OK);
    /* a second run after a cut does not replace what leads back to a whole image */
    assert_int_equal(ub_vault_mark(fixture->vault, &device, "2026-11-22-02", NULL), UB_OK);
    assert_true(ub_vault_marked(fixture->vault, &device, id));
    assert_string_equal(id, "2026-11-22-01");
    assert_false(ub_vault_marked(fixture->vault, &other, id));
    ub_vault_unmark(fixture->vault, &device);
    assert_false(ub_vault_marked(fixture->vault, &device, id));
}

static void transports_know_nothing_of_each_other(void **state)
{
    static const char *const others[] = {"virtual", "replay"};
    struct fixture *fixture = *state;
    struct ub_vault *vault = fixture->vault;
    struct ub_device device = device_at("1-4.2");
    struct ub_backup *backup = make_backup(1000, 1);
    struct ub_backup_info real = {.transport = "libusb"};
    char id[UB_BACKUP_ID];
    for (size_t i = 0; i < 2; i++) {
        struct ub_backup_info other = {0};
        (void)ub_print(other.transport, sizeof(other.transport), "%s", others[i]);
        ub_vault_use(vault, others[i]);
        assert_int_equal(ub_vault_mark(vault, &device, "2026-11-22-02", NULL), UB_OK);
        assert_int_equal(ub_vault_store(vault, backup, NULL), UB_OK);
        assert_string_equal(backup->info.transport, others[i]);
        assert_true(ub_vault_holds(vault, backup, id));
        assert_false(ub_vault_is_native(vault, &real));
        assert_true(ub_vault_may_return(vault, &real));

        ub_vault_use(vault, "libusb");
        assert_false(ub_vault_marked(vault, &device, id));
        assert_false(ub_vault_holds(vault, backup, id));
        assert_int_equal(ub_vault_mark(vault, &device, "2026-11-22-01", NULL), UB_OK);
        assert_true(ub_vault_is_native(vault, &real));
        assert_false(ub_vault_may_return(vault, &other));

        ub_vault_use(vault, others[i]);
        ub_vault_unmark(vault, &device);
        assert_false(ub_vault_marked(vault, &device, id));
        ub_vault_use(vault, "libusb");
        assert_true(ub_vault_marked(vault, &device, id));
        assert_string_equal(id, "2026-11-22-01");
        ub_vault_unmark(vault, &device);
    }
    /* one of another transport is no newer one of this device */
    assert_int_equal(ub_vault_store(vault, backup, NULL), UB_OK);
    struct ub_backup *newer = make_backup(1000, 2);
    ub_vault_use(vault, "replay");
    assert_int_equal(ub_vault_store(vault, newer, NULL), UB_OK);
    ub_vault_use(vault, "libusb");
    assert_true(ub_vault_holds(vault, backup, id));
    assert_string_equal(id, backup->info.id);
    ub_backup_free(newer);
    ub_backup_free(backup);
}

static void a_note_of_nonsense_is_no_note(void **state)
{
    static const char *const nonsense[] = {"", "../../etc/passwd", "2026-11-22", "\x01\x02",
                                           "2026-11-22-0123456789012345678901234567890123456789"};
    struct fixture *fixture = *state;
    struct ub_device device = device_at("1-1");
    char id[UB_BACKUP_ID];
    char path[256];
    for (size_t i = 0; i < sizeof(nonsense) / sizeof(nonsense[0]); i++) {
        ub_vault_unmark(fixture->vault, &device);
        assert_int_equal(ub_vault_mark(fixture->vault, &device, "2026-11-22-01", NULL), UB_OK);
        (void)ub_print(path, sizeof(path), "%s/unfinished/1-1-0483-df11-______odd",
                       fixture->folder);
        FILE *file = fopen(path, "wb");
        assert_non_null(file);
        assert_true(fputs(nonsense[i], file) >= 0);
        assert_int_equal(fclose(file), 0);
        assert_false(ub_vault_marked(fixture->vault, &device, id));
    }
}

static void the_same_content_again_is_known(void **state)
{
    struct fixture *fixture = *state;
    char id[UB_BACKUP_ID] = "";
    struct ub_backup *first = make_backup(1000, 1);
    struct ub_backup *same = make_backup(1000, 1);
    struct ub_backup *other = make_backup(1000, 2);
    assert_false(ub_vault_holds(fixture->vault, first, id));
    assert_int_equal(ub_vault_store(fixture->vault, first, &fixture->err), UB_OK);
    assert_true(ub_vault_holds(fixture->vault, same, id));
    assert_string_equal(id, first->info.id);
    assert_false(ub_vault_holds(fixture->vault, other, id));

    /* only the newest counts: what is restored by default is the newest */
    assert_int_equal(ub_vault_store(fixture->vault, other, &fixture->err), UB_OK);
    assert_false(ub_vault_holds(fixture->vault, same, id));

    /* one taken after a cut is another thing, whatever it holds */
    struct ub_backup *cut = make_backup(1000, 2);
    cut->info.interrupted = true;
    assert_false(ub_vault_holds(fixture->vault, cut, id));
    ub_backup_free(first);
    ub_backup_free(same);
    ub_backup_free(other);
    ub_backup_free(cut);
}

static void a_damaged_backup_is_not_relied_on(void **state)
{
    struct fixture *fixture = *state;
    char id[UB_BACKUP_ID];
    char path[256];
    struct ub_backup *backup = make_backup(1000, 1);
    assert_int_equal(ub_vault_store(fixture->vault, backup, &fixture->err), UB_OK);
    (void)ub_print(path, sizeof(path), "%s/backups/%s/alt0-08000000.bin", fixture->folder,
                   backup->info.id);
    assert_int_equal(truncate(path, 10), 0);
    assert_false(ub_vault_holds(fixture->vault, backup, id));
    ub_backup_free(backup);
}

static void a_backup_knows_what_it_covers(void **state)
{
    struct ub_backup *backup = ub_backup_new(2);
    assert_non_null(backup);
    backup->info.parts[0] = (struct ub_backup_part){
        .alt = 0, .has_address = true, .address = 0x1000, .length = 0x100};
    backup->info.parts[1] = (struct ub_backup_part){
        .alt = 0, .has_address = true, .address = 0x1100, .length = 0x100};
    assert_true(ub_backup_covers(backup, 0, 0x1000, 0x200));
    assert_true(ub_backup_covers(backup, 0, 0x10ff, 2));
    assert_true(ub_backup_covers(backup, 0, 0x5000, 0));
    assert_false(ub_backup_covers(backup, 0, 0x1000, 0x201));
    assert_false(ub_backup_covers(backup, 0, 0x0fff, 2));
    assert_false(ub_backup_covers(backup, 1, 0x1000, 1));
    assert_false(ub_backup_covers(backup, 0, UINT64_MAX, 2));
    ub_backup_free(backup);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_note_stays_until_the_device_is_whole, fixture_setup,
                                        fixture_teardown),
        cmocka_unit_test_setup_teardown(transports_know_nothing_of_each_other, fixture_setup,
                                        fixture_teardown),
        cmocka_unit_test_setup_teardown(a_note_of_nonsense_is_no_note, fixture_setup,
                                        fixture_teardown),
        cmocka_unit_test_setup_teardown(the_same_content_again_is_known, fixture_setup,
                                        fixture_teardown),
        cmocka_unit_test_setup_teardown(a_damaged_backup_is_not_relied_on, fixture_setup,
                                        fixture_teardown),
        cmocka_unit_test(a_backup_knows_what_it_covers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
