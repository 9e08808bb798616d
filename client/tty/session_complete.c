/* What Tab offers in a session: commands, and behind each what it takes. Models, conversations and messages are asked
 * of the daemon when they are wanted. */
#include "client/common/call.h"
#include "client/common/exit.h"
#include "client/common/field.h"
#include "client/common/offers.h"
#include "client/tty/session_state.h"
#include "lib/proto/mp.h"
#include <dirent.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static void complete_command(const char *word, size_t len, struct complete *c)
{
    char name[64];
    for (const struct session_command *command = session_commands; command->name != NULL; command++) {
        (void)snprintf(name, sizeof(name), "/%s", command->name);
        complete_add(c, name, word, len);
    }
}

/* -- what the daemon has -- */

struct offered {
    struct complete *complete;
    const char *word;
    size_t len;
};

static void add_offered(void *data, const char *value, const char *about)
{
    const struct offered *o = data;
    (void)about;
    complete_add(o->complete, value, o->word, o->len);
}

static void complete_offers(struct session *s, enum offers kind, const char *word, size_t len, struct complete *c)
{
    struct buf params;
    msgpack_unpacked reply;
    bool refused = false;
    buf_init(&params, SESSION_PARAMS_MAX);
    msgpack_unpacked_init(&reply);
    offers_put_params(&params, kind);
    if (s->connected &&
        call_try(ASKING_PROGRAM, s->asking.ask, offers_method(kind), &params, &reply, &refused) == EXIT_OK && !refused)
        offers_read(kind, &reply.data, add_offered, &(struct offered){c, word, len});
    msgpack_unpacked_destroy(&reply);
    buf_done(&params);
}

/* -- files -- */

static void add_file(const char *folder, const char *shown, const struct dirent *entry, const char *word, size_t len,
                     struct complete *c)
{
    char path[PATH_MAX], name[PATH_MAX];
    struct stat st;
    const int n = snprintf(path, sizeof(path), "%s/%s", folder, entry->d_name);
    if (n < 0 || n >= PATH_MAX)
        return;
    const bool is_folder = stat(path, &st) == 0 && S_ISDIR(st.st_mode);
    const int m = snprintf(name, sizeof(name), "%s%s%s", shown, entry->d_name, is_folder ? "/" : "");
    if (m >= 0 && m < PATH_MAX)
        complete_add(c, name, word, len);
}

/* Hidden ones where the word begins so. */
static void complete_file(const char *word, size_t len, struct complete *c)
{
    char shown[PATH_MAX], folder[PATH_MAX];
    const char *slash = memrchr(word, '/', len);
    const size_t n = slash != NULL ? (size_t)(slash - word) + 1 : 0;
    const char *home = getenv("HOME");
    if (n >= sizeof(shown))
        return;
    memcpy(shown, word, n);
    shown[n] = '\0';
    const bool tilde = n >= 2 && shown[0] == '~' && shown[1] == '/' && home != NULL;
    const int m = snprintf(folder, sizeof(folder), "%s%s", tilde ? home : n > 0 ? "" : ".", shown + tilde);
    DIR *dir = m >= 0 && m < PATH_MAX ? opendir(folder) : NULL;
    const struct dirent *entry;
    while (dir != NULL && (entry = readdir(dir)) != NULL) {
        const bool hidden = entry->d_name[0] == '.';
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0 && (!hidden || word[n] == '.'))
            add_file(folder, shown, entry, word, len, c);
    }
    if (dir != NULL)
        (void)closedir(dir);
}

/* -- messages -- */

/* Those of this conversation that can be gone on from. */
static void complete_message(struct session *s, const char *word, size_t len, struct complete *c)
{
    struct buf params;
    msgpack_unpacked reply;
    msgpack_object_map map, message;
    msgpack_object_array messages;
    char id[ASKED_ID_SIZE];
    bool refused = false;
    if (s->conversation[0] == '\0' || !s->connected)
        return;
    buf_init(&params, SESSION_PARAMS_MAX);
    msgpack_unpacked_init(&reply);
    mp_put_map(&params, 1);
    mp_put_entry(&params, "conversation", s->conversation);
    if (call_try(ASKING_PROGRAM, s->asking.ask, "conversation.get", &params, &reply, &refused) == EXIT_OK && !refused &&
        mp_map(&reply.data, &map) && field_array(&map, "messages", &messages)) {
        for (uint32_t i = 0; i < messages.size; i++)
            if (mp_map(&messages.ptr[i], &message) && field_copy(&message, "id", id, sizeof(id)))
                complete_add(c, id, word, len);
    }
    msgpack_unpacked_destroy(&reply);
    buf_done(&params);
}

/* -- which of them -- */

static const struct session_command *command_of(const char *text, size_t len)
{
    for (const struct session_command *c = session_commands; c->name != NULL; c++)
        if (strlen(c->name) == len && memcmp(c->name, text, len) == 0)
            return c;
    return NULL;
}

void session_complete(void *session, const char *text, size_t cursor, struct complete *c)
{
    struct session *s = session;
    const size_t name = text[0] == '/' ? strcspn(text, " ") : 0;
    if (name == 0 || text[1] == '/')
        return;
    if (name >= cursor) {
        complete_command(text, cursor, c);
        return;
    }
    const struct session_command *command = command_of(text + 1, name - 1);
    if (command == NULL)
        return;
    size_t from = name + strspn(text + name, " ");
    if (command->argument == SESSION_MODELS) { /* the last one of the list */
        const char *comma = memrchr(text + from, ',', cursor - from);
        from = comma != NULL ? (size_t)(comma - text) + 1 : from;
    }
    c->from = from;
    const char *word = text + from;
    const size_t len = cursor - from;
    if (memchr(word, ' ', len) != NULL && command->argument != SESSION_FILE)
        return; /* words of the question */
    switch (command->argument) {
    case SESSION_NO_ARGUMENT:
    case SESSION_WORDS: break;
    case SESSION_MODEL:
    case SESSION_MODELS: complete_offers(s, OFFERS_MODELS, word, len, c); break;
    case SESSION_FILE: complete_file(word, len, c); break;
    case SESSION_MESSAGE: complete_message(s, word, len, c); break;
    case SESSION_CONVERSATION: complete_offers(s, OFFERS_CONVERSATIONS, word, len, c); break;
    case SESSION_TEMPLATE: complete_offers(s, OFFERS_PROMPTS, word, len, c); break;
    }
}
