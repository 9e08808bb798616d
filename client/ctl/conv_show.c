/* askctl conv show: what was said, from the beginning of a conversation to its head. */
#include "client/common/field.h"
#include "client/ctl/conv.h"
#include <stdlib.h>
#include <string.h>

static bool is_field(const msgpack_object_map *map, const char *name, const char *value, size_t len)
{
    const char *s;
    size_t n;
    return field_str(map, name, &s, &n) && n == len && memcmp(s, value, len) == 0;
}

/* A part that is no text, in brackets: "[image image/png name.png]", "[tool_call weather call_1 {}]". */
static void print_other_part(struct ctl *c, const msgpack_object_map *part)
{
    static const char *const fields[] = {"mime", "name", "id", "url", "arguments"};
    char text[CONV_LINE];
    ctl_printf(c, "[%s", conv_line(text, part, "type"));
    for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++)
        if (conv_line(text, part, fields[i])[0] != '\0')
            ctl_printf(c, " %s", text);
    ctl_printf(c, "]\n");
}

static void print_text(struct ctl *c, const char *text, size_t len)
{
    (void)out_text(c->out, text, len);
    if (len > 0 && text[len - 1] != '\n')
        (void)out_puts(c->out, "\n");
}

static void print_content(struct ctl *c, const msgpack_object_map *message)
{
    const char *text;
    size_t len;
    msgpack_object_array parts;
    msgpack_object_map part;
    if (field_str(message, "content", &text, &len)) {
        print_text(c, text, len);
        return;
    }
    if (!field_array(message, "content", &parts))
        return;
    for (uint32_t i = 0; i < parts.size; i++) {
        if (!mp_map(&parts.ptr[i], &part))
            continue;
        if (is_field(&part, "type", "text", 4) && field_str(&part, "text", &text, &len))
            print_text(c, text, len);
        else
            print_other_part(c, &part);
    }
}

/* How its answer ended, where that was not as answers end. */
static const char *odd_end(char line[CONV_LINE], const msgpack_object_map *message)
{
    if (conv_line(line, message, "state")[0] != '\0' && strcmp(line, "done") != 0)
        return line;
    if (conv_line(line, message, "finish_reason")[0] == '\0' || strcmp(line, "stop") == 0 ||
        strcmp(line, "tool_calls") == 0)
        return NULL;
    return line;
}

/* "## assistant (openai/gpt-4.1, interrupted)", "(openai/gpt-4.1, refusal)", each with the id by which a question can
 * follow the message behind it. */
static void print_message(struct ctl *c, const msgpack_object_map *message)
{
    char role[CONV_LINE], provider[CONV_LINE], model[CONV_LINE], end[CONV_LINE], id[CONV_LINE];
    ctl_printf(c, "\n## %s", conv_line(role, message, "role"));
    bool named = conv_line(model, message, "model")[0] != '\0';
    const char *odd = odd_end(end, message);
    (void)conv_line(provider, message, "provider");
    if (named)
        ctl_printf(c, " (%s%s%s", provider, provider[0] != '\0' ? "/" : "", model);
    if (odd != NULL)
        ctl_printf(c, "%s%s", named ? ", " : " (", odd);
    ctl_printf(c, "%s %s\n\n", named || odd != NULL ? ")" : "", conv_line(id, message, "id"));
    print_content(c, message);
}

/* The messages from the root to the head, each of which comes behind its parent in the list. NULL where there are none.
 */
static msgpack_object_map *find_branch(const msgpack_object_map *map, uint32_t *n)
{
    msgpack_object_array all;
    const char *wanted;
    size_t len;
    *n = 0;
    if (!field_array(map, "messages", &all) || all.size == 0 || !field_str(map, "head", &wanted, &len))
        return NULL;
    msgpack_object_map *branch = calloc(all.size, sizeof(*branch)), message;
    if (branch == NULL)
        return NULL;
    uint32_t first = all.size; /* filled from the end */
    bool more = true;
    for (uint32_t i = all.size; more && i-- > 0;) {
        if (!mp_map(&all.ptr[i], &message) || !is_field(&message, "id", wanted, len))
            continue;
        branch[--first] = message;
        more = field_str(&message, "parent", &wanted, &len);
    }
    *n = all.size - first;
    memmove(branch, branch + first, *n * sizeof(*branch));
    return branch;
}

/* "Asked on far, in /home/me": only where that is another machine than the daemon's. */
static void print_place(struct ctl *c, const msgpack_object_map *map)
{
    char host[CONV_LINE], directory[CONV_LINE];
    if (conv_line(host, map, "host")[0] == '\0')
        return;
    (void)conv_line(directory, map, "directory");
    ctl_printf(c, "\nAsked on %s%s%s\n", host, directory[0] != '\0' ? ", in " : "", directory);
}

static int print_conversation(struct ctl *c, const msgpack_object *reply)
{
    char title[CONV_LINE];
    msgpack_object_map map;
    if (!mp_map(reply, &map))
        return EXIT_OK;
    uint32_t n;
    msgpack_object_map *branch = find_branch(&map, &n);
    ctl_printf(c, "# %s\n", conv_line(title, &map, "title"));
    print_place(c, &map);
    for (uint32_t i = 0; i < n; i++)
        print_message(c, &branch[i]);
    free(branch);
    return ctl_flush(c);
}

static int show_one(struct ctl *c, struct ask *a, const char *id)
{
    msgpack_unpacked reply;
    msgpack_unpacked_init(&reply);
    int status = conv_get(c, a, id, &reply);
    if (status == EXIT_OK)
        status = c->json ? ctl_print_json(c, &reply.data) : print_conversation(c, &reply.data);
    msgpack_unpacked_destroy(&reply);
    return status;
}

int conv_show(struct ctl *c)
{
    return conv_with(c, show_one);
}
