#include "client/common/completion.h"
#include "client/common/escape.h"
#include "lib/ask/ask.h"
#include "lib/base/error.h"
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <unistd.h>

enum {
    ABOUT_MAX = 72,  /* bytes that are shown of what tells about a word */
    SEEN_MAX = 8192, /* words that are known to have been offered; of more, one may come twice */
};

bool completion_wanted(int argc, char **argv)
{
    return argc > 2 && strcmp(argv[1], "--completion") == 0;
}

/* -- the line -- */

static bool find_letter(const struct completion *c, char letter, struct option_row *ret)
{
    for (size_t i = 0; c->row(c->row_data, i, ret); i++)
        if (ret->letter == letter && letter != '\0')
            return true;
    return false;
}

/* Also by the beginning of a name, as getopt_long takes it. */
static bool find_name(const struct completion *c, const char *name, size_t len, struct option_row *ret)
{
    struct option_row row;
    bool found = false;
    for (size_t i = 0; c->row(c->row_data, i, &row); i++) {
        const bool whole = strlen(row.name) == len;
        if (strncmp(row.name, name, len) != 0 || (found && !whole))
            continue;
        *ret = row;
        found = true;
        if (whole)
            break;
    }
    return found;
}

/* The option in that word whose value is behind it, in the word at *at (0: it is to follow). False: there is none. */
static bool option_with_value(const struct completion *c, const char *word, size_t *at, struct option_row *ret)
{
    *at = 0;
    if (word[0] == '-' && word[1] == '-') {
        const size_t len = strcspn(word + 2, "=");
        if (len == 0 || !find_name(c, word + 2, len, ret) || ret->value == NULL)
            return false;
        *at = word[2 + len] == '=' ? 3 + len : 0;
        return *at > 0 || ret->value[0] != '['; /* one that may be left out is in the same word, or nowhere */
    }
    for (size_t i = 1; word[0] == '-' && word[i] != '\0'; i++) {
        if (!find_letter(c, word[i], ret) || (ret->value != NULL && ret->value[0] == '['))
            return false;
        if (ret->value != NULL) {
            *at = word[i + 1] != '\0' ? i + 1 : 0;
            return true;
        }
    }
    return false;
}

static void note_value(struct completion *c, const struct option_row *row, const char *value)
{
    if (strcmp(row->name, "socket") == 0)
        c->socket = value;
}

static void read_last(struct completion *c, bool options)
{
    size_t at;
    c->word = c->typed;
    c->at = COMPLETION_ARGUMENT;
    if (!options || c->typed[0] != '-')
        return;
    c->at = COMPLETION_OPTION;
    if (option_with_value(c, c->typed, &at, &c->option) && at > 0) {
        c->at = COMPLETION_VALUE;
        c->kept = at;
        c->word += at;
    }
}

void completion_read(struct completion *c, struct out *out, completion_row *row, const void *row_data, int n,
                     char **words)
{
    bool options = true; /* until "--" */
    *c = (struct completion){.out = out, .row = row, .row_data = row_data, .args = words, .typed = words[n - 1]};
    for (int i = 0; i < n - 1; i++) {
        struct option_row option;
        size_t at;
        if (!options || words[i][0] != '-' || words[i][1] == '\0') {
            c->args[c->n_args++] = words[i];
        } else if (strcmp(words[i], "--") == 0) {
            options = false;
        } else if (option_with_value(c, words[i], &at, &option)) {
            if (at == 0 && i + 1 == n - 1) { /* it is what is being typed */
                c->at = COMPLETION_VALUE;
                c->option = option;
                c->word = c->typed;
                return;
            }
            note_value(c, &option, at > 0 ? words[i] + at : words[++i]);
        }
    }
    read_last(c, options);
}

/* -- words -- */

void completion_begin(struct completion *c, const char *besides)
{
    (void)out_puts(c->out, besides);
    (void)out_puts(c->out, "\n");
}

/* Has that word not been offered yet? By its hash: the price of two that are alike is one word that is not offered. */
static bool is_new(const char *value)
{
    static uint64_t seen[2 * SEEN_MAX];
    static unsigned n;
    uint64_t hash = UINT64_C(14695981039346656037); /* FNV-1a */
    for (const char *s = value; *s != '\0'; s++)
        hash = (hash ^ (unsigned char)*s) * UINT64_C(1099511628211);
    hash += hash == 0; /* which is an empty place */
    size_t at = hash % (2 * SEEN_MAX);
    while (seen[at] != 0 && seen[at] != hash)
        at = (at + 1) % (2 * SEEN_MAX);
    if (seen[at] == hash)
        return false;
    if (n < SEEN_MAX) {
        seen[at] = hash;
        n++;
    }
    return true;
}

void completion_add(struct completion *c, const char *value, const char *about)
{
    const size_t len = strlen(value);
    if (strncmp(value, c->word, strlen(c->word)) != 0 || escape_harmless(value, len, "") != len)
        return; /* no shell could be told a line's end in a word */
    if (!is_new(value))
        return;
    (void)out_write(c->out, c->typed, c->kept);
    (void)out_write(c->out, value, len);
    if (about != NULL && about[0] != '\0') {
        char text[ABOUT_MAX + 1];
        error_text(text, sizeof(text), about, strlen(about));
        (void)out_puts(c->out, "\t");
        (void)out_puts(c->out, text);
    }
    (void)out_puts(c->out, "\n");
}

void completion_offer_nothing(struct completion *c)
{
    completion_begin(c, "nothing");
}

void completion_offer_options(struct completion *c, bool (*takes)(const void *data, size_t i))
{
    struct option_row row;
    char word[64];
    completion_begin(c, "nothing");
    for (size_t i = 0; c->row(c->row_data, i, &row); i++) {
        (void)snprintf(word, sizeof(word), "--%s", row.name);
        if (takes == NULL || takes(c->row_data, i))
            completion_add(c, word, row.help);
    }
}

/* -- what the daemon has -- */

static void give_up(int sig)
{
    (void)sig;
    _exit(0);
}

/* From now on we end after so long, whatever we wait for; 0: no longer. */
static void set_limit(long ms)
{
    const struct sigaction act = {.sa_handler = give_up};
    const struct itimerval limit = {.it_value = {.tv_sec = ms / 1000, .tv_usec = ms % 1000 * 1000}};
    (void)sigaction(SIGALRM, &act, NULL);
    (void)setitimer(ITIMER_REAL, &limit, NULL);
}

/* A daemon that is far away, behind a forwarded socket, may be worth a longer wait. */
static long limit_ms(void)
{
    const char *told = getenv("ASKD_COMPLETION_MS");
    const long ms = told != NULL ? strtol(told, NULL, 10) : 0;
    return ms > 0 && ms <= COMPLETION_MS_MAX ? ms : COMPLETION_MS;
}

static void add(void *data, const char *value, const char *about)
{
    completion_add(data, value, about);
}

/* What has been typed of a list up to the last comma stays. */
static void begin_last_of_list(struct completion *c)
{
    const char *comma = strrchr(c->word, ',');
    c->kept += comma != NULL ? (size_t)(comma - c->word) + 1 : 0;
    c->word = comma != NULL ? comma + 1 : c->word;
}

void completion_offer_from(struct completion *c, enum offers kind)
{
    const struct ask_options options = {.socket = c->socket, .no_autostart = 1};
    struct ask_message m;
    struct buf params;
    msgpack_unpacked reply;
    size_t at = 0;
    completion_begin(c, "nothing");
    if (!out_flush(c->out))
        return;
    set_limit(limit_ms());
    struct ask *ask = ask_open(&options, NULL);
    buf_init(&params, 256);
    msgpack_unpacked_init(&reply);
    offers_put_params(&params, kind);
    if (ask != NULL && ask_call(ask, offers_method(kind), params.data, params.len, &m, NULL) == ASK_OK &&
        m.error == NULL &&
        msgpack_unpack_next(&reply, (const char *)m.body, m.body_len, &at) == MSGPACK_UNPACK_SUCCESS) {
        set_limit(0); /* half a list would be no harm, half a word would */
        offers_read(kind, &reply.data, add, c);
    }
    set_limit(0);
    msgpack_unpacked_destroy(&reply);
    buf_done(&params);
    ask_close(ask);
}

/* -- what a value or an argument is -- */

static const struct place {
    const char *option, *value; /* one of them: an option's name, or what usages call it */
    enum offers kind;           /* what the daemon is asked for */
    const char *besides;        /* or what the shell offers; NULL: nothing */
    bool list;                  /* several with commas between */
} places[] = {
    {.option = "provider", .kind = OFFERS_PROVIDERS},
    {.option = "prompt", .kind = OFFERS_PROMPTS},
    {.option = "conversation", .kind = OFFERS_CONVERSATIONS},
    {.option = "answer", .kind = OFFERS_ANSWERS},
    {.value = "MODEL", .kind = OFFERS_MODELS, .list = true},
    {.value = "PROVIDER", .kind = OFFERS_PROVIDERS},
    {.value = "CONVERSATION", .kind = OFFERS_CONVERSATIONS},
    {.value = "ANSWER", .kind = OFFERS_ANSWERS},
    {.value = "METHOD", .kind = OFFERS_METHODS},
    {.value = "TAG", .kind = OFFERS_TAGS},
    {.value = "FILE", .besides = "files"},
    {.value = "FILE|DIR", .besides = "files"},
    {.value = "WHAT", .besides = "files"},
    {.value = "SCHEMA", .besides = "files"},
    {.value = "PATH", .besides = "files"},
    {.value = "DIR", .besides = "folders"},
};

static const struct place *find_place(const char *option, const char *value)
{
    const size_t n = sizeof(places) / sizeof(places[0]);
    for (size_t i = 0; i < n; i++)
        if (option != NULL && places[i].option != NULL && strcmp(places[i].option, option) == 0)
            return &places[i];
    for (size_t i = 0; i < n; i++)
        if (places[i].value != NULL && strcmp(places[i].value, value) == 0)
            return &places[i];
    return NULL;
}

void completion_offer_words(struct completion *c, const char *words, bool list)
{
    char word[32];
    if (list)
        begin_last_of_list(c);
    completion_begin(c, "nothing");
    for (size_t len; words[0] != '\0'; words += len + strspn(words + len, ", ")) {
        len = strcspn(words, ", ");
        (void)snprintf(word, sizeof(word), "%.*s", (int)len, words);
        completion_add(c, word, NULL);
    }
}

void completion_offer_value(struct completion *c, const char *option, const char *value)
{
    const struct place *place = find_place(option, value);
    if (place == NULL)
        return completion_offer_nothing(c);
    if (place->list)
        begin_last_of_list(c);
    if (place->besides != NULL)
        completion_begin(c, place->besides);
    else
        completion_offer_from(c, place->kind);
}
