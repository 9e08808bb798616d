// What is asked of the daemon, over one connection for this window, which the first request opens.
//
// Words. A *call* is a request under way; a *stream* a call whose answers come as events. A call is `queued` until the
// connection stands, `sent`, or `parted`: the connection broke under a stream whose answers run on in the daemon, and it
// is attached to them again, from the event behind the last one that was seen. At last it is `over`.
//
// What is told is told from the loop, never before the function that began it has returned.
import { stat } from "node:fs/promises";
import { Link } from "./link";
import { socket as locate } from "./locate";
import { Notify } from "./notify";
import { AskdError, type Change, type Context, type Event, type Method, type Results, type Server } from "./protocol";
import { notification, request, type Message } from "./wire";

const QUEUE_MAX = 256; // calls that wait for the connection
const WRITE_MAX = 64 * 1048576; // bytes that the daemon has not read
const RETRY_MS = 50; // until a lost connection is tried again
const RETRY_MAX_MS = 5000;
const PARTED_MAX_MS = 60000; // how long a stream waits for the daemon to come back

export type Phase = "idle" | "connecting" | "ready" | "down";

export interface ClientState {
  readonly phase: Phase;
  /** Of "down". */
  readonly error: AskdError | undefined;
  /** What hello told; undefined: not yet. */
  readonly server: Server | undefined;
}

export interface ClientHow {
  readonly name: string;
  readonly version: string;
  socket(): string;
  askctl(): string;
  context(): Context;
}

export interface StreamEvents {
  event?(event: Event, seq: number, answer: string): void;
  /** The connection broke, and the client tries to have it again. */
  lost?(): void;
  /** The stream goes on over a new one. */
  resumed?(): void;
}

/** A request under way. */
export interface Call<T> {
  readonly result: Promise<T>;
  /** Ends what it began, at the provider too: `result` is rejected with `cancelled`, unless it was settled before. */
  cancel(): void;
  /** Nothing more is told, and `result` never settles; what it began goes on. */
  drop(): void;
}

export interface Watch {
  stop(): void;
}

type CallState = "new" | "queued" | "sent" | "parted" | "over";
type Reply = (error: AskdError | undefined, result: unknown) => void;

// A request as it is sent; each has one reply. `owner` is the call whose answers it attaches to again; those without one
// that are no call themselves (hello, a watch) belong to their connection.
interface Sent {
  readonly reply: Reply;
  readonly call: OpenCall | undefined;
}

class OpenCall implements Call<unknown> {
  state: CallState = "new";
  id = 0;
  token = 0; // of a stream
  on: StreamEvents = {};
  seen = new Map<string, number>(); // the last seq of each answer, in the order in which they began
  isAttached = false;
  isCancelled = false;
  isDropped = false;
  partedAt = 0;
  readonly result: Promise<unknown>;
  private settle!: { resolve(value: unknown): void; reject(error: AskdError): void };

  constructor(
    private readonly client: Client,
    readonly method: Method,
    readonly params: object,
  ) {
    this.result = new Promise((resolve, reject) => {
      this.settle = { resolve, reject };
    });
  }

  end(error: AskdError | undefined, result: unknown): void {
    if (this.state === "over") {
      return;
    }
    this.state = "over";
    if (this.isDropped) {
      return;
    } else if (error) {
      this.settle.reject(error);
    } else {
      this.settle.resolve(result);
    }
  }

  cancel(): void {
    if (this.state !== "over" && !this.isCancelled) {
      this.isCancelled = true;
      this.client.cancel(this);
    }
  }

  drop(): void {
    this.isDropped = true;
  }
}

// An answer without a conversation ends with its connection; the last second of any is not stored yet.
const ENDED: Record<string, string> = {
  cancelled: "the connection to the daemon was lost, and the answer ended with it",
  not_found: "the daemon ended, and had not stored this answer yet",
};

function plain(call: OpenCall, error: AskdError | undefined): AskdError | undefined {
  const message = error && !call.isCancelled ? ENDED[error.code] : undefined;
  return message ? new AskdError("interrupted", message) : error;
}

interface OpenWatch {
  readonly conversation: string | undefined;
  readonly fn: (change: Change, conversation: string | undefined) => void;
  readonly token: number;
  number: number | undefined;
}

export class Client {
  private phase: Phase = "idle";
  private why: AskdError | undefined;
  private server: Server | undefined;
  private link: Link | undefined; // while it is connecting or ready
  private linkedTo = ""; // the socket that was named then
  private sent = new Map<number, Sent>(); // by msgid
  private queue: OpenCall[] = [];
  private parted: OpenCall[] = [];
  private streams = new Map<number, OpenCall>(); // by token
  private watches = new Map<number, OpenWatch>(); // by token
  private listeners = new Set<(state: ClientState) => void>();
  private nextId = 1;
  private nextToken = 1;
  private retry: NodeJS.Timeout | undefined;
  private retryMs = RETRY_MS;
  private isClosed = false;

  constructor(
    private readonly how: ClientHow,
    private readonly notify: Notify,
  ) {}

  // -- what others call

  /** Asks. The promise is rejected with an AskdError. */
  request<M extends Method>(method: M, params: object = {}): Promise<Results[M]> {
    return this.call(method, params).result;
  }

  /** Asks; what is returned can be cancelled. */
  call<M extends Method>(method: M, params: object = {}): Call<Results[M]> {
    return this.submit(new OpenCall(this, method, params)) as Call<Results[M]>;
  }

  /** Asks for events too. */
  stream<M extends Method>(method: M, params: object, on: StreamEvents): Call<Results[M]> {
    const token = this.nextToken++;
    const how = { stream: true, notify: { method: "askd.event", args: [token] } };
    const call = new OpenCall(this, method, { ...params, ...how });
    call.token = token;
    call.on = on;
    if (method === "answer.attach") {
      const { answer, from } = params as { answer: string; from?: number };
      call.seen.set(answer, (from ?? 0) - 1);
      call.isAttached = true;
    }
    this.streams.set(token, call);
    return this.submit(call) as Call<Results[M]>;
  }

  /** fn(change, conversation) for each change of the protocol's table, of one conversation or of all; also `failed` where
   *  it cannot be watched. Goes on over a new connection, of which `lost` tells. */
  watch(conversation: string | undefined, fn: OpenWatch["fn"]): Watch {
    const watch: OpenWatch = { conversation, fn, token: this.nextToken++, number: undefined };
    this.watches.set(watch.token, watch);
    if (this.phase === "ready") {
      this.startWatch(watch);
    } else if (!this.link) {
      this.connect(true);
    }
    return {
      stop: () => {
        this.watches.delete(watch.token);
        if (watch.number !== undefined) {
          this.tell("conversation.unwatch", { watch: watch.number });
        }
      },
    };
  }

  get state(): ClientState {
    return { phase: this.phase, error: this.why, server: this.server };
  }

  /** fn(state) whenever the phase changes, or hello was answered. Returns what ends it. */
  onState(fn: (state: ClientState) => void): () => void {
    this.listeners.add(fn);
    return () => this.listeners.delete(fn);
  }

  /** Where its socket is, or would be. */
  async socketPath(): Promise<string> {
    return (await locate(this.how.socket())).path;
  }

  /** Whether there is a daemon, as far as can be told without asking it, or starting one. */
  async isThere(): Promise<boolean> {
    const there = async (): Promise<boolean> => (await stat(await this.socketPath())).isSocket();
    return this.phase === "ready" || there().catch(() => false);
  }

  /** Where questions are asked, for `context`. */
  context(): Context {
    return this.how.context();
  }

  /** Whether the daemon has not read what it was sent before. */
  get isCongested(): boolean {
    return (this.link?.unsent ?? 0) > 0;
  }

  /** How many calls, streams and messages are held, for tests. */
  held(): { calls: number; queue: number; streams: number; inbox: number } {
    return {
      calls: this.sent.size,
      queue: this.queue.length,
      streams: this.streams.size,
      inbox: this.link?.unhandled ?? 0,
    };
  }

  /** Where another socket is named now, the connection is given up; what comes next goes there. */
  checkSocket(): void {
    if (this.link && this.how.socket() !== this.linkedTo) {
      this.link.close();
      this.onDown(new AskdError("unavailable", "another socket was named"));
    }
  }

  /** The connection is closed, and no other opened; what is under way ends. */
  close(): void {
    this.isClosed = true;
    this.watches.clear();
    this.link?.close();
    this.onDown(new AskdError("cancelled", "the extension was ended")); // which is no news to anybody
    clearTimeout(this.retry);
  }

  // -- phases

  private setPhase(to: Phase, why?: AskdError): void {
    this.phase = to;
    this.why = why;
    this.announce();
  }

  private announce(): void {
    for (const fn of this.listeners) {
      setImmediate(() => this.notify.protect(fn, this.state));
    }
  }

  // -- what comes in

  private end(call: OpenCall, error: AskdError | undefined, result?: unknown): void {
    this.streams.delete(call.token);
    call.end(error, result);
  }

  private endLater(call: OpenCall, error: AskdError): void {
    setImmediate(() => this.end(call, error));
  }

  private take(message: Message): void {
    const [kind, a, b, c] = message;
    if (kind === 1) {
      this.takeReply(a as number, b === undefined ? undefined : AskdError.of(b), c);
    } else if (kind === 2 && a === "askd.event") {
      this.takeEvent(...(b as [number, [string, number, Event]]));
    } else if (kind === 2 && a === "askd.change") {
      this.takeChange(...(b as [number, [number, string | undefined, Change]]));
    }
  }

  private takeReply(id: number, error: AskdError | undefined, result: unknown): void {
    const sent = this.sent.get(id);
    this.sent.delete(id);
    if (sent) {
      sent.reply(error, result);
    } else if (error) {
      this.notify.error(error); // a connection that is refused is told so under an id that nobody has
    }
  }

  private takeEvent(token: number, [answer, seq, event]: [string, number, Event]): void {
    const call = this.streams.get(token);
    if (call && !call.isDropped) {
      call.seen.set(answer, seq);
      call.on.event?.(event, seq, answer);
    }
  }

  private takeChange(token: number, [, conversation, change]: [number, string | undefined, Change]): void {
    this.watches.get(token)?.fn(change, conversation);
  }

  // -- what goes out

  private send(method: string, params: object, sent: Sent): AskdError | undefined {
    const link = this.link!;
    const id = this.nextId;
    this.nextId = (this.nextId % 0xffffffff) + 1;
    let bytes: Uint8Array;
    try {
      bytes = request(id, method, params);
    } catch (fault) {
      return new AskdError("invalid_request", String(fault));
    }
    if (link.unsent + bytes.length > WRITE_MAX) {
      return new AskdError("overloaded", "the daemon does not read what it is asked");
    }
    this.sent.set(id, sent);
    if (sent.call && !sent.call.isAttached) {
      sent.call.id = id;
    }
    link.write(bytes);
    return undefined;
  }

  private sendCall(call: OpenCall): void {
    const reply: Reply = (error, result) => this.end(call, error, result);
    call.state = "sent";
    const fault = this.send(call.method, call.params, { reply, call });
    if (fault) {
      this.endLater(call, fault);
    }
  }

  private tell(method: string, params: object): void {
    if (this.phase === "ready") {
      this.link?.write(notification(method, params));
    }
  }

  private submit(call: OpenCall): OpenCall {
    if (this.isClosed) {
      this.endLater(call, new AskdError("unavailable", "the extension was ended"));
    } else if (this.phase === "ready") {
      this.sendCall(call);
    } else if (this.queue.length >= QUEUE_MAX) {
      this.endLater(call, new AskdError("overloaded", "too many requests wait for the daemon"));
    } else {
      call.state = "queued";
      this.queue.push(call);
      if (!this.link) {
        this.connect(true);
      }
    }
    return call;
  }

  /** For OpenCall. */
  cancel(call: OpenCall): void {
    if (call.state === "sent" && !call.isAttached) {
      this.tell("answer.cancel", { request: call.id });
    } else if (call.state === "sent") {
      for (const answer of call.seen.keys()) {
        this.tell("answer.cancel", { answer });
      }
    } else if (call.state === "queued") {
      this.queue = this.queue.filter((other) => other !== call);
      this.endLater(call, new AskdError("cancelled", "it was not asked yet"));
    }
  }

  private startWatch(watch: OpenWatch): void {
    const { conversation, token } = watch;
    const reply: Reply = (error, result) => {
      const before = watch.number;
      watch.number = (result as Results["conversation.watch"] | undefined)?.watch;
      if (error) {
        watch.fn({ type: "failed", error }, conversation);
      } else if (this.watches.get(token) !== watch) {
        this.tell("conversation.unwatch", { watch: watch.number });
      } else if (before !== undefined) {
        watch.fn({ type: "lost" }, conversation);
      }
    };
    const params = { conversation, notify: { method: "askd.change", args: [token] } };
    this.send("conversation.watch", params, { reply, call: undefined });
  }

  private greet(): void {
    const reply: Reply = (error, result) => {
      this.server = result as Server | undefined;
      if (error) {
        this.notify.error(error);
      }
      this.announce();
    };
    const params = { client: this.how.name, version: this.how.version, protocol: 1, context: this.how.context() };
    this.send("hello", params, { reply, call: undefined });
  }

  // -- a stream whose connection was lost

  // What became of a call, or of a stream of which no event has come, nobody can tell: it is not asked once more.
  private part(call: OpenCall): void {
    if (call.token === 0 || call.method === "complete" || call.seen.size === 0) {
      const message = "the connection to the daemon was lost before it had answered";
      return this.end(call, new AskdError("unavailable", message));
    }
    call.state = "parted";
    call.partedAt = Date.now();
    this.parted.push(call);
    this.notify.protect(call.on.lost?.bind(call.on));
  }

  private attachAgain(call: OpenCall): void {
    const results = new Map<string, unknown>();
    let failure: AskdError | undefined;
    call.state = "sent";
    call.isAttached = true;
    const take = (answer: string, error: AskdError | undefined, result: unknown): void => {
      const fault = plain(call, error);
      failure ??= fault;
      results.set(answer, result ?? { answer, state: "failed", error: fault });
      if (results.size === call.seen.size) {
        this.endAttached(call, results, failure);
      }
    };
    for (const [answer, seq] of [...call.seen]) {
      const { notify } = call.params as { notify: unknown };
      const params = { answer, from: seq + 1, notify };
      const reply: Reply = (error, result) => take(answer, error, result);
      const fault = this.send("answer.attach", params, { reply, call });
      if (fault) {
        setImmediate(() => take(answer, fault, undefined));
      }
      if (call.isCancelled) {
        this.tell("answer.cancel", { answer });
      }
    }
    this.notify.protect(call.on.resumed?.bind(call.on));
  }

  // What the request itself would have been answered. Where one of several answers failed it is a map, as compare shows it.
  private endAttached(call: OpenCall, results: Map<string, unknown>, failure: AskdError | undefined): void {
    const answers = [...call.seen.keys()].map((id) => results.get(id));
    if (call.method === "compare") {
      this.end(call, undefined, { answers });
    } else {
      this.end(call, failure, answers[0]);
    }
  }

  private expireParted(): void {
    const now = Date.now();
    const message = "the connection to the daemon was lost, and none listens since";
    const isOld = (call: OpenCall): boolean => now - call.partedAt > PARTED_MAX_MS;
    for (const call of this.parted.filter(isOld)) {
      this.endLater(call, new AskdError("unavailable", message));
    }
    this.parted = this.parted.filter((call) => !isOld(call));
  }

  // -- the connection

  private get hasWork(): boolean {
    return !this.isClosed && (this.parted.length > 0 || this.watches.size > 0);
  }

  private tryAgainLater(): void {
    this.expireParted();
    if (this.retry || !this.hasWork) {
      return;
    }
    this.retry = setTimeout(() => {
      this.retry = undefined;
      if (!this.link && this.hasWork) {
        this.connect(false);
      }
    }, this.retryMs);
    this.retryMs = Math.min(this.retryMs * 2, RETRY_MAX_MS);
  }

  private connect(mayStart: boolean): void {
    this.setPhase("connecting");
    this.linkedTo = this.how.socket();
    const link = new Link(
      {
        up: () => this.onUp(),
        message: (message) => this.notify.protect(() => this.take(message)),
        down: (error) => this.onDown(error),
      },
      { socket: this.linkedTo, askctl: mayStart ? this.how.askctl() : "" },
    );
    this.link = link;
  }

  private onUp(): void {
    this.retryMs = RETRY_MS;
    this.setPhase("ready");
    this.greet();
    for (const watch of this.watches.values()) {
      this.startWatch(watch);
    }
    const again = this.parted;
    const waiting = this.queue;
    this.parted = [];
    this.queue = [];
    again.forEach((call) => this.attachAgain(call));
    waiting.forEach((call) => this.sendCall(call));
  }

  private onDown(error: AskdError): void {
    const calls = new Set([...this.sent.values()].map(({ call }) => call));
    const waiting = this.queue;
    this.link = undefined;
    this.server = undefined;
    this.sent = new Map();
    this.queue = [];
    this.setPhase("down", error);
    for (const call of calls) {
      if (call?.state === "sent") {
        this.part(call);
      }
    }
    waiting.forEach((call) => this.end(call, error));
    if (this.isClosed) {
      this.parted.forEach((call) => this.end(call, error));
      this.parted = [];
    }
    this.tryAgainLater();
  }
}
