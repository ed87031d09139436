import { PlanError } from '../errors.ts'
import type { ReplayNode } from '../operators/replay.ts'
import { checkNames, shown } from '../options.ts'
import { extend, type NodeBody } from '../planner/build.ts'
import { Dataset } from './dataset.ts'
import type { ColumnOf } from './types.ts'

/** How {@link replay} plays. */
export interface ReplayOptions<Row> {
  /** The column rows are ordered by: a timestamp or a date. */
  readonly time: ColumnOf<Row, Date>
  /** How many times as fast as it happened: 3600 is an hour a second. Default `'max'`: as fast as rows can be read. */
  readonly speed?: 'max' | number
}

/**
 * Bounded history as a stream: rows in order of a time column, ties in the order of the source. Results do not depend
 * on the speed.
 *
 * @throws {PlanError} `UNKNOWN_COLUMN`; `EVENT_TIME_TYPE` when the column is no time; `REPLAY_UNBOUNDED` when the data does
 * not end; `SPEED` when it is not a positive number
 * @example
 * replay(flights, { time: 'date', speed: 'max' }).watermark('date', { outOfOrder: '10m' })
 */
export function replay<Row>(
  dataset: Dataset<Row, 'bounded'>,
  options: ReplayOptions<Row>,
): Dataset<Row, 'unbounded'> {
  checkNames('replay', options, ['time', 'speed'], replay)
  const { time, speed = 'max' } = options
  if (speed !== 'max' && !(typeof speed === 'number' && speed > 0 && speed < Number.POSITIVE_INFINITY)) {
    throw new PlanError('SPEED', `replay goes at a positive speed, got ${shown(speed)}`, {
      hint: "speed: 3600 is an hour of history a second, 'max' as fast as rows can be read",
      above: replay,
    })
  }
  if (!dataset.draft.bounded) {
    throw new PlanError(
      'REPLAY_UNBOUNDED',
      'replay turns data that ends into a stream, and this does not end',
      { above: replay },
    )
  }
  const body: NodeBody<ReplayNode> = { kind: 'replay', time, ...(speed === 'max' ? {} : { speed }) }
  return new Dataset(extend(body, [{ draft: dataset.draft, port: dataset.port }], replay))
}
