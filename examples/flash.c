/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Flashes a virtual STM32F405 through the public header alone: back up, plan, write, verify, leave.
 *
 *     cc flash.c $(pkg-config --cflags --libs unbrick) -o flash && ./flash firmware.bin
 *
 * Without the two lines that set `sims` and `sim_count` the same program flashes the one real
 * device that is attached.
 */
#include <stdio.h>
#include <unbrick.h>

static void on_event(void *user, const struct ub_event *event)
{
    (void)user;
    if (event->kind == UB_EVENT_DONE) {
        printf("%-8s %s\n", ub_step_name(event->step), event->text);
    }
}

int main(int argc, char **argv)
{
    const struct ub_config config = {
        .vault = argc > 2 ? argv[2] : NULL,
        .sims = (const char *const[]){"stm32f405,time=virtual"},
        .sim_count = 1,
        .callbacks = {.event = on_event},
    };
    const struct ub_flash_options options = {.has_at = true, .at = 0x08000000};
    struct ub_context *context = NULL;
    struct ub_image *image = NULL;
    struct ub_result result = {.left = UB_LEFT_UNTOUCHED};
    struct ub_error err = {.code = UB_OK};

    if (argc < 2) {
        fprintf(stderr, "usage: flash FILE [VAULT]\n"
                        "FILE, at 0x08000000 if it is raw, to a virtual STM32F405; backups go into "
                        "the folder VAULT\n");
        return 2;
    }
    enum ub_code code = ub_context_open(&config, &context, &err);
    if (code == UB_OK) {
        code = ub_image_open(argv[1], NULL, &image, &err);
    }
    if (code == UB_OK) {
        code = ub_flash(context, image, NULL, &options, &result, &err);
    }
    if (code == UB_OK) {
        printf("%s: %llu bytes written, %s\n", result.port,
               (unsigned long long)result.bytes_written,
               result.verified ? "read back and identical" : "not read back");
    } else {
        const struct ub_explanation *explanation = ub_explain(code);
        fprintf(stderr, "%s: %s\n", explanation ? explanation->id : "?", err.message);
    }
    ub_image_close(image);
    ub_context_close(context);
    return ub_exit_status(code, result.left);
}
