vim9script
# What users may set, each as g:askd_NAME. A variable of a buffer or window, b:askd_NAME or w:askd_NAME, comes first.

const DEFAULTS: dict<any> = {
  askctl: 'askctl',          # the program through which Vim talks with the daemon, or its path
  model: '',                 # '': the daemon's default
  split: 'botright vertical', # modifiers of :split for answers; those of the command itself come first
  rewrite_around: 60,        # lines before and behind a part that are shown to who rewrites it
  suggest: 0,                # suggestions are on from the start
  suggest_delay: 150,        # milliseconds without a key before one is asked for
  suggest_keys: 0,           # <Tab> and its like accept, where they are not mapped
  suggest_model: '',         # '': the daemon's complete_model
  suggest_before: 32768,     # bytes of the buffer that go to the daemon, before the cursor
  suggest_behind: 16384,     # and behind it; the daemon cuts them to complete_context
}

export def Names(): list<string>
  return sort(keys(DEFAULTS))
enddef

export def Get(name: string): any
  final fallback = DEFAULTS[name]
  final value = get(b:, 'askd_' .. name, get(w:, 'askd_' .. name, get(g:, 'askd_' .. name, fallback)))
  if type(value) == v:t_bool && type(fallback) == v:t_number
    return value ? 1 : 0
  endif
  return type(value) == type(fallback) ? value : fallback
enddef
