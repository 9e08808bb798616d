vim9script
# The code of an answer that was asked to be nothing else: models put it between fences all the same. Pure.

# The lines of a text without a fence around it and without empty ones before and behind; of one that is still coming,
# as much as is code for sure.
export def Only(text: string, coming: bool = false): list<string>
  var lines = split(substitute(text, "\r\n", "\n", 'g'), "\n", true)
  # The last line of what is coming may be no more than the beginning of one.
  if coming && !empty(lines)
    remove(lines, -1)
  endif
  while !empty(lines) && lines[0] =~ '^\s*$'
    remove(lines, 0)
  endwhile
  final fence = empty(lines) ? '' : matchstr(lines[0], '^\s*\zs`\{3,}\ze[^`]*$')
  if fence != ''
    final end = match(lines, $'^\s*{fence}`*\s*$', 1)
    lines = slice(lines, 1, end >= 0 ? end : len(lines))
  endif
  while !empty(lines) && lines[-1] =~ '^\s*$'
    remove(lines, -1)
  endwhile
  return lines
enddef
