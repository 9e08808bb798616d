#include "client/common/field.h"
#include "client/ctl/keys.h"
#include "lib/proto/mp.h"
#include <inttypes.h>
#include <stdio.h>

enum { FIELD_SIZE = 256, PARAMS_MAX = 4096 };

static bool print_tested(struct ctl *c, const msgpack_object_map *k)
{
    char name[FIELD_SIZE], source[FIELD_SIZE], code[FIELD_SIZE] = "ok", message[FIELD_SIZE] = "", latency[32] = "-";
    msgpack_object_map error;
    int64_t ms;
    bool failed = field_map(k, "error", &error);
    if (failed) {
        (void)field_line(&error, "code", code, FIELD_SIZE);
        (void)field_line(&error, "message", message, FIELD_SIZE);
    }
    if (field_int(k, "latency_ms", &ms))
        (void)snprintf(latency, sizeof(latency), "%" PRId64 " ms", ms);
    ctl_printf(c, "%-12s %-16s %9s  %s\n", field_line(k, "provider", name, FIELD_SIZE), code, latency,
               failed ? message : field_line(k, "source", source, FIELD_SIZE));
    return !failed;
}

static int print_all_tested(struct ctl *c, msgpack_object *reply)
{
    msgpack_object_array list_of;
    msgpack_object_map k, error;
    bool good = true;
    if (!mp_array(reply, &list_of) || list_of.size == 0) {
        exit_print(c->program, "no provider has a key: askctl keys import PROVIDER gives it one");
        return EXIT_UNAVAILABLE;
    }
    for (uint32_t i = 0; i < list_of.size; i++)
        if (mp_map(&list_of.ptr[i], &k))
            good = (c->json ? !field_map(&k, "error", &error) : print_tested(c, &k)) && good;
    int status = c->json ? ctl_print_json(c, reply) : ctl_flush(c);
    return status == EXIT_OK && !good ? EXIT_OTHER : status;
}

int keys_test(struct ctl *c)
{
    struct buf params;
    int status = EXIT_USAGE;
    buf_init(&params, PARAMS_MAX);
    mp_put_map(&params, c->n_args > 0 ? 1 : 0);
    if (c->n_args > 0)
        mp_put_entry(&params, "provider", c->args[0]);
    if (params.failed)
        (void)keys_check_name(c, c->args[0]);
    else
        status = ctl_ask(c, "keys.test", &params, print_all_tested);
    buf_done(&params);
    return status;
}
