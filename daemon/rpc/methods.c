/* Every method, one row each. The protocol page and `hello` are made from this table. */
#include "daemon/rpc/handlers.h"

#define PROMPTS_LATER "the prompt library is not built into this version; leave it out"

static const struct schema_field none[] = {{0}};

static const struct schema_field hello[] = {
    {"client", SCHEMA_STR, false, NULL, "the program's name"},
    {"version", SCHEMA_STR, false, NULL, "the program's version"},
    {"protocol", SCHEMA_INT, false, NULL, "1"},
    {"errors", SCHEMA_STR, false, NULL, "\"map\" (default) or \"text\": how errors are sent"},
    {"context", SCHEMA_MAP, false, NULL, "{cwd, terminal}: where the client runs"},
    {0},
};

static const struct schema_field models_list[] = {
    {"provider", SCHEMA_STR, false, NULL, "only this provider's"},
    {"tag", SCHEMA_STR, false, NULL, "only models with this tag"},
    {0},
};

static const struct schema_field chat[] = {
    {"model", SCHEMA_STR, false, NULL, "provider/model; absent: the default"},
    {"prompt", SCHEMA_STR, false, NULL, "the question; or messages"},
    {"messages", SCHEMA_ARRAY, false, NULL, "[{role, content}], content a string or a list of parts"},
    {"system", SCHEMA_STR, false, NULL, "instructions"},
    {"attachments", SCHEMA_ARRAY, false, NULL, "parts put before the prompt"},
    {"tools", SCHEMA_ARRAY, false, NULL, "[{name, description, parameters}]"},
    {"tool_choice", SCHEMA_STR, false, NULL, "\"auto\", \"none\", \"required\" or a tool's name"},
    {"schema", SCHEMA_MAP, false, NULL, "JSON schema of the answer"},
    {"temperature", SCHEMA_NUMBER, false, NULL, "0 to 2"},
    {"top_p", SCHEMA_NUMBER, false, NULL, "0 to 1"},
    {"max_tokens", SCHEMA_INT, false, NULL, "bound on the output"},
    {"stop", SCHEMA_STR | SCHEMA_ARRAY, false, NULL, "a string, or several, at which the answer ends"},
    {"seed", SCHEMA_INT, false, NULL, "for repeatable sampling, where the provider has it"},
    {"reasoning", SCHEMA_STR | SCHEMA_INT, false, NULL, "\"off\", \"low\", \"medium\", \"high\" or a token budget"},
    {"cache", SCHEMA_STR, false, NULL, "\"use\", \"refresh\", \"only\" or \"off\""},
    {"cache_ttl", SCHEMA_NUMBER, false, NULL, "seconds"},
    {"stream", SCHEMA_BOOL, false, NULL, "send events (default false)"},
    {"timeout", SCHEMA_NUMBER, false, NULL, "seconds for the whole answer"},
    {"detach", SCHEMA_BOOL, false, NULL, "reply at once with {answer}; it runs on without the client"},
    {"retry", SCHEMA_STR, false, NULL, "\"restart\": ask again even where something was shown"},
    {"context", SCHEMA_MAP, false, NULL, "{cwd, terminal}"},
    {"extra", SCHEMA_MAP, false, NULL, "merged into the provider's request"},
    {"notify", SCHEMA_MAP, false, NULL, "{method, args}: how events are sent, instead of answer.event"},
    {"conversation", SCHEMA_STR, false, NULL, "id, \"new\" or \"last\""},
    {"parent", SCHEMA_STR, false, NULL, "id of the message that the question follows"},
    {"store", SCHEMA_BOOL, false, NULL, "false: nothing of it reaches a disk"},
    {"template", SCHEMA_STR, false, PROMPTS_LATER, "a prompt of the library"},
    {"vars", SCHEMA_MAP, false, PROMPTS_LATER, "its variables"},
    {0},
};

static const struct schema_field one_answer[] = {
    {"answer", SCHEMA_STR, true, NULL, "the answer's id"},
    {0},
};

static const struct schema_field attach[] = {
    {"answer", SCHEMA_STR, true, NULL, "the answer's id"},
    {"from", SCHEMA_INT, false, NULL, "first sequence number wanted (default 0)"},
    {"stream", SCHEMA_BOOL, false, NULL, "send events (default true)"},
    {"notify", SCHEMA_MAP, false, NULL, "as in chat"},
    {0},
};

static const struct schema_field list[] = {
    {"state", SCHEMA_STR, false, NULL, "running, done, failed, cancelled or interrupted"},
    {0},
};

static const struct schema_field conversation_list[] = {
    {"limit", SCHEMA_INT, false, NULL, "at most so many (default 50, up to 1000)"},
    {"before", SCHEMA_STR | SCHEMA_NUMBER, false, NULL,
     "those behind this conversation, or not touched since this time"},
    {"directory", SCHEMA_STR, false, NULL, "only those asked in this directory"},
    {"tag", SCHEMA_STR, false, NULL, "only those with this tag"},
    {0},
};

static const struct schema_field conversation_get[] = {
    {"conversation", SCHEMA_STR, true, NULL, "the conversation's id"},
    {"branch", SCHEMA_STR, false, NULL, "a message's id: only the path from the root to it"},
    {0},
};

static const struct schema_field conversation_create[] = {
    {"title", SCHEMA_STR, false, NULL, "1 to 200 characters"},
    {"system", SCHEMA_STR, false, NULL, "instructions for every question in it"},
    {"messages", SCHEMA_ARRAY, false, NULL, "[{role, content}] as in chat, from the root on; the last one is the head"},
    {0},
};

static const struct schema_field conversation_fork[] = {
    {"conversation", SCHEMA_STR, true, NULL, "the conversation's id"},
    {"message", SCHEMA_STR, true, NULL, "the id of the last message to take"},
    {0},
};

static const struct schema_field conversation_rename[] = {
    {"conversation", SCHEMA_STR, true, NULL, "the conversation's id"},
    {"title", SCHEMA_STR, true, NULL, "1 to 200 characters"},
    {0},
};

static const struct schema_field one_conversation[] = {
    {"conversation", SCHEMA_STR, true, NULL, "the conversation's id"},
    {0},
};

const struct method methods[] = {
    {"hello", m_hello, hello, 0, "Says who the client is and learns what the daemon can do. Optional."},
    {"status", m_status, none, 0, "The daemon's state, from memory only."},
    {"models.list", m_models_list, models_list, 0, "The models that are known."},
    {"chat", m_chat, chat, METHOD_LATER, "Asks a model; replies with the answer map when the answer has ended."},
    {"answer.get", m_answer_get, one_answer, 0, "The answer map as it stands."},
    {"answer.attach", m_answer_attach, attach, METHOD_LATER, "Events from a sequence number on, then the answer map."},
    {"answer.cancel", m_answer_cancel, one_answer, METHOD_NOTIFY, "Ends an answer."},
    {"answer.list", m_answer_list, list, METHOD_LATER, "Running and retained answers, newest first."},
    {"config.reload", m_reload, none, METHOD_ADMIN | METHOD_NOTIFY | METHOD_LATER,
     "Reads the configuration anew, as SIGHUP does; replies with what changed, and what of it needs a restart."},
    {"shutdown", m_shutdown, none, METHOD_ADMIN | METHOD_NOTIFY, "Drains and ends the daemon, as SIGTERM does."},
    {"conversation.list", m_conversation_list, conversation_list, METHOD_LATER, "Conversations, newest first."},
    {"conversation.get", m_conversation_get, conversation_get, METHOD_LATER, "A conversation with its messages."},
    {"conversation.create", m_conversation_create, conversation_create, METHOD_LATER,
     "Makes a conversation; replies with {conversation} once it is stored."},
    {"conversation.fork", m_conversation_fork, conversation_fork, METHOD_LATER,
     "Makes a conversation of the messages from the root to one; replies with {conversation}."},
    {"conversation.rename", m_conversation_rename, conversation_rename, METHOD_LATER, "Gives it another title."},
    {"conversation.delete", m_conversation_delete, one_conversation, METHOD_LATER, "Deletes it with its messages."},
    {0},
};
