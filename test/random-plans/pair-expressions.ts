/** Functions of two columns of a row. */

import { isDuration, isText, isTimestamp } from '../../src/core/types/column-type.ts'
import { callsOf, column, type Expression, usable } from './expression.ts'
import type { Shape } from './plan.ts'
import type { Random } from './random.ts'

/** A call of a method of a value with another column of its type; undefined where nothing is thought of. */
export function pairCall(random: Random, shape: Shape, x: Expression): Expression | undefined {
  const others = usable(shape).filter(c => c.type === x.type)
  if (others.length === 0) return undefined
  const y = column(random.pick(others))
  const make = pairing(x, y)
  const { type } = x
  if (type === 'int32') return random.pick(wholeCalls(x, y, make))()
  if (type === 'float64') return random.pick(floatCalls(x, y, make))()
  if (isText(type)) return random.pick(textCalls(x, y, make))()
  if (isTimestamp(type) || type === 'date' || isDuration(type) || type.startsWith('decimal'))
    return random.pick(orderCalls(x, y, make))()
  return undefined
}

/** Methods behind the first value, with the columns that both read. */
type MakePair = (code: string, sql: string, of?: Partial<Expression>) => Expression

const pairing =
  (x: Expression, y: Expression): MakePair =>
  (code, sql, of = {}) =>
    callsOf(x)(code, sql, { nullable: x.nullable || y.nullable, uses: [...x.uses, ...y.uses], ...of })

/** What there is for everything that has an order. */
const orderCalls = ({ sql: a }: Expression, { code, sql: b }: Expression, make: MakePair) =>
  [
    () => make(`.eq(${code})`, `(${a} = ${b})`, { type: 'bool' }),
    () => make(`.ne(${code})`, `(${a} <> ${b})`, { type: 'bool' }),
    () => make(`.lt(${code})`, `(${a} < ${b})`, { type: 'bool' }),
    () => make(`.gte(${code})`, `(${a} >= ${b})`, { type: 'bool' }),
    () => make(`.coalesce(${code})`, `coalesce(${a}, ${b})`),
    () => make(`.nullIf(${code})`, `nullif(${a}, ${b})`, { nullable: true }),
  ] as const

function wholeCalls(x: Expression, y: Expression, make: MakePair) {
  const { sql: a } = x
  const { code, sql: b } = y
  // Small enough for a whole chain of verbs to multiply.
  const small = (method: string, sign: string) =>
    make(`.mod(100).${method}(${code}.mod(100))`, `((${a} % 100) ${sign} (${b} % 100))`)
  return [
    ...orderCalls(x, y, make),
    () => make(`.bitAnd(${code})`, `(${a} & ${b})`),
    () => make(`.bitOr(${code})`, `(${a} | ${b})`),
    () => make(`.bitXor(${code})`, `xor(${a}, ${b})`),
    () => make(`.greatest(${code})`, ofBoth('greatest', a, b)),
    () => make(`.least(${code})`, ofBoth('least', a, b)),
    () => make(`.mod(${code})`, `(${a} % ${b})`, { nullable: true }),
    () => make(`.intDiv(${code})`, `(${a} // ${b})`, { nullable: true }),
    () => small('add', '+'),
    () => small('sub', '-'),
    () => small('mul', '*'),
  ]
}

function floatCalls(x: Expression, y: Expression, make: MakePair) {
  const { sql: a } = x
  const { code, sql: b } = y
  return [
    ...orderCalls(x, y, make),
    () => make(`.add(${code})`, `(${a} + ${b})`),
    () => make(`.sub(${code})`, `(${a} - ${b})`),
    () => make(`.greatest(${code})`, ofBoth('greatest', a, b)),
    () => make(`.least(${code})`, ofBoth('least', a, b)),
  ]
}

function textCalls(x: Expression, y: Expression, make: MakePair) {
  const { sql: a } = x
  const { code, sql: b } = y
  const text = { type: 'utf8' } as const
  return [
    ...orderCalls(x, y, (method, sql, of) => make(method, sql, { ...text, ...of })),
    () => make(`.concat(${code})`, `(${a} || ${b})`, text),
    () => make(`.startsWith(${code})`, `starts_with(${a}, ${b})`, { type: 'bool' }),
    () => make(`.endsWith(${code})`, `suffix(${a}, ${b})`, { type: 'bool' }),
    () => make(`.contains(${code})`, `contains(${a}, ${b})`, { type: 'bool' }),
    () => make(`.indexOf(${code})`, `(instr(${a}, ${b}) - 1)`, { type: 'int32' }),
    () => make(`.greatest(${code})`, ofBoth('greatest', a, b), text),
  ]
}

/** DuckDB leaves nulls out. */
const ofBoth = (name: 'greatest' | 'least', a: string, b: string): string =>
  `CASE WHEN ${a} IS NOT NULL AND ${b} IS NOT NULL THEN ${name}(${a}, ${b}) END`
