/* rpcstream: closed-loop asker of askd over its Unix socket.
 *
 *   rpcstream -u SOCKET [-m MODEL] [-n STREAMS] [-c CONNECTIONS] [-r ROUNDS] [-t TOKENS] [-g GAP_US] [-S | -C]
 *
 * STREAMS questions at once, spread over CONNECTIONS (by default each has its own), ROUNDS of them one after another in
 * each stream. Every answer must be fresh, its events without a gap from 0 to `done` and all before the response, its
 * tokens TOKENS, its state done. No prompt is asked twice, so that no answer is shared or cached. -S asks with
 * `store: false`, -C each question in a new conversation. */
#include "tests/bench/load.h"
#include <errno.h>
#include <inttypes.h>
#include <msgpack.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

enum { ID_MAX = 64, READ_SIZE = 65536 };

struct stream {
    size_t id_len;
    char id[ID_MAX]; /* of the answer, known from its start event on */
    uint64_t next;   /* sequence number that is due */
    bool done, open;
    long rounds_left, tokens;
    int64_t asked;
};

struct conn {
    int fd;
    long n;
    struct stream *streams; /* the msgid is the index */
    msgpack_unpacker unpacker;
};

static const char *model;
static bool unstored, conversation;
static long tokens = 100, gap, running;
static struct stream_stats stats;

static void pack_str(msgpack_packer *p, const char *s)
{
    msgpack_pack_str_with_body(p, s, strlen(s));
}

static void pack_chat(msgpack_packer *p, uint32_t msgid, const char *prompt)
{
    msgpack_pack_array(p, 4);
    msgpack_pack_int(p, 0);
    msgpack_pack_uint32(p, msgid);
    pack_str(p, "chat");
    msgpack_pack_array(p, 1);
    msgpack_pack_map(p, 4 + (model != NULL) + unstored + conversation);
    if (model) {
        pack_str(p, "model");
        pack_str(p, model);
    }
    if (unstored) {
        pack_str(p, "store");
        msgpack_pack_false(p);
    }
    if (conversation) {
        pack_str(p, "conversation");
        pack_str(p, "new");
    }
    pack_str(p, "prompt");
    pack_str(p, prompt);
    pack_str(p, "stream");
    msgpack_pack_true(p);
    pack_str(p, "max_tokens");
    msgpack_pack_long(p, tokens);
    pack_str(p, "seed");
    msgpack_pack_long(p, gap);
}

static void ask(struct conn *c, struct stream *s)
{
    static long nth;
    char prompt[64];
    msgpack_sbuffer out;
    msgpack_packer packer;
    snprintf(prompt, sizeof prompt, "Say hello %ld %lld", nth++, (long long)now_ns());
    msgpack_sbuffer_init(&out);
    msgpack_packer_init(&packer, &out, msgpack_sbuffer_write);
    pack_chat(&packer, (uint32_t)(s - c->streams), prompt);
    s->id_len = 0;
    s->next = 0;
    s->done = false;
    s->tokens = 0;
    s->asked = now_ns();
    send_all(c->fd, out.data, out.size);
    msgpack_sbuffer_destroy(&out);
}

static bool is(const msgpack_object *o, const char *text)
{
    return o->type == MSGPACK_OBJECT_STR && o->via.str.size == strlen(text) &&
           memcmp(o->via.str.ptr, text, o->via.str.size) == 0;
}

static const msgpack_object *get(const msgpack_object *map, const char *key)
{
    static const msgpack_object absent = {.type = MSGPACK_OBJECT_NIL};
    if (map->type != MSGPACK_OBJECT_MAP)
        die("%s is looked for in what is no map", key);
    for (uint32_t i = 0; i < map->via.map.size; i++) {
        if (is(&map->via.map.ptr[i].key, key))
            return &map->via.map.ptr[i].val;
    }
    return &absent;
}

static const msgpack_object *array(const msgpack_object *o, uint32_t size)
{
    if (o->type != MSGPACK_OBJECT_ARRAY || o->via.array.size != size)
        die("no array of %" PRIu32 " where one is due", size);
    return o->via.array.ptr;
}

static struct stream *by_msgid(struct conn *c, const msgpack_object *o)
{
    if (o->type != MSGPACK_OBJECT_POSITIVE_INTEGER || o->via.u64 >= (uint64_t)c->n)
        die("a msgid that was not sent");
    return &c->streams[o->via.u64];
}

static struct stream *by_id(struct conn *c, const msgpack_object_str *id)
{
    for (long i = 0; i < c->n; i++) {
        struct stream *s = &c->streams[i];
        if (s->id_len == id->size && memcmp(s->id, id->ptr, s->id_len) == 0)
            return s;
    }
    return NULL;
}

static struct stream *on_start(struct conn *c, const msgpack_object_str *id, const msgpack_object *event)
{
    struct stream *s = by_msgid(c, get(event, "request"));
    const msgpack_object *cached = get(event, "cached"), *shared = get(event, "shared");
    if (id->size == 0 || id->size > ID_MAX || s->id_len)
        die("a start event with a bad id, or the second of an answer");
    if ((cached->type == MSGPACK_OBJECT_BOOLEAN && cached->via.boolean) ||
        (shared->type == MSGPACK_OBJECT_BOOLEAN && shared->via.boolean))
        die("an answer that is not fresh");
    memcpy(s->id, id->ptr, id->size);
    s->id_len = id->size;
    return s;
}

/* A text event may hold several tokens where they came together, or only the space in front of one. */
static void on_text(struct stream *s, const msgpack_object *text, int64_t now)
{
    if (text->type != MSGPACK_OBJECT_STR)
        die("a text event without text");
    const char *p = text->via.str.ptr, *end = p + text->via.str.size;
    while (p < end) {
        if (*p == ' ') {
            p++;
            continue;
        }
        int64_t written = 0;
        const char *start = p;
        while (p < end && *p >= '0' && *p <= '9')
            written = written * 10 + (*p++ - '0');
        if (p == start)
            die("a text that the mock did not write");
        if (s->tokens++ == 0)
            stats_first(&stats, now, s->asked, !s->open);
        stats_token(&stats, now, written);
        s->open = true;
    }
}

static void on_event(struct conn *c, const msgpack_object *params, int64_t now)
{
    const msgpack_object *p = array(params, 3), *type = get(&p[2], "type");
    if (p[0].type != MSGPACK_OBJECT_STR || p[1].type != MSGPACK_OBJECT_POSITIVE_INTEGER)
        die("an event without id or sequence number");
    struct stream *s = is(type, "start") ? on_start(c, &p[0].via.str, &p[2]) : by_id(c, &p[0].via.str);
    if (!s)
        die("an event of an unknown answer");
    if (p[1].via.u64 != s->next || s->done)
        die("event %" PRIu64 " where %" PRIu64 " is due%s", p[1].via.u64, s->next, s->done ? ", after done" : "");
    s->next++;
    if (is(type, "text"))
        on_text(s, get(&p[2], "text"), now);
    else if (is(type, "done"))
        s->done = true;
    else if (is(type, "error") || is(type, "retry"))
        die("an answer failed, or was retried");
}

static void on_response(struct conn *c, const msgpack_object *frame)
{
    struct stream *s = by_msgid(c, &frame[1]);
    if (frame[2].type != MSGPACK_OBJECT_NIL) {
        const msgpack_object *message = get(&frame[2], "message");
        bool text = message->type == MSGPACK_OBJECT_STR;
        die("chat: %.*s", text ? (int)message->via.str.size : 0, text ? message->via.str.ptr : "");
    }
    if (!is(get(&frame[3], "state"), "done") || !s->done || s->tokens != tokens)
        die("an answer of %ld tokens, %s a done event", s->tokens, s->done ? "with" : "without");
    stats.answers++;
    if (--s->rounds_left)
        ask(c, s);
    else
        running--;
}

static void on_frame(struct conn *c, const msgpack_object *o, int64_t now)
{
    if (o->type != MSGPACK_OBJECT_ARRAY || o->via.array.size < 3)
        die("a frame that is no MessagePack-RPC");
    const msgpack_object *f = o->via.array.ptr;
    if (o->via.array.size == 4 && f[0].type == MSGPACK_OBJECT_POSITIVE_INTEGER && f[0].via.u64 == 1)
        on_response(c, f);
    else if (is(&f[1], "answer.event"))
        on_event(c, &f[2], now);
    else
        die("a frame that is neither a response nor an event");
}

static void on_readable(struct conn *c, msgpack_unpacked *frame)
{
    if (!msgpack_unpacker_reserve_buffer(&c->unpacker, READ_SIZE))
        die("out of memory");
    ssize_t r = read(c->fd, msgpack_unpacker_buffer(&c->unpacker), READ_SIZE);
    if (r < 0 && errno == EAGAIN)
        return;
    if (r <= 0)
        die("the server closed the connection");
    int64_t now = now_ns();
    msgpack_unpacker_buffer_consumed(&c->unpacker, (size_t)r);
    msgpack_unpack_return got;
    while ((got = msgpack_unpacker_next(&c->unpacker, frame)) == MSGPACK_UNPACK_SUCCESS)
        on_frame(c, &frame->data, now);
    if (got != MSGPACK_UNPACK_CONTINUE)
        die("bytes that are no MessagePack");
}

static void run(struct conn *conns, long n_conns, int ep)
{
    msgpack_unpacked frame;
    msgpack_unpacked_init(&frame);
    for (long i = 0; i < n_conns; i++) {
        for (long k = 0; k < conns[i].n; k++)
            ask(&conns[i], &conns[i].streams[k]);
    }
    while (running) {
        struct epoll_event events[256];
        int n = epoll_wait(ep, events, 256, 30000);
        if (n == 0)
            die("nothing came for 30 s");
        for (int i = 0; i < n; i++)
            on_readable(events[i].data.ptr, &frame);
    }
    msgpack_unpacked_destroy(&frame);
}

int main(int argc, char **argv)
{
    const char *path = NULL;
    long streams = 1, n_conns = 0, rounds = 1;
    for (int o; (o = getopt(argc, argv, "u:m:n:c:r:t:g:SC")) != -1;) {
        switch (o) {
        case 'u': path = optarg; break;
        case 'm': model = optarg; break;
        case 'n': streams = number(optarg, 1, 4000); break;
        case 'c': n_conns = number(optarg, 1, 4000); break;
        case 'r': rounds = number(optarg, 1, 1000000); break;
        case 't': tokens = number(optarg, 1, 1000000); break;
        case 'g': gap = number(optarg, 0, 10000000); break;
        case 'S': unstored = true; break;
        case 'C': conversation = true; break;
        default: return 2;
        }
    }
    if (!path)
        die("-u SOCKET is needed");
    if (!n_conns || n_conns > streams)
        n_conns = streams;
    struct conn *conns = calloc((size_t)n_conns, sizeof *conns);
    struct stream *all = calloc((size_t)streams, sizeof *all);
    if (!conns || !all)
        die("out of memory");
    int ep = epoll_create1(EPOLL_CLOEXEC);
    struct stream *next = all;
    for (long i = 0; i < n_conns; i++) {
        struct conn *c = &conns[i];
        *c = (struct conn){.fd = dial_unix(path), .streams = next, .n = streams / n_conns + (i < streams % n_conns)};
        next += c->n;
        if (!msgpack_unpacker_init(&c->unpacker, READ_SIZE))
            die("out of memory");
        struct epoll_event e = {.events = EPOLLIN, .data.ptr = c};
        if (epoll_ctl(ep, EPOLL_CTL_ADD, c->fd, &e))
            die("epoll_ctl: %s", strerror(errno));
    }
    for (long i = 0; i < streams; i++)
        all[i].rounds_left = rounds;
    running = streams;
    stats = (struct stream_stats){.streams = streams, .started = now_ns()};
    run(conns, n_conns, ep);
    stats_print(&stats);
    return 0;
}
