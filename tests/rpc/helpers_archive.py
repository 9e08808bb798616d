"""Files to import, in the forms that other programs write: ChatGPT's conversations.json, llm's logs.db."""

import json
import random
import sqlite3
import uuid

T0 = 1700000000.25


def node(id, parent, children, message=None):
    return {"id": id, "message": message, "parent": parent, "children": children}


def chat_message(role, content, id="", time=T0, **more):
    if isinstance(content, str):
        content = {"content_type": "text", "parts": [content]}
    return {
        "id": id or str(uuid.uuid4()),
        "author": {"role": role, "name": None, "metadata": {}},
        "create_time": time,
        "update_time": None,
        "content": content,
        "status": "finished_successfully",
        "end_turn": None,
        "weight": 1.0,
        "metadata": {},
        "recipient": "all",
        "channel": None,
        **more,
    }


def chatgpt(title, messages, id=None, head=None, **more):
    """A conversation whose nodes are [(name, parent's name or None, message or None)]."""
    mapping = {n: node(n, p, [c for c, q, _ in messages if q == n], m) for n, p, m in messages}
    id = id or str(uuid.uuid4())
    return {
        "title": title,
        "create_time": T0,
        "update_time": T0 + 60,
        "mapping": mapping,
        "moderation_results": [],
        "current_node": head or messages[-1][0],
        "plugin_ids": None,
        "conversation_id": id,
        "conversation_template_id": None,
        "gizmo_id": None,
        "is_archived": False,
        "safe_urls": [],
        "default_model_slug": "gpt-4o",
        "id": id,
        **more,
    }


def chain(title, texts, **more):
    """As ChatGPT begins all of them: a root without a message, a hidden system message."""
    nodes = [
        ("client-created-root", None, None),
        ("s", "client-created-root", chat_message("system", "", weight=0.0, time=None)),
    ]
    for i, text in enumerate(texts):
        role = ("user", "assistant")[i % 2]
        model = {"metadata": {"model_slug": "gpt-4o"}} if i % 2 else {}
        nodes.append((f"n{i}", nodes[-1][0], chat_message(role, text, time=T0 + i, **model)))
    return chatgpt(title, nodes, **more)


def many_chats(n, seed=1, turns=8, words=120):
    """The bytes of an export of n conversations, one at a time."""
    rnd = random.Random(seed)
    vocabulary = ["".join(rnd.choices("abcdefghijklmnopqrstuvwxyzäö", k=rnd.randint(2, 9))) for _ in range(2000)]
    for i in range(n):
        texts = [" ".join(rnd.choices(vocabulary, k=rnd.randint(5, 2 * words))) for _ in range(turns)]
        chat = chain(f"Chat {i}", texts, id=str(uuid.UUID(int=rnd.getrandbits(128), version=4)))
        yield (b"[" if i == 0 else b", ") + json.dumps(chat, ensure_ascii=i % 2 == 0).encode()
    yield b"]"


# What llm's migrations make of an empty database, as far as it matters here, at two of its versions.
LLM_TABLES = """
CREATE TABLE [conversations] ([id] TEXT PRIMARY KEY, [name] TEXT, [model] TEXT);
CREATE TABLE [responses] ([id] TEXT PRIMARY KEY, [model] TEXT, [prompt] TEXT, [system] TEXT, [prompt_json] TEXT,
  [options_json] TEXT, [response] TEXT, [response_json] TEXT, [conversation_id] TEXT REFERENCES [conversations]([id]),
  [duration_ms] INTEGER, [datetime_utc] TEXT);
CREATE VIRTUAL TABLE [responses_fts] USING FTS5([prompt], [response], content=[responses]);
CREATE TRIGGER [responses_ai] AFTER INSERT ON [responses] BEGIN
  INSERT INTO [responses_fts] (rowid, [prompt], [response]) VALUES (new.rowid, new.[prompt], new.[response]); END;
"""
LLM_LATER = """
ALTER TABLE responses ADD COLUMN input_tokens INTEGER;
ALTER TABLE responses ADD COLUMN output_tokens INTEGER;
ALTER TABLE responses ADD COLUMN resolved_model TEXT;
CREATE TABLE [attachments] ([id] TEXT PRIMARY KEY, [type] TEXT, [path] TEXT, [url] TEXT, [content] BLOB);
CREATE TABLE [prompt_attachments] ([response_id] TEXT, [attachment_id] TEXT, [order] INTEGER,
  PRIMARY KEY ([response_id], [attachment_id]));
CREATE TABLE [fragments] ([id] INTEGER PRIMARY KEY, [hash] TEXT, [content] TEXT, [datetime_utc] TEXT, [source] TEXT);
CREATE TABLE [prompt_fragments] ([response_id] TEXT, [fragment_id] INTEGER, [order] INTEGER);
CREATE TABLE [system_fragments] ([response_id] TEXT, [fragment_id] INTEGER, [order] INTEGER);
CREATE TABLE [tool_calls] ([id] INTEGER PRIMARY KEY, [response_id] TEXT, [tool_id] INTEGER, [name] TEXT,
  [arguments] TEXT, [tool_call_id] TEXT);
CREATE TABLE [tool_results] ([id] INTEGER PRIMARY KEY, [response_id] TEXT, [tool_id] INTEGER, [name] TEXT,
  [output] TEXT, [tool_call_id] TEXT);
"""
LLM_OLD = """
CREATE TABLE [logs] ([id] INTEGER PRIMARY KEY, [model] TEXT, [prompt] TEXT, [system] TEXT, [prompt_json] TEXT,
  [options_json] TEXT, [response] TEXT, [response_json] TEXT, [reply_to_id] INTEGER, [chat_id] INTEGER,
  [duration_ms] INTEGER, [datetime_utc] TEXT);
"""


def insert(db, table, **row):
    db.execute(f"INSERT INTO {table}({', '.join(row)}) VALUES ({', '.join('?' * len(row))})", list(row.values()))


def llm_db(path, script=LLM_TABLES + LLM_LATER, fill=None):
    """Makes a database, lets `fill` put rows into it, and returns its bytes."""
    db = sqlite3.connect(path)
    db.executescript(script)
    if fill:
        fill(db)
    db.commit()
    db.close()
    return path.read_bytes()


def llm_turns(db, conversation="01h", name="Tea", n=2, **more):
    insert(db, "conversations", id=conversation, name=name, model="gpt-4o-mini")
    for i in range(n):
        insert(
            db,
            "responses",
            id=f"{conversation}-{i}",
            model="gpt-4o-mini",
            prompt=f"question {i}",
            system="be brief",
            response=f"answer {i}",
            conversation_id=conversation,
            datetime_utc=f"2024-05-06T07:08:0{i}.123456+00:00",
            **more,
        )
