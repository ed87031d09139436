/**
 * Templates such as `'{} is {:.1f} km, {:>8,}'`, in the manner of Python's and of the fmt library that DuckDB has: `{}` is the
 * next value, `{0}` the first; after a colon `[[fill]align][sign][0][width][,][.precision][type]`; `{{` is a brace.
 */

export type FormatValue = string | number | bigint | boolean

interface Spec {
  readonly fill: string
  readonly align: '<' | '>' | '^' | undefined
  readonly sign: string
  readonly zero: boolean
  readonly width: number
  readonly separator: string
  readonly precision: number | undefined
  readonly type: string
}

type Part = string | { readonly index: number; readonly spec: Spec }

const SPEC = /^(?:(.)?([<>^]))?([+ -]?)(0?)(\d*)([,_]?)(?:\.(\d+))?([a-zA-Z%]?)$/su
const MAX_WIDTH = 10_000

/** A template, ready to be filled; a text: what is wrong with it. @param kinds of the values: text, whole or float */
export function parseTemplate(
  template: string,
  kinds: readonly ('text' | 'whole' | 'float' | 'bool')[],
): readonly Part[] | string {
  const parts: Part[] = []
  let text = ''
  let next = 0
  for (let i = 0; i < template.length; i++) {
    const char = template[i]!
    if (char !== '{' && char !== '}') text += char
    else if (template[i + 1] === char) {
      text += char
      i++
    } else if (char === '}') return 'a } stands alone: write }} for a brace'
    else {
      const end = template.indexOf('}', i)
      if (end < 0) return 'a { has no }: write {{ for a brace'
      const field = /^(\d*)(?::(.*))?$/su.exec(template.slice(i + 1, end))
      if (!field) return `{${template.slice(i + 1, end)}} is no place for a value`
      const index = field[1] === '' ? next++ : Number(field[1])
      if (!(index < kinds.length)) return `there is no value ${index}: they are counted from 0`
      const spec = parseSpec(field[2] ?? '')
      if (!spec) return `{:${field[2]}} is no format`
      const wrong = misfit(spec, kinds[index]!)
      if (wrong !== undefined) return wrong
      if (text !== '') parts.push(text)
      text = ''
      parts.push({ index, spec })
      i = end
    }
  }
  if (text !== '') parts.push(text)
  return parts
}

function parseSpec(text: string): Spec | undefined {
  const match = SPEC.exec(text)
  if (!match) return undefined
  const [, fill, align, sign, zero, width, separator, precision, type] = match
  const spec = {
    fill: fill ?? ' ',
    align: align as Spec['align'],
    sign: sign!,
    zero: zero === '0' && align === undefined,
    width: Number(width),
    separator: separator!,
    precision: precision === undefined ? undefined : Number(precision),
    type: type!,
  }
  return spec.width <= MAX_WIDTH && (spec.precision ?? 0) <= 100 ? spec : undefined
}

/** What of a format does not go with a kind of value. */
function misfit({ type, precision, separator }: Spec, kind: string): string | undefined {
  const types =
    kind === 'float'
      ? ['', 'f', 'F', 'e', 'E', 'g', 'G', '%']
      : kind === 'whole'
        ? ['', 'd', 'x', 'X', 'b', 'o', 'f', 'e', '%']
        : ['', 's']
  if (!types.includes(type)) return `a ${kind === 'whole' ? 'whole number' : kind} has no format '${type}'`
  if (separator !== '' && !['', 'd', 'f', 'F', '%'].includes(type))
    return `${separator} goes with decimal digits`
  if (separator !== '' && (kind === 'text' || kind === 'bool')) return `${separator} goes with numbers`
  if (precision !== undefined && (kind === 'bool' || (kind === 'whole' && !['f', 'e', '%'].includes(type))))
    return 'a precision goes with floats and texts'
  return undefined
}

export function fillTemplate(parts: readonly Part[], values: readonly FormatValue[]): string {
  let text = ''
  for (const part of parts)
    text += typeof part === 'string' ? part : formatValue(values[part.index]!, part.spec)
  return text
}

function formatValue(value: FormatValue, spec: Spec): string {
  if (typeof value === 'number' || typeof value === 'bigint') return formatNumber(value, spec)
  const text = String(value)
  return pad(spec.precision === undefined ? text : [...text].slice(0, spec.precision).join(''), '', spec, '<')
}

function formatNumber(value: number | bigint, spec: Spec): string {
  const negative = value < 0 || Object.is(value, -0)
  const magnitude = typeof value === 'bigint' ? (negative ? -value : value) : Math.abs(value)
  const sign = negative ? '-' : spec.sign === '-' ? '' : spec.sign
  let digits = digitsOf(magnitude, spec)
  if (spec.separator !== '') digits = digits.replace(/^\d+/, whole => grouped(whole, spec.separator))
  return pad(digits, sign, spec, '>')
}

const grouped = (digits: string, separator: string): string => digits.replace(/\B(?=(?:\d{3})+$)/g, separator)

function digitsOf(magnitude: number | bigint, { type, precision }: Spec): string {
  if (typeof magnitude === 'number' && !Number.isFinite(magnitude))
    return Number.isNaN(magnitude) ? 'nan' : 'inf'
  switch (type) {
    case 'x':
      return magnitude.toString(16)
    case 'X':
      return magnitude.toString(16).toUpperCase()
    case 'o':
      return magnitude.toString(8)
    case 'b':
      return magnitude.toString(2)
    case 'f':
    case 'F':
      return fixed(magnitude, precision ?? 6)
    case '%':
      return `${fixed(Number(magnitude) * 100, precision ?? 6)}%`
    case 'e':
    case 'E': {
      const text = Number(magnitude)
        .toExponential(precision ?? 6)
        .replace(/e([+-])(\d)$/, 'e$10$2')
      return type === 'E' ? text.toUpperCase() : text
    }
    case 'g':
    case 'G':
      return general(Number(magnitude), precision ?? 6, type)
    default:
      return precision === undefined ? String(magnitude) : general(Number(magnitude), precision, 'g')
  }
}

/** Digits after the point; halves away from zero, also beyond 1e21, where `toFixed` gives up. */
function fixed(magnitude: number | bigint, precision: number): string {
  if (typeof magnitude === 'number' && magnitude < 1e21) return magnitude.toFixed(precision)
  return `${BigInt(magnitude)}${precision > 0 ? `.${'0'.repeat(precision)}` : ''}`
}

/** So many significant digits, without zeros at the end; with an exponent where that is shorter, as C has it. */
function general(magnitude: number, precision: number, type: string): string {
  const digits = Math.max(1, precision)
  const [mantissa, exponent] = magnitude.toExponential(digits - 1).split('e') as [string, string]
  const power = Number(exponent)
  const trimmed = (text: string) => (text.includes('.') ? text.replace(/\.?0+$/, '') : text)
  const text =
    power < -4 || power >= digits
      ? `${trimmed(mantissa)}e${power < 0 ? '-' : '+'}${String(Math.abs(power)).padStart(2, '0')}`
      : trimmed(magnitude.toFixed(Math.max(0, digits - 1 - power)))
  return type === 'G' ? text.toUpperCase() : text
}

function pad(text: string, sign: string, spec: Spec, align: '<' | '>'): string {
  const missing = spec.width - sign.length - [...text].length
  if (missing <= 0) return sign + text
  if (spec.zero) return sign + '0'.repeat(missing) + text
  const before = (spec.align ?? align) === '>' ? missing : spec.align === '^' ? Math.floor(missing / 2) : 0
  return spec.fill.repeat(before) + sign + text + spec.fill.repeat(missing - before)
}
