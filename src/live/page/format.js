// Numbers, times and spans as people read them.

/** `12.3 M`, `456 k`, `78`; `–` where there is nothing. */
export function large(value) {
  if (value === undefined || value === null) return '–'
  if (value >= 1e9) return `${(value / 1e9).toFixed(1)} G`
  if (value >= 1e6) return `${(value / 1e6).toFixed(1)} M`
  if (value >= 1e4) return `${Math.round(value / 1e3)} k`
  return value >= 10 || Number.isInteger(value) ? Math.round(value).toLocaleString('en-US') : value.toFixed(1)
}

export const whole = value => (value === undefined ? '–' : value.toLocaleString('en-US'))

export function bytes(value) {
  if (value === undefined) return '–'
  for (const [unit, size] of [
    ['GB', 1e9],
    ['MB', 1e6],
    ['kB', 1e3],
  ])
    if (value >= size) return `${(value / size).toFixed(1)} ${unit}`
  return `${value} B`
}

/** A time of history, to the minute where it is whole ones. */
export function time(ms) {
  if (ms === undefined || ms === null) return '–'
  if (ms === 'end') return 'the end'
  const date = new Date(ms)
  if (Number.isNaN(date.getTime())) return '–'
  const text = date.toISOString().replace('T', ' ')
  return ms % 60_000 === 0 ? text.slice(0, 16) : text.slice(0, 19)
}

export const clock = ms => new Date(ms).toLocaleTimeString('en-GB')

export function span(ms) {
  if (ms === undefined) return '–'
  if (ms < 0) return `−${span(-ms)}`
  if (ms < 1000) return `${Math.round(ms)} ms`
  if (ms < 100_000) return `${(ms / 1000).toFixed(1)} s`
  if (ms < 5_400_000) return `${Math.round(ms / 60_000)} min`
  return ms < 172_800_000 ? `${(ms / 3_600_000).toFixed(1)} h` : `${Math.round(ms / 86_400_000)} d`
}

export const percent = share => `${Math.round(100 * share)} %`

/** A value of a series: as many digits as tell it from others. */
export const digits = value =>
  value === null || value === undefined ? '–' : String(Number(value.toPrecision(4)))

/** A text that fits where so many characters do. */
export const fitted = (text, most) => (text.length > most ? `${text.slice(0, most - 1)}…` : text)

/** A round number at or above a value: where an axis ends. */
export function niceAbove(value) {
  if (!(value > 0)) return 1
  const power = 10 ** Math.floor(Math.log10(value))
  return [1, 2, 2.5, 5, 10].map(step => step * power).find(step => step >= value)
}
