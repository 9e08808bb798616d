#!/usr/bin/python3
"""A provider that misbehaves on demand: the APIs of grammars.py on loopback, with faults.

The API is told by the path. A behaviour is named by the model of the request, or by the beginning of the path
(/b/BEHAVIOUR/v1/chat/completions), which wins:

  echo                      the last user message, a word an event
  words-N  slow-N-MS        N words; the second waits MS before each
  text-N[-CHUNK]            N bytes of text in pieces of CHUNK (4096)
  say-xHEX[-N]              that text, whatever is asked, in pieces of N characters (all of it)
  hold-xHEX                 that text, then nothing more
  in-words-S                status S to who asks for a gap in a form for that, else "in words"
  hold-N                    N bytes of text, then nothing more
  big-event-N               N bytes of text in a single event
  endless-event-N           the same, made and sent in pieces
  hang-headers  hang-first  no answer; an answer without a body
  hang-after-N              N words, then nothing more
  idle-after-N              N words, then nothing but what keeps a connection alive
  reset-before-headers  reset-after-headers  reset-after-N      a TCP reset
  reset-within-N            N words and half an event, then a TCP reset
  close-before-headers      the connection is closed without an answer
  status-S[-RETRYAFTER]     an error answer with that status
  quota  context  leak-key  no credit; a prompt that is too long; a key that is refused, and said back
  only-KEY[-S]              echo for who has that key, for others status S (401)
  should-retry-S            status S with x-should-retry: true
  fail-K-then-ok[-S]        the first K requests with this prompt get status S (503), then echo
  drop-K-then-ok            the first K are reset, then echo
  html  html-S  empty  empty-S        a page (with status S), no body (with status S)
  redirect  garbage                   a 302 to /b/redirected, where an answer is; bytes that are no HTTP
  gzip  json  comments  drip          echo: compressed, not streamed, among comments, byte by byte
  split-utf8                a text of many scripts, byte by byte
  bad-utf8  bad-utf8-S      a word that is no UTF-8 (in an error with status S)
  bad-json                  an event that is no JSON
  no-done                   echo with a finish reason, without [DONE]
  no-done-no-finish[-N]     N (3) words, then a clean end of the body
  error-in-stream[-N]       N (0) words, then an error event
  error-as-json             a 200 that is an error and no stream
  usage-only  length
  count                     which request with this prompt it is
  finish-REASON             echo, with that reason
  misfit-K                  MISFIT to the first K questions of a conversation, then FIT
  tools  reasoning  refusal           in the chat grammar only

A list of models is given under the path of any API, and under /b/status-S… and /b/only-KEY… to those who may have it.

Control: GET /_stats, POST /_reset. Every request that was begun counts for the numbers in force when it came.
"""

import argparse
import asyncio
import collections
import json
import os
import re
import socket
import struct
import sys
import zlib

from grammars import GAPS, OpenaiChat, api_of, list_of_models

UTF8_TEXT = "Größe, 你好, 👩‍👩‍👧, 🇨🇭, é\u0301, \u2028 end"
MISFIT, FIT = '{"age": "old"}', '{"age": 36}'
ONLY = re.compile(r"only-([\w.]+)(?:-(\d+))?")
KEPT = 64  # requests that /_stats shows


def word(i):
    return f"w{i} "


def words_text(n):
    return "".join(word(i) for i in range(n))


def letters(n):
    """n bytes of text in which each place is known, so that a lost or doubled piece shows."""
    line = "".join(f"{i:07d}\n" for i in range((n + 7) // 8))
    return line[:n]


class Gone(Exception):
    """The client closed the connection, or we did on purpose."""


class Stats:
    def __init__(self):
        self.requests = 0
        self.aborted = 0
        self.connections = 0
        self.active = 0
        self.seen = collections.Counter()  # by behaviour and prompt
        self.last = collections.deque(maxlen=KEPT)
        self.behaviours = collections.defaultdict(collections.Counter)  # requests, active, aborted of each

    def show(self, open_now):
        return {
            "requests": self.requests,
            "aborted": self.aborted,
            "active": self.active,
            "connections": self.connections,
            "connections_open": open_now,
            "last": list(self.last),
            "behaviours": self.behaviours,
        }


class Provider:
    def __init__(self):
        self.stats = Stats()
        self.open_now = 0
        self.numbered = 0

    async def serve(self, reader, writer):
        self.open_now += 1
        self.stats.connections += 1
        writer.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        try:
            await Connection(self, reader, writer).run()
        except (Gone, ConnectionError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            pass
        finally:
            self.open_now -= 1
            writer.close()


class Connection:
    def __init__(self, provider, reader, writer):
        self.provider, self.reader, self.writer = provider, reader, writer
        self.cut_by_us = False
        provider.numbered += 1
        self.number = provider.numbered

    # -- bytes

    def check(self):
        if self.writer.is_closing() or self.reader.at_eof() or self.reader.exception():
            raise Gone

    async def send(self, data):
        self.check()
        self.writer.write(data)
        await self.writer.drain()

    async def pause(self, ms):
        """Waits, but not for a client that has gone."""
        end = asyncio.get_running_loop().time() + ms / 1000
        while True:
            self.check()
            left = end - asyncio.get_running_loop().time()
            if left <= 0:
                return
            await asyncio.sleep(min(left, 0.01))

    async def hang(self):
        await self.pause(3600_000)
        raise Gone

    async def reset(self):
        await self.pause(50)  # lets what was sent arrive first
        self.cut_by_us = True
        linger = struct.pack("ii", 1, 0)
        self.writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        self.writer.transport.abort()
        raise Gone

    async def head(self, status, headers):
        lines = [f"HTTP/1.1 {status} X"] + [f"{k}: {v}" for k, v in headers.items()]
        await self.send(("\r\n".join(lines) + "\r\n\r\n").encode())

    async def whole(self, status, body, ctype="application/json", **headers):
        if not isinstance(body, bytes):
            body = json.dumps(body).encode()
        headers = {k.replace("_", "-"): v for k, v in headers.items()}
        await self.head(status, {"content-type": ctype, "content-length": len(body), **headers})
        await self.send(body)

    async def chunk(self, data):
        await self.send(b"%x\r\n%s\r\n" % (len(data), data))

    # -- the wire

    async def run(self):
        while True:
            head = (await self.reader.readuntil(b"\r\n\r\n")).decode("latin-1")
            lines = head.split("\r\n")
            method, path, _ = lines[0].split(" ", 2)
            headers = {}
            for line in filter(None, lines[1:]):
                name, _, value = line.partition(":")
                headers[name.strip().lower()] = value.strip()
            if headers.get("expect", "").lower() == "100-continue":
                await self.send(b"HTTP/1.1 100 Continue\r\n\r\n")
            body = await self.reader.readexactly(int(headers.get("content-length", 0)))
            await self.handle(method, path, headers, body)
            if headers.get("connection", "").lower() == "close":
                return

    async def handle(self, method, path, headers, body):
        if path == "/_stats":
            return await self.whole(200, self.provider.stats.show(self.provider.open_now))
        if path == "/_reset":
            self.provider.stats = Stats()
            return await self.whole(200, {})
        stats = self.provider.stats
        stats.requests += 1
        stats.active += 1
        self.own = collections.Counter()  # until it is known which behaviour is wanted
        try:
            await self.answer(stats, method, path, headers, body)
        except (Gone, ConnectionError):
            stats.aborted += not self.cut_by_us
            self.own["aborted"] += not self.cut_by_us
            raise
        finally:
            stats.active -= 1
            self.own["active"] -= 1

    async def answer(self, stats, method, path, headers, body):
        named = re.match(r"/b/([^/]+)(/.*)", path)
        behaviour, rest = named.groups() if named else (None, path)
        request = json.loads(body) if body else {}
        seen = {"connection": self.number, "method": method, "path": path, "headers": headers, "body": request}
        stats.last.append(seen)
        models = list_of_models(rest, ("echo", "words-5")) if method == "GET" else None
        refusal = self.refusal_of_list(behaviour, headers)
        if models and refusal == 200:
            return await self.whole(200, models)
        if models and refusal:
            self.api = OpenaiChat(request)
            return await self.error(refusal, f"injected {refusal}")
        self.headers = headers
        self.path = rest
        self.api = api_of(rest, request) if method == "POST" else None
        if not self.api:
            self.api = OpenaiChat(request)
            return await self.error(404, f"there is nothing at {method} {path}")
        self.prompt = self.api.prompt
        behaviour = behaviour or self.api.model
        self.own = stats.behaviours[behaviour]
        self.own.update(requests=1, active=1)
        stats.seen[behaviour, self.prompt] += 1
        self.nth = stats.seen[behaviour, self.prompt]
        for pattern, act, only in BEHAVIOURS:
            match = pattern.fullmatch(behaviour)
            if match and (only is None or type(self.api) is only):
                return await act(self, *(int(g) if g and g.isdigit() else g for g in match.groups()))
        await self.error(404, f"The model `{behaviour}` does not exist")

    @staticmethod
    def refusal_of_list(behaviour, headers):
        """The status that a list gets, None where there is none."""
        if not behaviour:
            return 200
        if named := re.fullmatch(r"status-(\d+)", behaviour):
            return int(named[1])
        if named := ONLY.fullmatch(behaviour):
            return 200 if OpenaiChat().key(headers) == named[1] else int(named[2] or 401)
        return None

    async def error(self, status, message, retry_after=None, **headers):
        if retry_after is not None and self.api.retry_header:
            headers["retry_after"] = retry_after
        await self.whole(status, self.api.error(status, message, retry_after), **headers)

    # -- streams

    def event(self, piece):
        return self.api.text(piece)

    async def begin(self, **headers):
        headers = {k.replace("_", "-"): v for k, v in headers.items()}
        await self.head(200, {"content-type": self.api.content_type, "transfer-encoding": "chunked", **headers})

    async def end(self, finish="stop", words=0, done=True):
        await self.chunk(self.api.end(finish, words))
        if done and (last := self.api.last()):
            await self.chunk(last)
        await self.finish()

    async def finish(self):
        await self.send(b"0\r\n\r\n")

    async def stream(self, pieces, ms=0, finish="stop", done=True):
        await self.begin()
        n = 0
        for n, piece in enumerate(pieces, 1):
            await self.pause(ms)
            await self.chunk(self.event(piece))
        await self.end(finish, n, done)

    async def some(self, n):
        """The beginning of a stream: n words."""
        await self.begin()
        for i in range(n):
            await self.chunk(self.event(word(i)))


def cut(text, size):
    return [text[i : i + size] for i in range(0, len(text), size)]


def pieces_of(prompt):
    return re.findall(r"\S+\s*|\s+", prompt)


BEHAVIOURS = []


def behaviour(pattern, only=None):
    def add(act):
        BEHAVIOURS.append((re.compile(pattern), act, only))
        return act

    return add


@behaviour("echo|redirected")
async def echo(c):
    await c.stream(pieces_of(c.prompt))


@behaviour(r"words-(\d+)")
async def words(c, n):
    await c.stream(word(i) for i in range(n))


@behaviour(r"slow-(\d+)-(\d+)")
async def slow(c, n, ms):
    await c.stream((word(i) for i in range(n)), ms)


@behaviour(r"text-(\d+)(?:-(\d+))?")
async def text(c, n, size):
    await c.stream(cut(letters(n), size or 4096))


@behaviour(r"say-(x(?:[0-9a-f]{2})*)(?:-(\d+))?")
async def say(c, digits, size):
    said = bytes.fromhex(digits[1:]).decode()
    await c.stream(cut(said, size or len(said) or 1))


@behaviour(r"hold-(x(?:[0-9a-f]{2})*)")
async def hold_text(c, digits):
    await c.begin()
    await c.chunk(c.event(bytes.fromhex(digits[1:]).decode()))
    await c.hang()


@behaviour(r"in-words-(\d+)")
async def in_words(c, code):
    if type(c.api) in GAPS:
        return await c.error(code, "this model does not support insert")
    await c.stream(["in", " words"])


@behaviour(r"hold-(\d+)")
async def hold(c, n):
    await c.begin()
    for piece in cut(letters(n), 4096):
        await c.chunk(c.event(piece))
    await c.hang()


@behaviour(r"big-event-(\d+)")
async def big_event(c, n):
    await c.stream([letters(n)])


@behaviour(r"endless-event-(\d+)")
async def endless_event(c, n):
    await c.begin()
    before, after = c.event("HERE").split(b"HERE")
    await c.chunk(before)
    piece = letters(1 << 16).replace("\n", " ").encode()
    for _ in range(n // len(piece)):
        await c.chunk(piece)
    await c.chunk(after)
    await c.end()


@behaviour("hang-headers")
async def hang_headers(c):
    await c.hang()


@behaviour("hang-first")
async def hang_first(c):
    await c.begin()
    await c.hang()


@behaviour(r"hang-after-(\d+)")
async def hang_after(c, n):
    await c.some(n)
    await c.hang()


@behaviour(r"idle-after-(\d+)")
async def idle_after(c, n):
    await c.some(n)
    while True:
        await c.pause(50)
        await c.chunk(c.api.keep_alive)


@behaviour("reset-before-headers")
async def reset_before_headers(c):
    await c.reset()


@behaviour("reset-after-headers")
async def reset_after_headers(c):
    await c.begin()
    await c.reset()


@behaviour(r"reset-after-(\d+)")
async def reset_after(c, n):
    await c.some(n)
    await c.reset()


@behaviour(r"reset-within-(\d+)")
async def reset_within(c, n):
    await c.some(n)
    event = c.event("never to be seen")
    await c.chunk(event[: len(event) // 2])
    await c.reset()


@behaviour("close-before-headers")
async def close_before_headers(c):
    c.cut_by_us = True
    raise Gone


@behaviour(r"status-(\d+)(?:-(\d+))?")
async def status(c, code, retry_after):
    await c.error(code, f"injected {code}", retry_after)


@behaviour("quota")
async def quota(c):
    await c.whole(*c.api.no_credit())


@behaviour("context")
async def context(c):
    await c.whole(*c.api.context())


@behaviour("leak-key")
async def leak_key(c):
    await c.whole(*c.api.bad_key(f"Incorrect API key provided: {c.api.key(c.headers)}"))


@behaviour(ONLY)
async def only(c, key, code):
    if c.api.key(c.headers) != key:
        return await c.error(code or 401, f"injected {code or 401}")
    await echo(c)


@behaviour(r"should-retry-(\d+)")
async def should_retry(c, code):
    await c.error(code, f"injected {code}", x_should_retry="true")


@behaviour(r"fail-(\d+)-then-ok(?:-(\d+))?")
async def fail_then_ok(c, k, code):
    if c.nth <= k:
        return await status(c, code or 503, None)
    await echo(c)


@behaviour(r"drop-(\d+)-then-ok")
async def drop_then_ok(c, k):
    if c.nth <= k:
        await c.reset()
    await echo(c)


@behaviour(r"html(?:-(\d+))?")
async def html(c, code):
    await c.whole(code or 200, b"<!DOCTYPE html><html><body>not what you wanted</body></html>", "text/html")


@behaviour(r"empty(?:-(\d+))?")
async def empty(c, code):
    await c.whole(code or 200, b"", c.api.content_type)


@behaviour("redirect")
async def redirect(c):
    await c.whole(302, b"", location=f"/b/redirected{c.path}")


@behaviour("garbage")
async def garbage(c):
    c.cut_by_us = True
    await c.send(b"\x00\x01\x02 this is no HTTP\r\n\r\n")
    raise Gone


@behaviour("gzip")
async def gzip(c):
    if "gzip" not in c.headers.get("accept-encoding", ""):
        return await c.error(406, "only gzip is to be had here")
    await c.begin(content_encoding="gzip")
    z = zlib.compressobj(wbits=31)
    for piece in pieces_of(c.prompt):
        await c.chunk(z.compress(c.event(piece)) + z.flush(zlib.Z_SYNC_FLUSH))
    await c.chunk(z.compress(c.api.end("stop", 1) + c.api.last()) + z.flush())
    await c.finish()


@behaviour("json")
async def plain_json(c):
    await c.whole(200, c.api.whole(c.prompt, len(c.prompt.split())))


@behaviour("comments")
async def comments(c):
    await c.begin()
    for piece in pieces_of(c.prompt):
        await c.chunk(c.api.keep_alive + c.event(piece) + c.api.keep_alive)
    await c.end()


@behaviour("split-utf8")
async def split_utf8(c):
    await c.begin()
    await trickle(c, c.event(UTF8_TEXT))
    await c.end()


async def trickle(c, data):
    for byte in data:
        await c.chunk(bytes([byte]))
        await asyncio.sleep(0.001)


@behaviour("drip")
async def drip(c):
    await c.begin()
    for piece in pieces_of(c.prompt):
        await trickle(c, c.event(piece))
    await trickle(c, c.api.end("stop", 1) + c.api.last())
    await c.finish()


@behaviour(r"bad-utf8(?:-(\d+))?")
async def bad_utf8(c, code):
    if code:
        body = json.dumps(c.api.error(code, f"injected {code} HERE")).encode()
        return await c.whole(code, body.replace(b"HERE", b"\xff\xc3("))
    await c.begin()
    await c.chunk(c.event("HERE").replace(b"HERE", b"\xff\xc3("))
    await c.end()


@behaviour("bad-json")
async def bad_json(c):
    await c.begin()
    await c.chunk(c.api.broken)
    await c.end()


@behaviour("no-done")
async def no_done(c):
    await c.stream(pieces_of(c.prompt), done=False)


@behaviour(r"no-done-no-finish(?:-(\d+))?")
async def no_done_no_finish(c, n):
    await c.some(3 if n is None else n)
    await c.finish()


@behaviour(r"error-in-stream(?:-(\d+))?")
async def error_in_stream(c, n):
    await c.some(n or 0)
    await c.chunk(c.api.fault("The server had an error"))
    await c.finish()


@behaviour("error-as-json")
async def error_as_json(c):
    await c.whole(200, c.api.error(500, "The server had an error"))


@behaviour("tools", OpenaiChat)
async def tools(c):
    await c.begin()
    for index, name in enumerate(("weather", "time")):
        call = {"index": index, "id": f"call_{index}", "type": "function", "function": {"name": name, "arguments": ""}}
        await c.chunk(c.api.event({"tool_calls": [call]}))
    # The fragments of two calls, interleaved, cut within an escape.
    for piece in ('{"city": "Z\\u00', 'fcrich"', "}"):
        for index in (0, 1):
            call = {"index": index, "function": {"arguments": piece}}
            await c.chunk(c.api.event({"tool_calls": [call]}))
    await c.end("tool_calls", 7)


@behaviour("reasoning", OpenaiChat)
async def reasoning(c):
    await c.begin()
    for piece in ("First ", "think."):
        await c.chunk(c.api.event({"reasoning_content": piece}))
    await c.chunk(c.event("Then answer."))
    await c.end()


@behaviour("usage-only")
async def usage_only(c):
    await c.begin()
    await c.end()


@behaviour("length")
async def length(c):
    await c.stream(pieces_of(c.prompt), finish="length")


@behaviour("count")
async def count(c):
    await c.stream([f"answer {c.nth}"])


@behaviour(r"finish-(\w+)")
async def finish_with(c, reason):
    await c.stream(pieces_of(c.prompt), finish=reason)


@behaviour(r"misfit-(\d+)")
async def misfit(c, k):
    await c.stream(pieces_of(MISFIT if c.api.questions <= k else FIT))


@behaviour("refusal", OpenaiChat)
async def refusal(c):
    await c.begin()
    await c.chunk(c.api.event({"refusal": "I will not."}))
    await c.end()


async def serve(port, port_file):
    provider = Provider()
    server = await asyncio.start_server(provider.serve, "127.0.0.1", port, limit=1 << 20, backlog=1024)
    port = server.sockets[0].getsockname()[1]
    if port_file:
        with open(port_file + ".new", "w") as f:
            f.write(f"{port}\n")
        os.replace(port_file + ".new", port_file)
    else:
        print(port, flush=True)
    async with server:
        await server.serve_forever()


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--port", type=int, default=0, help="port on 127.0.0.1; 0 takes a free one")
    p.add_argument("--port-file", metavar="FILE", help="write the port here once it listens; otherwise to stdout")
    a = p.parse_args()
    try:
        asyncio.run(serve(a.port, a.port_file))
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    main()
