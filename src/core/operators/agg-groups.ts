/** The runtime of an aggregation whose groups leave once: when their window closes, or at the end. */

import { type Batch, NO_POSITION, rowCount, withSelection } from '../batch/batch.ts'
import { orderMeta } from '../batch/meta.ts'
import { AggregationTable, type ClosedGroups } from '../state/aggregation-table.ts'
import { shardOfKeyGroup } from '../state/key-groups.ts'
import { timestampColumn } from '../time/event-time.ts'
import { shardOfPane } from '../time/windows/panes.ts'
import { timeWindows } from '../time/windows/time-windows.ts'
import type { TimestampType } from '../types/column-type.ts'
import { aggregationStep, lateRows, openAggInput } from './agg-input.ts'
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
  const table = new AggregationTable({
    keyTypes: input.keyTypes,
    folds: input.folds,
    changes: input.changes,
    ...(windows ? { panes: windows.panes } : {}),
  })
  const measured = { rows: 0, groups: 0 }

  const step = (batch: Batch) => {
    const count = rowCount(batch)
    if (count === 0) return
    table.step(aggregationStep(input, batch))
    measured.rows += count
    measured.groups = Math.max(measured.groups, table.groupCount)
  }

  return {
    onBatch(batch, _port, emit, arrival) {
      const late = windows ? lateRows(batch, batch.columns[input.time]!, windows, arrival) : undefined
      if (!late) return step(batch)
      context.report.late(late.late.length)
      emit(withSelection(batch, late.late), 'late')
      step(withSelection(batch, late.timely))
    },
    onTime(signal, emit) {
      const { watermarkMs } = signal
      if (watermarkMs === Number.POSITIVE_INFINITY && context.shard === 0) table.openGlobalGroup()
      for (const closed of table.close(watermarkMs, context.arena)) emitGroups(closed, context, node, emit)
    },
    outputTime(port, { watermarkMs, maxTimeMs }) {
      // Late rows are behind the watermark: how far, nobody knows before the end.
      if (port === 'late' && watermarkMs !== Number.POSITIVE_INFINITY) return { ...NOTHING_KNOWN, maxTimeMs }
      const opens = (ms: number) => (windows && Number.isFinite(ms) ? windows.firstStartOf(ms) : ms)
      return { watermarkMs: opens(watermarkMs), maxTimeMs: opens(maxTimeMs) }
    },
    partialAggregation: { measured, ...partialsOf(table, node, context) },
    save: to => table.save(to, 'groups'),
    load(from) {
      for (const { batch } of from.table('groups')) table.mergePartials(batch)
    },
  }
}

/** How groups reach the shards that own them. */
function partialsOf(
  table: AggregationTable,
  node: AggNode,
  { shard: own, shards, arena }: OperatorContext,
): Pick<PartialAggregation, 'takePartials' | 'mergePartials'> {
  const windows = timeWindows(node.window)
  const ownerOf = (startMs: number) => shardOfPane(windows!.panes, startMs, shards)
  return {
    takePartials(upToMs, owners) {
      const { batch, keyGroups } =
        owners === 'keys'
          ? table.partials(upToMs, arena)
          : table.partials(upToMs, arena, startMs => ownerOf(startMs) !== own)
      // Of windows only: there may be keys and nothing else.
      const startsMs = batch.columns[node.keys.length]?.values as Float64Array
      const rows: number[][] = Array.from({ length: shards }, () => [])
      for (let i = 0; i < keyGroups.length; i++)
        rows[owners === 'keys' ? shardOfKeyGroup(keyGroups[i]!, shards) : ownerOf(startsMs[i]!)]!.push(i)
      const part = (shard: number) => withSelection(batch, Uint32Array.from(rows[shard]!))
      table.mergePartials(part(own))
      return rows.flatMap((ofShard, shard) =>
        ofShard.length && shard !== own ? [{ shard, batch: part(shard) }] : [],
      )
    },
    mergePartials: batch => table.mergePartials(batch),
  }
}

function emitGroups(closed: ClosedGroups, context: OperatorContext, node: AggNode, emit: Emit): void {
  const { schema } = context.output
  const { count, keys, windowStartMs, windowEndMs, results } = closed
  const windowType = () => schema[keys.length]!.type as TimestampType
  const bounds = node.window
    ? [windowStartMs, windowEndMs].map(ms => timestampColumn(ms, count, windowType(), context.arena))
    : []
  emit({
    schema,
    length: count,
    columns: [...keys, ...bounds, ...results],
    position: NO_POSITION,
    meta: orderMeta([...bounds.slice(0, 1), ...keys]),
  })
}
