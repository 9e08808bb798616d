// MessagePack-RPC as bytes: the frames that go out, and what comes in.
//
// Strings go out as `str`, which has to be UTF-8, bytes as `bin`; an absent field is an absent field in both directions.
import { decode, encode } from "@msgpack/msgpack";

/** A message from the daemon is refused beyond this; what one request may read is 64 MiB there. */
export const MESSAGE_MAX = 128 * 1048576;

/** [1, msgid, error, result] or [2, method, params], as it came. */
export type Message = readonly unknown[];

const LONE_SURROGATES = /[\ud800-\udfff]/gu;

// What cannot be UTF-8 is replaced, and `undefined` left out.
function sendable(value: unknown): unknown {
  if (typeof value === "string") {
    return value.replace(LONE_SURROGATES, "\ufffd");
  } else if (Array.isArray(value)) {
    return value.map(sendable);
  } else if (value instanceof Uint8Array || typeof value !== "object" || value === null) {
    return value;
  }
  const out: Record<string, unknown> = {};
  for (const [key, item] of Object.entries(value)) {
    if (item !== undefined) {
      out[key] = sendable(item);
    }
  }
  return out;
}

export function request(id: number, method: string, params: object): Uint8Array {
  return encode(sendable([0, id, method, [params]]));
}

export function notification(method: string, params: object): Uint8Array {
  return encode(sendable([2, method, [params]]));
}

function withoutNil(value: unknown): unknown {
  if (Array.isArray(value)) {
    return value.map((item) => withoutNil(item) ?? undefined);
  } else if (typeof value !== "object" || value === null || value instanceof Uint8Array) {
    return value;
  }
  const map = value as Record<string, unknown>;
  for (const [key, item] of Object.entries(map)) {
    if (item === null) {
      delete map[key];
    } else {
      map[key] = withoutNil(item);
    }
  }
  return map;
}

// -- where a message ends

// What stands behind a byte that is the head of a value: bytes of its length, bytes that follow anyway, and values for
// each item that the length counts.
interface Head {
  lengthBytes: number;
  fixed: number;
  items: number; // values inside of it, where the length is in the head
  per: number; // values, or 0: bytes, for each that the length counts
}

const plain = (fixed: number): Head => ({ lengthBytes: 0, fixed, items: 0, per: 0 });
const counted = (lengthBytes: number, per: number, fixed = 0): Head => ({ lengthBytes, fixed, items: 0, per });

const HEADS: Record<number, Head> = {
  0xc4: counted(1, 0), 0xc5: counted(2, 0), 0xc6: counted(4, 0), // bin
  0xc7: counted(1, 0, 1), 0xc8: counted(2, 0, 1), 0xc9: counted(4, 0, 1), // ext
  0xca: plain(4), 0xcb: plain(8), // float
  0xcc: plain(1), 0xcd: plain(2), 0xce: plain(4), 0xcf: plain(8), // uint
  0xd0: plain(1), 0xd1: plain(2), 0xd2: plain(4), 0xd3: plain(8), // int
  0xd4: plain(2), 0xd5: plain(3), 0xd6: plain(5), 0xd7: plain(9), 0xd8: plain(17), // fixext
  0xd9: counted(1, 0), 0xda: counted(2, 0), 0xdb: counted(4, 0), // str
  0xdc: counted(2, 1), 0xdd: counted(4, 1), // array
  0xde: counted(2, 2), 0xdf: counted(4, 2), // map
};

function headOf(byte: number): Head {
  if (byte >= 0x80 && byte <= 0x8f) {
    return { ...plain(0), items: 2 * (byte & 0x0f) };
  } else if (byte >= 0x90 && byte <= 0x9f) {
    return { ...plain(0), items: byte & 0x0f };
  } else if (byte >= 0xa0 && byte <= 0xbf) {
    return plain(byte & 0x1f);
  }
  return HEADS[byte] ?? plain(0);
}

const ALL_HEADS = Array.from({ length: 256 }, (_, byte) => headOf(byte));

// Finds the end of a value in bytes that come in pieces, looking at each head once.
class Scanner {
  private values = 1; // that are still to come
  private skip = 0; // bytes that belong to the value before
  private head: Head | undefined; // whose length is being read
  private lengthLeft = 0;
  private length = 0;

  /** The place behind the value, or -1 where it goes on behind this piece. */
  scan(data: Uint8Array, from: number): number {
    let at = from;
    while (this.values > 0 || this.skip > 0) {
      if (at >= data.length) {
        return -1;
      } else if (this.skip > 0) {
        const n = Math.min(this.skip, data.length - at);
        this.skip -= n;
        at += n;
      } else {
        this.take(data[at++]!);
      }
    }
    this.values = 1;
    return at;
  }

  private take(byte: number): void {
    if (this.head) {
      this.length = this.length * 256 + byte;
      if (--this.lengthLeft === 0) {
        this.begin(this.head, this.length);
      }
      return;
    }
    const head = ALL_HEADS[byte]!;
    if (head.lengthBytes > 0) {
      this.head = head;
      this.lengthLeft = head.lengthBytes;
      this.length = 0;
    } else {
      this.begin(head, 0);
    }
  }

  private begin(head: Head, length: number): void {
    this.head = undefined;
    this.values += head.items + head.per * length - 1;
    this.skip = head.fixed + (head.per === 0 ? length : 0);
  }

  get isTooMuch(): boolean {
    return this.skip > MESSAGE_MAX || this.values > MESSAGE_MAX;
  }
}

/** Takes what was read, and tells each message that is whole. `take` throws at bytes that are no message. */
export class Reader {
  private scanner = new Scanner();
  private pieces: Uint8Array[] = [];
  private bytes = 0;

  constructor(private readonly onMessage: (message: Message) => void) {}

  take(data: Uint8Array): void {
    let at = 0;
    while (at < data.length) {
      const end = this.scanner.scan(data, at);
      const piece = data.subarray(at, end < 0 ? data.length : end);
      this.pieces.push(piece);
      this.bytes += piece.length;
      if (this.bytes > MESSAGE_MAX || this.scanner.isTooMuch) {
        throw new RangeError("a message is too large");
      } else if (end < 0) {
        return;
      }
      at = end;
      this.finish();
    }
  }

  private finish(): void {
    const whole = this.pieces.length === 1 ? this.pieces[0]! : Buffer.concat(this.pieces, this.bytes);
    this.pieces = [];
    this.bytes = 0;
    const message = decode(whole);
    if (!Array.isArray(message)) {
      throw new TypeError("what came is no message");
    }
    this.onMessage(message.map((item) => withoutNil(item) ?? undefined));
  }
}
