/** Expressions as one line of text, for `explain()` and error messages. */

import type { DistributionData } from '../distribution.ts'
import { isTimestamp, timestampUnit, UNITS_PER_SECOND } from '../types/column-type.ts'
import type { Expr, Literal } from './expr.ts'

const INFIX: Readonly<Record<string, string>> = {
  add: '+',
  sub: '-',
  mul: '*',
  div: '/',
  intDiv: '//',
  mod: '%',
  eq: '=',
  ne: '!=',
  lt: '<',
  lte: '<=',
  gt: '>',
  gte: '>=',
  and: 'and',
  or: 'or',
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
  const infix = Object.hasOwn(INFIX, fn) ? INFIX[fn] : undefined
  if (infix && args.length >= 2) return args.map(inner).join(` ${infix} `)
  const [first] = args
  if (first) {
    if (fn === 'not') return `not ${inner(first)}`
    if (fn === 'neg') return `-${inner(first)}`
    if (fn === 'isNull') return `${inner(first)} is null`
    if (fn === 'isNotNull') return `${inner(first)} is not null`
    if (fn === 'isIn') return `${inner(first)} in (${args.slice(1).map(show).join(', ')})`
    if (fn === 'between' && args.length === 3) {
      return `${inner(first)} between ${inner(args[1]!)} and ${inner(args[2]!)}`
    }
  }
  if (fn === 'when') return showWhen(args)
  return `${fn}(${[...args.map(show), ...Object.values(options).map(showOption)].join(', ')})`
}

function showWhen(args: readonly Expr[]): string {
  let text = 'case'
  let i = 0
  for (; i + 1 < args.length; i += 2) text += ` when ${show(args[i]!)} then ${show(args[i + 1]!)}`
  if (i < args.length) text += ` else ${show(args[i]!)}`
  return `${text} end`
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

const PREFIX_FREE: ReadonlySet<string> = new Set([
  'not',
  'neg',
  'isNull',
  'isNotNull',
  'isIn',
  'between',
  ...Object.keys(INFIX),
])

/** An operand: in parentheses when it would be read otherwise. */
const inner = (expr: Expr): string =>
  expr.kind === 'call' && PREFIX_FREE.has(expr.fn) ? `(${show(expr)})` : show(expr)

const RESERVED: ReadonlySet<string> = new Set(
  'and or not in is null between case when then else end true false'.split(' '),
)

const showName = (name: string): string =>
  /^[A-Za-z_][A-Za-z0-9_]*$/.test(name) && !RESERVED.has(name) ? name : JSON.stringify(name)

function showLiteral({ type, value }: Literal): string {
  if (value === null) return 'null'
  if (type === undefined) return JSON.stringify(value)
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
