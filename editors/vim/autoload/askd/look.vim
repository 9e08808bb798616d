vim9script
# How things look that are shown beside a buffer's own text: highlight groups, and the types of text properties.

const GROUPS = {
  AskdNote: 'Comment',
  AskdSuggestion: 'NonText',
  AskdAdd: 'DiffAdd',
  AskdDelete: 'DiffDelete',
}

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

# A text that a model or the daemon wrote, fit for virtual text: no control characters, tabs as wide as they look.
export def Plain(text: string, tabstop: number = 8): string
  var at = 0
  var out = text
  while stridx(out, "\t") >= 0
    at = stridx(out, "\t")
    out = strpart(out, 0, at) .. repeat(' ', tabstop - strdisplaywidth(strpart(out, 0, at)) % tabstop) .. strpart(out, at + 1)
  endwhile
  return substitute(out, '[[:cntrl:]]', ' ', 'g')
enddef

# To be called where virtual lines came or went, or the text of the line that has them changed: up to 9.0.2142 at least,
# Vim then draws what is below them in the wrong place, or not at all. Setting an option, even to what it is, has the whole window drawn anew; nothing flickers.
export def Redraw(buf: number)
  for win in win_findbuf(buf)
    noautocmd setwinvar(win, '&list', getwinvar(win, '&list'))
  endfor
enddef
