/* rpcfill -u SOCKET [-c CONVERSATIONS] [-m MESSAGES] [-b BYTES] [-w]: fills askd's store by conversation.create, WINDOW
 * requests at once, each conversation with MESSAGES messages of BYTES. An answer that is an error ends the run.
 * With -w the texts are as language is, English and Chinese by turns: of 20,000 words and 3,000 characters few are
 * common and most are rare; "the" and "的" are in every message of theirs, and "w1"... grow rare as they grow. */
#include "tests/bench/load.h"
#include <errno.h>
#include <msgpack.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { WINDOW = 64, READ_SIZE = 65536 };

static long messages = 20, bytes = 200;
static bool language;

static void pack_str(msgpack_packer *p, const char *s)
{
    msgpack_pack_str_with_body(p, s, strlen(s));
}

/* Words of which no two messages have the same, as far as they differ. */
static void pack_text(msgpack_packer *p, long conversation, long message)
{
    char text[65536];
    size_t len = 0;
    for (unsigned long n = (unsigned long)(conversation * 1000 + message); len < (size_t)bytes; n = n * 69069 + 1)
        len += (size_t)snprintf(text + len, sizeof text - len, "%lx ", n & 0xffffff);
    msgpack_pack_str_with_body(p, text, (size_t)bytes);
}

/* 0 to n - 1, the first ones most often. */
static unsigned long skewed(unsigned long *seed, unsigned long n)
{
    *seed = *seed * 6364136223846793005ul + 1442695040888963407ul;
    double u = (double)(*seed >> 33) / 2147483648.0;
    return (unsigned long)(u * u * u * (double)n);
}

static size_t put_han(char *out, unsigned long code)
{
    out[0] = (char)(0xe0 | code >> 12);
    out[1] = (char)(0x80 | (code >> 6 & 0x3f));
    out[2] = (char)(0x80 | (code & 0x3f));
    return 3;
}

static void pack_language(msgpack_packer *p, long conversation, long message)
{
    char text[65536] = "";
    unsigned long seed = (unsigned long)(conversation * 1000 + message);
    bool chinese = seed % 2 == 1;
    size_t len = (size_t)sprintf(text, chinese ? "\u7684" : "the ");
    while (len + 16 < (size_t)bytes)
        len += chinese ? put_han(text + len, 0x4e00 + skewed(&seed, 3000))
                       : (size_t)sprintf(text + len, "w%lu ", skewed(&seed, 20000));
    msgpack_pack_str_with_body(p, text, len);
}

static void create(int fd, long conversation)
{
    msgpack_sbuffer out;
    msgpack_packer p;
    char title[64];
    snprintf(title, sizeof title, "Conversation %ld of many", conversation);
    msgpack_sbuffer_init(&out);
    msgpack_packer_init(&p, &out, msgpack_sbuffer_write);
    msgpack_pack_array(&p, 4);
    msgpack_pack_int(&p, 0);
    msgpack_pack_long(&p, conversation);
    pack_str(&p, "conversation.create");
    msgpack_pack_array(&p, 1);
    msgpack_pack_map(&p, 2);
    pack_str(&p, "title");
    pack_str(&p, title);
    pack_str(&p, "messages");
    msgpack_pack_array(&p, (size_t)messages);
    for (long i = 0; i < messages; i++) {
        msgpack_pack_map(&p, 2);
        pack_str(&p, "role");
        pack_str(&p, i % 2 ? "assistant" : "user");
        pack_str(&p, "content");
        (language ? pack_language : pack_text)(&p, conversation, i);
    }
    send_all(fd, out.data, out.size);
    msgpack_sbuffer_destroy(&out);
}

static void check(const msgpack_object *o)
{
    if (o->type != MSGPACK_OBJECT_ARRAY || o->via.array.size != 4)
        die("an answer that is no response");
    const msgpack_object *error = &o->via.array.ptr[2];
    for (uint32_t i = 0; error->type == MSGPACK_OBJECT_MAP && i < error->via.map.size; i++) {
        const msgpack_object_kv *kv = &error->via.map.ptr[i];
        if (kv->key.via.str.size == 7 && memcmp(kv->key.via.str.ptr, "message", 7) == 0)
            die("conversation.create: %.*s", (int)kv->val.via.str.size, kv->val.via.str.ptr);
    }
    if (error->type != MSGPACK_OBJECT_NIL)
        die("conversation.create: an error");
}

/* The number of answers that a read has brought. */
static long answers(int fd, msgpack_unpacker *in)
{
    struct pollfd f = {.fd = fd, .events = POLLIN};
    msgpack_unpacked frame;
    msgpack_unpack_return got;
    long n = 0;
    if (poll(&f, 1, 30000) != 1)
        die("nothing came for 30 s");
    if (!msgpack_unpacker_reserve_buffer(in, READ_SIZE))
        die("out of memory");
    ssize_t r = read(fd, msgpack_unpacker_buffer(in), READ_SIZE);
    if (r <= 0)
        die("the server closed the connection");
    msgpack_unpacker_buffer_consumed(in, (size_t)r);
    msgpack_unpacked_init(&frame);
    while ((got = msgpack_unpacker_next(in, &frame)) == MSGPACK_UNPACK_SUCCESS) {
        check(&frame.data);
        n++;
    }
    msgpack_unpacked_destroy(&frame);
    if (got != MSGPACK_UNPACK_CONTINUE)
        die("bytes that are no MessagePack");
    return n;
}

int main(int argc, char **argv)
{
    const char *path = NULL;
    long conversations = 10000, asked = 0, answered = 0;
    msgpack_unpacker in;
    for (int o; (o = getopt(argc, argv, "u:c:m:b:w")) != -1;) {
        switch (o) {
        case 'u': path = optarg; break;
        case 'c': conversations = number(optarg, 1, 10000000); break;
        case 'm': messages = number(optarg, 1, 1000); break;
        case 'b': bytes = number(optarg, 1, 65000); break;
        case 'w': language = true; break;
        default: return 2;
        }
    }
    if (!path)
        die("-u SOCKET is needed");
    int fd = dial_unix(path);
    if (!msgpack_unpacker_init(&in, READ_SIZE))
        die("out of memory");
    int64_t start = now_ns();
    while (answered < conversations) {
        while (asked < conversations && asked - answered < WINDOW)
            create(fd, asked++);
        answered += answers(fd, &in);
    }
    printf("conversations=%ld s=%.1f\n", conversations, (double)(now_ns() - start) / 1e9);
    return 0;
}
