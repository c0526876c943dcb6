/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What commands cost, side by side:
 *
 *   cost_tool ROUNDS COMMAND -- COMMAND [-- COMMAND]...
 *
 * Runs each command in turn, ROUNDS times over, so that whatever else the computer does meets them
 * alike; prints a line for each: the best time of day in microseconds, the best processor time in
 * microseconds, the peak memory in KiB (ru_maxrss). Exit status 1 if a command fails. */
#define _GNU_SOURCE /* wait4 */
#include "base/clock.h"
#include "base/text.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#define COMMANDS_MAX 8

struct cost {
    char **words;
    uint64_t best_us;
    uint64_t best_cpu_us;
    long peak_kib;
};

static uint64_t microseconds(struct timeval t)
{
    return (uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_usec;
}

/** Becomes the command, silent on standard output. */
static void become(char **words)
{
    int null = open("/dev/null", O_WRONLY | O_CLOEXEC);
    if (null >= 0 && dup2(null, STDOUT_FILENO) >= 0)
        (void)execvp(words[0], words);
    _exit(127);
}

static bool measure(struct cost *cost, const struct ub_clock *clock)
{
    struct rusage usage;
    int status = 0;
    uint64_t before = ub_now(clock);
    pid_t child = fork();
    if (child == 0)
        become(cost->words);
    if (child < 0 || wait4(child, &status, 0, &usage) != child || !WIFEXITED(status) ||
        WEXITSTATUS(status) != 0)
        return false;
    uint64_t took = ub_now(clock) - before;
    uint64_t cpu = microseconds(usage.ru_utime) + microseconds(usage.ru_stime);
    cost->best_us = took < cost->best_us ? took : cost->best_us;
    cost->best_cpu_us = cpu < cost->best_cpu_us ? cpu : cost->best_cpu_us;
    cost->peak_kib = usage.ru_maxrss > cost->peak_kib ? usage.ru_maxrss : cost->peak_kib;
    return true;
}

int main(int argc, char **argv)
{
    struct cost costs[COMMANDS_MAX];
    size_t count = 0;
    uint64_t rounds = 0;
    bool begins = true;
    for (int i = 2; i < argc; i++) {
        bool divides = strcmp(argv[i], "--") == 0;
        if (divides)
            argv[i] = NULL;
        else if (begins && count < COMMANDS_MAX)
            costs[count++] = (struct cost){&argv[i], UINT64_MAX, UINT64_MAX, 0};
        begins = divides;
    }
    if (argc < 3 || count == 0 || !ub_parse_number(argv[1], 1000, &rounds)) {
        (void)fprintf(stderr, "usage: cost_tool ROUNDS COMMAND [-- COMMAND]...\n");
        return 2;
    }
    struct ub_clock clock = ub_clock_real();
    for (uint64_t round = 0; round < rounds; round++) {
        for (size_t i = 0; i < count; i++) {
            if (!measure(&costs[i], &clock)) {
                (void)fprintf(stderr, "cost_tool: %s failed\n", costs[i].words[0]);
                return 1;
            }
        }
    }
    for (size_t i = 0; i < count; i++)
        (void)printf("%" PRIu64 " %" PRIu64 " %ld\n", costs[i].best_us, costs[i].best_cpu_us,
                     costs[i].peak_kib);
    return 0;
}
