vim9script
# What the user is told: one line, cut to what the screen takes, since a longer one would wait for a key.

def Cut(text: string): string
  final line = substitute(text, '[[:cntrl:]]\+', ' ', 'g')
  final room = max([v:echospace - 1, 20])
  if strdisplaywidth(line) <= room
    return line
  endif
  final half = room / 2
  return strcharpart(line, 0, half) .. ' … ' .. strcharpart(line, strchars(line) - (half - 4))
enddef

def Say(text: string, group: string)
  execute 'echohl' group
  echomsg Cut('askd: ' .. text)
  echohl None
enddef

export def Info(text: string)
  Say(text, 'None')
enddef

export def Warn(text: string)
  Say(text, 'WarningMsg')
enddef

# An error of the daemon's, or one that the client made of the same form.
export def Text(err: dict<any>): string
  return get(err, 'code', 'internal') .. ': ' .. get(err, 'message', '')
enddef

export def Error(err: any)
  Say(type(err) == v:t_dict ? Text(err) : err, 'ErrorMsg')
enddef
