vim9script
# Runs a program without waiting for it.

const OUTPUT_MAX = 8 << 20 # bytes
const ERRORS_MAX = 64 << 10

# Done(status, output, errors), once; status -1 where it could not be run, was killed, or said more than `most` bytes and
# was stopped.
export def Run(argv: list<string>, folder: string, Done: func, most: number = OUTPUT_MAX)
  var state = {out: '', err: '', status: -1, left: 2, too_much: false}
  def Closed()
    state.left -= 1
    if state.left == 0
      Done(state.too_much ? -1 : state.status, state.out, state.too_much
        ? argv[0] .. ' said more than ' .. (most >> 20) .. ' MiB' : state.err)
    endif
  enddef
  var options: dict<any> = {mode: 'raw', in_io: 'null', stoponexit: 'term',
    err_cb: (_, text) => {
      state.err = strpart(state.err .. text, 0, ERRORS_MAX)
    },
    close_cb: (_) => Closed(),
    exit_cb: (_, status) => {
      state.status = status
      Closed()
    }}
  if folder != ''
    options.cwd = folder
  endif
  if executable(argv[0]) == 0
    Done(-1, '', argv[0] .. ' is not installed, or not in $PATH')
    return
  endif
  var job: job
  options.out_cb = (_, text) => {
    if len(state.out) + len(text) > most
      state.too_much = true
      job_stop(job)
    else
      state.out ..= text
    endif
  }
  job = job_start(argv, options)
enddef
