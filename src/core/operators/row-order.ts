import { type Batch, rowAt, rowCount } from '../batch/batch.ts'
import { BRANCH, SPLIT } from '../batch/meta.ts'
import { comparePlaces, isMade, sourceOffsets } from '../batch/place.ts'
import { childKeys, placeKeys } from '../batch/place-key.ts'
import type { RowOrder, RowTies } from '../fold.ts'
import { eventTimesMs } from '../time/event-time.ts'

/** How far the splits of one branch are from those of the next. */
const BRANCH_SPLITS = 2 ** 32
/** The split of rows that an operator made: after all of sources. */
const MADE = BRANCH_SPLITS - 1

/**
 * A batch's rows in the total order: event time, then place.
 *
 * @param time index of the event-time column, or -1: rows are then ordered by place alone
 */
export function rowOrderOf(batch: Batch, time: number): RowOrder {
  const count = rowCount(batch)
  const timeMs = new Float64Array(count)
  const timeRest = new Float64Array(count)
  if (time >= 0) eventTimesMs(batch.columns[time]!, count, batch.selection, timeMs, timeRest)
  const ties = tiesOf(batch)
  const offset = new Float64Array(count)
  if (!isMade(batch)) sourceOffsets(batch, batch.selection, offset)
  return {
    timeMs,
    timeRest,
    ...splitsOf(batch, count),
    offset,
    ...(ties ? { ties } : {}),
  }
}

/** One split, where all rows are of one. */
function splitsOf(batch: Batch, count: number): Pick<RowOrder, 'split' | 'splits'> {
  const { meta, position } = batch
  const made = isMade(batch)
  const own = made ? undefined : (meta?.[SPLIT]?.values as Uint32Array | undefined)
  const branches = meta?.[BRANCH]?.values as Float64Array | undefined
  const shared = made ? MADE : position.split
  if (!own && !branches) return { split: shared }
  const splits = new Float64Array(count)
  let one = true
  for (let i = 0; i < count; i++) {
    const row = rowAt(batch, i)
    splits[i] = (own ? own[row]! : shared) + BRANCH_SPLITS * (branches ? branches[row]! : 0)
    one &&= splits[i] === splits[0]
  }
  return one ? { split: splits[0] ?? shared } : { split: shared, splits }
}

/** What orders rows further: of source rows which child they are, of made rows their whole place. */
function tiesOf(batch: Batch): RowTies | undefined {
  const keys = isMade(batch) ? placeKeys(batch) : childKeys(batch)
  return (
    keys && {
      compare: (i, j) => comparePlaces(batch, rowAt(batch, i), batch, rowAt(batch, j)),
      key: i => keys.key(rowAt(batch, i)),
    }
  )
}
