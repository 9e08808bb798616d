// askd's models for the editor's own chat view, its agents, and for other extensions, where the host takes models.
import type { App } from "./app";
import type { Cancellation, Disposable, ModelMessage, ModelPiece, ModelQuestion, ModelSource, OfferedModel } from "./host_api";
import { AskdError, type Event, type Model, type Part } from "./protocol";
import { within } from "./within";
import { tokens } from "./words";

const VENDOR = "askd";
const WINDOW = 32768; // where nobody knows it: what models of these years have at least
const OUTPUT = 4096;
const LIST_MS = 5000; // that a list of models waits for the daemon: all others of the editor wait with it
// What the host's callers may say of how to sample, by askd's names for it.
const OPTIONS = ["temperature", "top_p", "max_tokens", "seed", "stop", "reasoning"];

// -- which there are

function offered(model: Model): OfferedModel {
  const window = model.context_window ?? WINDOW;
  const output = Math.min(model.max_output ?? OUTPUT, window >> 1);
  const price =
    model.price_input === undefined ? "" : `${model.price_input}/${model.price_output ?? 0} ${model.currency ?? ""}`;
  return {
    id: model.model,
    name: model.title ?? model.name,
    family: model.id,
    version: model.name,
    detail: model.provider,
    tooltip: [
      model.model,
      model.context_window && `${tokens(model.context_window)} tokens`,
      price && `${price} per million tokens`,
    ]
      .filter(Boolean)
      .join(" · "),
    maxInput: window - output,
    maxOutput: output,
    hasImages: model.modalities_in?.includes("image") ?? false,
    hasTools: model.tools ?? false,
  };
}

function canChat({ available, modalities_out }: Model): boolean {
  return available && (modalities_out?.includes("text") ?? true);
}

/** Those that can be asked now; an alias is what the first of its models that is there is. */
export async function offeredModels(app: App): Promise<OfferedModel[]> {
  const [models, aliases] = await Promise.all([
    app.client.request("models.list"),
    app.client.request("models.aliases").catch(() => []),
  ]);
  const usable = models.filter(canChat);
  const all = usable.map(offered);
  for (const { alias, candidates } of aliases) {
    const first = all.find(({ id }) => id === candidates[0]);
    if (first) {
      all.push({
        ...first,
        id: alias,
        name: alias,
        family: alias,
        version: alias,
        detail: "alias",
        tooltip: candidates.join(", "),
      });
    }
  }
  return all;
}

// -- a question, as the daemon takes it

function dataPart(mime: string, data: Uint8Array): Part {
  if (mime.startsWith("image/")) {
    return { type: "image", mime, data };
  } else if (/^text\/|json/.test(mime)) {
    return { type: "text", text: Buffer.from(data).toString("utf8") };
  }
  return { type: "file", mime, data };
}

function textOfPieces(pieces: readonly ModelPiece[]): string {
  return pieces
    .map((piece) => {
      if (piece.type === "text") {
        return piece.text;
      }
      return piece.type === "data" && /^text\/|json/.test(piece.mime) ? Buffer.from(piece.data).toString("utf8") : "";
    })
    .join("");
}

function partOf(piece: ModelPiece): Part | undefined {
  switch (piece.type) {
    case "tool_result":
      return undefined; // is a message of its own
    case "text":
      return piece.text === "" ? undefined : { type: "text", text: piece.text };
    case "data":
      return piece.data.length === 0 ? undefined : dataPart(piece.mime, piece.data);
    case "tool_call":
      return { type: "tool_call", id: piece.id, name: piece.name, arguments: JSON.stringify(piece.input) };
  }
}

// A result is said by the tool, what it shows (images) by the user.
function messagesOf(message: ModelMessage): { role: string; content: Part[] }[] {
  const results = message.pieces.flatMap((piece) => {
    if (piece.type !== "tool_result") {
      return [];
    }
    const shown = piece.content.flatMap((each) =>
      each.type === "data" && each.mime.startsWith("image/") ? [dataPart(each.mime, each.data)] : [],
    );
    const result: Part = { type: "tool_result", id: piece.id, content: textOfPieces(piece.content) };
    return [{ result, shown }];
  });
  const own = message.pieces.flatMap((piece) => partOf(piece) ?? []);
  const shown = [...results.flatMap((each) => each.shown), ...own];
  return [
    ...(results.length > 0 ? [{ role: "tool", content: results.map(({ result }) => result) }] : []),
    ...(shown.length > 0 ? [{ role: message.role, content: shown }] : []),
  ];
}

/** The params of `chat`. Nothing of it is stored: the conversation is the caller's. */
export function paramsOf(question: ModelQuestion): Record<string, unknown> {
  const options = Object.entries(question.options).filter(
    ([name, value]) => OPTIONS.includes(name) && value !== undefined,
  );
  const params: Record<string, unknown> = {
    model: question.model,
    messages: question.messages.flatMap(messagesOf),
    ...Object.fromEntries(options),
  };
  if (question.tools.length > 0) {
    params.tools = question.tools.map(({ name, description, schema }) => ({
      name,
      description,
      parameters: schema ?? { type: "object" },
    }));
    params.tool_choice = question.mustCallTool ? "required" : "auto";
  }
  return params;
}

// -- an answer, as the host takes it

/** Joins what models say in fragments. */
export class Pieces {
  private readonly calls = new Map<number, { id: string; name: string; text: string }>();

  constructor(private readonly give: (piece: ModelPiece) => void) {}

  event(event: Event): void {
    switch (event.type) {
      case "text":
        return this.give({ type: "text", text: event.text });
      case "image":
        return this.give({ type: "data", mime: event.mime, data: event.data });
      case "tool_call":
        return this.fragment(event);
    }
  }

  private fragment({ index, id, name, arguments: text }: Event & { type: "tool_call" }): void {
    const call = this.calls.get(index) ?? { id: "", name: "", text: "" };
    this.calls.set(index, call);
    call.id ||= id ?? "";
    call.name ||= name ?? "";
    call.text += text ?? "";
  }

  /** The answer has ended: its calls are whole. */
  end(): void {
    for (const [index, { id, name, text }] of [...this.calls].sort(([a], [b]) => a - b)) {
      this.give({ type: "tool_call", id: id || `call_${index}`, name, input: inputOf(name, text) });
    }
  }
}

function inputOf(name: string, text: string): object {
  try {
    const input: unknown = text.trim() === "" ? {} : JSON.parse(text);
    if (typeof input === "object" && input !== null) {
      return input;
    }
  } catch {
    // told below
  }
  throw new AskdError("bad_response", `the model called ${name} with what is no JSON`);
}

async function answer(
  app: App,
  question: ModelQuestion,
  give: (piece: ModelPiece) => void,
  token: Cancellation,
): Promise<void> {
  const pieces = new Pieces(give);
  const call = app.client.stream("chat", paramsOf(question), { event: (event) => pieces.event(event) });
  let cancelled: Disposable | undefined;
  const gone = new Promise<never>((_, reject) => {
    cancelled = token.onCancel(() => {
      call.cancel();
      reject(new AskdError("cancelled", "it was cancelled"));
    });
  });
  try {
    await Promise.race([call.result, gone]);
    pieces.end();
  } finally {
    cancelled?.dispose();
    call.drop();
  }
}

async function count(app: App, model: string, counted: string | ModelMessage): Promise<number> {
  const messages = typeof counted === "string" ? [{ role: "user", content: counted }] : messagesOf(counted);
  if (messages.length === 0 || counted === "") {
    return 0;
  }
  return (await app.client.request("answer.estimate", { model, messages })).input_tokens;
}

/** Whether the host takes models. */
export function offerModels(app: App): boolean {
  const source: ModelSource = {
    list: async (isSilent) => {
      try {
        // The editor asks by itself when a window opens: no daemon is started for that.
        const isAsked = !isSilent || (await app.client.isThere());
        const late = "the daemon has not told its models";
        return isAsked ? await within(LIST_MS, offeredModels(app), late) : [];
      } catch (fault) {
        if (!isSilent) {
          app.notify.error(fault);
        }
        return [];
      }
    },
    answer: (question, give, token) => answer(app, question, give, token),
    count: (model, counted) => count(app, model, counted),
  };
  const taken = app.host.models(VENDOR, source);
  if (!taken) {
    return false;
  }
  app.own(taken);
  // Which models there are may be another thing with each daemon.
  const stop = app.client.onState(({ phase }) => {
    if (phase === "ready") {
      taken.changed();
    }
  });
  app.own({ dispose: stop });
  return true;
}
