vim9script
# :AskApply: the code block under the cursor, of a chat or an answer, as lines of a file. They are shown there as a
# proposal first (diff.vim), and the file on the disk stays as it is until its buffer is written.

import autoload 'askd/chat.vim'
import autoload 'askd/diff.vim'
import autoload 'askd/notify.vim'
import autoload 'askd/patch.vim'
import autoload 'askd/turns.vim'

const FENCE = '^\s*\(```\+\|\~\~\~\+\)\s*\(.*\)$'

# A line with nothing but a name: `# File: lib/x.h`, `main.c:`
const NAMED = '\c^\s*\%(#\+\s*\)\?\%(file:\?\s\+\)\?\zs\S*\w\.\w\+\ze:\?\s*$'

# -- blocks; pure

# The code block that holds line `at` of the lines (from 1), fences included: {info, above, lines, closed, first};
# first: the line on which the code begins. {} for none.
# escaped: they are a chat's lines, in which a heading of ours ends whatever fence somebody forgot to close.
export def Block(lines: list<string>, at: number, escaped: bool): dict<any>
  var open: dict<any> = {}
  var number = 0
  for line in lines
    number += 1
    if escaped && turns.IsHeading(line)
      if !empty(open) && number > at
        break
      endif
      open = {}
    endif
    final [_, ticks, info; _] = matchlist(line, FENCE) + ['', '', '']
    if !empty(open) && ticks[: len(open.ticks) - 1] ==# open.ticks && info == ''
      if number >= at
        return Finished(open, lines, number - 1, true, escaped)
      endif
      open = {}
    elseif empty(open) && ticks != '' && !(ticks[0] == '`' && stridx(info, '`') >= 0)
      if number > at
        return {}
      endif
      open = {ticks: ticks, info: trim(info), first: number, indent: matchstr(line, '^\s*')}
    endif
  endfor
  final last = escaped && turns.IsHeading(lines[number - 1]) ? number - 1 : number
  return empty(open) ? {} : Finished(open, lines, last, false, escaped)
enddef

def Finished(open: dict<any>, lines: list<string>, last: number, closed: bool, escaped: bool): dict<any>
  final code = slice(lines, open.first, last)
    ->mapnew((_, l) => escaped ? turns.Unescape(l) : l)
    ->mapnew((_, l) => stridx(l, open.indent) == 0 ? strpart(l, len(open.indent)) : l)
  return {info: open.info, above: open.first > 1 ? lines[open.first - 2] : '', closed: closed,
    lines: code, first: open.first + 1}
enddef

# A name that a model may tell: within this folder, and nothing but a name.
def Relative(name: string): string
  return name =~# '^[^/~\\[:cntrl:]][^\\[:cntrl:]]*$' && name !~# '\(^\|/\)\.\.\(/\|$\)' ? name : ''
enddef

# What the block says that its file is called: behind the language, or in the line above. '' where it says nothing.
export def FileName(block: dict<any>): string
  if patch.IsDiff(block.info)
    return Relative(patch.FileName(block.lines))
  endif
  final told = matchstr(block.info, '\c\<\%(title\|file\|filename\|path\)=\zs\%("[^"]*"\|\S\+\)')
  if told != ''
    return Relative(trim(told, '"'))
  endif
  for word in split(block.info)->map((_, w) => substitute(w, '^\w\+:', '', ''))
    if word =~# '[./]' && word !~# '[{}=,]'
      return Relative(word)
    endif
  endfor
  final named = matchstr(block.above, '[`*]\+\zs[^`* ]*[./][^`* ]*\ze[`*]\+')
  return Relative(named != '' ? named : matchstr(block.above, NAMED))
enddef

# Of a diff about several files, what it says of the one that is called `to`, or of the one at line `at`; {} where that
# is none. Any other block as it is.
export def OfOneFile(block: dict<any>, to: string, at: number): dict<any>
  final files = patch.IsDiff(block.info) ? patch.Files(block.lines) : []
  if len(files) < 2
    return block
  endif
  final wanted = fnamemodify(to, ':p')
  for file in files
    final line = block.first + file.first
    if to == '' ? line <= at && at < line + len(file.lines) : fnamemodify(patch.FileName(file.lines), ':p') ==# wanted
      return extendnew(block, {lines: file.lines, first: line})
    endif
  endfor
  return {}
enddef

# -- applying

# to: a file, maybe with the lines that the block takes the place of, FILE:FIRST-LAST; '' where the block tells it.
export def Apply(to: string)
  final whole = Block(getline(1, '$'), line('.'), !empty(chat.Get(bufnr())))
  final block = empty(whole) ? {} : OfOneFile(whole, to, line('.'))
  if empty(whole)
    notify.Error('there is no code block under the cursor')
  elseif empty(block)
    notify.Error('this diff is about several files: put the cursor on what it says of one, or name that one')
  elseif !block.closed && get(get(b:, 'askd', {}), 'state', '') ==# 'running'
    notify.Error('this block is still coming')
  else
    final name = to != '' ? to : FileName(block)
    final file = name != '' ? name : input('Apply to: ', Guess(), 'file')
    if file != ''
      Propose(block, file)
    endif
  endif
enddef

# The file that one was at before.
def Guess(): string
  final name = Beside() == 0 ? '' : bufname(winbufnr(Beside()))
  return name == '' ? '' : fnamemodify(name, ':~:.')
enddef

# A window that shows a file, the previous one before others; 0 for none.
def Beside(): number
  final wins = [win_getid(winnr('#'))] + range(1, winnr('$'))->mapnew((_, n) => win_getid(n))
  final fit = wins->filter((_, w) => w != 0 && bufname(winbufnr(w)) !~# '^askd://' && getwinvar(w, '&buftype') == '')
  return empty(fit) ? 0 : fit[0]
enddef

# By its number, so that nothing in a name is expanded.
def Show(file: string): number
  final name = file =~# '^\~/' ? $HOME .. strpart(file, 1) : file
  final buf = bufadd(fnamemodify(name, ':p'))
  setbufvar(buf, '&buflisted', 1)
  final shown = win_findbuf(buf)->filter((_, w) => win_id2win(w) > 0)
  if !empty(shown)
    win_gotoid(shown[0])
  elseif Beside() != 0
    win_gotoid(Beside())
    execute 'hide buffer' buf
  else
    execute 'topleft vertical sbuffer' buf
  endif
  return buf
enddef

def Propose(block: dict<any>, to: string)
  final [_, path, from, until; _] = filereadable(to) ? ['', to, '', ''] : matchlist(to, '^\(.\{-1,}\)\%(:\(\d\+\)\%(-\(\d\+\)\)\?\)\?$')
  if isdirectory(path)
    notify.Error(path .. ' is a folder')
    return
  endif
  final buf = Show(path)
  final count = line('$')
  final first = from == '' ? 1 : str2nr(from)
  final last = from == '' ? count : until == '' ? first : str2nr(until)
  if first < 1 || last < first || last > count
    notify.Error(path .. ' has ' .. count .. ' lines')
    return
  endif
  final [lines, why] = patch.IsDiff(block.info) ? patch.Apply(getline(first, last), block.lines) : [block.lines, '']
  if why != ''
    notify.Error(why)
  elseif getline(first, last) == lines
    notify.Info(path .. ' has these lines already')
  else
    diff.Show(diff.Begin(buf, first, last), lines, false)
    notify.Info(':AskAccept puts it into ' .. path .. ', :AskReject leaves it')
  endif
enddef
