#include "daemon/cache/redis/command.h"
#include <inttypes.h>
#include <string.h>

void command_begin(struct buf *command, size_t words)
{
    buf_init(command, COMMAND_MAX);
    buf_printf(command, "*%zu\r\n", words);
}

void command_word(struct buf *command, const void *word, size_t len)
{
    buf_printf(command, "$%zu\r\n", len);
    buf_append(command, word, len);
    buf_puts(command, "\r\n");
}

void command_text(struct buf *command, const char *word)
{
    command_word(command, word, strlen(word));
}

void command_value(struct buf *command, const uint8_t mac[VALUE_MAC], struct item_bytes blob)
{
    buf_printf(command, "$%zu\r\n", VALUE_MAC + blob.len);
    buf_append(command, mac, VALUE_MAC);
    buf_append(command, blob.data, blob.len);
    buf_puts(command, "\r\n");
}

void command_number(struct buf *command, int64_t number)
{
    char text[24];
    int len = snprintf(text, sizeof text, "%" PRId64, number);
    command_word(command, text, (size_t)len);
}

bool reply_is_status(const redisReply *r, const char *status)
{
    return r->type == REDIS_REPLY_STATUS && r->len == strlen(status) && memcmp(r->str, status, r->len) == 0;
}

bool reply_is_array(const redisReply *r, size_t n)
{
    return r->type == REDIS_REPLY_ARRAY && (n == 0 || r->elements == n);
}

bool reply_is_string(const redisReply *r)
{
    return r->type == REDIS_REPLY_STRING && r->len <= VALUE_MAX;
}

/* The word that an error begins with. */
static bool is_error(const redisReply *r, const char *word)
{
    size_t len = strlen(word);
    return r->type == REDIS_REPLY_ERROR && r->len >= len && memcmp(r->str, word, len) == 0 &&
           (r->len == len || r->str[len] == ' ');
}

bool reply_is_plain_error(const redisReply *r)
{
    return is_error(r, "ERR");
}

const char *reply_refusal(const redisReply *r)
{
    static const struct {
        const char *word, *says;
    } errors[] = {
        {"OOM", "it is full (OOM)"},
        {"READONLY", "it is a replica, which takes nothing (READONLY)"},
        {"LOADING", "it is still loading its data (LOADING)"},
        {"NOAUTH", "it wants a password (NOAUTH)"},
        {"WRONGPASS", "it does not take this user and password (WRONGPASS)"},
        {"NOPERM", "it does not let this user do that (NOPERM)"},
        {"DENIED", "it lets nobody in over a network without a password (DENIED)"},
        {"WRONGTYPE", "something else is kept under our names (WRONGTYPE)"},
        {"MISCONF", "it cannot save its data (MISCONF)"},
        {"BUSY", "it is busy with a script (BUSY)"},
        {"MASTERDOWN", "it is a replica without its master (MASTERDOWN)"},
        {"MOVED", "it is part of a cluster, which is not supported (MOVED)"},
        {"CROSSSLOT", "it is part of a cluster, which is not supported (CROSSSLOT)"},
        {"CLUSTERDOWN", "it is part of a cluster, which is not supported (CLUSTERDOWN)"},
    };
    for (size_t i = 0; i < sizeof errors / sizeof errors[0]; i++)
        if (is_error(r, errors[i].word))
            return errors[i].says;
    return r->type == REDIS_REPLY_ERROR ? "it refuses a command" : "it sends something unexpected";
}
