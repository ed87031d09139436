/** Rows grouped by keys, and by window: what stands between `groupBy` or `window` and `agg`. */

import { PlanError } from '../errors.ts'
import type { AggNode } from '../operators/agg-node.ts'
import { extend, type NodeBody } from '../planner/build.ts'
import { type AggOptions, aggNode } from './agg-options.ts'
import type { AggregatedRow, Aggregates } from './aggregate.ts'
import { aggregateSpecs } from './aggregate-specs.ts'
import { Dataset } from './dataset.ts'
import type { Bounds, Shown, WindowColumns } from './types.ts'
import { type WindowNode, type WindowOptions, windowNode } from './window-options.ts'
import { type CountSpec, type TimeWindowSpec, type WindowSpec, windowSpec } from './windows.ts'

/** The columns that windows have: a window of all time has none. */
type BoundsOf<W extends WindowSpec> = W extends TimeWindowSpec | CountSpec ? WindowColumns : {}

/** Gives the columns of computed keys their names. */
export type Finish = (made: Dataset<any, any>) => Dataset<any, any>

const asMade: Finish = made => made

/**
 * Rows grouped by the columns of `Key`: what `groupBy` gives. Nulls are a group of their own, like any value.
 *
 * @example
 * const byOrigin = flights.groupBy('origin')
 * byOrigin.agg({ n: count() })
 */
export class Grouped<Row, Key, out B extends Bounds> {
  readonly #dataset: Dataset<Row, B>
  readonly #keys: readonly string[]
  readonly #finish: Finish

  /** @internal */
  constructor(dataset: Dataset<Row, B>, keys: readonly string[], finish = asMade) {
    this.#dataset = dataset
    this.#keys = keys
    this.#finish = finish
  }

  /**
   * Splits each group by window of event time, which a `watermark` before has declared.
   *
   * @param options when rows of windows leave over data that does not end, and how late rows may be
   * @throws {PlanError} `EMIT`, `DURATION`, `OPTION`
   * @example
   * stream.watermark('date').groupBy('origin').window(tumbling('1h')).agg({ n: count() })
   */
  window<W extends WindowSpec>(window: W, options: WindowOptions = {}): Windowed<Row, Key, B, W> {
    const node = windowNode(windowSpec(window, this.window), options, this.window)
    return new Windowed(this.#dataset, this.#keys, node, this.#finish)
  }

  /**
   * A row for each group: its keys and aggregates. Groups come in order of their keys, nulls last. Over data that does
   * not end it is a changelog of the rows that groups have so far.
   *
   * @throws {PlanError} `UNKNOWN_COLUMN`; `DUPLICATE_COLUMN` when an aggregate is called like a key; `AGG_TTL` for a ttl
   * over data that ends; errors of aggregates and expressions
   * @example
   * flights.groupBy('origin').agg({ n: count(), delay: mean(r => r.delay) })
   */
  agg<A extends Aggregates<Row>>(
    aggregates: A,
    options: AggOptions = {},
  ): Dataset<Shown<Key & AggregatedRow<A>>, B> {
    const node = aggNode(options, this.agg)
    const draft = aggregateDraft(this.#dataset, this.#keys, node, aggregates, this.agg)
    return this.#finish(new Dataset(draft)) as Dataset<any, B>
  }
}

/**
 * Rows grouped by the columns of `Key` and by window: what `window` gives.
 *
 * @example
 * const daily = flights.watermark('date').groupBy('origin').window(tumbling('1d'))
 * daily.agg({ n: count() })
 */
export class Windowed<Row, Key, out B extends Bounds, W extends WindowSpec = TimeWindowSpec> {
  readonly #dataset: Dataset<Row, B>
  readonly #keys: readonly string[]
  readonly #window: WindowNode
  readonly #finish: Finish

  /** @internal */
  constructor(dataset: Dataset<Row, B>, keys: readonly string[], window: WindowNode, finish = asMade) {
    this.#dataset = dataset
    this.#keys = keys
    this.#window = window
    this.#finish = finish
  }

  /**
   * A row for each group and window: keys, `windowStart` (included), `windowEnd` (not included), aggregates. Rows leave
   * when the watermark passes their window's end, in order of (window, keys). `windowStart` is their event time.
   *
   * @throws {PlanError} `NO_EVENT_TIME` without a `watermark` before; `UNKNOWN_COLUMN`; `DUPLICATE_COLUMN`; errors of
   * aggregates and expressions
   * @example
   * stream.watermark('date').window(tumbling('1h')).agg({ n: count(), delay: mean(r => r.delay) })
   */
  agg<A extends Aggregates<Row>>(
    aggregates: A,
  ): Dataset<Shown<Key & BoundsOf<W> & AggregatedRow<A>>, B, Row> {
    const draft = aggregateDraft(this.#dataset, this.#keys, this.#window, aggregates, this.agg)
    return this.#finish(new Dataset(draft)) as Dataset<any, B, any>
  }
}

/** The draft of an aggregation, windowed or not. */
export function aggregateDraft(
  dataset: Dataset<any, any>,
  keys: readonly string[],
  options: WindowNode | Pick<AggNode, 'ttlMs'>,
  aggregates: Aggregates<any>,
  above: Function,
) {
  const specs = aggregateSpecs(dataset, 'agg', aggregates, above)
  if (specs.length + keys.length === 0) {
    throw new PlanError('AGGREGATE', 'agg has nothing to make a row of: neither keys nor aggregates', {
      hint: 'agg({ n: count() })',
      above,
    })
  }
  const body: NodeBody<AggNode> = { kind: 'agg', keys, ...options, aggregates: specs }
  return extend(body, [{ draft: dataset.draft, port: dataset.port }], above)
}
