import { PlanError } from '../errors.ts'
import type { ReplayNode } from '../operators/replay.ts'
import { checkNames, shown } from '../options.ts'
import { extend, type NodeBody } from '../planner/build.ts'
import { Dataset } from './dataset.ts'
import { replaySpeed } from './replay-speed.ts'
import type { ColumnOf } from './types.ts'

/** How {@link replay} plays. */
export interface ReplayOptions<Row> {
  /** The column rows are ordered by: a timestamp or a date. */
  readonly time: ColumnOf<Row, Date>
  /** How many times as fast as it happened: 3600 is an hour a second. Default `'max'`: as fast as rows can be read. */
  readonly speed?: 'max' | number
}

type Bounded = readonly [Dataset<any, 'bounded'>, ...Dataset<any, 'bounded'>[]]

/** The time columns of one row type. */
type TimesOf<D> = D extends Dataset<infer Row, any> ? ColumnOf<Row, Date> : never

/** The time columns that all of them have. */
type CommonTime<Ds extends Bounded> = (
  Ds[number] extends infer D
    ? D extends unknown
      ? (name: TimesOf<D>) => void
      : never
    : never
) extends (name: infer Name) => void
  ? Name
  : never

/** How {@link replay} plays several datasets by one clock. */
export interface ReplayTogetherOptions<Ds extends Bounded> {
  /** The column rows are ordered by, of all datasets or of each. */
  readonly time: CommonTime<Ds> | { readonly [K in keyof Ds]: TimesOf<Ds[K]> }
  /** As for one dataset. */
  readonly speed?: 'max' | number
}

/** The datasets that {@link replay} makes of several. */
export type Replayed<Ds extends Bounded> = {
  [K in keyof Ds]: Ds[K] extends Dataset<infer Row, any> ? Dataset<Row, 'unbounded'> : never
}

/**
 * Bounded history as a stream: rows in order of a time column, ties in the order of the dataset. Results do not depend on
 * the speed.
 *
 * Several datasets are replayed by one clock: their rows are read in time order across all of them, to within a batch, ties
 * in the order of the list.
 *
 * @throws {PlanError} `UNKNOWN_COLUMN`; `EVENT_TIME_TYPE` when the column is no time; `REPLAY_UNBOUNDED` when the data does
 * not end; `SPEED` when it is not a positive number; `REPLAY` when it is given something else than datasets
 * @example
 * replay(flights, { time: 'date', speed: 'max' }).watermark('date', { outOfOrder: '10m' })
 * const [all, late] = replay([flights, flights.filter(r => r.delay.gt(60))], { time: 'date', speed: 3600 })
 */
export function replay<Row>(
  dataset: Dataset<Row, 'bounded'>,
  options: ReplayOptions<Row>,
): Dataset<Row, 'unbounded'>
export function replay<const Ds extends Bounded>(
  datasets: Ds,
  options: ReplayTogetherOptions<Ds>,
): Replayed<Ds>
export function replay(
  given: Dataset<any, 'bounded'> | readonly Dataset<any, 'bounded'>[],
  options: { readonly time: string | readonly string[]; readonly speed?: 'max' | number },
): Dataset<any, 'unbounded'> | Dataset<any, 'unbounded'>[] {
  checkNames('replay', options, ['time', 'speed'], replay)
  const { time, speed = 'max' } = options
  const msPerMs = replaySpeed(speed, replay)
  const datasets = Array.isArray(given)
    ? (given as readonly Dataset<any, 'bounded'>[])
    : [given as Dataset<any, 'bounded'>]
  checkDatasets(datasets)
  const times = Array.isArray(time) ? time : datasets.map(() => time)
  if (times.length !== datasets.length) {
    throw new PlanError('REPLAY', `replay got ${datasets.length} datasets and ${times.length} time columns`, {
      hint: "one name for all of them, or one each: replay([orders, shipments], { time: ['ordered', 'shipped'] })",
      above: replay,
    })
  }
  const clock = {}
  const replayed = datasets.map((dataset, member) => {
    const body: NodeBody<ReplayNode> = {
      kind: 'replay',
      time: times[member],
      ...(msPerMs === undefined ? {} : { speed: msPerMs }),
    }
    const together = datasets.length > 1 ? { together: { clock, member } } : {}
    return new Dataset<any, 'unbounded'>(
      extend(body, [{ draft: dataset.draft, port: dataset.port }], replay, together),
    )
  })
  return Array.isArray(given) ? replayed : replayed[0]!
}

function checkDatasets(datasets: readonly Dataset<any, any>[]): void {
  const stranger = datasets.findIndex(dataset => !(dataset instanceof Dataset))
  if (stranger >= 0 || datasets.length === 0) {
    throw new PlanError(
      'REPLAY',
      `replay takes a dataset or several, got ${datasets.length === 0 ? 'none' : shown(datasets[stranger])}`,
      {
        hint: "replay(flights, { time: 'date' }), or replay([orders, shipments], { time: 'at' })",
        above: replay,
      },
    )
  }
  if (datasets.every(({ draft }) => draft.bounded)) return
  throw new PlanError(
    'REPLAY_UNBOUNDED',
    'replay turns data that ends into a stream, and this does not end',
    { hint: 'leave replay out: the data is a stream already', above: replay },
  )
}
