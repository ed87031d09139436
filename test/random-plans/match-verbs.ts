/** Rows that follow one another in a pattern. */

import { isInteger, isNumber } from '../../src/core/types/column-type.ts'
import { checkUses, type Expression, knows, randomCondition, usable } from './expressions.ts'
import { matchSql } from './match-sql.ts'
import { type Column, columnOf, Senseless, type Shape } from './plan.ts'
import type { Random } from './random.ts'
import type { Verb } from './verb.ts'

const code = JSON.stringify

export type Gap = 'next' | 'followedBy' | 'followedByAny'

/** A condition on a row: by itself, against the row before it, or against the last row of a variable so far. */
export interface Condition {
  readonly own?: Expression
  readonly before?: { readonly column: string; readonly test: 'gt' | 'lte' }
  readonly against?: { readonly variable: string; readonly column: string }
}

/** A variable of a pattern. */
export interface Step {
  readonly name: string
  readonly gap: Gap
  /** Rows that must not be there. */
  readonly negated: boolean
  readonly condition?: Condition
  readonly min: number
  readonly max: number | null
  readonly reluctant: boolean
  readonly between: Gap
}

export interface Measure {
  readonly name: string
  readonly of: string
  readonly what: 'count' | 'first' | 'last' | 'sum' | 'min' | 'max'
  readonly column?: string
}

export interface MatchParameters {
  readonly by: readonly string[]
  readonly steps: readonly Step[]
  readonly withinMs?: number
  readonly skip: 'pastLast' | 'toNext' | { readonly toFirst: string } | { readonly toLast: string }
  readonly measures: readonly Measure[]
}

const NAMES = ['a', 'b', 'c', 'd']
const GAPS = ['next', 'next', 'followedBy', 'followedByAny'] as const

export const match: Verb<MatchParameters> = {
  propose(random, input) {
    const columns = usable(input)
    if (input.eventTime === undefined || input.changes || columns.length === 0) return undefined
    // By their time rows are mostly alone.
    const keys = columns.filter(({ name }) => name !== input.eventTime || random.chance(0.1))
    const by = random.some(keys, random.pick([0, 0, 1, 1, 2])).map(({ name }) => name)
    const steps: Step[] = []
    for (const name of NAMES.slice(0, random.pick([1, 2, 2, 3, 4])))
      steps.push(randomStep(random, name, steps, input))
    const found = steps.filter(({ negated }) => !negated).map(({ name }) => name)
    const of = random.pick(found)
    return {
      by,
      steps,
      // Over streams a pattern that may wait needs it.
      ...(input.bounded && random.chance(0.4)
        ? {}
        : { withinMs: random.pick([1000, 3_600_000, 36_000_000, 604_800_000]) }),
      skip: random.pick([
        'pastLast',
        'pastLast',
        'toNext',
        'toNext',
        { toFirst: of },
        { toLast: of },
      ] as const),
      measures: random
        .some(['p', 'q', 'r', 's'], random.int(0, 4))
        .map(name => randomMeasure(random, name, random.pick(found), columns)),
    }
  },
  shape({ by, steps, withinMs, skip, measures }, [input]) {
    checkVariables(steps, skip, measures)
    if (input!.eventTime === undefined || input!.changes) throw new Senseless('match without event time')
    if (input!.interleaved) throw new Senseless('ties go by an order that there is not')
    if (!input!.bounded && withinMs === undefined) throw new Senseless('a match that may never end')
    const time = columnOf(input!, input!.eventTime)
    const keys = by.map(name => columnOf(input!, name))
    if (keys.some(c => c.approximate || c.unknown)) throw new Senseless('a key that is rounded')
    const columns: Column[] = [
      ...keys,
      ...['matchStart', 'matchEnd'].map((name): Column => ({ name, type: time.type, nullable: false })),
      ...measures.map(measure => measureColumn(measure, input!)),
    ]
    if (new Set(columns.map(c => c.name)).size < columns.length) throw new Senseless('a name twice')
    return {
      columns,
      bounded: input!.bounded,
      eventTime: 'matchEnd',
      keys: by,
      lateness: false,
      sequenced: true,
      known: input!.known && knowsPattern(steps, input!),
      // They leave when they are decided, which SQL does not know.
      anyOrder: true,
      nearSource: false,
      streamed: input!.streamed,
      atMost: input!.atMost,
    }
  },
  code({ by, steps, withinMs, skip, measures }) {
    const options = [
      ...(by.length > 0 ? [`by: ${code(by)}`] : []),
      ...(withinMs === undefined ? [] : [`within: ${withinMs}`]),
      `skip: ${code(skip)}`,
      ...(measures.length > 0
        ? [`measures: m => ({ ${measures.map(each => `${each.name}: ${measureCode(each)}`).join(', ')} })`]
        : []),
    ]
    return `.match(start => ${steps.map(stepCode).join('')}, { ${options.join(', ')} })`
  },
  sql: (parameters, [input]) => matchSql(parameters, input!),
}

function randomStep(random: Random, name: string, before: readonly Step[], input: Shape): Step {
  const first = before.length === 0
  const gap = first ? 'next' : random.pick(GAPS)
  const condition = random.chance(0.7) ? { condition: randomTest(random, before, input) } : {}
  if (!first && condition.condition && random.chance(0.12)) {
    const not = gap === 'followedByAny' ? 'followedBy' : gap
    return { name, gap: not, negated: true, ...condition, ...ONCE, between: not }
  }
  const between = random.chance(0.6) ? (first ? 'next' : gap) : random.pick(GAPS)
  return { name, gap, negated: false, ...condition, ...randomTimes(random, first), between }
}

const ONCE = { min: 1, max: 1, reluctant: false } as const

function randomTimes(random: Random, first: boolean): Pick<Step, 'min' | 'max' | 'reluctant'> {
  if (random.chance(0.4)) return ONCE
  const min = random.pick(first ? [1, 1, 2] : [0, 1, 1, 2])
  const max = random.pick([null, null, Math.max(min, 1), min + 2])
  return { min, max, reluctant: random.chance(0.3) }
}

function randomTest(random: Random, before: readonly Step[], input: Shape): Condition {
  const numbers = usable(input).filter(c => isNumber(c.type) && !c.unknown)
  if (numbers.length > 0 && random.chance(0.25))
    return { before: { column: random.pick(numbers).name, test: random.pick(['gt', 'lte'] as const) } }
  const found = before.filter(({ negated }) => !negated).map(step => step.name)
  if (numbers.length > 0 && found.length > 0 && random.chance(0.12))
    return { against: { variable: random.pick(found), column: random.pick(numbers).name } }
  return { own: randomCondition(random, input, random.pick([0, 0, 1])) }
}

function randomMeasure(random: Random, name: string, of: string, columns: readonly Column[]): Measure {
  if (random.chance(0.3)) return { name, of, what: 'count' }
  const whole = columns.filter(c => isInteger(c.type))
  if (whole.length > 0 && random.chance(0.4))
    return { name, of, what: random.pick(['sum', 'min', 'max'] as const), column: random.pick(whole).name }
  return { name, of, what: random.pick(['first', 'last'] as const), column: random.pick(columns).name }
}

function measureColumn({ name, what, column }: Measure, input: Shape): Column {
  if (column === undefined) return { name, type: 'int53', nullable: false }
  const { type, approximate, unknown } = columnOf(input, column)
  if (!['first', 'last'].includes(what) && !isInteger(type)) throw new Senseless(`${what} of ${type}`)
  return {
    ...{ name, type: what === 'sum' ? 'int53' : type, nullable: true },
    ...(approximate ? { approximate: true } : {}),
    ...(unknown ? { unknown: true } : {}),
  }
}

/** @throws Senseless when what is named is no variable, or none yet: steps may be gone */
function checkVariables(
  steps: readonly Step[],
  skip: MatchParameters['skip'],
  measures: readonly Measure[],
): void {
  if (steps[0]!.negated || steps[0]!.gap !== 'next' || steps[0]!.min === 0) throw new Senseless('no begin')
  const names = steps.filter(({ negated }) => !negated).map(({ name }) => name)
  const read = measures.map(({ of }) => of)
  if (typeof skip === 'object') read.push('toFirst' in skip ? skip.toFirst : skip.toLast)
  if (read.some(name => !names.includes(name))) throw new Senseless('no such variable')
  steps.forEach(({ condition }, i) => {
    const variable = condition?.against?.variable
    if (
      variable !== undefined &&
      !steps.slice(0, i + 1).some(step => step.name === variable && !step.negated)
    )
      throw new Senseless('no such variable yet')
  })
}

/**
 * Whether SQL finds the matches: conditions go by the row and the one before it, and what must not be there stands before
 * a row that must. @throws Senseless when conditions read what is not there
 */
function knowsPattern(steps: readonly Step[], input: Shape): boolean {
  let known = columnOf(input, input.eventTime!).type !== 'timestamp[ns]'
  steps.forEach(({ condition, negated, gap }, i) => {
    const { own, before, against } = condition ?? {}
    if (own) checkUses(own, input)
    for (const other of [before, against]) {
      const column = other && columnOf(input, other.column)
      if (column && (!isNumber(column.type) || column.approximate)) throw new Senseless('compared otherwise')
      if (column?.unknown) known = false
    }
    if (against || (own && !knows(own, input))) known = false
    const next = steps[i + 1]
    if (negated && (gap === 'next' || !next || next.negated || next.min === 0)) known = false
  })
  return known
}

function stepCode({ name, gap, negated, condition, min, max, reluctant, between }: Step, at: number): string {
  const test = condition ? `, ${conditionCode(condition)}` : ''
  if (negated) return `.${gap === 'next' ? 'notNext' : 'notFollowedBy'}(${code(name)}${test})`
  const begin = at === 0 ? 'start' : `.${gap}`
  const options = `{ gaps: ${code(between)}${reluctant ? ', reluctant: true' : ''} }`
  const times =
    min === 1 && max === 1
      ? ''
      : max === null
        ? `.atLeast(${min}, ${options})`
        : `.times(${min}, ${max}, ${options})`
  return `${begin}(${code(name)}${test})${times}`
}

function conditionCode({ own, before, against }: Condition): string {
  if (own) return `r => ${own.code}`
  if (before) return `(r, m) => r[${code(before.column)}].${before.test}(m.prev[${code(before.column)}])`
  const { variable, column } = against!
  return `(r, m) => r[${code(column)}].gte(m.${variable}.last[${code(column)}])`
}

const measureCode = ({ of, what, column }: Measure): string =>
  what === 'first' || what === 'last'
    ? `m.${of}.${what}[${code(column)}]`
    : `m.${of}.${what}(${column === undefined ? '' : code(column)})`
