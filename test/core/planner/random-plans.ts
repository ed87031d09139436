/** Random plans over a few rows, for properties of the planner. */

import fc from 'fast-check'
import { rowsSource } from '../../../src/connectors/memory/rows.ts'
import { batchFromRows, type RowLike } from '../../../src/core/batch/build.ts'
import type { Source } from '../../../src/core/connector.ts'
import { PlanError } from '../../../src/core/errors.ts'
import { interpret } from '../../../src/core/expr/interpret.ts'
import type { NodeOutput } from '../../../src/core/plan.ts'
import { outputAt } from '../../../src/core/planner/build.ts'
import type { ColumnType } from '../../../src/core/types/column-type.ts'
import { schemaFrom } from '../../../src/core/types/schema.ts'
import {
  count,
  type Dataset,
  ewma,
  first,
  last,
  min,
  read,
  replay,
  sum,
  tumbling,
} from '../../../src/index.ts'

type Any = Dataset<any, any>

export const schema = { t: 'timestamp', k: 'utf8', a: 'int32', b: 'int32', s: 'utf8' } as const

const rowsOf = (seed: number): RowLike[] =>
  Array.from({ length: 5 }, (_, i) => ({
    t: new Date(((i * 7 + seed) % 5) * 60_000),
    k: 'xyz'[(i + seed) % 3]!,
    a: i % 4 === 3 ? null : (i * 3 + seed) % 7,
    b: i,
    s: ['p q', 'q', 'r p r', '', 'q p'][(i + seed) % 5]!,
  }))

/** Rows in memory that the source filters, and orders, itself. */
function ableSource(rows: readonly RowLike[]): Source {
  const all = schemaFrom(schema)
  const whole = rowsSource(rows, schema)
  const batch = batchFromRows(all, rows)
  return {
    ...whole,
    canFilter: () => true,
    open(split, offset, request, memory) {
      const { filter } = request
      const kept = filter ? rows.filter((_, i) => interpret(filter, batch, i) === true) : rows
      return rowsSource(kept, schema).open(split, offset, request, memory)
    },
  }
}

/** What one verb of a random plan does; which columns and datasets it takes is drawn by numbers. */
export interface Instruction {
  readonly verb: keyof typeof VERBS
  /** Which of the datasets there are, from the newest on. */
  readonly on: number
  readonly x: number
  readonly y: number
}

interface Given {
  readonly x: number
  readonly y: number
  readonly names: readonly string[]
  readonly other: Any
  typed(...types: ColumnType[]): string
}

const some = ({ names, x }: Given) => names.filter((_, i) => (x >> i) % 2 === 1)
const nth = <T>(list: readonly T[], i: number): T => list[i % list.length]!

/** What flows out of a dataset. */
export const outputOf = (d: Any): NodeOutput => outputAt(d.draft, d.port)!

/** Grouped in windows, where that has not been done yet. */
function windowed(d: Any, g: Given): Any {
  const { eventTime, windowMs } = outputOf(d)
  if (windowMs !== undefined) return d
  const timed = eventTime === undefined ? d.watermark(g.typed('timestamp[us]'), { outOfOrder: '1m' }) : d
  return timed
    .groupBy(nth(g.names, g.y))
    .window(tumbling('2m'))
    .agg({ n: count(), v: sum(g.typed('int32', 'int53')), f: first(nth(g.names, g.x)) } as any) as Any
}

const VERBS = {
  filter: (d: Any, g: Given) => d.filter((r: any) => r[nth(g.names, g.x)].isNotNull()),
  compare: (d: Any, g: Given) => d.filter((r: any) => r[g.typed('int32', 'int53')].gt(g.x % 3)),
  select: (d: Any, g: Given) => d.select(...some(g)),
  swap: (d: Any, g: Given) => {
    const [from, to] = [nth(g.names, g.x), nth(g.names, g.y)]
    return d.rename(from === to ? { [from]: `${from}2` } : { [from]: to, [to]: from })
  },
  drop: (d: Any, g: Given) => d.drop(...some(g)),
  copy: (d: Any, g: Given) => d.with({ [nth(g.names, g.x)]: (r: any) => r[nth(g.names, g.y)] }),
  add: (d: Any, g: Given) =>
    d.with({ [nth([...g.names, 'n'], g.y)]: (r: any) => r[g.typed('int32')].mod(2) }),
  upper: (d: Any, g: Given) =>
    d.with({ [nth([...g.names, 'u'], g.y)]: (r: any) => r[g.typed('utf8')].upper() }),
  limit: (d: Any, g: Given) => d.limit(g.x % 6),
  orderBy: (d: Any, g: Given) => d.orderBy(nth(g.names, g.x), g.y % 2 ? 'desc' : 'asc'),
  distinct: (d: Any, g: Given) => d.distinct(...(g.y % 2 ? some(g) : [])),
  topN: (d: Any, g: Given) =>
    (d as any).topN(3, nth(g.names, g.x), 'desc', g.y % 2 ? { by: nth(g.names, g.y) } : {}) as Any,
  explode: (d: Any, g: Given) => d.explode(g.typed('utf8'), g.y % 2 ? { as: 'part' } : {}),
  watermark: (d: Any, g: Given) => d.watermark(g.typed('timestamp[us]'), { outOfOrder: '1m' }),
  agg: (d: Any, g: Given) =>
    d.groupBy(nth(g.names, g.y)).agg({ n: count(), f: first(nth(g.names, g.x)), l: last(nth(g.names, g.x)) }),
  total: (d: Any, g: Given) => d.agg({ n: count(nth(g.names, g.x)), m: min(nth(g.names, g.y)) }),
  window: windowed,
  fillGaps: (d: Any, g: Given) => windowed(d, g).fillGaps({ values: { n: 0 }, ttl: '4m' } as any),
  detect: (d: Any, g: Given) =>
    windowed(d, g).detect('n', ewma(), (g.y % 2 ? { by: nth(g.names, g.x) } : {}) as any),
  late: (d: Any) => (d as any).late(),
  union: (d: Any, g: Given) => d.union(g.other),
  self: (d: Any, g: Given) => d.union(d.filter((r: any) => r[g.typed('int32', 'int53')].gt(g.x % 3))),
  replay: (d: Any, g: Given) => replay(d as any, { time: g.typed('timestamp[us]') } as any) as Any,
} as const

export const instruction: fc.Arbitrary<Instruction> = fc.record({
  verb: fc.constantFrom(...(Object.keys(VERBS) as (keyof typeof VERBS)[])),
  on: fc.constantFrom(0, 0, 0, 1, 2),
  x: fc.nat(63),
  y: fc.nat(15),
})

/** Follows the instructions that make sense; what makes none is refused by the verb, and left out. Oldest first. */
export function datasets(instructions: readonly Instruction[]): Any[] {
  const all: Any[] = [0, 1].map(seed => read.source(ableSource(rowsOf(seed)), schema) as Any)
  for (const { verb, on, x, y } of instructions) {
    const d = all[Math.max(0, all.length - 1 - on)]!
    const fields = outputOf(d).schema
    const typed = (...types: ColumnType[]) =>
      nth([...fields.filter(({ type }) => types.includes(type)).map(({ name }) => name), 'none'], x)
    const other = all[Math.max(0, all.length - 1 - y)]!
    try {
      all.push(VERBS[verb](d, { x, y, names: fields.map(({ name }) => name), other, typed }))
    } catch (error) {
      if (!(error instanceof PlanError)) throw error
    }
  }
  return all
}
