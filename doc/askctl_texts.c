#include "doc/askctl_texts.h"
#include <stddef.h>

const struct askctl_text askctl_texts[] = {
    {"aliases", "With the policy of each, who would be asked now, and who then."},
    {"answers", "An answer belongs to the daemon and outlives whoever asked. It can be read while it runs, and for an "
                "hour after its end.\n"
                "\n"
                "Those that run and those that ended and are kept are shown, the newest first. Where standard output "
                "is no terminal, there are tabs between the columns: id, state, model, age in seconds, readers, the "
                "beginning of the question."},
    {"attach",
     "It is printed from its beginning and followed to its end. With `--from` it begins with the event of that number, "
     "as bare text. Whoever leaves early does not end it. On a terminal it is drawn as ask(1) does it."},
    {"bridge",
     "It speaks with a program that knows JSON and no MessagePack: a request is a line on standard input, and a reply "
     "is a line on standard output, with the request's id, which may be any value. What the daemon tells meanwhile, as "
     "the events of an answer, has no id.\n"
     "```\n"
     "{\"id\": 1, \"method\": \"chat\", \"params\": {\"prompt\": \"hello\"}}\n"
     "{\"id\": 1, \"result\": {...}}\n"
     "{\"id\": 1, \"error\": {\"code\": \"not_found\", \"message\": \"...\"}}\n"
     "{\"method\": \"answer.event\", \"params\": [...]}\n"
     "```\n"
     "\n"
     "Methods, parameters and events are those of askd-protocol(7); where these name a request by its number, it is "
     "the program's id here. Bytes are `{\"$bin\": base64}` both ways; a file is sent so, as `data`, for a `path` is "
     "refused. Requests run at once, up to 1000 of them, and are answered in any order; one without an id is answered "
     "by nothing. A line that is no request is answered by an error with the id it has, else `null`, and the next one "
     "is read. A line holds at most 64 MiB, an id 4 KiB. While 8 MiB of replies have not been read, nothing more is "
     "read either.\n"
     "\n"
     "Where the daemon ends, each request that was waiting gets the error `unavailable`, and then comes the line "
     "below, because what was watched is not told of any more; the next request connects again.\n"
     "```\n"
     "{\"method\": \"bridge.closed\", \"params\": [\"the daemon closed ...\"]}\n"
     "```\n"
     "\n"
     "At the end of its input it waits for what runs, and exits with 0.\n"
     "\n"
     "With `--vim` it speaks as the channels of Vim do (mode `json`): a request is `[id, {\"method\": ..., \"params\": "
     "{...}}]` or `[id, [method, {...}]]`, a reply `[id, {\"result\": ...}]` or `[id, {\"error\": ...}]`, and what the "
     "daemon tells is `[0, {\"method\": ..., \"params\": [...]}]`, which Vim gives to the channel's callback:\n"
     "```\n"
     "let job = job_start(['askctl', 'bridge', '--vim'],\n"
     "      \\ {'mode': 'json', 'callback': 'OnEvent'})\n"
     "let ch = job_getchannel(job)\n"
     "echo ch_evalexpr(ch, ['status', {}])\n"
     "let question = #{prompt: 'hello', stream: v:true}\n"
     "call ch_sendexpr(ch, ['chat', question],\n"
     "      \\ {'callback': 'OnAnswer'})\n"
     "```"},
    {"budget", "Those of askd.conf(5): limit, what is used of it and reserved for answers that run, what is left, and "
               "when it begins anew. `near` is one of which the share was used from which on it warns."},
    {"cache clear", "Without an option it is all that is one's own, after a question where one sits at a terminal."},
    {"cache stats",
     "How many entries and bytes each tier has, how often it was asked and had the answer, what that saved in tokens "
     "and money, and how many answers were shared with somebody who asked the same at the same time."},
    {"call", "askd-protocol(7) tells the methods. The parameters are a map in JSON, in which `{\"$bin\": \"...\"}` "
             "with base64 stands for bytes; the result is printed as JSON."},
    {"cancel", "What it said stays."},
    {"conv export",
     "Those that are named, or with `--all` each; as Markdown, or with `--format` *json* as JSON; to the output, or "
     "with `-o` to a file, and where that is a folder, each to one of its own, named by its id."},
    {"conv import",
     "Files that `conv export` wrote, the `conversations.json` of ChatGPT's export and the `logs.db` of llm; what a "
     "file is, it is told by its content, or by `--format`. What cannot be read is skipped with its reason, and so is "
     "what is there already. The exit status is 65 where anything could not be read."},
    {"conv pin", "What is pinned stays, whatever `keep` of askd.conf(5) says."},
    {"conv search",
     "All the words occur in one message or in the title; words in double quotes, which the shell must leave to it, "
     "follow each other. Case and accents do not matter; Chinese, Japanese and Korean need no spaces."},
    {"conv show", "A conversation is named, here and in the verbs below, by its id, by eight or more characters of its "
                  "beginning, or as `last`, the one that changed last."},
    {"conv undo", "But not what was removed with `--purge`, or longer ago than `trash` of askd.conf(5)."},
    {"doctor",
     "The socket and its folder, the configuration and the modes of what holds keys, whether the daemon answers and of "
     "which version it is, locks, daemons that were left behind, the units of systemd, the store and the room on the "
     "disk, the clock, what else belongs to askd, the terminal, budgets, keys, and each provider, which is asked for "
     "its list of models.\n"
     "\n"
     "A finding is a line that begins with `ok`, `note`, `warning` or `fault`; below it stand commands that mend it. "
     "Nothing is changed, and no daemon is started but with `--start`, and then only where nothing speaks against it. "
     "With `--offline` no provider is asked. The exit status is 1 where there is a fault."},
    {"keys import",
     "The key of a provider is read from standard input, at a terminal without showing it; where nothing comes, it is "
     "the one in the variable that this provider usually has. Without a provider all such variables are taken; "
     "**PROVIDERS** of askd.conf(5) lists them. The key is kept in a file of the user's alone, or with "
     "`--secret-service` by the desktop, and the daemon goes by it from then on."},
    {"keys list", "No part of a key is shown."},
    {"keys test", "Each is asked for its list of models, which costs nothing."},
    {"log",
     "The latest lines, 50 where `--limit` does not tell how many, the oldest first: local time, level, what happened, "
     "and what it is about where the sentence does not tell. They come from the daemon's memory, in which those of "
     "level `info` are too, whatever `log_level` says: the end of each answer is among them, with its tokens, cost and "
     "times. `--level` leaves out what is less important than `error`, `warn`, `notice`, `info` or `debug`. With `-f` "
     "or `--follow`, show further ones as they come, until Ctrl-C; where the daemon ends, the lines of the next one. "
     "With `--json` each line is a JSON map on a line of its own. No daemon is started."},
    {"metrics", "In the text format of Prometheus: answers, questions, tokens and costs of each model, how long they "
                "took, the cache, connections, the store. For the owner of the daemon and root."},
    {"models list", "With window and prices. It is the verb where none is named."},
    {"models refresh", "Else they are read by themselves when they have become old."},
    {"prompts list", "Own ones are files `NAME.md` in `~/.config/askd/prompts`; one hides a shipped one of its name."},
    {"providers list",
     "Whether each is ready, the time to the first word of the last answer, what its responses come over, requests "
     "under way and those that wait for their turn, connections opened and reused, models that are not asked for a "
     "while because they failed too often, and where the key came from."},
    {"providers test",
     "They are asked for their lists of models, which costs nothing, and those that want no key too: how long that "
     "took, and of that the connection and the handshake of TLS; the version of TLS, what the response came over, from "
     "which address, with which key. Below it stands what is wrong, and what mends it; where standard output is no "
     "terminal, both are the last two columns. The exit status is 1 where something is wrong."},
    {"setup",
     "It sets askd up, or goes on with that: which providers one has, their keys, who is asked where no model is "
     "named, systemd's units, and a first question. At a terminal it asks, and what it finds in the environment, in "
     "the daemon and on this machine comes first; elsewhere, and with `--yes`, the options decide, and nobody is "
     "asked. What is there already is said and left alone.\n"
     "\n"
     "A key is stored as `keys import` does it, in a file of mode 0600 or with `--secret-service` in the desktop's "
     "secret service, and tried by asking for one token. One that is refused is not kept, and the one before it is "
     "there again; after any other fault it stays.\n"
     "\n"
     "`--keys-from` is `env`, the usual variables of the environment, which is the default, `-` for standard input, or "
     "a file that nobody else may read. Each line has a key, as `openai KEY` or `OPENAI_API_KEY=KEY`; where one "
     "provider is named, a key alone will do. `--default-model` writes the model into `askd.conf` as `default_model`, "
     "where it could be asked; all else in the file stays as it is. `--units` and `--linger`, each `yes` or `no`, "
     "enable `askd.socket` of this user's systemd, after a daemon that a client started has ended, and let it run "
     "while one is not logged in, which loginctl(1) tells of. `--question` is what is asked at the end, or `none`. "
     "`--yes` takes what is offered, but lingering: all keys that are found, what works as the default model where "
     "there is none, the units where they can be enabled.\n"
     "\n"
     "The exit status is 1 where a provider that was to be set up does not work."},
    {"status",
     "What the rate limits of each model leave, as its provider told: requests or tokens that are left, of how many, "
     "and when all are back. What one has used oneself since midnight UTC is there too, and which budgets are near "
     "their limit.\n"
     "\n"
     "With `--watch`, do so anew every two seconds, until Ctrl-C, and wait for the next daemon where this one ends.\n"
     "\n"
     "With `--format` *text*, print *text* as a line for a prompt or a status bar, with what stands in braces "
     "replaced: `{version}`, `{pid}`, `{uptime}`; `{model}`, the one that is asked by default; `{running}` and "
     "`{queued}`, answers and the requests that wait for a place at a provider; `{connections}` of clients; "
     "`{providers}` and `{providers_down}`, how many can be asked, and how many failed too often lately; `{state}` of "
     "the store; and of today `{requests}`, `{tokens}`, `{tokens_in}`, `{tokens_out}`, `{cost_today}`, `{cache_hits}`. "
     "`{running|idle}` says what stands for a field that is not known; braces are `{{` and `}}`. Where no daemon runs, "
     "none is started, and nothing is printed unless the text says so what stands for a field.\n"
     "\n"
     "For a shell, tmux and starship:\n"
     "```\n"
     "PS1='$(askctl status --format \"{running}>\" 2>/dev/null)$ '\n"
     "set -g status-right '#(askctl status --format \"{cost_today}\")'\n"
     "\n"
     "[custom.askd]\n"
     "command = \"askctl status --format '{running} {model}'\"\n"
     "when = true\n"
     "```"},
    {"trust", "That file, or the one that ask(1) would find here. It is shown, with characters that could deceive made "
              "visible, and at a terminal one is asked; `--yes` asks nothing. What is trusted is this content in this "
              "place: a file that changes, or is moved, is trusted no longer.\n"
              "\n"
              "With `--list`, list what was trusted, and whether it still is, has `changed`, is `gone`, or would be "
              "`refused`. The list is `trusted` in the state folder."},
    {"usage",
     "By the daemon's ledger: a row for each model, or for each combination of `--by`: `model`, `provider`, `client`, "
     "`uid`, `day`, `hour`, `directory`, `host`, `conversation`, `label`, which is the `budget` of a project file, or "
     "`none` "
     "for sums alone. What was paid in different currencies, and what has no known price, has rows of its own. "
     "REQUESTS went to a provider; HITS were answered from the cache, SHARED by an answer that somebody was waiting "
     "for already, and SAVED is what that would have cost. BILLED is what providers themselves say that it cost, in US "
     "dollars; on a terminal it is shown only where that is more than 1 % off the cost that askd works out.\n"
     "\n"
     "*when* is an age, such as `12h`, `7d` or `2w`, or a day, such as `2026-11-01`; `--until` a day includes it. "
     "Without `--since` it is the last 30 days, or those before `--until`. Days and hours are UTC's, and with rows by "
     "day the first one is whole.\n"
     "\n"
     "`--plot` draws a bar for each day, as wide as the terminal. `--csv` prints records by RFC 4180, with the names "
     "in the first one and figures in full. `--watch` shows it anew every two seconds, until Ctrl-C. `--all` is for "
     "the daemon's owner and root: what all users used. Where standard output is no terminal there are tabs between "
     "the columns, no heading and no totals; the columns are those of `--by`, then requests, errors, hits, shared, "
     "tokens in, cached ones of these, tokens out, cost, currency, saved, premium requests, billed.\n"
     "\n"
     "`--reprice` works past cost out again by the prices that are known now, of all that is in the ledger where no "
     "time is told, and prints the sums before and after. What was worked out first stays stored beside it. Budgets go "
     "by the new figures from the daemon's next start on."},
    {"wait",
     "However they end, nothing is printed. The exit status is the one that ask(1) would have had; of several answers, "
     "that of the first which is not 0, in the order in which they are named. With `--notify`, the bell rings when one "
     "ends, where standard error is a terminal, and notify-send(1) tells the desktop where there is one: model, state, "
     "and the first words of the question. With `--json` each answer is printed when it ends."},
    {NULL, NULL},
};
