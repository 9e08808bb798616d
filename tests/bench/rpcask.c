/* rpcask: one question, and the requests that ask for its answer again.
 *
 *   rpcask -u SOCKET -o PREFIX [-q BYTES] [-t TOKENS] [-g GAP_US] [-r] [-n]
 *
 * Asks with a prompt of BYTES (64) for TOKENS (100) of the mock's, -r with reasoning and text in turns. Writes
 * PREFIX.chat, which asks the same, PREFIX.stream, which asks for its events too, and PREFIX.lookup, which asks
 * cache.lookup for its key, all with msgid 1 as rpcload wants them; prints the bytes of its text and reasoning. With -n
 * nothing is asked, and there is no lookup. No prompt is the same as an earlier one. */
#include "tests/bench/load.h"
#include "tests/bench/response.h"
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { PROMPT_MAX = 16384 };

static long tokens = 100, gap, prompt_len = 64;
static bool in_turns;

static void pack_str(msgpack_packer *p, const char *s)
{
    msgpack_pack_str_with_body(p, s, strlen(s));
}

static void begin(msgpack_packer *p, msgpack_sbuffer *out, const char *method)
{
    msgpack_sbuffer_init(out);
    msgpack_packer_init(p, out, msgpack_sbuffer_write);
    msgpack_pack_array(p, 4);
    msgpack_pack_int(p, 0);
    msgpack_pack_int(p, 1);
    pack_str(p, method);
    msgpack_pack_array(p, 1);
}

static void pack_chat(msgpack_sbuffer *out, const char *prompt, bool stream)
{
    msgpack_packer p;
    begin(&p, out, "chat");
    msgpack_pack_map(&p, 3 + in_turns + stream);
    pack_str(&p, "prompt");
    pack_str(&p, prompt);
    pack_str(&p, "max_tokens");
    msgpack_pack_long(&p, tokens);
    pack_str(&p, "seed");
    msgpack_pack_long(&p, gap);
    if (in_turns) {
        pack_str(&p, "extra");
        msgpack_pack_map(&p, 1);
        pack_str(&p, "in_turns");
        msgpack_pack_true(&p);
    }
    if (stream) {
        pack_str(&p, "stream");
        msgpack_pack_true(&p);
    }
}

static void pack_lookup(msgpack_sbuffer *out, const msgpack_object_str *key)
{
    msgpack_packer p;
    begin(&p, out, "cache.lookup");
    msgpack_pack_map(&p, 1);
    pack_str(&p, "key");
    msgpack_pack_str_with_body(&p, key->ptr, key->size);
}

static void write_file(const char *prefix, const char *what, const msgpack_sbuffer *bytes)
{
    char path[4096];
    snprintf(path, sizeof path, "%s.%s", prefix, what);
    FILE *f = fopen(path, "w");
    if (!f || fwrite(bytes->data, 1, bytes->size, f) != bytes->size || fclose(f))
        die("%s: %s", path, strerror(errno));
}

/* The string under this key; an empty one where there is none. */
static msgpack_object_str string(const msgpack_object *map, const char *key)
{
    const msgpack_object *o = response_get(map, key);
    return o && o->type == MSGPACK_OBJECT_STR ? o->via.str : (msgpack_object_str){0};
}

static void ask(const char *path, const msgpack_sbuffer *chat, const char *prefix)
{
    struct response r;
    msgpack_sbuffer lookup;
    int fd = dial_unix(path);
    send_all(fd, chat->data, chat->size);
    const msgpack_object *answer = response_read(&r, fd);
    const msgpack_object_str key = string(answer, "key");
    if (key.size == 0)
        die("an answer without a key");
    pack_lookup(&lookup, &key);
    write_file(prefix, "lookup", &lookup);
    printf("bytes=%u\n", string(answer, "text").size + string(answer, "reasoning").size);
    response_done(&r);
}

int main(int argc, char **argv)
{
    const char *path = NULL, *prefix = NULL;
    bool only_write = false;
    char prompt[PROMPT_MAX + 1];
    msgpack_sbuffer chat, stream;
    for (int o; (o = getopt(argc, argv, "u:o:q:t:g:rn")) != -1;) {
        switch (o) {
        case 'u': path = optarg; break;
        case 'o': prefix = optarg; break;
        case 'q': prompt_len = number(optarg, 40, PROMPT_MAX); break;
        case 't': tokens = number(optarg, 1, 10000000); break;
        case 'g': gap = number(optarg, 0, 10000000); break;
        case 'r': in_turns = true; break;
        case 'n': only_write = true; break;
        default: return 2;
        }
    }
    if (!path || !prefix)
        die("-u SOCKET and -o PREFIX are needed");
    snprintf(prompt, sizeof prompt, "%-*lld", (int)prompt_len, (long long)now_ns());
    for (char *p = prompt; *p; p++)
        *p = *p == ' ' ? 'x' : *p;
    pack_chat(&chat, prompt, false);
    pack_chat(&stream, prompt, true);
    write_file(prefix, "chat", &chat);
    write_file(prefix, "stream", &stream);
    if (!only_write)
        ask(path, &chat, prefix);
    return 0;
}
