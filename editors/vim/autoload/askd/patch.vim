vim9script
# A unified diff that a model wrote, and the lines that it makes of others. Models count lines badly: a hunk is looked
# for by its lines, nearest to where it says that they are. Pure.

# Whether a code block with that info string is one.
export def IsDiff(info: string): bool
  return info =~? '^\(diff\|patch\)\>'
enddef

# The file that it is about; '' where it does not say.
export def FileName(lines: list<string>): string
  for line in lines
    final name = matchstr(line, '^+++ \zs[^\t]*')
    if name != '' && name !=# '/dev/null'
      return trim(substitute(name, '^b/', '', ''))
    endif
  endfor
  return ''
enddef

# [{from, old, new}], from: the first line by its own account.
def Hunks(lines: list<string>): list<dict<any>>
  var hunks: list<dict<any>> = []
  for line in lines
    if line =~# '^@@'
      hunks->add({from: str2nr(matchstr(line, '^@@ -\zs\d\+')), old: [], new: []})
    elseif !empty(hunks) && line !~# '^\\ '
      final text = strpart(line, 1)
      if line[0] !=# '+'
        hunks[-1].old->add(text)
      endif
      if line[0] !=# '-'
        hunks[-1].new->add(text)
      endif
    endif
  endfor
  return hunks
enddef

# The index in `lines`, from `least` on, at which those of the hunk stand; -1: they do not.
def Place(lines: list<string>, hunk: dict<any>, least: number): number
  final size = len(hunk.old)
  final told = max([hunk.from - 1, 0])
  if size == 0
    return min([hunk.from, len(lines)])
  endif
  var best = -1
  var at = index(lines, hunk.old[0], least)
  while at >= 0 && at + size <= len(lines)
    if slice(lines, at, at + size) == hunk.old && (best < 0 || abs(at - told) < abs(best - told))
      best = at
    endif
    at = index(lines, hunk.old[0], at + 1)
  endwhile
  return best
enddef

# An empty line at the end of a block is none of the hunk, unless the file has it there. False: there is none.
def TakeOffBlank(hunk: dict<any>): bool
  if empty(hunk.old) || empty(hunk.new) || hunk.old[-1] != '' || hunk.new[-1] != ''
    return false
  endif
  remove(hunk.old, -1)
  remove(hunk.new, -1)
  return true
enddef

# What a diff says of each file: [{first, lines, is_named}], first: the index of its first line. A file begins with two
# lines, `--- ` and `+++ `, and git's word before them.
export def Files(patch: list<string>): list<dict<any>>
  var files: list<dict<any>> = []
  for i in range(len(patch))
    final names = patch[i] =~# '^--- ' && get(patch, i + 1, '') =~# '^+++ '
    if empty(files) || patch[i] =~# '^diff ' || (names && files[-1].is_named)
      files->add({first: i, lines: [], is_named: false})
    endif
    files[-1].is_named = files[-1].is_named || names
    files[-1].lines->add(patch[i])
  endfor
  return files->filter((_, f) => f.is_named)
enddef

# [what becomes of the lines, '' or why nothing does]
export def Apply(lines: list<string>, patch: list<string>): list<any>
  if len(Files(patch)) > 1
    return [lines, 'this diff is about several files']
  endif
  final hunks = Hunks(patch)
  var made: list<string> = []
  var done = 0
  var number = 0
  for hunk in hunks
    number += 1
    var at = Place(lines, hunk, done)
    while at < done && TakeOffBlank(hunk)
      at = Place(lines, hunk, done)
    endwhile
    if at < done
      return [lines, 'hunk ' .. number .. ' of ' .. len(hunks) .. ' does not fit: its lines are not there']
    endif
    made += slice(lines, done, at) + hunk.new
    done = at + len(hunk.old)
  endfor
  return empty(hunks) ? [lines, 'this diff has no hunk'] : [made + slice(lines, done), '']
enddef
