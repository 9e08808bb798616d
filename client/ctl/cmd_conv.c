/* askctl conv: the stored conversations. */
#include "client/common/field.h"
#include "client/ctl/ctl.h"
#include "lib/base/error.h"
#include "lib/base/id.h"
#include "lib/proto/mp.h"
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum {
    LIST_DEFAULT = 50,
    PAGE = 500,     /* conversations that one request for a prefix's match asks for */
    PREFIX_MIN = 8, /* characters of an id */
    PARAMS_MAX = 64 << 10,
    LINE_MAX_LEN = 512
};

typedef int conv_action(struct ctl *c, struct ask *a, const char *id);

/* A field on one line, without control characters. "" where it is not there. */
static const char *one_line(char out[LINE_MAX_LEN], const msgpack_object_map *map, const char *name)
{
    const char *s = "";
    size_t len = 0;
    (void)field_str(map, name, &s, &len);
    error_text(out, LINE_MAX_LEN, s, len);
    return out;
}

static bool is_field(const msgpack_object_map *map, const char *name, const char *value, size_t len)
{
    const char *s;
    size_t n;
    return field_str(map, name, &s, &n) && n == len && memcmp(s, value, len) == 0;
}

/* -- an id, or the beginning of one -- */

struct search {
    const char *prefix;
    char found[ID_LEN + 1], last[ID_LEN + 1]; /* "" for none */
    unsigned matches;
};

static bool take_id(const msgpack_object *item, char id[ID_LEN + 1])
{
    msgpack_object_map map;
    const char *s;
    size_t len;
    if (!mp_map(item, &map) || !field_str(&map, "conversation", &s, &len) || len > ID_LEN)
        return false;
    memcpy(id, s, len);
    id[len] = '\0';
    return true;
}

/* One page of the list, behind the last conversation that was seen. *more: there was something on it. */
static int search_page(struct ctl *c, struct ask *a, struct search *s, bool *more)
{
    struct buf params;
    msgpack_unpacked reply;
    msgpack_object_array list;
    buf_init(&params, PARAMS_MAX);
    msgpack_unpacked_init(&reply);
    mp_put_map(&params, s->last[0] != '\0' ? 2 : 1);
    mp_put_entry_int(&params, "limit", PAGE);
    if (s->last[0] != '\0')
        mp_put_entry(&params, "before", s->last);
    int status = ctl_call(c, a, "conversation.list", &params, &reply);
    *more = status == EXIT_OK && mp_array(&reply.data, &list) && list.size > 0;
    for (uint32_t i = 0; *more && i < list.size; i++) {
        if (!take_id(&list.ptr[i], s->last))
            *more = false; /* what is no list of ours has no further pages either */
        else if (strncmp(s->last, s->prefix, strlen(s->prefix)) == 0 && s->matches++ == 0)
            memcpy(s->found, s->last, sizeof(s->found));
    }
    msgpack_unpacked_destroy(&reply);
    buf_done(&params);
    return status;
}

static int find(struct ctl *c, struct ask *a, const char *prefix, char id[ID_LEN + 1])
{
    struct search s = {.prefix = prefix};
    bool more = true;
    while (more) {
        int status = search_page(c, a, &s, &more);
        if (status != EXIT_OK)
            return status;
    }
    if (s.matches == 0) {
        exit_print(c->program, "no conversation's id begins with '%.40s': askctl conv list shows them", prefix);
        return EXIT_OTHER;
    }
    if (s.matches > 1) {
        exit_print(c->program,
                   "the ids of %u conversations begin with '%.40s': give more of it, ids begin with the time",
                   s.matches, prefix);
        return EXIT_OTHER;
    }
    memcpy(id, s.found, sizeof(s.found));
    return EXIT_OK;
}

/* A whole id costs no search, and one that does not exist is the daemon's to name. */
static int resolve(struct ctl *c, struct ask *a, const char *arg, char id[ID_LEN + 1])
{
    size_t len = strlen(arg);
    if (id_valid(arg, len)) {
        memcpy(id, arg, ID_LEN + 1);
        return EXIT_OK;
    }
    if (len < PREFIX_MIN || len > ID_LEN || strspn(arg, "0123456789abcdef-") != len) {
        exit_print(c->program,
                   "'%.40s' is no conversation's id, nor %d or more characters of its beginning: askctl conv "
                   "list shows them",
                   arg, PREFIX_MIN);
        return EXIT_USAGE;
    }
    return find(c, a, arg, id);
}

/* Connects and runs the action on the first argument's conversation. */
static int with_conversation(struct ctl *c, conv_action *act)
{
    char id[ID_LEN + 1];
    int status;
    struct ask *a = ctl_open(c, &status);
    if (a == NULL)
        return status;
    status = resolve(c, a, c->args[0], id);
    if (status == EXIT_OK)
        status = act(c, a, id);
    ask_close(a);
    return status;
}

/* -- list -- */

static void print_item(struct ctl *c, const msgpack_object_map *map)
{
    char id[LINE_MAX_LEN], title[LINE_MAX_LEN], when[32] = "-";
    double updated;
    int64_t messages = 0;
    if (field_double(map, "updated", &updated) && updated >= 0 && updated < 1e11) {
        time_t t = (time_t)updated;
        struct tm tm;
        if (localtime_r(&t, &tm) != NULL)
            (void)strftime(when, sizeof(when), "%Y-%m-%d %H:%M", &tm);
    }
    (void)field_int(map, "messages", &messages);
    ctl_printf(c, "%s  %s  %4" PRId64 "  %s\n", one_line(id, map, "conversation"), when, messages,
               one_line(title, map, "title"));
}

static int print_list(struct ctl *c, msgpack_object *result)
{
    msgpack_object_array items;
    msgpack_object_map map;
    if (c->json)
        return ctl_print_json(c, result);
    if (mp_array(result, &items))
        for (uint32_t i = 0; i < items.size; i++)
            if (mp_map(&items.ptr[i], &map))
                print_item(c, &map);
    return ctl_flush(c);
}

static int list(struct ctl *c)
{
    struct buf params;
    buf_init(&params, PARAMS_MAX);
    mp_put_map(&params, 1);
    mp_put_entry_uint(&params, "limit", (c->given & CTL_LIMIT) != 0 ? c->limit : LIST_DEFAULT);
    int status = ctl_ask(c, "conversation.list", &params, print_list);
    buf_done(&params);
    return status;
}

/* -- show -- */

/* A part that is no text, in brackets: "[image image/png name.png]", "[tool_call weather call_1 {}]". */
static void print_other_part(struct ctl *c, const msgpack_object_map *part)
{
    static const char *const fields[] = {"mime", "name", "id", "url", "arguments"};
    char text[LINE_MAX_LEN];
    ctl_printf(c, "[%s", one_line(text, part, "type"));
    for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++)
        if (one_line(text, part, fields[i])[0] != '\0')
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
static const char *odd_end(char line[LINE_MAX_LEN], const msgpack_object_map *message)
{
    if (one_line(line, message, "state")[0] != '\0' && strcmp(line, "done") != 0)
        return line;
    if (one_line(line, message, "finish_reason")[0] == '\0' || strcmp(line, "stop") == 0 ||
        strcmp(line, "tool_calls") == 0)
        return NULL;
    return line;
}

/* "## assistant (openai/gpt-4.1, interrupted)", "(openai/gpt-4.1, refusal)" */
static void print_message(struct ctl *c, const msgpack_object_map *message)
{
    char role[LINE_MAX_LEN], provider[LINE_MAX_LEN], model[LINE_MAX_LEN], end[LINE_MAX_LEN];
    ctl_printf(c, "\n## %s", one_line(role, message, "role"));
    bool named = one_line(model, message, "model")[0] != '\0';
    const char *odd = odd_end(end, message);
    (void)one_line(provider, message, "provider");
    if (named)
        ctl_printf(c, " (%s%s%s", provider, provider[0] != '\0' ? "/" : "", model);
    if (odd != NULL)
        ctl_printf(c, "%s%s", named ? ", " : " (", odd);
    ctl_printf(c, "%s\n\n", named || odd != NULL ? ")" : "");
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

static int print_conversation(struct ctl *c, const msgpack_object *reply)
{
    char title[LINE_MAX_LEN];
    msgpack_object_map map;
    if (!mp_map(reply, &map))
        return EXIT_OK;
    uint32_t n;
    msgpack_object_map *branch = find_branch(&map, &n);
    ctl_printf(c, "# %s\n", one_line(title, &map, "title"));
    for (uint32_t i = 0; i < n; i++)
        print_message(c, &branch[i]);
    free(branch);
    return ctl_flush(c);
}

static int get(struct ctl *c, struct ask *a, const char *id, msgpack_unpacked *reply)
{
    struct buf params;
    buf_init(&params, PARAMS_MAX);
    mp_put_map(&params, 1);
    mp_put_entry(&params, "conversation", id);
    int status = ctl_call(c, a, "conversation.get", &params, reply);
    buf_done(&params);
    return status;
}

static int show_one(struct ctl *c, struct ask *a, const char *id)
{
    msgpack_unpacked reply;
    msgpack_unpacked_init(&reply);
    int status = get(c, a, id, &reply);
    if (status == EXIT_OK)
        status = c->json ? ctl_print_json(c, &reply.data) : print_conversation(c, &reply.data);
    msgpack_unpacked_destroy(&reply);
    return status;
}

static int show(struct ctl *c)
{
    return with_conversation(c, show_one);
}

/* -- rename, rm, fork -- */

/* Calls a method with the conversation and, where name is given, one more field. With a reply for whoever wants it. */
static int change(struct ctl *c, struct ask *a, const char *method, const char *id, const char *name, const char *value,
                  msgpack_unpacked *reply)
{
    struct buf params;
    buf_init(&params, PARAMS_MAX);
    mp_put_map(&params, name != NULL ? 2 : 1);
    mp_put_entry(&params, "conversation", id);
    if (name != NULL)
        mp_put_entry(&params, name, value);
    int status;
    if (params.failed) {
        exit_print(c->program, "the %s is too long: give a shorter one", name != NULL ? name : "id");
        status = EXIT_USAGE;
    } else if (reply != NULL) {
        status = ctl_call(c, a, method, &params, reply);
    } else {
        status = ctl_call_once(c, a, method, &params);
    }
    buf_done(&params);
    return status;
}

static int rename_one(struct ctl *c, struct ask *a, const char *id)
{
    return change(c, a, "conversation.rename", id, "title", c->args[1], NULL);
}

static int rename_conversation(struct ctl *c)
{
    return with_conversation(c, rename_one);
}

/* As rm does: what cannot be removed keeps none of the others. */
static int rm(struct ctl *c)
{
    char id[ID_LEN + 1];
    int status, first = EXIT_OK;
    struct ask *a = ctl_open(c, &status);
    if (a == NULL)
        return status;
    for (int i = 0; i < c->n_args; i++) {
        status = resolve(c, a, c->args[i], id);
        if (status == EXIT_OK)
            status = change(c, a, "conversation.delete", id, NULL, NULL, NULL);
        if (first == EXIT_OK)
            first = status;
    }
    ask_close(a);
    return first;
}

/* The head's id, to be freed; NULL where the conversation has none or cannot be had, which *status tells. */
static char *find_head(struct ctl *c, struct ask *a, const char *id, int *status)
{
    msgpack_unpacked reply;
    msgpack_object_map map;
    const char *head;
    size_t len;
    char *copy = NULL;
    msgpack_unpacked_init(&reply);
    *status = get(c, a, id, &reply);
    if (*status == EXIT_OK && mp_map(&reply.data, &map) && field_str(&map, "head", &head, &len)) {
        copy = strndup(head, len);
        if (copy == NULL) {
            exit_print(c->program, "out of memory");
            *status = EXIT_OS;
        }
    } else if (*status == EXIT_OK) {
        exit_print(c->program, "the conversation has no message yet: there is nothing to fork");
        *status = EXIT_OTHER;
    }
    msgpack_unpacked_destroy(&reply);
    return copy;
}

static int fork_one(struct ctl *c, struct ask *a, const char *id)
{
    int status = EXIT_OK;
    char *head = c->n_args > 1 ? NULL : find_head(c, a, id, &status);
    if (status != EXIT_OK)
        return status;
    msgpack_unpacked reply;
    msgpack_object_map map;
    char made[LINE_MAX_LEN];
    msgpack_unpacked_init(&reply);
    status = change(c, a, "conversation.fork", id, "message", head != NULL ? head : c->args[1], &reply);
    if (status == EXIT_OK && c->json) {
        status = ctl_print_json(c, &reply.data);
    } else if (status == EXIT_OK && mp_map(&reply.data, &map)) {
        ctl_printf(c, "%s\n", one_line(made, &map, "conversation"));
        status = ctl_flush(c);
    }
    msgpack_unpacked_destroy(&reply);
    free(head);
    return status;
}

static int fork_conversation(struct ctl *c)
{
    return with_conversation(c, fork_one);
}

const struct ctl_verb cmd_conv_verbs[] = {
    {"list", "", "one line each, the one that changed last first", .run = list, .takes = CTL_LIMIT},
    {"show", "CONVERSATION", "what was said, from its beginning to its head", 1, 1, .run = show},
    {"rename", "CONVERSATION TITLE", "give it another title", 2, 2, .run = rename_conversation},
    {"rm", "CONVERSATION...", "remove them with all that was said", 1, INT_MAX, .run = rm},
    {"fork", "CONVERSATION [MESSAGE]", "copy it, up to a message, and print the copy's id", 1, 2,
     .run = fork_conversation},
    {0},
};
