/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* `image fetch`. */
#include "cli.h"
#include "fault.h"

enum ub_code cmd_image_fetch(struct cli *cli, struct ub_error *err)
{
    (void)cli;
    return cli_fail(err, UB_SYS_INTERNAL, "not there yet");
}
