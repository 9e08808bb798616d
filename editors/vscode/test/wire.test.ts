import assert from "node:assert/strict";
import { test } from "node:test";
import { encode } from "@msgpack/msgpack";
import { MESSAGE_MAX, notification, Reader, request, type Message } from "../src/wire";
import { Random } from "./random";

function readIn(pieces: Iterable<Uint8Array>): Message[] {
  const messages: Message[] = [];
  const reader = new Reader((message) => messages.push(message));
  for (const piece of pieces) {
    reader.take(piece);
  }
  return messages;
}

function* pieces(bytes: Uint8Array, size: number): Generator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) {
    yield bytes.subarray(at, at + size);
  }
}

function valueOf(random: Random, depth: number): unknown {
  const plain: readonly (() => unknown)[] = [
    () => random.below(2) === 0,
    () => random.of([0, 1, 127, 128, 255, 256, 65535, 65536, 2 ** 32 - 1, 2 ** 32, 2 ** 53 - 1]),
    () => -random.of([1, 32, 33, 128, 129, 32768, 32769, 2 ** 31, 2 ** 31 + 1, 2 ** 53 - 1]),
    () => random.of([0.5, -1.25e300, 5e-324, Infinity, -Infinity]),
    () => random.of(["", "a", "größer", "x".repeat(31), "x".repeat(32), "y".repeat(255), "z".repeat(70000), "👩‍👩‍👧"]),
    () => new Uint8Array(random.of([0, 1, 255, 256, 65536])).fill(7),
  ];
  const deep: readonly (() => unknown)[] = [
    () => Array.from({ length: random.of([0, 3, 15, 16, 40]) }, () => valueOf(random, depth - 1)),
    () => Object.fromEntries(Array.from({ length: random.of([0, 3, 17]) }, (_, i) => [`k${i}`, valueOf(random, depth - 1)])),
  ];
  return random.of(depth > 0 ? [...plain, ...deep] : plain)();
}

// Bytes are compared as such, whatever class they are of.
function normal(value: unknown): unknown {
  if (value instanceof Uint8Array) {
    return `bytes ${Buffer.from(value).toString("hex")}`;
  } else if (Array.isArray(value)) {
    return value.map(normal);
  } else if (typeof value === "object" && value !== null) {
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, normal(item)]));
  }
  return value;
}

test("whatever way messages are cut they are read", () => {
  const random = new Random(1);
  const sent = Array.from({ length: 40 }, (_, i) => [1, i, null, { value: valueOf(random, 3) }]);
  const bytes = Buffer.concat(sent.map((message) => encode(message)));
  for (const size of [1, 2, 3, 7, 100, 4096, 65536, bytes.length]) {
    const got = readIn(pieces(bytes, size));
    assert.equal(got.length, sent.length);
    got.forEach((message, i) => assert.deepEqual(normal(message[3]), normal(sent[i]![3])));
  }
});

test("each kind of head ends where it should", () => {
  const heads = [
    "c0", "c2", "c3", "7f", "e0", "cc80", "cd8000", "ce80000000", "cf8000000000000000", "d080", "d18000", "d280000000",
    "d38000000000000000", "ca3f800000", "cb3ff0000000000000", "a161", "d90161", "da000161", "db0000000161", "c40161",
    "c5000161", "c60000000161", "9101", "dc000101", "dd0000000101", "81a16101", "de0001a16101", "df00000001a16101", "80", "90",
  ];
  for (const head of heads) {
    const bytes = Buffer.from(`9302a178${head}`.repeat(2), "hex");
    assert.equal(readIn(pieces(bytes, 1)).length, 2, head);
    assert.equal(readIn([bytes]).length, 2, head);
  }
});

test("an absent field is an absent field", () => {
  const [message] = readIn([encode([1, 2, null, { text: "x", none: null, list: [{ none: null, some: 1 }] }])]);
  assert.deepEqual(message, [1, 2, undefined, { text: "x", list: [{ some: 1 }] }]);
});

test("what is undefined is not sent", () => {
  const [message] = readIn([request(7, "chat", { prompt: "x", model: undefined, parts: [{ name: undefined, n: 1 }] })]);
  assert.deepEqual(message, [0, 7, "chat", [{ prompt: "x", parts: [{ n: 1 }] }]]);
});

test("bytes are sent as bytes, and strings are UTF-8 whatever they were", () => {
  const [message] = readIn([notification("x", { data: Buffer.from([0, 255]), text: "a\ud800b\udc00c👩" })]);
  const [, , params] = message as [number, string, [{ data: Uint8Array; text: string }]];
  assert.deepEqual([...params[0].data], [0, 255]);
  assert.equal(params[0].text, "a\ufffdb\ufffdc👩");
});

test("what is too large is refused as soon as its head announces it", () => {
  const head = Buffer.from([0x91, 0xc6, 0, 0, 0, 0]);
  head.writeUInt32BE(MESSAGE_MAX + 1, 2);
  assert.throws(() => readIn([head]), /too large/);
  assert.throws(() => readIn([Buffer.from("dfffffffff", "hex")]), /too large/);
});

test("what is no message is refused", () => {
  assert.throws(() => readIn([Buffer.from([0x01])]), /no message/);
  assert.throws(() => readIn([Buffer.from([0x91, 0xc1])]));
});

test("a large message in many pieces is put together once", () => {
  const text = "x".repeat(8 * 1048576);
  const bytes = encode([1, 1, null, { text }]);
  const before = performance.now();
  const [message] = readIn(pieces(bytes, 65536));
  assert.equal((message![3] as { text: string }).text.length, text.length);
  assert.ok(performance.now() - before < 2000, "not as often as there are pieces");
});
