/** Rows of a key that follow one another in a pattern, as one row. */

import { PlanError } from '../errors.ts'
import type { Expr } from '../expr/expr.ts'
import { columnsUsed, show, typeOf } from '../expr/type-of.ts'
import { automatonOf } from '../patterns/automaton.ts'
import type { Gap, PatternStep } from '../patterns/pattern.ts'
import type { NodeOutput } from '../plan.ts'
import { showDuration } from '../time/duration.ts'
import { type Field, fieldOf, type Schema, schemaOf } from '../types/schema.ts'
import { defineOperator } from './define.ts'
import {
  conditionSchema,
  MATCH_END,
  MATCH_START,
  type MatchNode,
  type MatchStep,
  measureSchema,
  otherColumn,
  testsOf,
} from './match-node.ts'

export const match = defineOperator<MatchNode>({
  kind: 'match',
  output(node, [input]) {
    const { schema, eventTime, bounded, lateness: _ } = input!
    checkPattern(node, input!)
    const time = fieldOf(schema, eventTime!)
    const conditions = conditionSchema(node, schema)
    for (const { name, test } of node.steps) {
      const type = test && typeOf(test, conditions)
      if (type === undefined || type === 'bool') continue
      throw new PlanError(
        'CONDITION',
        `the condition of ${JSON.stringify(name)} is ${type}, neither true nor false`,
        {
          hint: 'compare it: r => r.price.gt(100)',
        },
      )
    }
    const measures = measureSchema(node, schema)
    return {
      schema: schemaOf([
        ...node.by.map(key => fieldOf(schema, key)),
        { name: MATCH_START, type: time.type },
        { name: MATCH_END, type: time.type },
        ...node.measures.map(({ name, expr }): Field => ({ name, type: typeOf(expr, measures) })),
      ]),
      bounded,
      eventTime: MATCH_END,
      keys: node.by,
      lateness: false,
      timeOrdered: false,
      rows: 'append',
    }
  },
  explain({ by, steps, withinMs, skip, measures }) {
    const keys = by.length ? ` by ${by.map(key => JSON.stringify(key)).join(', ')}` : ''
    const within = withinMs === undefined ? '' : ` within ${showDuration(withinMs)}`
    const after =
      'of' in skip ? `to ${skip.to} ${skip.of}` : skip.to === 'next' ? 'to next row' : 'past last row'
    const list = measures.map(({ name, expr }) => `${JSON.stringify(name)} = ${unquoted(show(expr), [expr])}`)
    const measured = list.length ? `: ${list.join(', ')}` : ''
    return `match ${steps.map(showStep).join(' ')}${keys}${within}, then skip ${after}${measured}`
  },
  needs: (node, _wanted, input) => [
    ...node.by,
    input.eventTime!,
    ...columnsRead(testsOf(node), node, input.schema),
    ...columnsRead(
      node.measures.map(({ expr }) => expr),
      node,
      [],
    ),
    ...node.aggregates.flatMap(({ args }) => args.flatMap(columnsUsed)),
  ],
  narrowed(node, wanted) {
    const measures = node.measures.filter(({ name }) => wanted.has(name))
    const used = new Set(measures.flatMap(({ expr }) => columnsUsed(expr)))
    return {
      ...node,
      measures,
      aggregates: node.aggregates.filter(({ name }) => used.has(name)),
    } as MatchNode
  },
  passesThrough: ({ by }, column) => by.includes(column),
  routes: ({ by }) => [by.length ? { keys: by } : 'one'],
  readsPlaces: () => true,
  children: () => 0,
  runtime: () => import('./match-runtime.ts'),
})

/** The columns of rows that expressions read, their own and those of others. */
const columnsRead = (exprs: readonly Expr[], { steps, aggregates }: MatchNode, own: Schema): string[] =>
  exprs.flatMap(columnsUsed).flatMap(name => {
    const other = otherColumn(name, steps, own)
    if (other) return [other.column]
    return aggregates.some(aggregate => aggregate.name === name) ? [] : [name]
  })

/** @throws {PlanError} `PATTERN`, `NO_EVENT_TIME`, `MATCH_WITHIN` */
function checkPattern({ steps, withinMs, skip }: MatchNode, { eventTime, bounded }: NodeOutput): void {
  automatonOf(steps)
  if ('of' in skip && !steps.some(({ name, negated }) => name === skip.of && !negated)) {
    throw new PlanError('PATTERN', `the pattern has no rows of ${JSON.stringify(skip.of)} to skip to`, {
      hint: `its variables are ${steps.map(({ name }) => name).join(', ')}`,
    })
  }
  if (eventTime === undefined) {
    throw new PlanError('NO_EVENT_TIME', 'match goes by event time, and no column is declared as such', {
      hint: "put .watermark('column') before match",
    })
  }
  if (bounded || withinMs !== undefined || !steps.some(waits)) return
  throw new PlanError(
    'MATCH_WITHIN',
    'a pattern with gaps over data that does not end would wait for ever for what never comes',
    { hint: "say how long a match may take: { within: '10m' }" },
  )
}

/** Whether a step waits for a row that need not be the next one. */
const waits = ({ gap, between, max, negated }: PatternStep): boolean =>
  gap !== 'next' || (!negated && max !== 1 && between !== 'next')

const GAPS: Readonly<Record<Gap, string>> = { next: '', followedBy: '… ', followedByAny: '…any ' }

/** Text without the quotes of columns of other rows, which are no plain words. */
const unquoted = (text: string, exprs: readonly Expr[]): string =>
  exprs
    .flatMap(columnsUsed)
    .filter(name => name.includes('.'))
    .reduce((shown, name) => shown.replaceAll(JSON.stringify(name), name), text)

function showStep({ name, gap, negated, min, max, greedy, between, test }: MatchStep, at: number): string {
  const often =
    min === 1 && max === 1
      ? ''
      : max === 1
        ? '?'
        : max === null
          ? min < 2
            ? ['*', '+'][min]!
            : `{${min},}`
          : min === max
            ? `{${min}}`
            : `{${min},${max}}`
  const within = max !== 1 && between !== gap && at > 0 ? ` ${GAPS[between].trim()}` : ''
  const lazy = often !== '' && min !== max && !greedy ? '?' : ''
  const condition = test ? ` (${unquoted(show(test), [test])})` : ''
  return `${at === 0 ? '' : GAPS[gap]}${negated ? 'not ' : ''}${name}${often}${lazy}${within}${condition}`
}
