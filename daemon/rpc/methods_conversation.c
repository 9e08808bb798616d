#include "daemon/rpc/methods_conversation.h"
#include "daemon/rpc/shapes.h"

const struct schema_field conversation_one[] = {
    {"conversation", STR | NEEDED, NULL, "the conversation's id"},
    {0},
};

const struct schema_field conversation_made[] = {{"a map", MAP, conversation_one, NULL}, {0}};

const struct schema_field conversation_list_params[] = {
    {"limit", INT, NULL, "at most so many, up to 1000; default 50"},
    {"before", STR | NUMBER, NULL, "a conversation: those behind it in the list; or a time: those not touched since"},
    {"directory", STR, NULL, "only those that were asked in there"},
    {"host", STR, NULL,
     "only those that were asked on that machine; absent: on any, or with `directory` on the one that `hello` told, "
     "else "
     "the daemon's"},
    {"tag", STR, NULL, "only those with this tag"},
    {"model", STR, NULL, "only those in which this one answered last"},
    {"since", NUMBER, NULL, "only those touched then or later"},
    {"pinned", BOOL, NULL, "true: only pinned ones; false: only others"},
    {"deleted", BOOL, NULL, "true: those that can be restored, instead"},
    {0},
};

static const struct schema_field conversation_item[] = {
    {"conversation", STR | NEEDED, NULL, "its id"},
    {"title", STR | NIL | NEEDED, NULL,
     "what it is called, if nobody said the first words of its first question; nil: nothing yet"},
    {"created", NUMBER | NEEDED, NULL, "when it was begun"},
    {"updated", NUMBER | NEEDED, NULL, "when it last changed"},
    {"messages", INT | NEEDED, NULL, "how many, on all branches"},
    {"model", STR | NIL | NEEDED, NULL, "who answered last"},
    {"directory", STR | NIL | NEEDED, NULL, "where it was begun"},
    {"host", STR, NULL, "on which machine, where that is not the daemon's"},
    {"tags", LIST(STR) | NEEDED, NULL, "maybe none"},
    {"pinned", BOOL | NEEDED, NULL, "it stays, whatever `keep` says"},
    {"deleted", NUMBER, NULL, "when it was; it goes for good `trash` later"},
    {0},
};

const struct schema_field conversation_list_reply[] = {
    {"a list of maps, newest first", LIST(MAP), conversation_item, NULL}, {0}};

const struct schema_field conversation_search_params[] = {
    {"query", STR | NEEDED, NULL,
     "words that all have to occur in a message, or in a title; `\"words in quotes\"` follow each other. Case and "
     "accents "
     "do not matter, nor does anything but letters and digits; Chinese, Japanese and Korean need no spaces. Up to 1024 "
     "bytes and 32 words; without a word it finds nothing"},
    {"limit", INT, NULL, "at most so many conversations, up to 1000; default 20"},
    {"model", STR, NULL,
     "only what this model answered, as `MODEL` or `PROVIDER/MODEL`, and conversations in which `MODEL` answered last"},
    {"since", NUMBER, NULL, "only messages since this time, and titles of conversations that changed since"},
    {"directory", STR, NULL, "only conversations that were asked in there"},
    {"host", STR, NULL,
     "only conversations that were asked on that machine; absent: on any, or with `directory` on the one that `hello` "
     "told, else "
     "the daemon's"},
    {0},
};

static const struct schema_field conversation_hit[] = {
    {"conversation", STR | NEEDED, NULL, "its id; each is there once"},
    {"message", STR | NIL | NEEDED, NULL, "the message of it that fits best; nil: its title alone does"},
    {"title", STR | NIL | NEEDED, NULL, "what the conversation is called; nil: nothing yet"},
    {"snippet", STR | NEEDED, NULL,
     "one line of the message, or of the title: up to 160 characters where most of the words are. What was found "
     "stands "
     "between U+0002 and U+0003; no other control character is in it, since those of the text have become spaces"},
    {"score", NUMBER | NEEDED, NULL,
     "how well it fits, the more the better: BM25, and up to half as much again for what is new, which halves in 30 "
     "days; "
     "plus that of its title. Where more than 1000 messages have the words, the newest 1000 are looked at, of titles "
     "likewise"},
    {"created", NUMBER | NEEDED, NULL, "when the message was; of a title, when the conversation last changed"},
    {0},
};

const struct schema_field conversation_search_reply[] = {
    {"a list of maps, what fits best first", LIST(MAP), conversation_hit, NULL}, {0}};

const struct schema_field conversation_get_params[] = {
    {"conversation", STR | NEEDED, NULL, "its id"},
    {"branch", STR, NULL, "a message: only the path from the root to it"},
    {0},
};

static const struct schema_field conversation_message[] = {
    {"id", STR | NEEDED, NULL, "the message's"},
    {"parent", STR, NULL, "the message that it follows; the first one has none"},
    {"role", STR | NEEDED, NULL, "`user`, `assistant`, `system` or `tool`"},
    {"content", STR | LIST(MAP) | NEEDED, shape_part, "parts where there is more than text"},
    {"created", NUMBER | NEEDED, NULL, "when"},
    {"model", STR, NULL, "of an assistant's message, as all that follows"},
    {"provider", STR, NULL, "who answered"},
    {"state", STR, NULL, "of its answer"},
    {"usage", MAP, shape_usage, "as in the answer map"},
    {"finish_reason", STR, NULL, "likewise"},
    {"reasoning", STR, NULL, "likewise"},
    {"tool_calls", LIST(MAP), shape_tool_call, "likewise"},
    {0},
};

static const struct schema_field conversation_fields[] = {
    {"conversation", STR | NEEDED, NULL, "its id"},
    {"title", STR | NIL | NEEDED, NULL,
     "what it is called, if nobody said the first words of its first question; nil: nothing yet"},
    {"head", STR | NIL | NEEDED, NULL, "the message that the next question follows; nil in an empty conversation"},
    {"system", STR, NULL, "instructions for every question in it"},
    {"directory", STR, NULL, "where it was begun"},
    {"host", STR, NULL, "on which machine, where that is not the daemon's"},
    {"created", NUMBER | NEEDED, NULL, "when it was begun"},
    {"updated", NUMBER | NEEDED, NULL, "when it last changed"},
    {"pinned", BOOL | NEEDED, NULL, "it stays, whatever `keep` says"},
    {"tags", LIST(STR) | NEEDED, NULL, "maybe none"},
    {"messages", LIST(MAP) | NEEDED, conversation_message, "each after the one that it follows"},
    {0},
};

const struct schema_field conversation_get_reply[] = {{"a map", MAP, conversation_fields, NULL}, {0}};

const struct schema_field conversation_create_params[] = {
    {"title", STR, NULL,
     "1 to 200 characters, none of them a control character; absent: the first words of what was said"},
    {"system", STR, NULL, "instructions for every question in it"},
    {"messages", LIST(MAP), shape_message,
     "what was said so far, each following the one before; the last one is the head"},
    {0},
};

const struct schema_field conversation_fork_params[] = {
    {"conversation", STR | NEEDED, NULL, "the one to copy from"},
    {"message", STR | NEEDED, NULL, "the last message to copy"},
    {0},
};

const struct schema_field conversation_rename_params[] = {
    {"conversation", STR | NEEDED, NULL, "its id"},
    {"title", STR | NEEDED, NULL, "1 to 200 characters, none of them a control character"},
    {0},
};

const struct schema_field conversation_delete_params[] = {
    {"conversation", STR | NEEDED, NULL, "its id"},
    {"purge", BOOL, NULL, "true: for good, at once; one that is deleted already too"},
    {0},
};

const struct schema_field conversation_pin_params[] = {
    {"conversation", STR | NEEDED, NULL, "its id"},
    {"pinned", BOOL | NEEDED, NULL, "whether it is to be"},
    {0},
};

const struct schema_field conversation_tag_params[] = {
    {"conversation", STR | NEEDED, NULL, "its id"},
    {"add", LIST(STR), NULL, "1 to 64 characters each, none of them a control character; it has 64 at most"},
    {"remove", LIST(STR), NULL, "taken off before; those that it has not are passed over"},
    {0},
};

static const struct schema_field tags_fields[] = {
    {"tags", LIST(STR) | NEEDED, NULL, "those that it has now, in the order of their bytes"},
    {0},
};

const struct schema_field conversation_tag_reply[] = {{"a map", MAP, tags_fields, NULL}, {0}};

const struct schema_field conversation_head_params[] = {
    {"conversation", STR | NEEDED, NULL, "its id"},
    {"message", STR | NEEDED, NULL, "the message that the next question is to follow"},
    {0},
};

const struct schema_field conversation_watch_params[] = {
    {"conversation", STR, NULL, "only this one; absent: all of the caller's"},
    {"notify", MAP, shape_notify, "how changes are sent, as events are"},
    {0},
};

const struct schema_field conversation_unwatch_params[] = {
    {"watch", INT | NEEDED, NULL, "of this connection"},
    {0},
};

static const struct schema_field watch_fields[] = {
    {"watch", INT | NEEDED, NULL, "its number, which each change tells"},
    {0},
};

const struct schema_field conversation_watch_reply[] = {{"a map", MAP, watch_fields, NULL}, {0}};

/* -- changes -- */

static const struct schema_field change_title[] = {{"title", STR | NIL | NEEDED, NULL, NULL}, {0}};
static const struct schema_field change_message[] = {
    {"message", STR | NEEDED, NULL, NULL}, {"parent", STR | NIL | NEEDED, NULL, NULL}, {0}};
static const struct schema_field change_answer[] = {{"answer", STR | NEEDED, NULL, NULL},
                                                    {"message", STR | NEEDED, NULL, NULL},
                                                    {"parent", STR | NEEDED, NULL, NULL},
                                                    {"model", STR | NEEDED, NULL, NULL},
                                                    {0}};
static const struct schema_field change_ended[] = {{"answer", STR | NEEDED, NULL, NULL},
                                                   {"message", STR | NEEDED, NULL, NULL},
                                                   {"state", STR | NEEDED, NULL, NULL},
                                                   {"head", BOOL | NEEDED, NULL, NULL},
                                                   {0}};
static const struct schema_field change_pinned[] = {{"pinned", BOOL | NEEDED, NULL, NULL}, {0}};
static const struct schema_field change_head[] = {{"message", STR | NEEDED, NULL, NULL}, {0}};
static const struct schema_field change_none[] = {{0}};

const struct schema_field change_rows[] = {
    {"created", MAP, change_title, "it is new; nil: no title is told, as of a fork"},
    {"message", MAP, change_message,
     "a question was asked: its last message, and the one that its first follows (nil: none)"},
    {"answer", MAP, change_answer, "it is being answered: `answer.attach` shows how. `message` follows `parent`"},
    {"ended", MAP, change_ended, "that answer has; whether its message is the head now"},
    {"title", MAP, change_title, "it is called so now"},
    {"pinned", MAP, change_pinned, "it was pinned, or is no longer"},
    {"tags", MAP, tags_fields, "all that it has now"},
    {"head", MAP, change_head, "somebody moved it there"},
    {"deleted", MAP, change_none, "it is `not_found` now: somebody deleted it, or its time was over"},
    {"restored", MAP, change_none, "it is there again"},
    {"lost", MAP, change_none,
     "changes were dropped, since the client did not read them: read anew what is of interest. Where all are watched, "
     "the conversation is nil"},
    {0},
};
const struct schema_field conversation_export_params[] = {
    {"conversation", STR | NEEDED, NULL, "its id"},
    {"format", STR | NEEDED, NULL, "`json` or `markdown` (doc/export.md)"},
    {0},
};

static const struct schema_field exported[] = {
    {"data", STR | NEEDED, NULL, "the whole conversation, all branches"},
    {0},
};

const struct schema_field conversation_export_reply[] = {{"a map", MAP, exported, NULL}, {0}};

const struct schema_field conversation_import_params[] = {
    {"format", STR | NEEDED, NULL,
     "`json`, `markdown`, `chatgpt` (conversations.json) or `llm` (logs.db of simonw/llm)"},
    {"data", STR | BIN | NEEDED, NULL, "all of it, or a piece, cut anywhere"},
    {"import", STR, NULL, "the import that this piece belongs to, as the reply to its first piece said"},
    {"more", BOOL, NULL, "another piece follows; default false"},
    {0},
};

static const struct schema_field import_skipped[] = {
    {"reason", STR | NEEDED, NULL, "which entry, and why"},
    {"conversation", STR, NULL, "the one that is there already"},
    {0},
};

static const struct schema_field imported[] = {
    {"conversations", LIST(STR) | NEEDED, NULL, "the ids of those that are there now and were not before"},
    {"skipped", LIST(MAP) | NEEDED, import_skipped, "entries that are not; one that is there already is among them"},
    {0},
};

static const struct schema_field import_goes_on[] = {
    {"import", STR | NEEDED, NULL, "under which the next piece follows, on this connection"},
    {0},
};

const struct schema_field conversation_import_reply[] = {
    {"a map", MAP, imported, NULL}, {"with `more`, a map", MAP, import_goes_on, NULL}, {0}};
