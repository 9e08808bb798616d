#include "client/common/exit.h"
#include "client/common/field.h"
#include "lib/base/error.h"
#include "lib/proto/mp.h"
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* For each code: how to exit, and what the reader may do. */
static const struct {
    enum error_code code;
    enum exit_status status;
    const char *hint;
} outcomes[] = {
    {ERR_INVALID_REQUEST, EXIT_DATA, "correct the request"},
    {ERR_UNKNOWN_METHOD, EXIT_PROTOCOL,
     "askctl call hello lists the methods; a daemon of another version needs a restart"},
    {ERR_NOT_FOUND, EXIT_OTHER, "check the name"},
    {ERR_PERMISSION_DENIED, EXIT_DENIED, "ask the owner of the daemon"},
    {ERR_UNAUTHENTICATED, EXIT_DENIED, "check the API key of the provider where the daemon starts"},
    {ERR_NO_PROVIDER, EXIT_UNAVAILABLE,
     "set OPENAI_API_KEY or another provider's key where the daemon starts, or write a [provider] section to "
     "~/.config/askd/askd.conf"},
    {ERR_RATE_LIMITED, EXIT_AGAIN, "try again later"},
    {ERR_BUDGET_EXCEEDED, EXIT_OTHER, "wait for the next period or raise the budget in askd.conf"},
    {ERR_CONTEXT_LENGTH_EXCEEDED, EXIT_OTHER, "shorten the prompt or choose a model with a larger window (-m)"},
    {ERR_CONTENT_FILTERED, EXIT_OTHER, "word the prompt otherwise or choose another model (-m)"},
    {ERR_OVERLOADED, EXIT_AGAIN, "try again later"},
    {ERR_TIMEOUT, EXIT_AGAIN, "try again"},
    {ERR_UNAVAILABLE, EXIT_UNAVAILABLE, "check the network and the provider's address in askd.conf"},
    {ERR_BAD_RESPONSE, EXIT_SOFTWARE, "check that the provider's address and kind in askd.conf are right"},
    {ERR_CANCELLED, EXIT_OTHER, "ask again"},
    {ERR_INTERRUPTED, EXIT_AGAIN, "ask again"},
    {ERR_TOO_LARGE, EXIT_DATA, "send or ask for less"},
    {ERR_INTERNAL, EXIT_SOFTWARE, "look at the daemon's log"},
};

void exit_print(const char *program, const char *fmt, ...)
{
    char text[2048], line[2304];
    va_list ap;
    va_start(ap, fmt);
    int n = vsnprintf(text, sizeof(text), fmt, ap);
    va_end(ap);
    size_t len = n < 0 ? 0 : (size_t)n < sizeof(text) ? (size_t)n : sizeof(text) - 1;

    int head = snprintf(line, 128, "%s: ", program);
    size_t at = head < 0 ? 0 : (size_t)head < 128 ? (size_t)head : 127;
    /* Makes it one line of valid UTF-8 without control characters, whatever a provider put into its message. */
    error_text(line + at, sizeof(line) - at - 1, text, len);
    size_t end = strlen(line);
    line[end++] = '\n';
    if (write(STDERR_FILENO, line, end) < 0)
        return; /* nobody is left to be told */
}

int exit_failure(const char *program, const struct ask_error *err)
{
    exit_print(program, "%s", err->message);
    switch (err->status) {
    case ASK_OK: return EXIT_OK;
    case ASK_NO_DAEMON:
    case ASK_CLOSED: return EXIT_UNAVAILABLE;
    case ASK_UNSAFE: return EXIT_DENIED;
    case ASK_TIMEOUT:
    case ASK_INTERRUPTED: return EXIT_AGAIN;
    case ASK_PROTOCOL: return EXIT_PROTOCOL;
    case ASK_SYSTEM: return EXIT_OS;
    case ASK_CONFIG: return EXIT_CONFIG;
    }
    return EXIT_SOFTWARE;
}

/* A key that is in our environment. Where the daemon says it has none, it was started without it. */
static const char *key_here(void)
{
    static const char *const names[] = {
        "OPENAI_API_KEY",    "ANTHROPIC_API_KEY", "GEMINI_API_KEY", "DEEPSEEK_API_KEY", "OPENROUTER_API_KEY",
        "DASHSCOPE_API_KEY", "MISTRAL_API_KEY",   "GROQ_API_KEY",   "XAI_API_KEY",      "COHERE_API_KEY"};
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        const char *value = getenv(names[i]);
        if (value != NULL && value[0] != '\0')
            return names[i];
    }
    return NULL;
}

static bool is_about_conversation(const msgpack_object_map *map)
{
    const char *param;
    size_t len;
    return field_str(map, "param", &param, &len) && len == strlen("conversation") &&
           memcmp(param, "conversation", len) == 0;
}

static void write_hint(char *out, size_t size, size_t outcome, const msgpack_object_map *map)
{
    double after = -1;
    const char *key = outcomes[outcome].code == ERR_NO_PROVIDER ? key_here() : NULL;
    if (key != NULL)
        (void)snprintf(out, size,
                       "%s is set here but not in the daemon: end it with 'askctl call shutdown' and ask again", key);
    else if (outcomes[outcome].status == EXIT_AGAIN && field_double(map, "retry_after", &after) && after >= 1)
        (void)snprintf(out, size, "try again in %.0f s", after);
    else if (outcomes[outcome].code == ERR_NOT_FOUND && is_about_conversation(map))
        (void)snprintf(out, size, "askctl conv list shows what there is");
    else
        (void)snprintf(out, size, "%s", outcomes[outcome].hint);
}

int exit_error(const char *program, const msgpack_object *error)
{
    msgpack_object_map map;
    const char *name = NULL, *message = NULL, *param = NULL;
    size_t name_len = 0, message_len = 0, param_len = 0;
    if (!mp_map(error, &map) || !field_str(&map, "code", &name, &name_len)) {
        exit_print(program, "the daemon sent an error that is no map: check that its version is ours");
        return EXIT_PROTOCOL;
    }
    if (!field_str(&map, "message", &message, &message_len) || message_len == 0) {
        message = name;
        message_len = name_len;
    }
    while (message_len > 1 && (message[message_len - 1] == '.' || message[message_len - 1] == '\n'))
        message_len--;
    if (message_len > 1024)
        message_len = 1024;
    /* The field at fault is named, unless the message does so. */
    if (!field_str(&map, "param", &param, &param_len) || memmem(message, message_len, param, param_len) != NULL)
        param_len = 0;

    enum error_code code = error_from_name(name, name_len);
    size_t i = 0, n = sizeof(outcomes) / sizeof(outcomes[0]);
    while (i < n && outcomes[i].code != code)
        i++;
    char hint[256] = "look at the daemon's log";
    if (i < n)
        write_hint(hint, sizeof(hint), i, &map);
    /* A message that names a command says itself what to do. */
    bool advises = memmem(message, message_len, "askctl", strlen("askctl")) != NULL;
    exit_print(program, "%.*s%s%.*s%s%s", (int)param_len, param_len > 0 ? param : "", param_len > 0 ? ": " : "",
               (int)message_len, message, advises ? "" : ": ", advises ? "" : hint);
    return i < n ? (int)outcomes[i].status : (int)EXIT_OTHER;
}
