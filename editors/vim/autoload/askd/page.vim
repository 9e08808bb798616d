vim9script
# A branch of a conversation in a buffer: which lines are whose, and how a branch that has changed gets there without
# touching what did not change, above all what somebody is just writing. Text properties (of answers that stream in),
# the cursor and marks stay where they are.

import autoload 'askd/turns.vim'

const FILL_LINES = 1000        # that are put in at once
const UNDOLEVELS_GLOBAL = -123456

export def Read(buf: number): dict<any>
  return turns.Read(getbufline(buf, 1, '$'))
enddef

# Puts lines in the place of the lines first..last (none where last is first - 1), as few as differ.
export def Replace(buf: number, first: number, last: number, lines: list<string>)
  final old = last < first ? [] : getbufline(buf, first, last)
  var same = 0
  while same < len(old) && same < len(lines) && old[same] ==# lines[same]
    same += 1
  endwhile
  var end = 0
  while end < len(old) - same && end < len(lines) - same && old[-1 - end] ==# lines[-1 - end]
    end += 1
  endwhile
  final fresh = slice(lines, same, len(lines) - end)
  final both = min([len(fresh), len(old) - same - end])
  for i in range(both)
    setbufline(buf, first + same + i, fresh[i])
  endfor
  if len(fresh) > both
    appendbufline(buf, first + same + both - 1, fresh[both :])
  elseif len(old) - same - end > both
    deletebufline(buf, first + same + both, last - end)
  endif
enddef

# Has the buffer, as it was `read`, show `known` (turns, each with an id), where it showed `old`. What stands behind the
# turns of `old` is being written, and stays, as do turns that are the same in both, which in a long conversation are
# nearly all. kept: the ids of turns that are being written by an answer, and stay as they are.
export def Show(buf: number, read: dict<any>, old: list<any>, known: list<any>, opening: dict<any>, kept: list<string>)
  final above = empty(read.turns) ? len(getbufline(buf, 1, '$')) : read.turns[0].first - 1
  # From the end, so that the lines of what comes before keep their numbers.
  final rest = len(old) < len(read.turns) ? read.turns[len(old)].first
    : empty(read.turns) ? above + 1 : read.turns[-1].last + 1
  final shown = min([len(old), len(read.turns)])
  if len(old) >= len(read.turns)
    appendbufline(buf, rest - 1, turns.Lines(turns.New('user')))
  endif
  if len(known) > shown
    var lines: list<string> = []
    for turn in known[shown :]
      lines += turns.Lines(turn)
    endfor
    appendbufline(buf, rest - 1, lines)
  elseif len(known) < shown
    deletebufline(buf, read.turns[len(known)].first, rest - 1)
  endif
  for i in range(min([shown, len(known)]) - 1, 0, -1)
    if old[i] != known[i] && (index(kept, known[i].id) < 0 || get(old[i], 'id', '') !=# known[i].id)
      Replace(buf, read.turns[i].first, read.turns[i].last, turns.Lines(known[i]))
    endif
  endfor
  Replace(buf, 1, above, turns.OpeningLines(opening.title, opening.instructions))
enddef

# Puts turns into a buffer that has just been opened, bit by bit, so that keys come between; above what was typed there
# already, which becomes what is being written. No undo takes them out. Done(line) is told the last line of them; nothing
# more is done once Wanted() says no.
export def Fill(buf: number, known: list<any>, opening: list<string>, Wanted: func(): bool, Done: func(number))
  FillFrom({buf: buf, turns: known + [turns.New('user')], next: 0, lines: opening, at: 0, Wanted: Wanted, Done: Done})
enddef

def FillFrom(f: dict<any>)
  if !call(f.Wanted, [])
    return
  endif
  while len(f.lines) <= FILL_LINES && f.next < len(f.turns)
    f.lines += turns.Lines(f.turns[f.next])
    f.next += 1
  endwhile
  final is_last = len(f.lines) <= FILL_LINES
  # What was typed, if only an empty line, is the last one of a turn's lines.
  final piece = slice(f.lines, 0, is_last ? -1 : FILL_LINES)
  final modified = getbufvar(f.buf, '&modified')
  setbufvar(f.buf, '&undolevels', -1)
  appendbufline(f.buf, f.at, piece)
  setbufvar(f.buf, '&undolevels', UNDOLEVELS_GLOBAL)
  setbufvar(f.buf, '&modified', modified)
  f.at += len(piece)
  f.lines = slice(f.lines, FILL_LINES)
  if is_last
    call(f.Done, [f.at])
  else
    timer_start(1, (_) => FillFrom(f))
  endif
enddef

# The line on which the text of a turn begins that is empty yet; 0 where another one stands in its place.
export def TextLine(buf: number, at: number, turn: dict<any>): number
  final there = get(Read(buf).turns, at, {})
  return !empty(there) && there.role ==# turn.role && there.text == '' ? there.first + len(turns.HeadLines(turn)) : 0
enddef
