/** The runtime of an aggregation whose groups leave once: when their window closes, or at the end. */

import { type Batch, NO_POSITION, rowCount, withSelection } from '../batch/batch.ts'
import { orderMeta } from '../batch/meta.ts'
import { AggregationTable, type ClosedGroups } from '../state/aggregation-table.ts'
import { shardOfKeyGroup } from '../state/key-groups.ts'
import { PanedTable } from '../state/paned-table.ts'
import { timestampColumn } from '../time/event-time.ts'
import { type PaneRuns, shardOfPane } from '../time/windows/panes.ts'
import { type TimeWindows, timeWindows } from '../time/windows/time-windows.ts'
import type { TimestampType } from '../types/column-type.ts'
import { type AggInput, aggregationStep, byLateness, openAggInput } from './agg-input.ts'
import type { AggNode } from './agg-node.ts'
import {
  type Emit,
  NOTHING_KNOWN,
  type Operator,
  type OperatorContext,
  type PartialAggregation,
} from './contract.ts'

/** Folds rows into an {@link AggregationTable} and emits groups as their windows close. */
export function openGroups(node: AggNode, context: OperatorContext): Operator {
  const input = openAggInput(node, context)
  const windows = timeWindows(node.window)
  const table = tableOf(input, windows)
  const measured = { rows: 0, groups: 0 }
  /** Groups that are gone: a stream closes windows all the time. */
  let closedGroups = 0

  const step = (batch: Batch, fromMs?: number) => {
    const count = rowCount(batch)
    if (count === 0) return
    if (fromMs === undefined) table.step(aggregationStep(input, batch))
    else table.stepLate(aggregationStep(input, batch), fromMs)
    measured.rows += count
    measured.groups = closedGroups + table.groupCount
  }

  return {
    onBatch(batch, _port, emit, arrival) {
      const lateness = windows && byLateness(batch, batch.columns[input.time]!, windows, arrival)
      if (!lateness) return step(batch)
      const { late, timely, partly } = lateness
      if (late.length > 0) {
        context.report.late(late.length)
        emit(withSelection(batch, late), 'late')
      }
      step(withSelection(batch, timely))
      for (const [fromMs, rows] of partly) step(withSelection(batch, Uint32Array.from(rows)), fromMs)
    },
    onTime(signal, emit) {
      const { watermarkMs } = signal
      if (watermarkMs === Number.POSITIVE_INFINITY && context.shard === 0) openGroupOfAll(table)
      const groups = table.groupCount
      for (const closed of table.close(watermarkMs, context.arena)) emitGroups(closed, context, node, emit)
      closedGroups += groups - table.groupCount
    },
    outputTime(port, { watermarkMs, maxTimeMs }) {
      // Late rows are behind the watermark: how far, nobody knows before the end.
      if (port === 'late' && watermarkMs !== Number.POSITIVE_INFINITY) return { ...NOTHING_KNOWN, maxTimeMs }
      const opens = (ms: number) => (windows && Number.isFinite(ms) ? windows.firstStartOf(ms) : ms)
      return { watermarkMs: opens(watermarkMs), maxTimeMs: opens(maxTimeMs) }
    },
    get stateBytes() {
      return table.stateBytes
    },
    get stateKeys() {
      return table.groupCount
    },
    partialAggregation: { measured, ...partialsOf(table, node, context) },
    save: to => table.save(to, 'groups'),
    load: from => table.load(from, 'groups'),
    close: () => table.free(),
  }
}

type Table = AggregationTable | PanedTable

function tableOf({ keyTypes, folds, changes }: AggInput, windows: TimeWindows | undefined): Table {
  const spec = { keyTypes, folds, changes }
  if (windows?.of) return new PanedTable(spec, windows)
  return new AggregationTable({ ...spec, ...(windows ? { panes: windows.panes } : {}) })
}

/** Of no rows, too, there is the group of all rows where there are no windows. */
function openGroupOfAll(table: Table): void {
  if (table instanceof AggregationTable) table.openGlobalGroup()
}

/** How groups reach the shards that own them. */
function partialsOf(
  table: Table,
  node: AggNode,
  { shard: own, shards, arena }: OperatorContext,
): Pick<PartialAggregation, 'takePartials' | 'mergePartials'> {
  const windows = timeWindows(node.window)
  const ownerOf = (startMs: number, owners: PaneRuns) => shardOfPane(windows!.panes, startMs, shards, owners)
  return {
    takePartials(upToMs, owners) {
      const { batch, keyGroups } =
        owners === 'keys' || table instanceof PanedTable
          ? table.partials(upToMs, arena)
          : table.partials(upToMs, arena, startMs => ownerOf(startMs, owners) !== own)
      // Of windows only: there may be keys and nothing else.
      const startsMs = batch.columns[node.keys.length]?.values as Float64Array
      const rows: number[][] = Array.from({ length: shards }, () => [])
      for (let i = 0; i < keyGroups.length; i++)
        rows[
          owners === 'keys' ? shardOfKeyGroup(keyGroups[i]!, shards) : ownerOf(startsMs[i]!, owners)
        ]!.push(i)
      const part = (shard: number) => withSelection(batch, Uint32Array.from(rows[shard]!))
      table.mergePartials(part(own))
      return rows.flatMap((ofShard, shard) =>
        ofShard.length && shard !== own ? [{ shard, batch: part(shard) }] : [],
      )
    },
    mergePartials: batch => table.mergePartials(batch),
  }
}

// No two windows of a key end at the same time; and windows close in order of their ends.
function emitGroups(closed: ClosedGroups, context: OperatorContext, node: AggNode, emit: Emit): void {
  const { schema } = context.output
  const { count, keys, windowStartMs, windowEndMs, results } = closed
  if (count === 0) return
  const windowType = () => schema[keys.length]!.type as TimestampType
  const bounds = timeWindows(node.window)
    ? [windowStartMs, windowEndMs].map(ms => timestampColumn(ms, count, windowType(), context.arena))
    : []
  emit({
    schema,
    length: count,
    columns: [...keys, ...bounds, ...results],
    position: NO_POSITION,
    meta: orderMeta([...bounds.slice(1), ...keys]),
  })
}
