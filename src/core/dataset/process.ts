/** The options of `process`, checked. */

import { PlanError } from '../errors.ts'
import type { ProcessNode } from '../operators/process/process.ts'
import { checkNames, oneOf, shown, text } from '../options.ts'
import { callSite, type NodeBody, thrownAt } from '../planner/build.ts'
import { type Duration, positiveMs } from '../time/duration.ts'
import type { ColumnTypeSpec } from '../types/column-type.ts'
import type { ValueOf } from '../types/row.ts'
import { type Schema, schemaFrom } from '../types/schema.ts'
import { moduleFunction } from '../user-functions/function-ref.ts'
import { namesOf } from './arguments.ts'
import type { Dataset } from './dataset.ts'
import type { Bounds, BoundsOf, Shown } from './types.ts'

type Columns = Readonly<Record<string, ColumnTypeSpec>>

/** The row of some columns. */
type Cells<C extends Columns> = { -readonly [K in keyof C]: ValueOf<C[K]> | null }

/** What {@link Dataset.process} takes besides the function. */
export interface ProcessOptions<
  By extends string,
  Out extends Columns,
  Sides extends Readonly<Record<string, Columns>>,
  OtherBounds extends Bounds,
> {
  /** What a key is: state and timers are per key. Default: one key, and one shard. */
  readonly by?: By | readonly By[]
  /** The columns of what it emits. */
  readonly out: Out
  /** The columns of what it emits to side outputs, by name. */
  readonly side?: Sides
  /** Rows that `onBroadcast` is told, in every shard. In order of event time with the rows, where both have one. */
  readonly broadcast?: Dataset<any, OtherBounds>
  /**
   * `'event'`: rows are processed in order of event time, held until the watermark has passed. `'arrival'`: at once, as they
   * come, which is not repeatable. Default: `'event'`.
   */
  readonly order?: 'event' | 'arrival'
  /** A key without a row for longer, in event time, is forgotten with its timers. */
  readonly ttl?: Duration
  /** The function asks for the clock, and sets timers of it: how often it is read at least. */
  readonly clock?: Duration
}

/** What {@link Dataset.process} gives: the rows emitted, and side outputs by name. */
export type Processed<
  Out extends Columns,
  Sides extends Readonly<Record<string, Columns>>,
  B extends Bounds,
> = Dataset<Shown<Cells<Out>>, B> & {
  /** The rows of a side output. */
  side<Name extends keyof Sides & string>(name: Name): Dataset<Shown<Cells<Sides[Name]>>, B>
}

/** Bounds of rows and of what is broadcast to them, if anything. */
export type ProcessedBounds<B extends Bounds, Other extends Bounds> = BoundsOf<B, Other>

const OPTIONS = ['by', 'out', 'side', 'broadcast', 'order', 'ttl', 'clock']

/** The node of a `process`, from what the user gave. */
export function processNode(
  url: string,
  name: string,
  options: ProcessOptions<string, Columns, Readonly<Record<string, Columns>>, Bounds>,
  above: Function,
): NodeBody<ProcessNode> {
  const ref = moduleFunction('process', url, name, above)
  if (typeof options !== 'object' || options === null) throw noColumns(options, above)
  checkNames('process', options, OPTIONS, above)
  const { by = [], out, side = {}, order = 'event', ttl, clock } = options
  oneOf(order, 'order of process()', ['event', 'arrival'], above)
  if (typeof side !== 'object' || side === null || Array.isArray(side)) {
    throw new PlanError('OPTION', `side of process() is an object of columns by name, got ${shown(side)}`, {
      hint: "side: { high: { sensor: 'utf8' } }",
      above,
    })
  }
  const sides = Object.entries(side).map(([port, columns]) => {
    if (text(port, 'the name of a side output', above) !== 'out')
      return [port, schemaOf(columns, above)] as const
    throw new PlanError('OPTION', "a side output cannot be called 'out', which is the main one", { above })
  })
  return {
    kind: 'process',
    function: ref,
    by: namesOf([by].flat(), above),
    schema: schemaOf(out, above),
    sides: Object.fromEntries(sides),
    order,
    ...(ttl === undefined ? {} : { ttlMs: positiveMs(ttl, 'ttl', above) }),
    ...(clock === undefined ? {} : { clockMs: positiveMs(clock, 'clock', above) }),
  }
}

function schemaOf(columns: unknown, above: Function): Schema {
  if (typeof columns !== 'object' || columns === null || Object.keys(columns).length === 0)
    throw noColumns(columns, above)
  try {
    return schemaFrom(columns as Columns)
  } catch (error) {
    throw thrownAt(error, callSite(above))
  }
}

const noColumns = (got: unknown, above: Function) =>
  new PlanError('NO_COLUMNS', `process needs the columns that its function emits, got ${shown(got)}`, {
    hint: "{ out: { user: 'utf8', total: 'float64' } }",
    above,
  })

/** @throws {PlanError} `PROCESS_SIDE` for a name that is none of the side outputs */
export function sideName(name: string, { sides }: Pick<ProcessNode, 'sides'>, above: Function): string {
  if (typeof name === 'string' && Object.hasOwn(sides, name)) return name
  const names = Object.keys(sides).map(side => JSON.stringify(side))
  throw new PlanError('PROCESS_SIDE', `process has no side output ${shown(name)}`, {
    hint: names.length ? `it has ${names.join(', ')}` : "name it: { side: { alerts: { user: 'utf8' } } }",
    above,
  })
}
