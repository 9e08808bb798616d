// A connection to the daemon: from where its socket is to the end. It knows messages, and not what they mean.
//
// A link is `opening`, `open` or `closed`, and tells of each change once: up(), message(…) for each message, down(error).
// All of these are called from the loop, never before `new Link` returns.
//
// What has come is handed on for at most SLICE_MS at a time, so that keys are never kept waiting; with INBOX_MAX messages
// not handed on, nothing more is read, and askd waits for us as for any slow reader.
import { execFile } from "node:child_process";
import { createConnection, type Socket } from "node:net";
import { performance } from "node:perf_hooks";
import { folderFault, socket as locate, type Place } from "./locate";
import { AskdError } from "./protocol";
import { Reader, type Message } from "./wire";

const INBOX_MAX = 4096;
const SLICE_MS = 2;
const START_PAUSE_MS = 10000; // between two attempts to start a daemon
const START_MAX_MS = 30000; // that the start of one may take
const PATH_MAX = 107; // bytes that a socket's address has room for

let startedAt = -Infinity; // when a daemon was started last

export interface LinkEvents {
  up(): void;
  message(message: Message): void;
  down(error: AskdError): void;
}

export interface LinkHow {
  /** The socket that the settings name, or "". */
  readonly socket: string;
  /** What starts a daemon where none listens; "": none is started. */
  readonly askctl: string;
}

type State = "opening" | "open" | "closed";

export class Link {
  private state: State = "opening";
  private socket: Socket | undefined;
  private inbox: (Message | (() => void))[] = [];
  private first = 0; // the next one of the inbox that is to be handed on
  private isDraining = false;
  /** Where it goes; undefined until that is known. */
  place: Place | undefined;

  constructor(
    private readonly on: LinkEvents,
    private readonly how: LinkHow,
  ) {
    this.open(how.askctl !== "").catch((fault) => this.fail(fault));
  }

  // -- the beginning

  private async open(mayStart: boolean): Promise<void> {
    const place = await locate(this.how.socket);
    this.place = place;
    const unsafe = await folderFault(place);
    if (this.state === "closed") {
      return;
    } else if (unsafe) {
      this.down("permission_denied", unsafe);
    } else if (Buffer.byteLength(place.path) > PATH_MAX) {
      this.down("unavailable", `the path of the socket, ${place.path}, is too long: choose a shorter one`);
    } else {
      this.connect(place, mayStart);
    }
  }

  // What the settings say may be no path, or no name of a program.
  private fail(fault: unknown): void {
    this.down("unavailable", `what the settings name cannot be used: ${fault instanceof Error ? fault.message : fault}`);
  }

  private connect(place: Place, mayStart: boolean): void {
    const socket = createConnection(place.path);
    this.socket = socket;
    socket.once("error", (fault: NodeJS.ErrnoException) => this.refused(place, fault, mayStart));
    socket.once("connect", () => {
      if (this.state !== "closed") {
        socket.removeAllListeners("error");
        this.state = "open";
        this.read(socket);
        this.on.up();
      }
    });
  }

  private refused(place: Place, fault: NodeJS.ErrnoException, mayStart: boolean): void {
    const isNobody = fault.code === "ENOENT" || fault.code === "ECONNREFUSED";
    if (this.state === "closed") {
      return;
    } else if (isNobody && mayStart && this.startDaemon(place)) {
      return;
    }
    this.down(
      "unavailable",
      isNobody ? `no daemon listens on ${place.path}: start askd` : `cannot connect to ${place.path}: ${fault.message}`,
    );
  }

  // As `ask` would: askctl knows which daemon, and waits until it listens.
  private startDaemon(place: Place): boolean {
    const now = performance.now();
    if (place.kind === "system" || process.env["ASKD_AUTOSTART"] === "0" || now - startedAt < START_PAUSE_MS) {
      return false;
    }
    startedAt = now;
    const args = this.how.socket ? ["--socket", place.path, "status"] : ["status"];
    const begun = (fault: Error | null): void => {
      const code = (fault as NodeJS.ErrnoException | null)?.code;
      if (this.state === "closed") {
        return;
      } else if (typeof code === "string") {
        this.down("unavailable", `no daemon listens on ${place.path}, and ${this.how.askctl} cannot be run: ${code}`);
      } else {
        this.connect(place, false);
      }
    };
    try {
      execFile(this.how.askctl, args, { timeout: START_MAX_MS }, begun);
    } catch (fault) {
      this.fail(fault);
    }
    return true;
  }

  // -- what comes in

  private read(socket: Socket): void {
    const reader = new Reader((message) => this.deliver(message));
    socket.on("data", (data) => {
      try {
        reader.take(data);
      } catch {
        socket.pause();
        return this.endLater("what the daemon sent is no message");
      }
      if (this.unhandled >= INBOX_MAX) {
        socket.pause();
      }
    });
    socket.once("error", (fault) => this.endLater(`the connection to the daemon broke: ${fault.message}`));
    socket.once("end", () => this.endLater("the daemon closed the connection"));
  }

  // A message, or a function that is to be called behind those before it.
  private deliver(message: Message | (() => void)): void {
    this.inbox.push(message);
    if (!this.isDraining) {
      this.isDraining = true;
      setImmediate(() => this.drain());
    }
  }

  private drain(): void {
    const stop = performance.now() + SLICE_MS;
    while (this.unhandled > 0 && this.state === "open") {
      const message = this.inbox[this.first++]!;
      if (typeof message === "function") {
        message();
      } else {
        this.on.message(message);
      }
      if (this.unhandled > 0 && performance.now() > stop) {
        this.inbox = this.inbox.slice(this.first);
        this.first = 0;
        setImmediate(() => this.drain());
        return;
      }
    }
    this.inbox = [];
    this.first = 0;
    this.isDraining = false;
    if (this.state === "open") {
      this.socket?.resume();
    }
  }

  // -- the end

  private endLater(message: string): void {
    this.deliver(() => this.down("unavailable", message));
  }

  private down(code: string, message: string): void {
    if (this.state !== "closed") {
      this.close();
      this.on.down(new AskdError(code, message));
    }
  }

  /** Nothing is told of it any more. */
  close(): void {
    this.state = "closed";
    this.socket?.removeAllListeners();
    this.socket?.on("error", () => undefined);
    this.socket?.destroy();
  }

  // -- for who has one

  write(bytes: Uint8Array): void {
    if (this.state === "open") {
      this.socket?.write(bytes);
    }
  }

  /** Bytes that were written and that the daemon has no room for. */
  get unsent(): number {
    return this.socket?.writableLength ?? 0;
  }

  /** Messages that have come and were not handed on. */
  get unhandled(): number {
    return this.inbox.length - this.first;
  }
}
