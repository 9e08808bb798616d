// What of the protocol the extension goes by (doc/protocol.md has all of it). A field that may be absent is optional.

export interface Context {
  cwd?: string | undefined;
  terminal?: string | undefined;
  host?: string | undefined;
}

/** An error map, as something that can be thrown. */
export class AskdError extends Error {
  readonly code: string;
  readonly answer: string | undefined;

  constructor(code: string, message: string, answer?: string) {
    super(message);
    this.name = "AskdError";
    this.code = code;
    this.answer = answer;
  }

  static of(map: unknown): AskdError {
    const { code, message, answer } = (typeof map === "object" && map !== null ? map : {}) as Partial<AskdError>;
    return new AskdError(code ?? "internal", message ?? "no reason was given", answer);
  }
}

export interface Part {
  type: string;
  text?: string;
  data?: Uint8Array;
  url?: string;
  mime?: string;
  name?: string;
  /** Of calls of tools, and their results. */
  id?: string;
  arguments?: string;
  content?: unknown;
}

export interface Usage {
  input_tokens?: number;
  output_tokens?: number;
  cost?: number;
  currency?: string;
}

export interface Answer {
  answer: string;
  state: string;
  model: string;
  provider: string;
  text: string;
  finish_reason?: string;
  conversation?: string;
  message?: string;
  cached?: boolean;
  timing?: { total_ms?: number };
  usage?: Usage;
  error?: { code: string; message: string };
}

/** The params of `chat`, as far as they are used here. */
export interface Question {
  model?: string | undefined;
  prompt?: string | undefined;
  attachments?: Part[] | undefined;
  system?: string | undefined;
  conversation?: string | undefined;
  parent?: string | undefined;
  edit?: string | undefined;
  regenerate?: string | undefined;
  context?: Context | undefined;
  detach?: boolean | undefined;
  template?: string | undefined;
  vars?: Record<string, string | number> | undefined;
}

export type Event =
  | { type: "start"; model: string; provider: string; conversation?: string; message?: string; arm?: number }
  | { type: "text" | "reasoning"; text: string }
  | { type: "image"; mime: string; data: Uint8Array }
  | { type: "progress"; message: string; fraction?: number }
  | { type: "retry"; provider: string; model: string; error?: { message: string }; delay: number }
  | { type: "done"; finish_reason: string }
  | { type: "error"; code: string; message: string }
  | { type: "tool_call"; index: number; id?: string; name?: string; arguments?: string }
  | { type: "usage" };

export interface Model {
  id: string;
  provider: string;
  name: string;
  model: string;
  title?: string;
  context_window?: number;
  max_output?: number;
  modalities_in?: string[];
  modalities_out?: string[];
  price_input?: number;
  price_output?: number;
  currency?: string;
  tools?: boolean;
  available: boolean;
}

/** A message as conversation.get tells it. */
export interface Message {
  id: string;
  parent?: string | null;
  role: string;
  content: string | Part[];
  state?: string;
  provider?: string | null;
  model?: string | null;
  usage?: Usage | null;
}

export interface Conversation {
  conversation?: string;
  title?: string | null;
  head?: string | null;
  system?: string | null;
  messages?: Message[];
}

/** A line of conversation.list, or of conversation.search. */
export interface ConversationEntry {
  conversation: string;
  title?: string | null;
  created: number;
  updated?: number;
  messages?: number;
  model?: string | null;
  directory?: string | null;
  tags?: string[];
  pinned?: boolean;
  snippet?: string;
}

export interface AnswerEntry {
  answer: string;
  state: string;
  model: string;
  started: number;
  preview: string;
  conversation?: string;
}

export interface Status {
  version: string;
  pid: number;
  answers: number;
  default_model: string;
  providers: { name: string; state: string; key_source?: string | null }[];
  today: {
    input_tokens: number;
    output_tokens: number;
    cost: { currency: string; cost: number }[];
    budgets: string[];
  };
}

/** What `conversation.watch` tells, and `failed`, which the client does where a watch cannot be had. */
export interface Change {
  type: string;
  answer?: string;
  message?: string;
  parent?: string;
  model?: string;
  state?: string;
  head?: boolean;
  title?: string;
  error?: AskdError;
}

export interface Server {
  server: string;
  version: string;
  protocol: number;
  methods: string[];
  uid: number;
}

/** What each method that is asked for gives; whoever needs another one adds it. */
export interface Results {
  hello: Server;
  status: Status;
  chat: Answer;
  complete: Answer;
  compare: { answers: Answer[] };
  "answer.get": Answer;
  "answer.attach": Answer;
  "answer.list": AnswerEntry[];
  "answer.estimate": { input_tokens: number; conversation?: string };
  "conversation.watch": { watch: number };
  "conversation.get": Conversation;
  "conversation.list": ConversationEntry[];
  "conversation.search": ConversationEntry[];
  "conversation.create": { conversation: string };
  "conversation.export": { data: string };
  "conversation.head": object;
  "conversation.rename": object;
  "conversation.pin": object;
  "conversation.delete": object;
  "conversation.restore": object;
  "models.list": Model[];
  "models.aliases": { alias: string; models: string[]; candidates: string[] }[];
  "prompt.list": { name: string; description?: string; error?: object }[];
}

export type Method = keyof Results;
