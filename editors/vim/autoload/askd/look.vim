vim9script
# How things look that are shown beside a buffer's own text: highlight groups, and the types of text properties.

const GROUPS = {
  AskdNote: 'Comment',
  AskdSuggestion: 'NonText',
  AskdAdd: 'DiffAdd',
  AskdDelete: 'DiffDelete',
}

const KEPT_FREE = 4            # rows of a window that virtual lines leave

const TYPES = {
  askd_tail: '',             # where an answer goes on
  askd_range: '',            # what is being rewritten
  askd_note: 'AskdNote',
  askd_suggestion: 'AskdSuggestion',
  askd_add: 'AskdAdd',
  askd_delete: 'AskdDelete',
}

# Before the first property is added; costs nothing after that.
export def Define()
  if !empty(prop_type_get('askd_tail'))
    return
  endif
  for [group, link] in items(GROUPS)
    execute 'highlight default link' group link
  endfor
  for [name, group] in items(TYPES)
    prop_type_add(name, group == '' ? {} : {highlight: group, priority: 100, combine: true})
  endfor
enddef

# A line that a model or the daemon wrote, fit for virtual text that begins at a column (0: the first): no control
# characters, and tabs as wide as they will be in the buffer.
export def Plain(text: string, tabstop: number = 8, column: number = 0): string
  var out = substitute(text, '[\x01-\x08\x0a-\x1f\x7f]', ' ', 'g')
  var at = stridx(out, "\t")
  while at >= 0
    final width = column + strdisplaywidth(strpart(out, 0, at))
    out = strpart(out, 0, at) .. repeat(' ', tabstop - width % tabstop) .. strpart(out, at + 1)
    at = stridx(out, "\t")
  endwhile
  return out
enddef

# How many virtual lines may stand at one line of a buffer: Vim shows no line that is higher than its window.
export def Room(buf: number): number
  final heights = mapnew(win_findbuf(buf), (_, win) => winheight(win))
  return max([1, min(empty(heights) ? [&lines] : heights) - KEPT_FREE])
enddef

# To be called where virtual lines came or went, or the text of the line that has them changed: up to 9.0.2142 at least,
# Vim then draws what is below them in the wrong place, or not at all. Setting an option, even to what it is, has the
# whole window drawn anew; nothing flickers.
export def Redraw(buf: number)
  for win in win_findbuf(buf)
    noautocmd setwinvar(win, '&list', getwinvar(win, '&list'))
  endfor
enddef
