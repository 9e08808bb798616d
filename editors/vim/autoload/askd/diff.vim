vim9script
# Lines that are to take the place of others in a buffer, shown there before they do: what goes is marked, what comes
# stands below it as virtual text. The buffer's own text stays as it is until Accept, which puts all of it in as one
# undo step. Where the lines were edited meanwhile, nothing is put in, and what was proposed can still be read.

import autoload 'askd/look.vim'
import autoload 'askd/notify.vim'

const EDITS_MAX = 120          # that the exact comparison looks for
const NEAR = 50                # lines ahead in which the quick one looks for the next that is the same

var last = 0
var proposals: dict<dict<any>> = {} # by buffer

# -- comparing; pure

# Changes that make `new` of `old`: [first, n, lines], n lines of old from index `first` on become `lines`. In order.
export def Changes(old: list<string>, new: list<string>): list<list<any>>
  var same = 0
  while same < len(old) && same < len(new) && old[same] ==# new[same]
    same += 1
  endwhile
  var end = 0
  while end < len(old) - same && end < len(new) - same && old[-1 - end] ==# new[-1 - end]
    end += 1
  endwhile
  final a = slice(old, same, len(old) - end)
  final b = slice(new, same, len(new) - end)
  if empty(a) && empty(b)
    return []
  elseif empty(a) || empty(b)
    return [[same, len(a), b]]
  endif
  final pairs = Exact(a, b)
  return FromPairs(a, b, pairs[0] ? pairs[1] : Quick(a, b), same)
enddef

# Pairs of indices of lines that stay, by Myers' greedy algorithm; [false, []] where too much differs.
def Exact(a: list<string>, b: list<string>): list<any>
  final n = len(a)
  final m = len(b)
  var trace: list<list<number>> = []
  final most = min([n + m, EDITS_MAX])
  var v = repeat([0], 2 * most + 3)
  final zero = most + 1
  for d in range(most + 1)
    add(trace, slice(v, zero - d - 1, zero + d + 2))
    for k in range(-d, d, 2)
      var x = k == -d || (k != d && v[zero + k - 1] < v[zero + k + 1]) ? v[zero + k + 1] : v[zero + k - 1] + 1
      var y = x - k
      while x < n && y < m && a[x] ==# b[y]
        x += 1
        y += 1
      endwhile
      v[zero + k] = x
      if x >= n && y >= m
        return [true, Backtrack(trace, d, n, m)]
      endif
    endfor
  endfor
  return [false, []]
enddef

def Backtrack(trace: list<list<number>>, edits: number, n: number, m: number): list<list<number>>
  var pairs: list<list<number>> = []
  var x = n
  var y = m
  for d in range(edits, 0, -1)
    final v = trace[d]
    final zero = d + 1
    final k = x - y
    final before = k == -d || (k != d && v[zero + k - 1] < v[zero + k + 1]) ? k + 1 : k - 1
    final from_x = d == 0 ? 0 : v[zero + before]
    final from_y = d == 0 ? 0 : from_x - before
    while x > from_x && y > from_y
      x -= 1
      y -= 1
      add(pairs, [x, y])
    endwhile
    x = from_x
    y = from_y
  endfor
  return reverse(pairs)
enddef

# The same by looking ahead a little for each new line: never exact, always quick.
def Quick(a: list<string>, b: list<string>): list<list<number>>
  var pairs: list<list<number>> = []
  var at = 0
  for j in range(len(b))
    if b[j] =~ '\w'
      final found = index(slice(a, at, at + NEAR), b[j])
      if found >= 0
        add(pairs, [at + found, j])
        at += found + 1
      endif
    endif
  endfor
  return pairs
enddef

def FromPairs(a: list<string>, b: list<string>, pairs: list<list<number>>, offset: number): list<list<any>>
  var changes: list<list<any>> = []
  var i = 0
  var j = 0
  for [x, y] in pairs + [[len(a), len(b)]]
    if x > i || y > j
      add(changes, [offset + i, x - i, slice(b, j, y)])
    endif
    i = x + 1
    j = y + 1
  endfor
  return changes
enddef

# -- showing

# Begins a proposal for lines first to end of a buffer; an earlier one of the buffer is rejected. on.Stop() is called
# where it is rejected while it is still coming.
export def Begin(buf: number, first: number, end: number, on: dict<any> = {}): dict<any>
  look.Define()
  Reject(buf)
  last += 1
  final p = {
    id: last,
    buf: buf,
    old: getbufline(buf, first, end),
    new: [],
    coming: true,
    added: [],                 # ids of virtual lines
    Stop: get(on, 'Stop', null_function),
    Settled: get(on, 'Settled', null_function),
  }
  prop_add(first, 1, {type: 'askd_range', id: 2 * p.id, bufnr: buf})
  prop_add(end, 1, {type: 'askd_range', id: 2 * p.id + 1, bufnr: buf})
  proposals[buf] = p
  return p
enddef

def Line(p: dict<any>, id: number): number
  final found = prop_find({type: 'askd_range', id: id, both: true, bufnr: p.buf, lnum: 1, col: 1}, 'f')
  return empty(found) ? 0 : found.lnum
enddef

# Where its lines are now, [0, 0] where they are no longer what they were.
def Place(p: dict<any>): list<number>
  if !bufloaded(p.buf)
    return [0, 0]
  endif
  final first = Line(p, 2 * p.id)
  final end = Line(p, 2 * p.id + 1)
  return first > 0 && getbufline(p.buf, first, end) == p.old ? [first, end] : [0, 0]
enddef

def Clear(p: dict<any>)
  if !bufloaded(p.buf)
    return
  endif
  for id in p.added
    prop_remove({type: 'askd_add', id: id, both: true, all: true, bufnr: p.buf})
  endfor
  p.added = []
  prop_remove({type: 'askd_delete', id: p.id, both: true, all: true, bufnr: p.buf})
enddef

def ShowLines(p: dict<any>, at: number, lines: list<string>, align: string)
  final tabstop = getbufvar(p.buf, '&tabstop')
  final room = look.Room(p.buf)
  final left_out = len(lines) > room ? [$'… {len(lines) - room} lines more; :AskDiff shows all'] : []
  for line in slice(lines, 0, room) + left_out
    final text = look.Plain(line, tabstop)
    add(p.added, prop_add(at, 0, {type: 'askd_add', text: text == '' ? ' ' : text, text_align: align, bufnr: p.buf}))
  endfor
enddef

def ShowChange(p: dict<any>, first: number, change: list<any>)
  final [at, n, lines] = change
  for i in range(n)
    final size = strlen(p.old[at + i])
    prop_add(first + at + i, 1, {type: 'askd_delete', id: p.id, length: max([size, 0]), bufnr: p.buf})
  endfor
  if at + n == 0
    ShowLines(p, first, lines, 'above')
  else
    ShowLines(p, first + at + n - 1, lines, 'below')
  endif
enddef

# What has come so far, or all of it. While it is coming, lines that it has not got to are not marked as going.
export def Show(p: dict<any>, new: list<string>, coming: bool)
  p.new = new
  p.coming = coming
  final [first, _] = Place(p)
  Clear(p)
  if first == 0
    return
  endif
  final changes = coming ? Growing(p.old, new) : Changes(p.old, new)
  for change in changes
    ShowChange(p, first, change)
  endfor
  look.Redraw(p.buf)
enddef

def Growing(old: list<string>, new: list<string>): list<list<any>>
  final changes = FromPairs(old, new, Quick(old, new), 0)
  if !empty(changes) && changes[-1][0] + changes[-1][1] == len(old) && changes[-1][1] > 0
    changes[-1] = [changes[-1][0], 0, changes[-1][2]]
  endif
  return changes
enddef

# -- deciding

export def Of(buf: number): dict<any>
  return get(proposals, buf, {})
enddef

def Settle(p: dict<any>, accepted: bool)
  remove(proposals, p.buf)
  Clear(p)
  if bufloaded(p.buf)
    prop_remove({type: 'askd_range', id: 2 * p.id, both: true, all: true, bufnr: p.buf})
    prop_remove({type: 'askd_range', id: 2 * p.id + 1, both: true, all: true, bufnr: p.buf})
  endif
  look.Redraw(p.buf)
  if p.Settled != null_function
    call(p.Settled, [accepted])
  endif
enddef

# From the last change to the first, so that the places of those above stay right.
def PutIn(p: dict<any>, first: number)
  for [at, n, lines] in reverse(Changes(p.old, p.new))
    final top = first + at
    final common = min([n, len(lines)])
    if common > 0
      setbufline(p.buf, top, lines[: common - 1])
    endif
    if n > common
      deletebufline(p.buf, top + common, top + n - 1)
    elseif len(lines) > common
      appendbufline(p.buf, top + common - 1, lines[common :])
    endif
  endfor
enddef

# Puts the new lines in. False, with a word, where that cannot be.
export def Accept(buf: number): bool
  final p = Of(buf)
  if empty(p)
    notify.Warn('nothing is proposed here')
    return false
  elseif p.coming
    notify.Warn('it is still coming')
    return false
  endif
  final [first, _] = Place(p)
  if first == 0
    notify.Error({
      code: 'changed',
      message: 'the lines were edited meanwhile; :AskDiff shows what was proposed, :AskReject drops it',
    })
    return false
  endif
  if !getbufvar(buf, '&modifiable')
    notify.Error({code: 'changed', message: 'the buffer is not modifiable'})
    return false
  endif
  PutIn(p, first)
  Settle(p, true)
  return true
enddef

# What was coming has failed, and cannot be accepted: it is dropped.
export def Fail(p: dict<any>)
  p.coming = false
  Settle(p, false)
enddef

# All is as it was. False where nothing is proposed.
export def Reject(buf: number): bool
  final p = Of(buf)
  if empty(p)
    return false
  endif
  if p.coming && p.Stop != null_function
    call(p.Stop, [])
  endif
  Settle(p, false)
  return true
enddef

# The lines as they were and as they would be, side by side in a tab of their own.
export def Compare(buf: number)
  final p = Of(buf)
  if empty(p)
    notify.Warn('nothing is proposed here')
    return
  endif
  final filetype = getbufvar(buf, '&filetype')
  tabnew
  Side(p.old, 'as it was', filetype)
  rightbelow vertical new
  Side(p.new, 'as proposed', filetype)
enddef

def Side(lines: list<string>, name: string, filetype: string)
  setlocal buftype=nofile bufhidden=wipe noswapfile nomodeline
  setline(1, lines)
  execute 'silent file' fnameescape($'askd: {name} ({bufnr()})')
  if filetype =~ '^[A-Za-z0-9_.-]\+$'
    execute 'setlocal filetype=' .. filetype
    setlocal nomodeline
  endif
  setlocal nomodifiable
  diffthis
enddef
