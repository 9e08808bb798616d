#include "client/ctl/log_line.h"
#include "client/common/colour.h"
#include "client/common/field.h"
#include "client/common/json_print.h"
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

static const struct level {
    const char *name, *colour;
} levels[] = {{"error", "\033[1;31m"}, {"warn", "\033[33m"}, {"notice", "\033[1m"}, {"info", ""}, {"debug", "\033[2m"}};
enum { LEVELS = sizeof(levels) / sizeof(levels[0]), LEVEL_WIDTH = 6 };
static const char plain[] = "\033[m";

static const char *const fields[] = {"answer", "conversation", "provider", "model", "client", "code"};

static const struct level *find(const char *word, size_t len)
{
    for (size_t i = 0; i < LEVELS; i++)
        if (strlen(levels[i].name) == len && memcmp(levels[i].name, word, len) == 0)
            return &levels[i];
    return NULL;
}

const char *log_line_level(const char *word)
{
    const struct level *level = find(word, strlen(word));
    return level != NULL ? level->name : NULL;
}

static void print_time(struct ctl *c, const msgpack_object_map *line)
{
    double seconds;
    struct tm tm;
    char text[32];
    if (!field_double(line, "time", &seconds) || !(seconds >= 0 && seconds < 1e11))
        return;
    const int64_t ms = (int64_t)(seconds * 1000);
    const time_t whole = (time_t)(ms / 1000);
    if (localtime_r(&whole, &tm) != NULL && strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%S", &tm) > 0)
        ctl_printf(c, "%s.%03d ", text, (int)(ms % 1000));
}

static void print_level(struct ctl *c, const msgpack_object_map *line)
{
    const char *word = "?";
    size_t len = 1;
    (void)field_str(line, "level", &word, &len);
    const struct level *level = find(word, len);
    const bool coloured = level != NULL && level->colour[0] != '\0' && c->out->terminal && colour_wanted();
    if (coloured)
        (void)out_puts(c->out, level->colour);
    (void)out_text(c->out, word, len);
    if (coloured)
        (void)out_puts(c->out, plain);
    ctl_printf(c, "%*s", len < LEVEL_WIDTH ? (int)(LEVEL_WIDTH - len) + 1 : 1, "");
}

/* What the sentence does not say: "  client=ask". */
static void print_field(struct ctl *c, const msgpack_object_map *line, const char *name, const char *said, size_t n)
{
    const char *value;
    size_t len;
    if (!field_str(line, name, &value, &len) || len == 0)
        return;
    if (strcmp(name, "client") != 0 && memmem(said, n, value, len) != NULL)
        return;
    ctl_printf(c, "  %s=", name);
    (void)out_text(c->out, value, len);
}

void log_line_print(struct ctl *c, const msgpack_object *line)
{
    msgpack_object_map map;
    const char *message = "";
    size_t len = 0;
    if (c->json) {
        (void)json_print(c->out, line);
        (void)out_puts(c->out, "\n");
        return;
    }
    if (!mp_map(line, &map))
        return;
    (void)field_str(&map, "message", &message, &len);
    print_time(c, &map);
    print_level(c, &map);
    (void)out_text(c->out, message, len);
    for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++)
        print_field(c, &map, fields[i], message, len);
    (void)out_puts(c->out, "\n");
}
