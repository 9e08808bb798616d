vim9script
# A branch of a conversation in a buffer: which lines are whose, and how a branch that has changed gets there without
# touching what did not change, above all what somebody is just writing. Text properties (of answers that stream in),
# the cursor and marks stay where they are.

import autoload 'askd/turns.vim'

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

# Has the buffer show `known` (turns, each with an id), where it showed `old`. What stands behind the turns of `old` is
# being written, and stays. kept: the ids of turns that are being written by an answer, and stay as they are.
export def Show(buf: number, old: list<any>, known: list<any>, opening: dict<any>, kept: list<string>)
  final read = Read(buf)
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
    if index(kept, known[i].id) < 0 || get(old[i], 'id', '') !=# known[i].id
      Replace(buf, read.turns[i].first, read.turns[i].last, turns.Lines(known[i]))
    endif
  endfor
  Replace(buf, 1, above, turns.OpeningLines(opening.title, opening.instructions))
enddef

# The line on which the text of a turn begins that is empty yet; 0 where another one stands in its place.
export def TextLine(buf: number, at: number, turn: dict<any>): number
  final there = get(Read(buf).turns, at, {})
  return !empty(there) && there.role ==# turn.role && there.text == '' ? there.first + len(turns.HeadLines(turn)) : 0
enddef
