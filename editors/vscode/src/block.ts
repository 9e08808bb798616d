// Blocks of code in Markdown, and the files that they name; without an editor.
import { FilePatch, applyPatch, filesOf, isPatch } from "./patch";

/** A block of fenced code. first: the line of its fence; last: that of its end; before: the line above it. */
export interface Block {
  info: string;
  lines: string[];
  first: number;
  last: number;
  before: string;
}

function fenceOf(line: string): { marks: string; info: string } | undefined {
  const found = /^\s*(`{3,})\s*([^`]*)$/.exec(line) ?? /^\s*(~{3,})\s*(.*)$/.exec(line);
  return found ? { marks: found[1]!, info: found[2]!.trim() } : undefined;
}

/** The blocks that lines hold; the last may have no end yet. */
export function blocksOf(lines: string[]): Block[] {
  const blocks: Block[] = [];
  let open: (Block & { marks: string }) | undefined;
  lines.forEach((line, i) => {
    const fence = fenceOf(line);
    if (fence && !open) {
      open = { marks: fence.marks, info: fence.info, lines: [], first: i, last: i, before: lines[i - 1] ?? "" };
      blocks.push(open);
    } else if (open && fence && fence.info === "" && fence.marks.startsWith(open.marks)) {
      open.last = i;
      open = undefined;
    } else if (open) {
      open.lines.push(line);
      open.last = i;
    }
  });
  return blocks;
}

/** The block that holds a line. */
export function blockAt(lines: string[], row: number): Block | undefined {
  return blocksOf(lines).find((block) => row >= block.first && row <= block.last);
}

function asPath(word: string | undefined): string | undefined {
  const looksLikeOne = word !== undefined && /^[\w\-./+@]+$/.test(word) && /[^/]\.\w+$|\/[\w-]+$/.test(word);
  return looksLikeOne ? word : undefined;
}

// ```lua:src/x.lua, ```lua src/x.lua, ```src/x.lua, ```lua title="src/x.lua"
function nameInInfo(info: string): string | undefined {
  const quoted = /\w+=["']([^"']+)["']/.exec(info);
  if (quoted) {
    return asPath(quoted[1]);
  }
  for (const word of info.split(/\s+/)) {
    const found = asPath(/^\w+[:=](.+)$/.exec(word)?.[1] ?? word);
    if (found) {
      return found;
    }
  }
  return undefined;
}

function nameInPatch(lines: string[]): string | undefined {
  for (const line of lines) {
    const name = /^\+\+\+ (?:b\/)?(\S+)/.exec(line);
    if (name) {
      return name[1];
    }
  }
  return undefined;
}

/** The file that a block names: behind its fence, in its first line if that is a comment, or in the line above. */
export function nameOf(block: Pick<Block, "info" | "lines" | "before">): string | undefined {
  const comment = /^\s*[-/#;%<!*]+\s*(\S+)[\s*/>-]*$/.exec(block.lines[0] ?? "");
  const above = /`([^`]+)`/.exec(block.before) ?? /\*\*([^*]+)\*\*/.exec(block.before);
  return nameInInfo(block.info) ?? nameInPatch(block.lines) ?? asPath(comment?.[1]) ?? asPath(above?.[1]);
}

/** Whether a name out of an answer leads to a file below the folder where it is meant. */
export function isBelowHere(name: string): boolean {
  return !/^[/~\\]|^[A-Za-z]:/.test(name) && !name.split(/[/\\]/).includes("..");
}

/** FILE, FILE:12 or FILE:12-20; lines from 1. */
export function splitName(name: string): { file: string; first?: number; last?: number } {
  const found = /^(.*?):(\d+)-?(\d*)$/.exec(name);
  if (!found) {
    return { file: name };
  }
  const first = Number(found[2]);
  return { file: found[1]!, first, last: found[3] ? Number(found[3]) : first };
}

/** Of a diff about several files, what it says of the one that isWanted, or, where none is, of the one at a line of the
 * page. Nothing: of none. */
export function ofOneFile(
  block: Block,
  isWanted: ((name: string) => boolean) | undefined,
  row: number,
): Block | undefined {
  const files = isPatch(block.lines.join("\n")) ? filesOf(block.lines) : [];
  if (files.length < 2) {
    return block;
  }
  const at = row - block.first - 1;
  const isMeant = (file: FilePatch): boolean =>
    isWanted ? isWanted(nameInPatch(file.lines) ?? "") : at >= file.first && at < file.first + file.lines.length;
  const found = files.find(isMeant);
  return found && { ...block, lines: found.lines };
}

/** The text that takes the place of lines: the block's, or what its diff makes of them. */
export function newText(block: Block, lines: string[]): { text: string } | { fault: string } {
  if (!isPatch(block.lines.join("\n"))) {
    return { text: block.lines.join("\n") };
  }
  const made = applyPatch(lines, block.lines);
  return "fault" in made ? made : { text: made.lines.join("\n") };
}
