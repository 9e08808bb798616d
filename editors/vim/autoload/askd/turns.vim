vim9script
# A conversation as lines of Markdown, and such lines read back. The form is that of conversation.export
# (doc/export.md), with what a person edits and no more:
#
#   # Tea                                        the title
#
#   ## instructions                              the conversation's system, where it has any
#
#   ## user
#   <!-- askd {"part":1,"type":"file",...} -->   what is not shown as text: parts, how an answer ended
#
#   How long does it steep?
#
#   ## assistant (openai/gpt-4.1)
#   ...
#
# A mark is a line that means something to us. A line of a text that looks like one has a backslash in front, one that
# has backslashes there already has one more, in a fence or not; so a text may hold anything. It stands between the
# empty line behind its heading and the empty line before the next one. Pure: no buffer is touched.
#
# A turn is {role, origin, comments, text, reasoning}, and as it was read also {first, last}, its lines.

const WORDS = '\(## \%(instructions\|user\|assistant\|system\|tool\)\|### \%(reasoning\|answer\)\|<!-- askd\)'
# Vim's older engine is twenty times as fast at these.
const OLD_ENGINE = '\%#=1'
const MARK = OLD_ENGINE .. '^' .. WORDS .. '\%([ \t\r].*\)\?$'
const LIKE_A_MARK = OLD_ENGINE .. '^\\*' .. WORDS .. '\%([ \t\r].*\)\?$'
const ESCAPED = OLD_ENGINE .. '^\\\+' .. WORDS .. '\%([ \t\r].*\)\?$'

export def New(role: string, text = '', origin = ''): dict<any>
  return {role: role, origin: origin, comments: [], text: text, reasoning: ''}
enddef

# Most lines are no mark, and need not be held against a pattern.
def MayBeMark(line: string): bool
  const bare = line[0] ==# '\' ? trim(line, '\', 1) : line
  const begin = strpart(bare, 0, 3)
  return begin ==# '## ' || begin ==# '###' || begin ==# '<!-'
enddef

# -- to lines

export def Escape(line: string): string
  return MayBeMark(line) && line =~# LIKE_A_MARK ? '\' .. line : line
enddef

export def Unescape(line: string): string
  return line[0] ==# '\' && MayBeMark(line) && line =~# ESCAPED ? line[1 :] : line
enddef

export def IsHeading(line: string): bool
  return line =~# MARK && line =~# '^## '
enddef

export def TextLines(text: string): list<string>
  final lines = split(text, "\n", true)
  return match(lines, LIKE_A_MARK) < 0 ? lines : map(lines, (_, line) => Escape(line))
enddef

# A comment of pairs [key, value], in that order. No comment ends within it: a '>' can be written otherwise in JSON.
export def Comment(pairs: list<list<any>>): string
  const members = pairs->mapnew((_, p) => json_encode(p[0]) .. ':' .. json_encode(p[1]))->join(',')
  return '<!-- askd {' .. substitute(members, '>', '\\u003e', 'g') .. '} -->'
enddef

export def Heading(turn: dict<any>): string
  return '## ' .. turn.role .. (turn.origin == '' ? '' : ' (' .. turn.origin .. ')')
enddef

# What stands above the text of a turn.
export def HeadLines(turn: dict<any>): list<string>
  var lines = [Heading(turn)]
  for pairs in turn.comments
    lines->add(Comment(pairs))
  endfor
  if turn.reasoning != ''
    lines += ['', '### reasoning', ''] + TextLines(turn.reasoning) + ['', '### answer']
  endif
  return lines + ['']
enddef

# With the empty line that stands before the next heading.
export def Lines(turn: dict<any>): list<string>
  return HeadLines(turn) + TextLines(turn.text) + ['']
enddef

# A title as its line shows it.
export def Title(title: string): string
  return trim(substitute(title, '[[:cntrl:]]', ' ', 'g'))
enddef

export def OpeningLines(title: string, instructions: string): list<string>
  var lines: list<string> = []
  if Title(title) != ''
    lines += ['# ' .. Title(title), '']
  endif
  if instructions != ''
    lines += ['## instructions', ''] + TextLines(instructions) + ['']
  endif
  return lines
enddef

# -- from lines

# The lines without the empty ones at their ends and without the backslashes that make text of a mark. They are used up.
def TextOf(lines: list<string>): string
  final first = match(lines, '\S')
  if first < 0
    return ''
  endif
  while lines[-1] =~# '^\s*$'
    remove(lines, -1)
  endwhile
  if first > 0
    remove(lines, 0, first - 1)
  endif
  return (match(lines, ESCAPED) < 0 ? lines : map(lines, (_, line) => Unescape(line)))->join("\n")
enddef

# Text as it is compared: what TextOf makes of the lines that show it.
export def Bare(text: string): string
  return TextOf(TextLines(text))
enddef

def ReadComment(line: string): dict<any>
  try
    const value = json_decode(matchstr(line, '^<!-- askd \zs.*\ze-->\s*$'))
    return type(value) == v:t_dict ? value : {}
  catch
    return {}
  endtry
enddef

def ReadTurn(heading: string): dict<any>
  var turn = New(matchstr(heading, '^## \zs\w\+'), '', matchstr(heading, '^## \w\+\s\+(\zs.*\ze)\s*$'))
  turn.comments = []
  return turn
enddef

# What stood up to a mark belongs to what began above it: the text in front of all headings with the title, the
# instructions, or a turn's text or reasoning.
def Close(page: dict<any>, turn: dict<any>, place: string, held: list<string>)
  if place == 'before'
    const first = match(held, '\S')
    if first >= 0 && held[first] =~# '^# '
      page.title = trim(held[first][2 :])
      page.before = TextOf(slice(held, first + 1))
    else
      page.before = TextOf(held)
    endif
  elseif place == 'instructions'
    page.instructions = TextOf(held)
  else
    turn[place] = TextOf(held)
  endif
enddef

# {title, instructions, turns, before}: before is text in front of the first heading. Comments are maps here. Only marks
# are looked at one by one, since a page may have tens of thousands of lines.
export def Read(lines: list<string>): dict<any>
  final page: dict<any> = {title: '', instructions: '', before: '', turns: []}
  var turn: dict<any> = {}
  var place = 'before'
  var held: list<string> = []
  var from = 0
  var at = match(lines, MARK)
  while at >= 0
    final mark = lines[at]
    held = empty(held) ? slice(lines, from, at) : held + slice(lines, from, at)
    if mark =~# '^<!-- askd'
      if !empty(turn)
        turn.comments->add(ReadComment(mark))
      endif
    elseif mark =~# '^###' && empty(turn)
      held->add(mark)
    else
      Close(page, turn, place, held)
      held = []
      if mark =~# '^###'
        place = mark =~# '^### reasoning' ? 'reasoning' : 'text'
      elseif mark =~# '^## instructions'
        EndTurn(turn, at)
        turn = {}
        place = 'instructions'
      else
        EndTurn(turn, at)
        turn = ReadTurn(mark)
        turn.first = at + 1
        page.turns->add(turn)
        place = 'text'
      endif
    endif
    from = at + 1
    at = match(lines, MARK, from)
  endwhile
  Close(page, turn, place, held + slice(lines, from))
  EndTurn(turn, len(lines))
  return page
enddef

def EndTurn(turn: dict<any>, last: number)
  if !empty(turn)
    turn.last = last
  endif
enddef
