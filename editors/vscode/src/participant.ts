// @askd in the editor's own chat view. Each thread there is a conversation of the daemon's, so that it goes on in a shell,
// in another editor, or in “askd: Chat”.
import type { App } from "./app";
import { filePart, sourceEditor } from "./attach";
import type { Cancellation, Document, Location, ThreadQuestion, ThreadReply, ThreadResult } from "./host_api";
import { linesOf } from "./lines";
import { allLines, linesPart, textPart } from "./material";
import { asError } from "./notify";
import type { Answer, Part, Question } from "./protocol";
import { Sink } from "./sink";

const FLUSH_MS = 50;
const ID = "askd.chat";

/** What a reply is remembered by in its thread. */
interface Place {
  conversation?: string;
  message?: string;
}

function fromDocument(document: Document, location: Location): Part | string {
  return linesPart(document, location.range ? linesOf(location.range) : allLines(document));
}

// A file that the editor takes for text is one of its documents, with what is not saved yet; others are files.
async function partOf(app: App, reference: ThreadQuestion["references"][number]): Promise<Part | string> {
  if (reference.text !== undefined) {
    return textPart(reference.label, reference.text);
  } else if (reference.data) {
    return { type: "image", mime: reference.data.mime, data: reference.data.bytes, name: reference.label };
  } else if (!reference.location) {
    return `${reference.label} is something that cannot be attached`;
  }
  const document = await app.host.load(reference.location.uri).catch(() => undefined);
  if (document) {
    return fromDocument(document, reference.location);
  }
  const { path } = reference.location;
  return path === undefined ? `${reference.label} cannot be read` : filePart(path, reference.label);
}

async function partsOf(app: App, question: ThreadQuestion, reply: ThreadReply): Promise<Part[]> {
  const parts: Part[] = [];
  for (const reference of question.references) {
    const part = await partOf(app, reference).catch((fault) => asError(fault).message);
    if (typeof part === "string") {
      reply.progress(part);
    } else {
      parts.push(part);
    }
  }
  const editor = sourceEditor(app);
  if (parts.length === 0 && question.command !== undefined && editor) {
    const { document, selection } = editor;
    const isEmpty =
      selection.start.line === selection.end.line && selection.start.character === selection.end.character;
    const part = linesPart(document, isEmpty ? allLines(document) : linesOf(selection));
    return typeof part === "string" ? [] : [part];
  }
  return parts;
}

function paramsOf(app: App, question: ThreadQuestion, attachments: Part[]): Question {
  const before = question.before as Place | undefined;
  const asked = question.model?.vendor === "askd" ? question.model.id : undefined;
  return {
    model: asked ?? (app.host.setting("model") || undefined),
    prompt: question.words,
    template: question.command,
    attachments: attachments.length > 0 ? attachments : undefined,
    conversation: before?.conversation ?? "new",
    parent: before?.message,
    context: app.client.context(),
  };
}

async function stream(app: App, params: Question, reply: ThreadReply, token: Cancellation): Promise<Answer> {
  let words: string | undefined;
  const sink = new Sink({
    text: (text) => reply.markdown(text),
    clear: () => reply.progress("asking somebody else: what came so far is void"),
    state: (state) => {
      if (state !== undefined && state !== words && state !== "…" && !state.startsWith("[")) {
        words = state;
        reply.progress(state);
      }
    },
    pause: () => FLUSH_MS,
  });
  const call = app.client.stream("chat", params, sink);
  const cancelled = token.onCancel(() => call.cancel());
  try {
    const answer = await call.result;
    sink.end(answer);
    return answer;
  } catch (fault) {
    sink.fail(fault);
    throw fault;
  } finally {
    cancelled.dispose();
  }
}

function placeOf(answer: Answer): Place {
  const { conversation, message } = answer;
  return { ...(conversation !== undefined && { conversation }), ...(message !== undefined && { message }) };
}

/** Answers a question of a thread. */
export async function answerThread(
  app: App,
  question: ThreadQuestion,
  reply: ThreadReply,
  token: Cancellation,
): Promise<ThreadResult> {
  const params = paramsOf(app, question, await partsOf(app, question, reply));
  try {
    const answer = await stream(app, params, reply, token);
    const place = placeOf(answer);
    if (place.conversation) {
      reply.button("Open as a Document", "askd.openConversation", [place.conversation]);
    }
    return { place };
  } catch (fault) {
    const { code, message, answer: id } = asError(fault);
    // What came stays in the conversation, and the next question follows it.
    const answer =
      id === undefined ? undefined : await app.client.request("answer.get", { answer: id }).catch(() => undefined);
    const place = answer ? placeOf(answer) : ((question.before as Place | undefined) ?? {});
    return code === "cancelled" ? { place } : { place, fault: `askd: ${code}: ${message}` };
  }
}

/** Whether the host has such threads. */
export function offerParticipant(app: App): boolean {
  const offered = app.host.participant(ID, (question, reply, token) => answerThread(app, question, reply, token));
  return offered !== undefined && app.own(offered) !== undefined;
}
