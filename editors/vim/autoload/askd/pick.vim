vim9script
# Chooses one of a list in a popup: what is typed narrows it. The editor goes on meanwhile, streams too.
#
#   pick.Choose('Model', [{text: 'fast', detail: '128k  $1', value: 'fast'}], (value) => ...)
#
# Words that are typed must all occur in a line, upper and lower case alike. Up, Down, Ctrl-P, Ctrl-N, PageUp and
# PageDown move; Return takes; Backspace, Ctrl-W and Ctrl-U take back; Esc leaves, and then nobody is called.

const COLUMNS = 44 # of an item's text; its detail stands behind that, where the text is not longer

var open: dict<dict<any>> = {} # by the popup's number

export def Choose(title: string, items: list<dict<any>>, Done: func, chosen: string = '')
  var state = {title: title, items: items, shown: items, typed: '', Done: Done}
  const id = popup_create([''], {
    border: [], borderchars: ['─', '│', '─', '│', '┌', '┐', '┘', '└'], padding: [0, 1, 0, 1],
    cursorline: true, mapping: false, wrap: false, scrollbar: true, filter: Key, callback: Closed,
    minwidth: 40, maxwidth: max([20, &columns - 6]), maxheight: max([1, &lines - 8])})
  open[id] = state
  Show(id)
  const at = chosen == '' ? 0 : items->indexof((_, item) => item.value ==# chosen)
  if at > 0
    win_execute(id, 'cursor(' .. (at + 1) .. ', 1)')
  endif
enddef

def Pad(text: string, columns: number): string
  return text .. repeat(' ', max([0, columns - strdisplaywidth(text)]))
enddef

def Show(id: number)
  var state = open[id]
  const words = split(tolower(state.typed))
  state.shown = state.items->copy()->filter((_, item) => Fits(item, words))
  const width = min([COLUMNS, max(state.items->mapnew((_, item) => strdisplaywidth(item.text)) + [0])])
  const lines = state.shown->mapnew((_, item) =>
    trim(Pad(item.text, width) .. '  ' .. get(item, 'detail', ''), " \t", 2))
  popup_settext(id, empty(lines) ? ['(nothing fits)'] : lines)
  final typed = state.typed == '' ? ' (type to narrow) ' : ': ' .. state.typed .. ' '
  popup_setoptions(id, {title: ' ' .. state.title .. typed})
  win_execute(id, 'cursor(1, 1)')
enddef

def Fits(item: dict<any>, words: list<string>): bool
  const line = tolower(item.text .. ' ' .. get(item, 'detail', ''))
  return words->copy()->filter((_, w) => stridx(line, w) < 0)->empty()
enddef

const MOVES = {
  "\<Up>": 'k', "\<C-p>": 'k', "\<C-k>": 'k', "\<S-Tab>": 'k',
  "\<Down>": 'j', "\<C-n>": 'j', "\<C-j>": 'j', "\<Tab>": 'j',
  "\<PageUp>": "\<C-b>", "\<PageDown>": "\<C-f>", "\<Home>": 'gg', "\<End>": 'G',
}

def Typed(typed: string, key: string): string
  if key == "\<BS>" || key == "\<C-h>"
    return strcharpart(typed, 0, strchars(typed) - 1)
  elseif key == "\<C-u>"
    return ''
  elseif key == "\<C-w>"
    return substitute(typed, '\S\+\s*$', '', '')
  endif
  return key =~# '^[[:print:]]\+$' && strchars(key) == 1 ? typed .. key : typed
enddef

def Key(id: number, key: string): bool
  var state = open[id]
  if has_key(MOVES, key)
    win_execute(id, 'normal! ' .. MOVES[key])
  elseif key == "\<Esc>" || key == "\<C-c>"
    popup_close(id, -1)
  elseif key == "\<CR>"
    popup_close(id, empty(state.shown) ? -1 : line('.', id) - 1)
  else
    const typed = Typed(state.typed, key)
    if typed !=# state.typed
      state.typed = typed
      Show(id)
    endif
  endif
  return true
enddef

def Closed(id: number, at: number)
  const state = remove(open, id)
  if at >= 0
    call(state.Done, [state.shown[at].value])
  endif
enddef
