/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define _DEFAULT_SOURCE
#include "bench.h"

#include "base/file.h"
#include "sim/spec_value.h"

#include <unistd.h>

static void reads_every_key(void **state)
{
    (void)state;
    struct ub_sim_spec spec;
    struct ub_error err = {0};
    assert_int_equal(
        ub_sim_spec_parse(
            "stm32f405,state=a\\,b,content=c,mode=runtime,fault=stall@3,fault=unplug@12,"
            "time=virtual,port=3-1.4,serial=XY,id=1d50:6003,appid=1d50:6002,poll=16777215,stuck=2,"
            "drop=3,silent,map=@X/0/1*1Kg\\,2*2Kg,xfer=64,nofunc,protocol=1,rdp,wrp=11,"
            "setalt=stall,arrive=dnload-idle,short=3,leave=mute,speed=slow,seed=77,report=r,"
            "descriptor=cut@12,strings=long,badstate=11,badstatus=16@4,answer=long@9,upload=lie@2,"
            "endless,flood=3",
            &spec, &err),
        UB_OK);
    assert_string_equal(spec.state, "a,b");
    assert_string_equal(spec.content, "c");
    assert_string_equal(spec.map, "@X/0/1*1Kg,2*2Kg");
    assert_int_equal(spec.mode, UB_MODE_RUNTIME);
    assert_int_equal(spec.faults.count, 2);
    assert_int_equal(spec.faults.items[1].kind, UB_SIM_FAULT_UNPLUG);
    assert_int_equal(spec.faults.items[1].at, 12);
    assert_true(spec.has_time && spec.virtual_time);
    assert_string_equal(spec.port, "3-1.4");
    assert_string_equal(spec.serial, "XY");
    assert_int_equal(spec.dfu_identity.pid, 0x6003);
    assert_int_equal(spec.runtime_identity.pid, 0x6002);
    assert_true(spec.dfu.poll_fixed);
    assert_int_equal(spec.dfu.poll_ms, 16777215);
    assert_int_equal(spec.stuck, 2);
    assert_int_equal(spec.drop, 3);
    assert_true(spec.silent && spec.rdp && spec.dfu.setalt_stalls && !spec.dfu.functional);
    assert_int_equal(spec.dfu.wTransferSize, 64);
    assert_int_equal(spec.dfu.protocol, 1);
    assert_int_equal(spec.wrp[1], 1 << 3);
    assert_true(spec.has_arrive);
    assert_int_equal(spec.arrive, UB_FN_DNLOAD_IDLE);
    assert_int_equal(spec.dfu.status_length, 3);
    assert_int_equal(spec.leave, UB_SIM_LEAVE_MUTE);
    assert_true(spec.dfu.slow && spec.dfu.endless);
    assert_int_equal(spec.seed, 77);
    assert_string_equal(spec.report, "r");
    assert_int_equal(spec.hostile.bent, UB_SIM_BENT_CUT);
    assert_int_equal(spec.hostile.bent_n, 12);
    assert_int_equal(spec.hostile.strings, UB_SIM_STRINGS_LONG);
    assert_true(spec.hostile.state.given && spec.hostile.state.value == 11);
    assert_int_equal(spec.hostile.state.from, 1);
    assert_true(spec.hostile.status.given && spec.hostile.status.value == 16);
    assert_int_equal(spec.hostile.status.from, 4);
    assert_true(spec.hostile.answers_long);
    assert_int_equal(spec.hostile.answers_at, 9);
    assert_int_equal(spec.hostile.lies_at, 2);
    assert_int_equal(spec.hostile.reenumerates, 3);
    ub_sim_spec_free(&spec);
}

static void says_what_is_allowed(void **state)
{
    (void)state;
    static const struct {
        const char *spec;
        const char *says;
    } cases[] = {
        {"", "there are stm32f405, "},
        {"stm32", "there are stm32f405, "},
        {"dfu,,rdp", "has no key \"\""},
        {"dfu,colour=red", "it has state, content"},
        {"dfu,state", "needs a value"},
        {"dfu,state=", "a text"},
        {"dfu,rdp=1", "takes no value"},
        {"dfu,mode=flying", "one of dfu, runtime"},
        {"dfu,time=half", "one of real, virtual"},
        {"dfu,fault=stall", "KIND@N"},
        {"dfu,fault=stall@0", "KIND@N"},
        {"dfu,fault=melt@1", "unplug, stall, timeout, short, corrupt, reset"},
        {"dfu,fault=stall@-1", "KIND@N"},
        {"dfu,port=1", "such as 1-4.2"},
        {"dfu,port=1-", "such as 1-4.2"},
        {"dfu,port=1-2-3", "such as 1-4.2"},
        {"dfu,port=1.2-3", "such as 1-4.2"},
        {"dfu,id=1209", "VID:PID"},
        {"dfu,id=1209:10000", "VID:PID"},
        {"dfu,poll=16777216", "from 0 to 16777215"},
        {"dfu,poll=-1", "from 0 to 16777215"},
        {"dfu,stuck=0", "a number from 1"},
        {"dfu,xfer=65536", "a number from 0 to 65535"},
        {"dfu,protocol=256", "a number from 0 to 255"},
        {"dfu,short=7", "a number from 0 to 6"},
        {"dfu,wrp=128", "a number from 0 to 127"},
        {"stm32f405,wrp=12", "a number from 0 to 11"},
        {"dfu,setalt=run", "one of stall"},
        {"dfu,arrive=late", "one of idle, dnload-sync"},
        {"dfu,leave=late", "one of well, stall, gone, gone-before-status, mute, random"},
        {"dfu,speed=fast", "one of typical, slow"},
        {"dfu,seed=-1", "a number from 0"},
        {"dfu,report=", "a text"},
        {"dfu,descriptor=bent", "one of short, long, zero, loop, garbage, cut@N"},
        {"dfu,descriptor=cut", "cut@N"},
        {"dfu,descriptor=cut@0", "cut@N"},
        {"dfu,descriptor=cut@65536", "cut@N"},
        {"dfu,descriptor=functional@256", "functional@N"},
        {"dfu,descriptor=functional@-1", "functional@N"},
        {"dfu,descriptor=short@1", "cut@N"},
        {"dfu,strings=some", "one of none, long, cut"},
        {"dfu,badstate=256", "N from 0 to 255"},
        {"dfu,badstate=1@0", "N from 0 to 255"},
        {"dfu,badstate=@3", "N from 0 to 255"},
        {"dfu,badstatus=x", "N from 0 to 255"},
        {"dfu,answer=short", "long or long@N"},
        {"dfu,answer=long@0", "long or long@N"},
        {"dfu,upload=lie", "lie@N"},
        {"dfu,upload=truth@1", "lie@N"},
        {"dfu,endless=1", "takes no value"},
        {"dfu,flood=0", "a number from 1"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct ub_sim_spec spec;
        struct ub_error err = {0};
        assert_int_equal(ub_sim_spec_parse(cases[i].spec, &spec, &err), UB_SIM_SPEC);
        if (!strstr(err.message, cases[i].says))
            fail_msg("\"%s\": %s", cases[i].spec, err.message);
    }
}

static void refuses_what_is_too_long_or_too_often(void **state)
{
    (void)state;
    struct ub_sim_spec spec;
    char text[3000];
    memset(text, 'x', sizeof(text));
    memcpy(text, "dfu,state=", 10);
    text[sizeof(text) - 1] = '\0';
    assert_int_equal(ub_sim_spec_parse(text, &spec, NULL), UB_SIM_SPEC);
    (void)snprintf(text, sizeof(text), "dfu");
    for (int i = 0; i < 17; i++)
        (void)snprintf(text + strlen(text), sizeof(text) - strlen(text), ",fault=stall@%d", i + 1);
    assert_int_equal(ub_sim_spec_parse(text, &spec, NULL), UB_SIM_SPEC);
}

static void a_bus_gives_ports_and_checks_them(void **state)
{
    (void)state;
    struct ub_sim_bus *bus = NULL;
    struct ub_error err = {0};
    const char *const three[] = {"dfu", "dfu,port=1-1", "stm32f405,time=virtual"};
    assert_int_equal(ub_sim_bus_open(three, 3, &bus, &err), UB_OK);
    assert_string_equal(ub_sim_bus_device(bus, 0)->spec.port, "1-2");
    assert_string_equal(ub_sim_bus_device(bus, 1)->spec.port, "1-1");
    assert_string_equal(ub_sim_bus_device(bus, 2)->spec.port, "1-3");
    assert_null(ub_sim_bus_device(bus, 3));
    struct ub_transport transport = ub_sim_bus_transport(bus);
    struct ub_usb_list list;
    assert_int_equal(transport.ops->enumerate(transport.self, &list, &err), UB_OK);
    assert_int_equal(list.count, 3);
    assert_string_equal(list.items[0].port, "1-1");
    assert_string_equal(list.items[2].product, "STM32  BOOTLOADER");
    ub_usb_list_free(&list);
    ub_sim_bus_close(bus);
    const char *const twice[] = {"dfu,port=2-1", "dfu,port=2-1"};
    assert_int_equal(ub_sim_bus_open(twice, 2, &bus, &err), UB_SIM_SPEC);
    const char *const times[] = {"dfu,time=real", "dfu,time=virtual"};
    assert_int_equal(ub_sim_bus_open(times, 2, &bus, &err), UB_SIM_SPEC);
}

static void content_fills_the_flash(void **state)
{
    (void)state;
    char name[] = "/tmp/unbrick-content-XXXXXX";
    char spec[128];
    struct ub_sim_bus *bus = NULL;
    struct ub_error err = {0};
    const char *const specs[] = {spec};
    int fd = mkstemp(name);
    assert_int_equal(write(fd, "hello", 5), 5);
    (void)close(fd);
    (void)snprintf(spec, sizeof(spec), "stm32f405,content=%s", name);
    assert_int_equal(ub_sim_bus_open(specs, 1, &bus, &err), UB_OK);
    assert_memory_equal(ub_sim_device_memory(ub_sim_bus_device(bus, 0), 0x08000000, 6), "hello\xff",
                        6);
    ub_sim_bus_close(bus);

    /* only at first: a device that is met again in its state file holds what it held */
    char kept[] = "/tmp/unbrick-kept-XXXXXX";
    (void)close(mkstemp(kept));
    (void)snprintf(spec, sizeof(spec), "stm32f405,content=%s,state=%s", name, kept);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(ub_sim_bus_open(specs, 1, &bus, &err), UB_OK);
        uint8_t *memory = ub_sim_device_memory(ub_sim_bus_device(bus, 0), 0x08000000, 6);
        assert_int_equal(memory[0], i == 0 ? 'h' : 'j');
        memory[0] = 'j';
        ub_sim_bus_close(bus);
    }
    (void)unlink(kept);
    (void)snprintf(spec, sizeof(spec), "stm32f405,content=%s", name);
    assert_int_equal(truncate(name, 0x100001), 0);
    assert_int_equal(ub_sim_bus_open(specs, 1, &bus, &err), UB_SIM_SPEC);
    (void)unlink(name);
    assert_int_equal(ub_sim_bus_open(specs, 1, &bus, &err), UB_SIM_SPEC);
    assert_non_null(strstr(err.message, name));
}

static void models_can_be_listed(void **state)
{
    (void)state;
    size_t count = 0;
    for (; ub_sim_model_at(count); count++) {
        assert_non_null(ub_sim_model_at(count)->title);
        struct ub_sim_spec spec;
        assert_int_equal(ub_sim_spec_parse(ub_sim_model_at(count)->name, &spec, NULL), UB_OK);
        ub_sim_spec_free(&spec);
    }
    assert_string_equal(ub_sim_model_at(0)->name, "stm32f405");
    static const char *const names[] = {
        "gd32vf103", "gd32vf103b", "gd32f103",       "at32f435",     "at32f415",
        "apm32",     "dfu",        "dfu-notolerant", "dfu-noupload", "dfu-wdetach",
        "dfu10",     "hackrf",     "ubertooth",      "blackmagic",   "openmoko",
        "jabra",     "mstack",     "slowmanifest",   "nofunctional"};
    assert_true(count >= 1 + sizeof(names) / sizeof(names[0]));
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        assert_non_null(ub_sim_chip_find(names[i], strlen(names[i])));
}

/* An unknown key or model is answered with those that there are, none of them cut short. */
static void lists_are_whole(void **state)
{
    (void)state;
    struct ub_sim_spec spec;
    struct ub_error err = {0};
    char wrong[64];
    memset(wrong, 'x', sizeof(wrong));
    memcpy(wrong, "dfu,", 4);
    wrong[sizeof(wrong) - 1] = '\0';
    assert_int_equal(ub_sim_spec_parse(wrong, &spec, &err), UB_SIM_SPEC);
    for (size_t i = 0; ub_sim_key_at(i); i++)
        if (!strstr(err.message, ub_sim_key_at(i)->name) &&
            !strstr(err.context[0], ub_sim_key_at(i)->name))
            fail_msg("%s is missing: %s / %s", ub_sim_key_at(i)->name, err.message, err.context[0]);
    assert_non_null(strstr(err.message, ", leave"));
    assert_non_null(strstr(err.context[0], ", flood"));
    err = (struct ub_error){0};
    assert_int_equal(ub_sim_spec_parse(wrong + 4, &spec, &err), UB_SIM_SPEC);
    assert_true(strlen(err.message) < UB_ERROR_TEXT - 1);
    const char *end = strstr(err.message, " more");
    assert_non_null(end);
    assert_int_equal(strlen(end), 5);
}

/* `unbrick help sim-keys` knows each key, and no other. */
static void help_knows_each_key(void **state)
{
    (void)state;
    char path[512];
    uint8_t *bytes = NULL;
    size_t length = 0;
    size_t count = 0;
    assert_non_null(getenv("REPO"));
    (void)snprintf(path, sizeof(path), "%s/src/cli/topics.c", getenv("REPO"));
    assert_int_equal(ub_file_read(path, 1 << 20, &bytes, &length, NULL), UB_OK);
    char *items = strstr((char *)bytes, "sim_items[]");
    assert_non_null(items);
    char *end = strstr(items, "{NULL, NULL}");
    assert_non_null(end);
    *end = '\0';
    for (const struct ub_sim_key *key; (key = ub_sim_key_at(count)) != NULL; count++) {
        char item[64];
        (void)snprintf(item, sizeof(item), "{\"%s%s", key->name, key->takes_value ? "=" : "\"");
        if (!strstr(items, item))
            fail_msg("the help has no key %s", key->name);
    }
    size_t described = 0;
    for (const char *at = items; (at = strstr(at, "{\"")) != NULL; at++)
        described++;
    assert_int_equal(described, count);
    free(bytes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_every_key),
        cmocka_unit_test(says_what_is_allowed),
        cmocka_unit_test(refuses_what_is_too_long_or_too_often),
        cmocka_unit_test(a_bus_gives_ports_and_checks_them),
        cmocka_unit_test(content_fills_the_flash),
        cmocka_unit_test(models_can_be_listed),
        cmocka_unit_test(lists_are_whole),
        cmocka_unit_test(help_knows_each_key),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
