vim9script
# What of the editor goes with a question: parts as `chat` takes them in `attachments`.

# What a buffer is called where it is told of.
export def Name(buf: number): string
  final name = bufname(buf)
  return name == '' ? 'buffer ' .. buf : fnamemodify(name, ':~:.')
enddef

export def Language(buf: number): string
  return getbufvar(buf, '&filetype')
enddef

# The buffer's lines as one text, with an end to the last one as its file has it.
export def Lines(buf: number, first: number, end: number): string
  return join(getbufline(buf, first, end), "\n") .. "\n"
enddef

# A text under its name and between marks that do not occur in it, as the daemon tells text files. The part's own name is
# for whoever shows it.
export def Text(name: string, text: string): dict<any>
  var fence = '```'
  while stridx(text, fence) >= 0
    fence ..= '`'
  endwhile
  final shown = substitute(name, '["`[:cntrl:]]', '_', 'g')
  return {type: 'text', name: name, text: $"File \"{shown}\":\n{fence}\n{text}{text =~ '\n$' ? '' : "\n"}{fence}\n"}
enddef

# Lines of a buffer, named after its file. An empty part would be refused, so that an empty buffer is one empty line.
export def Range(buf: number, first: number, end: number): dict<any>
  final all = first == 1 && end == get(get(getbufinfo(buf), 0, {}), 'linecount', -1)
  final where = all ? '' : first == end ? $', line {first}' : $', lines {first} to {end}'
  final language = Language(buf)
  return Text(Name(buf) .. where .. (language == '' ? '' : $' ({language})'), Lines(buf, first, end))
enddef

export def Buffer(buf: number): dict<any>
  return Range(buf, 1, getbufinfo(buf)[0].linecount)
enddef

# What was attached to the next question of this window. Taken: the question after it has none.
export def TakeParts(): list<dict<any>>
  final parts = get(w:, 'askd_attached', [])
  w:askd_attached = []
  return parts
enddef

# That and the prompt by which it goes, {win, parts, prompt}.
export def Take(): dict<any>
  final taken = {win: win_getid(), parts: TakeParts(), prompt: get(w:, 'askd_prompt', '')}
  w:askd_prompt = ''
  return taken
enddef

# The question was refused: what was taken waits for the next one.
export def GiveBack(taken: dict<any>)
  setwinvar(taken.win, 'askd_attached', taken.parts + getwinvar(taken.win, 'askd_attached', []))
  if getwinvar(taken.win, 'askd_prompt', '') == ''
    setwinvar(taken.win, 'askd_prompt', taken.prompt)
  endif
enddef
