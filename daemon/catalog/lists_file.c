/* The state file: {"version": 1, "lists": {SECTION: {"fetched_us": int, "models": [MODEL, …]}}}. What is not told is
 * absent. */
#include "daemon/catalog/lists.h"
#include "lib/base/alloc.h"
#include "lib/base/fd.h"
#include "lib/base/grow.h"
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { FORMAT_VERSION = 1 };

/* One table for both ways. */
static const struct number {
    const char *key;
    size_t offset;
    int64_t absent;
} price_numbers[] =
    {
        {"since_us", offsetof(struct price, since_us), 0},
        {"until_us", offsetof(struct price, until_us), 0},
        {"above", offsetof(struct price, above_tokens), 0},
        {"input", offsetof(struct price, input), PRICE_UNKNOWN},
        {"cached_input", offsetof(struct price, cached_input), PRICE_UNKNOWN},
        {"cache_write", offsetof(struct price, cache_write), PRICE_UNKNOWN},
        {"output", offsetof(struct price, output), PRICE_UNKNOWN},
        {"request", offsetof(struct price, request), PRICE_UNKNOWN},
        {"image", offsetof(struct price, image), PRICE_UNKNOWN},
        {"input_audio", offsetof(struct price, input_audio), PRICE_UNKNOWN},
        {"output_audio", offsetof(struct price, output_audio), PRICE_UNKNOWN},
        {0},
},
  model_numbers[] = {
      {"context_window", offsetof(struct listed, context_window), 0},
      {"max_output", offsetof(struct listed, max_output), 0},
      {0},
};

/* -- writing -- */

/* jansson's setters fail on a NULL value, and give it up then: one look at the end is enough. */
static bool put(json_t *o, const char *key, json_t *value)
{
    return json_object_set_new(o, key, value) == 0;
}

static bool put_text(json_t *o, const char *key, const char *text)
{
    return !text || put(o, key, json_string(text));
}

static bool put_known(json_t *o, const char *key, enum known k)
{
    return k == KNOWN_NOT || put(o, key, json_boolean(k == KNOWN_YES));
}

static bool put_numbers(json_t *o, const struct number *numbers, const void *base)
{
    bool good = true;

    for (; numbers->key; numbers++) {
        int64_t n = *(const int64_t *)((const char *)base + numbers->offset);
        if (n != numbers->absent)
            good = put(o, numbers->key, json_integer(n)) && good;
    }
    return good;
}

static void add_name(void *data, const char *name)
{
    json_array_append_new(data, json_string(name));
}

static bool put_modalities(json_t *o, const char *key, unsigned set)
{
    if (!set)
        return true;
    json_t *names = json_array();
    modality_each(set, add_name, names);
    return put(o, key, names);
}

static json_t *price_to_json(const struct price *p)
{
    json_t *o = json_object();
    bool good = put_text(o, "currency", p->currency) && put_text(o, "at", p->at) && put_text(o, "source", p->source) &&
                put_numbers(o, price_numbers, p);

    if (good && p->from_minute != p->to_minute)
        good = put(o, "from_minute", json_integer(p->from_minute)) && put(o, "to_minute", json_integer(p->to_minute));
    if (good)
        return o;
    json_decref(o);
    return NULL;
}

static bool put_prices(json_t *o, const struct price *prices, size_t n)
{
    json_t *rows = json_array();
    bool good = true;

    for (size_t i = 0; i < n && good; i++)
        good = json_array_append_new(rows, price_to_json(&prices[i])) == 0;
    return put(o, "prices", rows) && good;
}

static json_t *model_to_json(const struct listed *l)
{
    json_t *o = json_object();

    if (put_text(o, "id", l->id) && put_text(o, "title", l->title) && put_numbers(o, model_numbers, l) &&
        put_modalities(o, "input", l->input) && put_modalities(o, "output", l->output) &&
        put_known(o, "tools", l->tools) && put_known(o, "reasoning", l->reasoning) &&
        (l->n_prices == 0 || put_prices(o, l->prices, l->n_prices)))
        return o;
    json_decref(o);
    return NULL;
}

static bool put_list(json_t *all, const struct lists *l, const char *section)
{
    json_t *o = json_object(), *array = json_array();
    size_t n;
    int64_t fetched_us;
    const struct listed *models = lists_get(l, section, &n, &fetched_us);
    bool good = put(o, "fetched_us", json_integer(fetched_us));

    for (size_t i = 0; i < n && good; i++)
        good = json_array_append_new(array, model_to_json(&models[i])) == 0;
    good = put(o, "models", array) && good;
    return put(all, section, o) && good;
}

/* NULL where a text is no UTF-8, or memory is short. */
static char *to_text(const struct lists *l)
{
    json_t *root = json_object(), *all = json_object();
    bool good = put(root, "version", json_integer(FORMAT_VERSION));
    const char *section;

    for (size_t i = 0; (section = lists_section(l, i)) && good; i++)
        good = put_list(all, l, section);
    good = put(root, "lists", all) && good;
    char *text = good ? json_dumps(root, JSON_COMPACT) : NULL;
    json_decref(root);
    return text;
}

/* A new file of that name: what a process that broke off left there goes. */
static int create(const char *path)
{
    if (unlink(path) < 0 && errno != ENOENT)
        return -1;
    return open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
}

static enum error_code replace(const char *path, const char *text, size_t len, struct error *err)
{
    char *fresh = xasprintf("%s.new", path);
    enum error_code code = ERR_NONE;
    int fd = create(fresh);
    bool good =
        fd >= 0 && fd_write_all(fd, text, len) && fdatasync(fd) == 0; /* else a power cut could leave it empty */
    int errnum = errno;

    if (fd >= 0)
        close(fd);
    if (good && rename(fresh, path) < 0) {
        good = false;
        errnum = errno;
    }
    if (!good) {
        code = error_set_errno(err, ERR_UNAVAILABLE, errnum, "cannot write %s", path);
        if (fd >= 0)
            unlink(fresh);
    }
    free(fresh);
    return code;
}

enum error_code lists_save(const struct lists *l, const char *path, struct error *err)
{
    char *text = to_text(l);
    enum error_code code;

    if (!text)
        return error_set(err, ERR_INTERNAL, "cannot write %s: what the lists say is no UTF-8", path);
    size_t len = strlen(text);
    if (len > LISTS_FILE_MAX)
        code = error_set(err, ERR_TOO_LARGE, "the lists of models would make %s larger than %d bytes", path,
                         LISTS_FILE_MAX);
    else
        code = replace(path, text, len, err);
    free(text);
    return code;
}

/* -- reading -- */

/* The functions below return false where a value is not of the kind that was written. */
static bool get_text(const json_t *o, const char *key, char **ret)
{
    const json_t *v = json_object_get(o, key);

    if (json_is_string(v))
        *ret = xstrdup(json_string_value(v));
    return !v || json_is_string(v);
}

static bool get_number(const json_t *o, const char *key, int64_t *ret)
{
    const json_t *v = json_object_get(o, key);

    if (json_is_integer(v))
        *ret = json_integer_value(v);
    return !v || (json_is_integer(v) && *ret >= 0);
}

static bool get_numbers(const json_t *o, const struct number *numbers, void *base)
{
    for (; numbers->key; numbers++)
        if (!get_number(o, numbers->key, (int64_t *)((char *)base + numbers->offset)))
            return false;
    return true;
}

static bool get_known(const json_t *o, const char *key, enum known *ret)
{
    const json_t *v = json_object_get(o, key);

    *ret = !v ? KNOWN_NOT : json_is_true(v) ? KNOWN_YES : KNOWN_NO;
    return !v || json_is_boolean(v);
}

static bool get_modalities(const json_t *o, const char *key, unsigned *ret)
{
    const json_t *names = json_object_get(o, key), *name;
    size_t i;

    json_array_foreach(names, i, name)
    {
        unsigned bit = json_is_string(name) ? modality_from_name(json_string_value(name), json_string_length(name)) : 0;
        if (!bit)
            return false;
        *ret |= bit;
    }
    return !names || json_is_array(names);
}

static bool get_hours(const json_t *o, struct price *p)
{
    enum { MINUTES_A_DAY = 1440 };
    int64_t from = 0, to = 0;

    if (!get_number(o, "from_minute", &from) || !get_number(o, "to_minute", &to) || from >= MINUTES_A_DAY ||
        to >= MINUTES_A_DAY)
        return false;
    p->from_minute = (int)from;
    p->to_minute = (int)to;
    return true;
}

static bool get_price(const json_t *o, struct price *p)
{
    const json_t *currency = json_object_get(o, "currency");

    if (!json_is_string(currency) || json_string_length(currency) >= sizeof(p->currency))
        return false;
    strcpy(p->currency, json_string_value(currency));
    return get_text(o, "at", &p->at) && get_text(o, "source", &p->source) && get_numbers(o, price_numbers, p) &&
           get_hours(o, p);
}

static bool get_prices(const json_t *o, struct listed *l)
{
    const json_t *rows = json_object_get(o, "prices"), *row;
    size_t i;

    json_array_foreach(rows, i, row)
    {
        l->prices = grow_one(l->prices, l->n_prices, sizeof(*l->prices));
        l->prices[l->n_prices] = (struct price)PRICE_INIT;
        if (!get_price(row, &l->prices[l->n_prices++]))
            return false;
    }
    return !rows || json_is_array(rows);
}

static bool get_model(const json_t *o, struct listed *l)
{
    return get_text(o, "id", &l->id) && l->id && get_text(o, "title", &l->title) && get_numbers(o, model_numbers, l) &&
           get_modalities(o, "input", &l->input) && get_modalities(o, "output", &l->output) &&
           get_known(o, "tools", &l->tools) && get_known(o, "reasoning", &l->reasoning) && get_prices(o, l);
}

/* Puts what the file says of a section into *l, unless that is damaged. */
static bool get_list(const json_t *o, const char *section, struct lists **l)
{
    const json_t *array = json_object_get(o, "models"), *row;
    struct listed *models = NULL;
    size_t n = 0, i;
    int64_t fetched_us = 0;
    bool good = json_is_array(array) && get_number(o, "fetched_us", &fetched_us);

    json_array_foreach(array, i, row)
    {
        if (!good)
            break;
        models = grow_one(models, n, sizeof(*models));
        good = get_model(row, &models[n++]);
    }
    struct lists *with = lists_with(*l, section, models, n, fetched_us);
    lists_free(good ? *l : with);
    if (good)
        *l = with;
    return good;
}

static enum error_code from_json(const json_t *root, const char *path, struct lists **ret, struct error *err)
{
    json_t *all = json_object_get(root, "lists"), *list;
    struct lists *l = lists_new();
    const char *section;

    if (json_integer_value(json_object_get(root, "version")) != FORMAT_VERSION || !json_is_object(all)) {
        lists_free(l);
        return error_set(err, ERR_INVALID_REQUEST, "%s is not a file of this version's lists of models", path);
    }
    json_object_foreach(all, section, list) if (!get_list(list, section, &l))
    {
        lists_free(l);
        return error_set(err, ERR_INVALID_REQUEST, "%s: the list of '%.60s' is damaged", path, section);
    }
    *ret = l;
    return ERR_NONE;
}

enum error_code lists_load(const char *path, struct lists **ret, struct error *err)
{
    struct buf text;
    json_error_t why;

    buf_init(&text, LISTS_FILE_MAX);
    enum error_code code = fd_read_file(path, false, &text, err);
    if (code == ERR_NONE) {
        json_t *root = json_loadb((const char *)text.data, text.len, JSON_REJECT_DUPLICATES, &why);
        if (root)
            code = from_json(root, path, ret, err);
        else
            code = error_set(err, ERR_INVALID_REQUEST, "%s:%d: %s", path, why.line, why.text);
        json_decref(root);
    }
    buf_done(&text);
    return code;
}
