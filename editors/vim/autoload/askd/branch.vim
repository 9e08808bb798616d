vim9script
# A conversation is a tree of messages (conversation.get); a chat buffer shows one branch of it, the path from the root
# to a message, each as a turn (turns.vim). Here is how the one becomes the other, and what the turns that somebody has
# edited ask for. Pure.

import autoload 'askd/turns.vim'

const BEGINNING = 60 # characters of a part that are shown

# -- the tree

export def ById(messages: list<any>): dict<any>
  var by_id: dict<any> = {}
  for m in messages
    by_id[m.id] = m
  endfor
  return by_id
enddef

# The messages from the root to that one.
export def Path(messages: list<any>, tip: string): list<dict<any>>
  const by_id = ById(messages)
  var path: list<dict<any>> = []
  var at = tip
  while at != '' && has_key(by_id, at)
    path->insert(by_id[at])
    at = get(by_id[at], 'parent', '')
  endwhile
  return path
enddef

# Where each branch ends, the newest first.
export def Tips(messages: list<any>): list<dict<any>>
  var parents: dict<bool> = {}
  for m in messages
    parents[get(m, 'parent', '')] = true
  endfor
  return messages->copy()->filter((_, m) => !has_key(parents, m.id))->reverse()
enddef

# The tip of the newest branch that goes through a message.
export def TipBelow(messages: list<any>, id: string): string
  for m in Tips(messages)
    if Path(messages, m.id)->indexof((_, p) => p.id ==# id) >= 0
      return m.id
    endif
  endfor
  return id
enddef

# The ids of what follows each message; under '' of what follows none.
export def Followers(messages: list<any>): dict<list<string>>
  var followers: dict<list<string>> = {}
  for m in messages
    const parent = get(m, 'parent', '')
    followers[parent] = get(followers, parent, [])->add(m.id)
  endfor
  return followers
enddef

# The messages beside that one, itself among them: what else follows the same.
export def Siblings(messages: list<any>, id: string): list<string>
  const at = messages->indexof((_, m) => m.id ==# id)
  return at < 0 ? [] : Followers(messages)[get(messages[at], 'parent', '')]
enddef

# -- a message as a turn

def Beginning(text: string): string
  const line = trim(substitute(text, '[[:cntrl:]]\+', ' ', 'g'))
  return strchars(line) > BEGINNING ? strcharpart(line, 0, BEGINNING - 1) .. '…' : line
enddef

# Bytes of a part as the bridge tells them, {"$bin": base64}.
def Size(data: any): number
  const text = type(data) == v:t_dict ? get(data, '$bin', '') : type(data) == v:t_string ? data : ''
  return len(text) / 4 * 3 - count(text[-2 :], '=')
enddef

def PartPairs(number: number, part: dict<any>): list<list<any>>
  var pairs: list<list<any>> = [['part', number], ['type', part.type]]
  for key in ['name', 'mime', 'url']
    if has_key(part, key)
      pairs->add([key, part[key]])
    endif
  endfor
  if has_key(part, 'data')
    pairs->add(['bytes', Size(part.data)])
  endif
  const text = get(part, 'text', get(part, 'content', get(part, 'arguments', '')))
  if type(text) == v:t_string && text != ''
    pairs->add(['begins', Beginning(text)])
  endif
  return pairs
enddef

# Which of the parts is the text that is shown: what was asked stands behind what was attached.
def ShownPart(parts: list<any>): number
  var found = -1
  var i = 0
  for part in parts
    if part.type ==# 'text'
      found = i
    endif
    i += 1
  endfor
  return found
enddef

# With `id`, and `parts`: what its comments number from 1.
export def Turn(message: dict<any>): dict<any>
  var turn = turns.New(message.role)
  if has_key(message, 'provider') && has_key(message, 'model')
    turn.origin = message.provider .. '/' .. message.model
  endif
  turn.id = message.id
  turn.state = get(message, 'state', 'done')
  turn.reasoning = get(message, 'reasoning', '')
  turn.parts = []
  if type(message.content) == v:t_string
    turn.text = message.content
  else
    const shown = ShownPart(message.content)
    turn.text = shown >= 0 ? message.content[shown].text : ''
    turn.parts = message.content->copy()->filter((i, _) => i != shown)
    turn.comments += turn.parts->mapnew((i, part) => PartPairs(i + 1, part))
  endif
  for call in get(message, 'tool_calls', [])
    turn.comments->add([['tool_call', get(call, 'name', '')], ['arguments', get(call, 'arguments', '')]])
  endfor
  if turn.state !=# 'done' && turn.state !=# 'running'
    turn.comments->add([['state', turn.state]])
  endif
  return turn
enddef

# -- what was edited

# The numbers under `key` in the comments that a turn was read with.
export def Numbers(turn: dict<any>, key: string): list<number>
  return turn.comments->copy()->filter((_, c) => type(get(c, key, '')) == v:t_number)->mapnew((_, c) => c[key])
enddef

# Many take blanks off the ends of lines as they write; that says nothing else.
def WithoutBlanks(text: string): string
  return substitute(text, '[ \t\r]\+\ze\%(\n\|$\)', '', 'g')
enddef

def SameText(known: string, text: string): bool
  return text ==# known || text ==# trim(known, "\n") || WithoutBlanks(text) ==# WithoutBlanks(turns.Bare(known))
enddef

# Whether a turn of the buffer is as the daemon has it. Of one that still runs, that cannot be said.
def Same(known: dict<any>, turn: dict<any>): bool
  if get(known, 'state', '') ==# 'running'
    return turn.role ==# known.role
  endif
  return turn.role ==# known.role && SameText(known.text, turn.text)
    && (known.role !=# 'user' || Numbers(turn, 'part') == range(1, len(known.parts)))
    && empty(Numbers(turn, 'attached'))
enddef

# The first place where they differ.
export def FirstChange(known: list<any>, read: list<any>): number
  var i = 0
  while i < len(known) && i < len(read) && Same(known[i], read[i])
    i += 1
  endwhile
  return i
enddef

def Refusal(why: string): dict<any>
  return {kind: 'refused', why: why}
enddef

# What the turns of a buffer ask for, beside those that the daemon has:
#   {kind: 'next', turn}               a question behind the last one
#   {kind: 'edit', at, turn, rest}     another question in the place of known[at]; rest: what else was written
#   {kind: 'regenerate', at}           known[at], a question, is answered once more: its answer was taken away
#   {kind: 'none'}                     nothing
#   {kind: 'refused', why}
export def Asked(known: list<any>, read: list<any>): dict<any>
  const i = FirstChange(known, read)
  if i == len(known)
    return AskedNext(known, read)
  endif
  if i == len(read) || (known[i].role ==# 'assistant' && read[i].role ==# 'user' && i == len(read) - 1
      && read[i].text == '')
    return i > 0 && known[i].role ==# 'assistant' ? {kind: 'regenerate', at: i - 1} : {kind: 'none'}
  endif
  if known[i].role !=# 'user' || read[i].role !=# 'user'
    return Refusal('turn ' .. (i + 1) .. ' is no question: only what the user said can be changed (u takes it back)')
  endif
  if read[i].text == '' && empty(Numbers(read[i], 'attached'))
    return Refusal('the question that was changed is empty')
  endif
  return {kind: 'edit', at: i, turn: read[i], rest: Written(known, read, i + 1)}
enddef

def AskedNext(known: list<any>, read: list<any>): dict<any>
  const rest = read[len(known) :]->filter((_, t) => t.text != '' || !empty(Numbers(t, 'attached')))
  if empty(rest)
    return {kind: 'none'}
  endif
  if rest[0].role !=# 'user'
    return Refusal('a question is needed, under ## user')
  endif
  return len(rest) > 1 ? Refusal('one question at a time: there are ' .. len(rest) .. ' turns that were not asked')
    : {kind: 'next', turn: rest[0]}
enddef

# Turns from a place on that are not the daemon's.
export def Written(known: list<any>, read: list<any>, from: number): list<any>
  return read->copy()->filter((i, turn) => i >= from && (turn.text != '' || !empty(turn.comments))
    && (i >= len(known) || !Same(known[i], turn)))
enddef

# Whether the buffer holds anything that the daemon does not have.
export def Unsent(known: list<any>, read: list<any>): bool
  return FirstChange(known, read) < len(known) || !empty(Written(known, read, len(known)))
enddef
