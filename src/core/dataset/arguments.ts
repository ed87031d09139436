/** From what users give to verbs to the data that nodes carry. */

import { PlanError } from '../errors.ts'
import { type Columns, col, columnsOf } from '../expr/builder.ts'
import { callbackExpr } from '../expr/callback.ts'
import type { Expr } from '../expr/expr.ts'
import type { NamedExpr } from '../expr/kernel.ts'
import type { DetectNode } from '../operators/detect.ts'
import type { KeyPair } from '../operators/join-columns.ts'
import type { SortKey } from '../operators/order-by.ts'
import { checkNames, shown } from '../options.ts'
import { callSite, outputAt, thrownAt } from '../planner/build.ts'
import { type Duration, positiveMs } from '../time/duration.ts'
import { noName } from '../types/schema.ts'
import type { Dataset } from './dataset.ts'

type AnyDataset = Dataset<any, any>

/** The `r` of a dataset's callbacks. Until its columns are known, every name is one. */
export function columnsIn({ draft, port }: AnyDataset, prefix = ''): Columns<any> {
  const nodeOutput = outputAt(draft, port)
  return nodeOutput ? columnsOf(nodeOutput.schema, prefix) : openColumns(prefix)
}

const openColumns = (prefix: string) =>
  new Proxy(Object.create(null), {
    get: (_target, name) => (typeof name === 'symbol' ? undefined : col(prefix + name)),
  }) as Columns<any>

/** What a callback makes of the dataset's columns. Traces of its errors begin at the verb's call. */
export function evaluate(dataset: AnyDataset, callback: (row: any) => unknown, above: Function): Expr {
  try {
    return callbackExpr(callback, columnsIn(dataset))
  } catch (error) {
    throw thrownAt(error, callSite(above))
  }
}

/** The condition of `filter` or of another `verb`. */
export function condition(
  dataset: AnyDataset,
  test: (row: any) => unknown,
  above: Function,
  verb = 'filter',
): Expr {
  if (typeof test === 'function') return evaluate(dataset, test, above)
  throw new PlanError('CALLBACK', `${verb} takes a callback, got ${shown(test)}`, {
    hint: `${verb}(r => r.delay.gt(60))`,
    above,
  })
}

/** `{ name: r => expression, … }` as columns. */
export function computedColumns(
  dataset: AnyDataset,
  verb: string,
  columns: Readonly<Record<string, unknown>>,
  above: Function,
): NamedExpr[] {
  if (typeof columns !== 'object' || columns === null || Array.isArray(columns)) {
    throw new PlanError('CALLBACK', `${verb} takes an object of callbacks, got ${shown(columns)}`, {
      hint: `${verb}({ hours: r => r.delay.div(60) })`,
      above,
    })
  }
  return Object.entries(columns).map(([name, compute]) => {
    if (typeof compute === 'function') {
      return { name, expr: evaluate(dataset, compute as (row: any) => unknown, above) }
    }
    throw new PlanError(
      'CALLBACK',
      `${verb} takes callbacks, got ${shown(compute)} for ${JSON.stringify(name)}`,
      {
        hint: `${verb}({ hours: r => r.delay.div(60) }); a constant is () => lit(60)`,
        above,
      },
    )
  })
}

/** A column under its own name. */
export const named = (name: string): NamedExpr => ({ name, expr: { kind: 'column', name } })

/** Names of columns. @throws {PlanError} `UNKNOWN_COLUMN` for what an untyped caller gave instead */
export function namesOf(names: readonly unknown[], above: Function): string[] {
  for (const name of names) if (typeof name !== 'string') throw noName(name, above)
  return names as string[]
}

/** Options that may be absent. @throws {PlanError} `OPTION` for others than these, or no object */
export function checkedOptions<O extends object>(
  verb: string,
  options: O | undefined,
  names: readonly string[],
  above: Function,
): Partial<O> {
  if (options === undefined) return {}
  checkNames(verb, options, names, above)
  return options
}

const PAIRS = "one column is 'a', 'desc'; several are ['a'], ['b', 'desc']"

/** `'delay'`, `['delay', 'desc']`, or a list of such pairs, as the order of rows. */
export function sortKeys(verb: string, order: unknown, above: Function): readonly SortKey[] {
  const columns = sortColumns(order)
  if (columns.length === 0) throw noName(columns, above)
  return columns.map(sortColumn => {
    if (!Array.isArray(sortColumn)) {
      throw new PlanError(
        'UNKNOWN_COLUMN',
        `${verb} takes several columns as pairs, got ${shown(sortColumn)}`,
        {
          hint: PAIRS,
          above,
        },
      )
    }
    const [column, direction = 'asc'] = sortColumn
    if (typeof column !== 'string') throw noName(column, above)
    if (direction === 'asc' || direction === 'desc') return { column, descending: direction === 'desc' }
    throw new PlanError('DIRECTION', `${verb} goes 'asc' or 'desc', got ${shown(direction)}`, {
      hint: PAIRS,
      above,
    })
  })
}

function sortColumns(order: unknown): readonly unknown[] {
  if (!Array.isArray(order)) return [[order]]
  return order.length === 0 || Array.isArray(order[0]) ? order : [order]
}

/** The `on` of `join` as pairs of columns. @throws {PlanError} `JOIN_ON` */
export function keyPairs(on: unknown, above: Function): KeyPair[] {
  const pairs =
    typeof on === 'string' || Array.isArray(on)
      ? [on].flat().map(name => [name, name])
      : Object.entries((on ?? {}) as object)
  if (pairs.length > 0 && typeof on !== 'function') {
    for (const pair of pairs) namesOf(pair, above)
    return pairs.map(([left, right]) => ({ left, right }))
  }
  throw new PlanError('JOIN_ON', `join needs the columns that are to be equal, got ${shown(on)}`, {
    hint: "on: 'id', on: ['id', 'day'], or on: { seller: 'id' }: the name of the first dataset first",
    above,
  })
}

const UNBOUNDED_HINTS: Readonly<Record<string, string>> = {
  fit: 'limit(n) it first, or use detect(), whose models learn while data flows',
  forecast: 'limit(n) it first, or use detect(), whose models predict each value from those before',
  orderBy: 'sort the bounded dataset before replay(), or sort what was written, with SQL',
}

/** @throws {PlanError} `UNBOUNDED` */
export function mustEnd(dataset: AnyDataset, what: string, above: Function): void {
  if (dataset.draft.bounded) return
  throw new PlanError('UNBOUNDED', `${what} needs data that ends, and this does not`, {
    hint:
      UNBOUNDED_HINTS[what] ??
      'limit(n) it first, write it to a sink, or iterate it: for await (const row of dataset)',
    above,
  })
}

/** The `alpha` of `detect` as its node has it. What a rate may be is for the node to say, which knows the series. */
export function alarmRate(
  alpha: number | { readonly events: number; readonly per: Duration },
  above: Function,
): DetectNode['alpha'] {
  if (typeof alpha === 'number') return alpha
  if (typeof alpha !== 'object' || alpha === null || typeof alpha.events !== 'number') {
    throw new PlanError('ALPHA', `alpha is a rate of false alarms, got ${shown(alpha)}`, {
      hint: "alpha: 1e-3 is one in a thousand values; { events: 1, per: '1w' } is one a week",
      above,
    })
  }
  checkNames('alpha of detect', alpha, ['events', 'per'], above)
  return { events: alpha.events, perMs: positiveMs(alpha.per, 'per of alpha', above) }
}
