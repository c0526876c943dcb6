/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Configuration descriptors from a stranger. */
#include "usb/dfu_interface.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct ub_dfu_interface found;
    struct ub_dfu_functional functional;
    if (ub_dfu_interface_find(data, size, &found)) {
        if (found.mode == UB_MODE_NONE || found.alt_count == 0 || found.alt_count > UB_DFU_ALTS_MAX)
            abort();
        for (size_t a = 0; a < found.alt_count; a++)
            for (size_t b = 0; b < a; b++)
                if (found.alts[a].alt == found.alts[b].alt)
                    abort();
    }
    if (ub_dfu_functional_parse(data, size, &functional) && (size < 7 || !functional.present))
        abort();
    return 0;
}
