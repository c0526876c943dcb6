/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A vault in a temporary folder, and a backup to put into it. */
#ifndef VAULT_FIXTURE_H
#define VAULT_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/text.h"
#include "vault/vault.h"

struct fixture {
    char folder[64];
    struct ub_vault *vault;
    struct ub_error err;
};

static inline int delete_one(const char *path, const struct stat *status, int kind,
                             struct FTW *where)
{
    (void)status;
    (void)kind;
    (void)where;
    return remove(path);
}

static inline int fixture_setup(void **state)
{
    struct fixture *fixture = calloc(1, sizeof(*fixture));
    assert_non_null(fixture);
    (void)ub_print(fixture->folder, sizeof(fixture->folder), "/tmp/unbrick-vault-XXXXXX");
    assert_non_null(mkdtemp(fixture->folder));
    assert_int_equal(ub_vault_open(fixture->folder, &fixture->vault, &fixture->err), UB_OK);
    *state = fixture;
    return 0;
}

static inline int fixture_teardown(void **state)
{
    struct fixture *fixture = *state;
    ub_vault_close(fixture->vault);
    (void)nftw(fixture->folder, delete_one, 16, FTW_DEPTH | FTW_PHYS);
    free(fixture);
    return 0;
}

/* Two parts: `size` bytes of flash that count up from `seed`, and 16 option bytes without address.
 */
static inline struct ub_backup *make_backup(size_t size, uint8_t seed)
{
    struct ub_backup *backup = ub_backup_new(2);
    assert_non_null(backup);
    struct ub_device *device = &backup->info.device;
    (void)ub_print(device->port, sizeof(device->port), "1-4.2");
    device->vid = 0x0483;
    device->pid = 0xdf11;
    device->bcdDevice = 0x2200;
    device->mode = UB_MODE_DFU;
    device->family = "STM32F405";
    device->protocol = "DfuSe 1.1a";
    (void)ub_print(device->product, sizeof(device->product), "STM32 \"BOOTLOADER\" \xc3\xbc");
    (void)ub_print(device->serial, sizeof(device->serial), "357236543131");
    backup->info.readings = 2;
    backup->info.parts[0] = (struct ub_backup_part){
        .has_address = true, .address = 0x08000000, .length = size};
    (void)ub_print(backup->info.parts[0].name, UB_STRING_TEXT, "Internal Flash");
    backup->info.parts[1] = (struct ub_backup_part){.alt = 1, .length = 16};
    (void)ub_print(backup->info.parts[1].name, UB_STRING_TEXT, "Option Bytes");
    for (size_t i = 0; i < 2; i++) {
        const size_t length = (size_t)backup->info.parts[i].length;
        backup->contents[i] = malloc(length);
        assert_non_null(backup->contents[i]);
        for (size_t n = 0; n < length; n++)
            backup->contents[i][n] = (uint8_t)(seed + n + i);
    }
    return backup;
}

#endif
