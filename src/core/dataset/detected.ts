/** What `describe()` gives right after `detect`: a row about each series. */

import type { Reason } from '../detector.ts'
import { PlanError } from '../errors.ts'
import { oneOf } from '../options.ts'
import type { Dataset } from './dataset.ts'
import type { Bounds, Shown } from './types.ts'

/** What `detect(…).describe()` says of a series, after its keys. Null where the detector does not know, or not yet. */
export interface SeriesDescription {
  /** Values that are not missing. */
  values: number
  /** Values that were scored. */
  scored: number
  /** What kind of series it is, by `auto()`: `'numbers'`, `'counts'`, `'counter'`, … */
  kind: string | null
  /** Where the series is, its season left out. Of a counter: its last reading. */
  level: number | null
  /** What it rises by in a step. */
  trend: number | null
  /** How long its seasons are, `['1d', '1w']`; in steps where their length is not known, `['24 steps']`. */
  seasons: string[]
  /** The standard deviation of what ordinary values are off. */
  scale: number | null
  /** The step that values are read with. */
  resolution: number | null
  /** Values that were called anomalies. */
  alarms: number
  /** Values with p below `alpha` that were not, because they went on with an event. */
  suppressed: number
  /** Event time of the first alarm, and of the last. */
  firstAlarm: Date | null
  lastAlarm: Date | null
  /** The alarms by reason. */
  reasons: { [K in Reason]: number }
}

/** What `detect` gives: the scored rows, of which `describe()` gives a row about each series. */
export type Detected<Row, B extends Bounds, Keys> = {
  /**
   * A row about each series: its keys; how many `values` it had and how many were `scored`; what the detector has recognised of
   * it, `kind level trend seasons scale resolution`; and its `alarms`, `suppressed` ones, `firstAlarm` and `lastAlarm`, and
   * the alarms by `reasons`. Over data that ends a row comes at the end; else the rows are a changelog, as those of `agg`. With a `ttl` each
   * life of a series has a row. `describe('columns')` is what `describe` gives of other datasets.
   *
   * @throws {PlanError} `DESCRIBE_SERIES` with `falseDiscoveries`; `DUPLICATE_COLUMN` for a key called like one of the columns above
   * @example
   * await flights.watermark('date').detect('delay', auto(), { by: 'origin' }).describe().show()
   */
  describe(of?: 'series'): Dataset<Shown<Keys & SeriesDescription>, B>
} & Dataset<Row, B>

/** The keys of series: those named by `by`; any columns, where the aggregation before has named them. */
export type SeriesKeys<Row, By extends keyof Row> = [By] extends [never] ? Partial<Row> : Pick<Row, By>

/**
 * Whether `describe` is of series: right after `detect`, unless columns are asked for.
 *
 * @throws {PlanError} `OPTION`, `DESCRIBE_SERIES`
 */
export function describesSeries(dataset: Dataset<any, any>, of: unknown, above: Function): boolean {
  const { draft, port } = dataset
  if (of !== undefined) oneOf(of, 'what describe() is of', ['columns', 'series'], above)
  if (of === 'columns') return false
  const { kind } = draft.body
  if (port === 'out' && kind === 'detect') return true
  if (port !== 'out' || kind !== 'falseDiscoveries') {
    if (of === undefined) return false
    throw new PlanError('DESCRIBE_SERIES', 'series are what detect scored, and this is not what it gave', {
      hint: 'describe() right after detect(…)',
      above,
    })
  }
  throw new PlanError('DESCRIBE_SERIES', 'with falseDiscoveries no alarm is of a series by itself', {
    hint: "leave falseDiscoveries out to describe the series; describe('columns') is of the columns",
    above,
  })
}
