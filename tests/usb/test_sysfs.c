/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The kernel's list of devices, read from a folder made here. */
#define _XOPEN_SOURCE 700
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/text.h"
#include "usb/sysfs.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char root[64];

/* A file of a device: bytes as they are. */
static void put(const char *device, const char *name, const void *bytes, size_t length)
{
    char path[256];
    (void)ub_print(path, sizeof(path), "%s/%s", root, device);
    (void)mkdir(path, 0755);
    (void)ub_print(path, sizeof(path), "%s/%s/%s", root, device, name);
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, length, file), length);
    assert_int_equal(fclose(file), 0);
}

static void put_text(const char *device, const char *name, const char *text)
{
    put(device, name, text, strlen(text));
}

static const uint8_t one_configuration[] = {18,   1,    0,  2, 0, 0, 0, 64, 0x83, 0x04, 0x11, 0xdf,
                                            0x00, 0x22, 1,  2, 3, 1, 9, 2,  18,   0,    1,    1,
                                            0,    0xc0, 50, 9, 4, 0, 0, 0,  0xfe, 1,    2,    0};

static void put_device(const char *port, const char *number)
{
    put_text(port, "devnum", number);
    put_text(port, "speed", "12\n");
    put_text(port, "product", "STM32  BOOTLOADER\n");
    put_text(port, "serial", "A\x1b[31m1\n");
    put_text(port, "bConfigurationValue", "1\n");
    put(port, "descriptors", one_configuration, sizeof(one_configuration));
}

static int set_up(void **state)
{
    (void)state;
    (void)ub_print(root, sizeof(root), "/tmp/unbrick-sysfs-XXXXXX");
    return mkdtemp(root) ? 0 : -1;
}

static int remove_entry(const char *path, const struct stat *info, int type, struct FTW *walk)
{
    (void)info;
    (void)type;
    (void)walk;
    return remove(path);
}

static int tear_down(void **state)
{
    (void)state;
    return nftw(root, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
}

static void devices_are_listed_in_order_of_their_ports(void **state)
{
    (void)state;
    struct ub_usb_list list;
    bool known = false;
    put_device("1-10", "7\n");
    put_device("1-2.1", "130\n");
    put_device("usb1", "1\n");        /* a root hub */
    put_device("1-2.1:1.0", "7\n");   /* an interface */
    put_text("1-3", "speed", "12\n"); /* on its way out: half of its files are gone */
    put_text("1-4", "devnum", "9\n"); /* on its way in: not all are there */
    assert_int_equal(ub_sysfs_list(root, &list, &known, NULL), UB_OK);
    assert_true(known);
    assert_int_equal(list.count, 2);
    assert_string_equal(list.items[0].port, "1-2.1");
    assert_string_equal(list.items[1].port, "1-10");
    const struct ub_usb_info *info = &list.items[0];
    assert_int_equal(info->generation, 130);
    assert_int_equal(info->speed, UB_SPEED_FULL);
    assert_int_equal(info->vid, 0x0483);
    assert_int_equal(info->pid, 0xdf11);
    assert_int_equal(info->bcdDevice, 0x2200);
    assert_string_equal(info->manufacturer, "");
    assert_string_equal(info->product, "STM32  BOOTLOADER");
    assert_null(strchr(info->serial, 0x1b));
    assert_int_equal(info->config_length, 18);
    assert_memory_equal(info->config, one_configuration + 18, 18);
    ub_usb_list_free(&list);
}

static void the_configuration_in_use_is_picked(void **state)
{
    (void)state;
    uint8_t two[18 + 2 * 9];
    struct ub_usb_info info;
    bool there = false;
    memcpy(two, one_configuration, 18 + 9);
    memcpy(two + 18 + 9, one_configuration + 18, 9);
    two[17] = 2;
    two[18 + 2] = 9;
    two[27 + 2] = 9;
    two[27 + 5] = 5;
    put_device("1-1", "3\n");
    put("1-1", "descriptors", two, sizeof(two));
    put_text("1-1", "bConfigurationValue", "5\n");
    assert_int_equal(ub_sysfs_device(root, "1-1", &info, &there, NULL), UB_OK);
    assert_true(there);
    assert_int_equal(info.config_length, 9);
    assert_int_equal(info.config[5], 5);
    free(info.config);
    put_text("1-1", "bConfigurationValue", "\n"); /* not configured: the first */
    assert_int_equal(ub_sysfs_device(root, "1-1", &info, &there, NULL), UB_OK);
    assert_int_equal(info.config[5], 1);
    free(info.config);
}

static void long_and_damaged_descriptors_are_taken_as_far_as_they_go(void **state)
{
    (void)state;
    static uint8_t many[5000];
    struct ub_usb_info info;
    bool there = false;
    memcpy(many, one_configuration, sizeof(one_configuration));
    many[18 + 2] = (sizeof(many) - 18) & 0xff;
    many[18 + 3] = (sizeof(many) - 18) >> 8;
    put_device("1-1", "3\n");
    put("1-1", "descriptors", many, sizeof(many));
    assert_int_equal(ub_sysfs_device(root, "1-1", &info, &there, NULL), UB_OK);
    assert_int_equal(info.config_length, sizeof(many) - 18);
    free(info.config);
    put("1-1", "descriptors", many, 30); /* cut short */
    assert_int_equal(ub_sysfs_device(root, "1-1", &info, &there, NULL), UB_OK);
    assert_int_equal(info.config_length, 12);
    free(info.config);
    many[18 + 1] = 4; /* no configuration at all */
    put("1-1", "descriptors", many, sizeof(many));
    assert_int_equal(ub_sysfs_device(root, "1-1", &info, &there, NULL), UB_OK);
    assert_true(there);
    assert_int_equal(info.config_length, 0);
    assert_null(info.config);
    put("1-1", "descriptors", many, 17); /* not even a device descriptor */
    assert_int_equal(ub_sysfs_device(root, "1-1", &info, &there, NULL), UB_OK);
    assert_false(there);
    put_text("1-1", "devnum", "no number\n");
    assert_int_equal(ub_sysfs_device(root, "1-1", &info, &there, NULL), UB_OK);
    assert_false(there);
}

static void changes_show(void **state)
{
    (void)state;
    uint64_t first;
    uint64_t second;
    uint32_t generation;
    put_device("1-1", "3\n");
    put_device("1-2", "4\n");
    assert_true(ub_sysfs_fingerprint(root, &first));
    assert_true(ub_sysfs_fingerprint(root, &second));
    assert_true(first == second);
    assert_true(ub_sysfs_generation(root, "1-2", &generation));
    assert_int_equal(generation, 4);
    char from[128];
    char to[128];
    (void)ub_print(from, sizeof(from), "%s/1-2", root);
    (void)ub_print(to, sizeof(to), "%s/gone", root); /* as the kernel's, it keeps its inode */
    assert_int_equal(rename(from, to), 0);
    assert_true(ub_sysfs_fingerprint(root, &second));
    assert_true(first != second); /* it left */
    put_device("1-2", "4\n");
    assert_true(ub_sysfs_fingerprint(root, &second));
    assert_true(first != second); /* it came back, with whatever number */
    put_device("1-3", "5\n");
    assert_true(ub_sysfs_fingerprint(root, &first));
    assert_true(first != second); /* another one arrived */
    assert_false(ub_sysfs_generation(root, "1-9", &generation));
}

static void another_system_has_no_such_folder(void **state)
{
    (void)state;
    struct ub_usb_list list;
    uint64_t sum;
    bool known = true;
    assert_true(ub_sysfs_known(root));
    assert_int_equal(ub_sysfs_list("/no/such/folder", &list, &known, NULL), UB_OK);
    assert_false(known);
    assert_int_equal(list.count, 0);
    ub_usb_list_free(&list);
    assert_false(ub_sysfs_known("/no/such/folder"));
    assert_false(ub_sysfs_fingerprint("/no/such/folder", &sum));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(devices_are_listed_in_order_of_their_ports, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(the_configuration_in_use_is_picked, set_up, tear_down),
        cmocka_unit_test_setup_teardown(long_and_damaged_descriptors_are_taken_as_far_as_they_go,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(changes_show, set_up, tear_down),
        cmocka_unit_test_setup_teardown(another_system_has_no_such_folder, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
