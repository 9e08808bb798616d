// The settings `askd.*`, as package.json describes them.

export interface Settings {
  /** The daemon's socket; "": where ask finds it. */
  socket: string;
  /** What starts a daemon where none runs; "": none is started. */
  askctl: string;
  /** Asked where a command names none; "": the daemon's own default. */
  model: string;
  /** Where an answer is shown. */
  answerPlace: "beside" | "here";
  /** Lines before and behind a range that a rewrite shows to the model. */
  rewriteAround: number;
  suggest: boolean;
  /** Milliseconds without a key before a suggestion is asked for. */
  suggestDelay: number;
  /** "": the daemon's `complete_model`. */
  suggestModel: string;
  /** Languages in which none are asked for. */
  suggestOff: readonly string[];
  /** Which conversations are listed. */
  conversations: "folder" | "all";
}
