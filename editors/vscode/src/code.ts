// The code of an answer that was asked to be nothing else: models put it between fences all the same. Pure.

/** `text` without a fence around it, and without the line breaks around it. Of one that is partial, what is code for
 *  sure. */
export function only(text: string, isPartial = false): string {
  const plain = text.replace(/\r\n/g, "\n");
  const [, fence, body] = /^\s*(`{3,})[^\n`]*\n([^]*)$/.exec(plain) ?? [];
  if (fence === undefined || body === undefined) {
    const mayBeFence = isPartial && (/^\s*`[^\n]*$/.test(plain) || plain.trim() === "");
    return mayBeFence ? "" : plain.replace(/^\n+/, "").replace(/\n\s*$/, "");
  }
  const lines = body.split("\n");
  const end = lines.findIndex((line) => line.trim() === fence);
  return (end < 0 ? lines : lines.slice(0, end)).join("\n").replace(/\n+$/, "");
}
