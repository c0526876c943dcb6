/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The verbs of `key`. */
#include "cli.h"
#include "fault.h"

enum ub_code cmd_key_list(struct cli *cli, struct ub_error *err)
{
    (void)cli;
    return cli_fail(err, UB_SYS_INTERNAL, "not there yet");
}

enum ub_code cmd_key_add(struct cli *cli, struct ub_error *err)
{
    (void)cli;
    return cli_fail(err, UB_SYS_INTERNAL, "not there yet");
}

enum ub_code cmd_key_remove(struct cli *cli, struct ub_error *err)
{
    (void)cli;
    return cli_fail(err, UB_SYS_INTERNAL, "not there yet");
}

enum ub_code cmd_key_revoke(struct cli *cli, struct ub_error *err)
{
    (void)cli;
    return cli_fail(err, UB_SYS_INTERNAL, "not there yet");
}

enum ub_code cmd_key_new(struct cli *cli, struct ub_error *err)
{
    (void)cli;
    return cli_fail(err, UB_SYS_INTERNAL, "not there yet");
}
