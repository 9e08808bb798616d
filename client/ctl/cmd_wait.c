/* askctl wait: until answers have ended, however they do. All are attached to at once, without their events; who
 * failed, and is to be told of, is asked for once more, since an error is no answer map. */
#include "client/common/call.h"
#include "client/ctl/ctl.h"
#include "client/ctl/wait_notify.h"
#include "lib/proto/mp.h"
#include <stdlib.h>

enum phase { RUNS, IS_ASKED_FOR, OVER };

struct waited {
    const char *id;
    enum phase phase;
    uint32_t msgid; /* of what it waits for, unless OVER */
    int status;
};

struct wait {
    struct ctl *ctl;
    struct ask *ask;
    struct waited *all;
    size_t n, left;
    wait_words *words; /* of each, for --notify */
    int status;        /* where waiting itself went wrong */
};

static bool wants_map(const struct wait *w)
{
    return w->ctl->json || (w->ctl->given & CTL_NOTIFY) != 0;
}

static void tell(struct wait *w, const struct waited *it, const msgpack_object *answer)
{
    if (w->ctl->json)
        w->status = ctl_print_json(w->ctl, answer);
    if ((w->ctl->given & CTL_NOTIFY) != 0)
        wait_notify(w->words[it - w->all], answer);
}

/* -- waiting -- */

static void send_for(struct wait *w, struct waited *it, enum phase phase)
{
    struct ask_error err;
    struct buf params;
    buf_init(&params, 4096);
    mp_put_map(&params, phase == RUNS ? 2 : 1);
    mp_put_entry(&params, "answer", it->id);
    if (phase == RUNS) {
        mp_put_cstr(&params, "stream");
        mp_put_bool(&params, false);
    }
    it->phase = phase;
    if (params.failed) {
        exit_print(w->ctl->program, "the answer's id is too long: askctl answers shows ids");
        w->status = EXIT_USAGE;
    } else if (ask_send(w->ask, phase == RUNS ? "answer.attach" : "answer.get", params.data, params.len, &it->msgid,
                        &err) != ASK_OK) {
        w->status = exit_failure(w->ctl->program, &err);
    }
    buf_done(&params);
}

static void end(struct wait *w, struct waited *it)
{
    it->phase = OVER;
    w->left--;
}

/* An error that names an answer tells how that ended; any other, that there is none to wait for. */
static void on_error(struct wait *w, struct waited *it, const msgpack_object *error)
{
    msgpack_object_map map;
    if (it->phase == RUNS && mp_map(error, &map) && mp_get(&map, "answer") != NULL) {
        it->status = exit_status_of(&map);
        if (wants_map(w)) {
            send_for(w, it, IS_ASKED_FOR);
            return;
        }
    } else {
        it->status = exit_error(w->ctl->program, error);
    }
    end(w, it);
}

static void on_response(struct wait *w, struct waited *it, const struct ask_message *m)
{
    bool failed;
    msgpack_unpacked reply;
    msgpack_unpacked_init(&reply);
    int status = call_read(w->ctl->program, m, &reply, &failed);
    if (status != EXIT_OK) {
        w->status = status;
    } else if (failed) {
        on_error(w, it, &reply.data);
    } else {
        tell(w, it, &reply.data);
        end(w, it);
    }
    msgpack_unpacked_destroy(&reply);
}

static struct waited *find(const struct wait *w, uint32_t msgid)
{
    for (size_t i = 0; i < w->n; i++)
        if (w->all[i].phase != OVER && w->all[i].msgid == msgid)
            return &w->all[i];
    return NULL;
}

static void take_message(struct wait *w)
{
    struct ask_error err;
    struct ask_message m;
    enum ask_status status = ask_receive(w->ask, -1, &m, &err);
    struct waited *it = status == ASK_OK && m.kind == ASK_RESPONSE ? find(w, m.msgid) : NULL;
    if (status != ASK_OK && status != ASK_INTERRUPTED)
        w->status = exit_failure(w->ctl->program, &err);
    else if (it != NULL)
        on_response(w, it, &m);
}

/* The first failure's, in the order of the arguments. */
static int outcome(const struct wait *w)
{
    for (size_t i = 0; w->status == EXIT_OK && i < w->n; i++)
        if (w->all[i].status != EXIT_OK)
            return w->all[i].status;
    return w->status;
}

static int wait_for_all(struct wait *w)
{
    if ((w->ctl->given & CTL_NOTIFY) != 0)
        w->status = wait_notify_words(w->ctl, w->ask, w->words);
    for (size_t i = 0; w->status == EXIT_OK && i < w->n; i++)
        send_for(w, &w->all[i], RUNS);
    while (w->status == EXIT_OK && w->left > 0)
        take_message(w);
    return outcome(w);
}

int cmd_wait(struct ctl *c)
{
    int status;
    struct wait w = {.ctl = c, .n = (size_t)c->n_args, .left = (size_t)c->n_args};
    w.ask = ctl_open(c, &status);
    if (w.ask == NULL)
        return status;
    w.all = calloc(w.n, sizeof(*w.all));
    w.words = calloc(w.n, sizeof(*w.words));
    if (w.all != NULL && w.words != NULL) {
        for (size_t i = 0; i < w.n; i++)
            w.all[i].id = c->args[i];
        status = wait_for_all(&w);
    } else {
        exit_print(c->program, "no memory for %zu answers: wait for fewer", w.n);
        status = EXIT_OS;
    }
    free(w.words);
    free(w.all);
    ask_close(w.ask);
    return status;
}
