/** Expressions as one line of text, for `explain()` and error messages. */

import { bytesOfBinaryString, bytesText } from '../batch/bytes.ts'
import type { DistributionData } from '../distribution.ts'
import { clockText } from '../types/clock-time.ts'
import {
  decimalScale,
  isDecimal,
  isDuration,
  isTimeOfDay,
  isTimestamp,
  timestampUnit,
  UNITS_PER_SECOND,
  unitOfTime,
} from '../types/column-type.ts'
import { decimalText } from '../types/decimal.ts'
import type { Expr, Literal } from './expr.ts'

/** How a call is written, where that is not `name(a, b)`. */
export interface Notation {
  /** An operator that stands between the arguments, where there are two or more. */
  readonly infix?: string
  /**
   * The text of a call with arguments; undefined: `name(a, b)`. Of `operands`, those that would be read otherwise are
   * in parentheses; of `args`, none.
   */
  phrase?(
    operands: readonly string[],
    args: readonly string[],
    options: Readonly<Record<string, unknown>>,
  ): string | undefined
  /** The text ends in a word of its own, so that it needs no parentheses as an operand. */
  readonly closed?: boolean
}

/**
 * By function. The functions themselves show calls in their errors, so this file cannot import them:
 * `functions/index.ts` declares their notations here. Without them a call is shown as `name(a, b)`.
 */
const notations = new Map<string, Notation>()

export function declareNotations(functions: Iterable<Notation & { readonly name: string }>): void {
  for (const { name, ...notation } of functions) notations.set(name, notation)
}

/**
 * The expression as readable text: `delay > 60 and origin = "IAH"`. Strings are quoted as in JSON, column names only
 * where they are not plain words. Not meant to be parsed.
 */
export function show(expr: Expr): string {
  switch (expr.kind) {
    case 'literal':
      return showLiteral(expr)
    case 'column':
      return showName(expr.name)
    case 'call':
      return showCall(expr.fn, expr.args, expr.options ?? {})
  }
}

function showCall(fn: string, args: readonly Expr[], options: Readonly<Record<string, unknown>>): string {
  const { infix, phrase } = notations.get(fn) ?? {}
  const texts = args.map(show)
  const operands = texts.map((text, i) => (needsParentheses(args[i]!) ? `(${text})` : text))
  if (infix && args.length >= 2 && Object.keys(options).length === 0) return operands.join(` ${infix} `)
  const text = args.length > 0 ? phrase?.(operands, texts, options) : undefined
  return text ?? `${fn}(${[...texts, ...Object.values(options).map(showOption)].join(', ')})`
}

/** Whether an operand would be read otherwise without them. */
function needsParentheses(expr: Expr): boolean {
  const notation = expr.kind === 'call' ? notations.get(expr.fn) : undefined
  return notation !== undefined && !notation.closed && (notation.infix ?? notation.phrase) !== undefined
}

/** An option: a word, or a distribution as it is written, with long data left out. */
function showOption(option: unknown): string {
  if (typeof option !== 'object' || option === null) return String(option)
  const { name, parameters } = option as DistributionData
  const given = Object.entries(parameters).map(([key, value]) => {
    const text = JSON.stringify(value) ?? String(value)
    return `${key}: ${text.length > 40 ? '…' : text}`
  })
  return `${name}({ ${given.join(', ')} })`
}

const RESERVED: ReadonlySet<string> = new Set(
  'and or not in is null between case when then else end true false'.split(' '),
)

const showName = (name: string): string =>
  /^[A-Za-z_][A-Za-z0-9_]*$/.test(name) && !RESERVED.has(name) ? name : JSON.stringify(name)

function showLiteral({ type, value }: Literal): string {
  if (value === null) return 'null'
  if (type === undefined) return JSON.stringify(value)
  if (isDecimal(type)) return decimalText(BigInt(value as string), decimalScale(type))
  if (isTimeOfDay(type) || isDuration(type)) return clockText(BigInt(value as string), unitOfTime(type))
  if (type === 'binary') return `'${bytesText(bytesOfBinaryString(value as string))}'`
  if (type === 'date') return isoOr(Number(value) * 86_400_000, `date ${value}`).replace(/T.*$/, '')
  if (isTimestamp(type)) {
    const units = BigInt(value as string)
    const perSecond = BigInt(UNITS_PER_SECOND[timestampUnit(type)])
    const scaled = units * 1000n
    return scaled % perSecond === 0n ? isoOr(Number(scaled / perSecond), `${units}`) : `${units} ${type}`
  }
  return typeof value === 'string' && (type === 'utf8' || type === 'dictionary')
    ? JSON.stringify(value)
    : String(value)
}

function isoOr(ms: number, otherwise: string): string {
  return Math.abs(ms) <= 8.64e15 ? new Date(ms).toISOString() : otherwise
}
