/** Values to columns: aggregates of the rows that have each value. */

import { isText } from '../../src/core/types/column-type.ts'
import { type AggParameters, type Aggregate, agg, aggregateCode, randomAggregate } from './agg-verbs.ts'
import { KEYS } from './data.ts'
import { column, usable } from './expressions.ts'
import { columnOf, Senseless, type Shape } from './plan.ts'
import { textLiteral } from './sql-names.ts'
import type { Verb } from './verb.ts'

const code = JSON.stringify

interface PivotParameters {
  readonly on: string
  readonly by: readonly string[]
  readonly values: readonly string[]
  readonly aggregates: readonly Aggregate[]
}

export const pivot: Verb<PivotParameters> = {
  propose(random, input) {
    const texts = usable(input).filter(c => isText(c.type))
    if (texts.length === 0) return undefined
    const aggregates = ['n', 's'].flatMap(name => randomAggregate(random, name, input) ?? [])
    return {
      on: random.pick(texts).name,
      by: random.some(usable(input), random.pick([0, 1, 1, 2])).map(c => c.name),
      values: random.some(KEYS, 2),
      aggregates,
    }
  },
  shape: (parameters, [input]) => agg.shape(grouped(parameters, input!), [input!]),
  code({ on, by, values, aggregates }) {
    const value = aggregates.map(each => `${each.name}: ${aggregateCode(each)}`).join(', ')
    return `.pivot({ on: ${code(on)}, by: ${code(by)}, value: { ${value} }, values: ${code(values)} })`
  },
  sql: (parameters, inputs, port) => agg.sql(grouped(parameters, inputs[0]!.shape), inputs, port),
}

/** The same as an aggregation. */
function grouped({ on, by, values, aggregates }: PivotParameters, input: Shape): AggParameters {
  const of = column(columnOf(input, on))
  if (!isText(of.type) || by.includes(on)) throw new Senseless('pivot of no texts')
  return {
    keys: by,
    aggregates: values.flatMap(value =>
      aggregates.map((each): Aggregate => {
        const where = {
          ...of,
          code: `${of.code}.eq(${code(value)})`,
          sql: `(${of.sql} = ${textLiteral(value)})`,
        }
        return { ...each, name: `${value}_${each.name}`, where: { ...where, type: 'bool' } }
      }),
    ),
  }
}
