vim9script
# How figures are told to people, in the forms of `ask` and `askctl` (client/common/figures.h, age.h). Pure.

def Trim(number: string): string
  return substitute(number, '\.\?0\+$', '', '')
enddef

# 999, 1.2k, 131k, 1.05M
export def Count(n: any): string
  const value = n * 1.0
  if value < 1000
    return printf('%.0f', value)
  endif
  const [unit, letter, places] = value >= 999500 ? [1.0e6, 'M', 2] : [1.0e3, 'k', 1]
  const figure = value / unit
  return (figure >= 99.95 ? printf('%.0f', figure) : Trim(printf('%.*f', places, figure))) .. letter
enddef

# 5s, 12min, 3h, 2d
export def Age(seconds: any): string
  const s = max([0, float2nr(seconds * 1.0)])
  for [unit, size] in [['d', 86400], ['h', 3600], ['min', 60]]
    if s >= size
      return (s / size) .. unit
    endif
  endfor
  return s .. 's'
enddef

# Money that was spent: 0.0123 USD
export def Money(amount: any, currency: string): string
  const value = amount * 1.0
  return (value == 0.0 ? '0.00' : value < 0.0001 ? '<0.0001' : printf(value < 1.0 ? '%.4f' : '%.2f', value)) .. ' ' .. currency
enddef

# A price as it is listed: 2.5, 15, 0.075
export def Price(amount: any): string
  const figure = printf('%.9f', amount * 1.0)
  return Trim(figure)
enddef

# In one line, without what a terminal would take for more than text.
export def Line(text: string): string
  return trim(substitute(text, '[[:cntrl:]]\+', ' ', 'g'))
enddef
