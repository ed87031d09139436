import { bitmapBytes, type Column, isNullAt } from '../batch/column.ts'
import { allocUint8, heapArena } from '../batch/slab.ts'
import { concat, copyToHeap, iota, take } from '../batch/take.ts'
import { PlanError } from '../errors.ts'
import type { PlanNode } from '../plan.ts'
import { eventTimesMs } from '../time/event-time.ts'
import { fieldIndex } from '../types/schema.ts'
import type { Operator, OperatorContext } from './contract.ts'
import { defineOperator, OUTPUT_ROWS } from './define.ts'
import { detectColumn } from './detect-columns.ts'
import { HeldBatches } from './held-rows.ts'

/**
 * After a `detect` over many series: calls the values of an instant anomalies together, so that no more than the share
 * `rate` of what is called an anomaly is expected to be none (Benjamini & Hochberg 1995, *Journal of the Royal
 * Statistical Society B* 57).
 *
 * An instant is one event time, complete once the watermark has passed it: what is called an anomaly depends neither on
 * batches nor on shards.
 */
export interface FalseDiscoveriesNode extends PlanNode {
  readonly kind: 'falseDiscoveries'
  readonly rate: number
  /** The prefix of the columns that `detect` appended. */
  readonly as: string
}

const REWRITTEN = ['anomaly', 'reason', 'reasonScore', 'suppressed'] as const

export const falseDiscoveries = defineOperator<FalseDiscoveriesNode>({
  kind: 'falseDiscoveries',
  output(node, [input]) {
    if (!(typeof node.rate === 'number' && node.rate > 0 && node.rate < 1)) {
      throw new PlanError('ALPHA', `falseDiscoveries is a share between 0 and 1, got ${node.rate}`, {
        hint: 'falseDiscoveries: 0.05 is one false discovery in twenty',
      })
    }
    if (input!.eventTime === undefined) {
      throw new PlanError(
        'NO_EVENT_TIME',
        'falseDiscoveries scores instants together, and needs event time',
        {
          hint: "put .watermark('column') before detect, or a window",
        },
      )
    }
    if (!input!.timeOrdered) {
      throw new PlanError(
        'DETECT_ORDER',
        'falseDiscoveries scores instants together, and values scored in order of arrival have none',
        {
          hint: "leave out order: 'arrival'",
        },
      )
    }
    return input!
  },
  explain: node =>
    `anomalies of an instant together, false discoveries ${node.rate} of ${JSON.stringify(detectColumn(node.as, 'anomaly'))}`,
  needs: ({ as }, wanted, input) => [
    ...wanted,
    detectColumn(as, 'pValue'),
    detectColumn(as, 'anomaly'),
    input.eventTime!,
  ],
  readsValues: ({ as }, column) => column === detectColumn(as, 'pValue'),
  // From here on the anomalies are its own.
  passesThrough: ({ as }, column) => !REWRITTEN.some(name => column === detectColumn(as, name)),
  routes: () => ['one'],
  open: openFalseDiscoveries,
})

function openFalseDiscoveries(node: FalseDiscoveriesNode, context: OperatorContext): Operator {
  const { schema, eventTime } = context.inputs[0]!
  const time = fieldIndex(schema, eventTime!)
  const pValue = fieldIndex(schema, detectColumn(node.as, 'pValue'))
  const [anomaly, reason, reasonScore, suppressed] = REWRITTEN.map(name =>
    fieldIndex(schema, detectColumn(node.as, name)),
  )
  /** Rows of instants that the watermark has not passed, in order. */
  const held = new HeldBatches([])

  return {
    onBatch(batch) {
      held.add(batch)
    },
    onTime(signal, emit) {
      if (held.batches.length === 0) return
      const rows = concat(schema, held.batches, heapArena)
      const timesMs = new Float64Array(rows.length)
      eventTimesMs(rows.columns[time]!, rows.length, undefined, timesMs)
      let passed = 0
      while (passed < rows.length && timesMs[passed]! < signal.watermarkMs) passed++
      const discovered = discoveries(rows.columns[pValue]!, timesMs.subarray(0, passed), node.rate)
      const all = iota(rows.length)
      for (let from = 0; from < passed; from += OUTPUT_ROWS) {
        const batch = take(rows, all.subarray(from, Math.min(from + OUTPUT_ROWS, passed)), context.arena)
        const values = allocUint8(context.arena, bitmapBytes(batch.length)).fill(0)
        for (let i = 0; i < batch.length; i++) {
          if (discovered[from + i] === 1) values[i >> 3]! |= 1 << (i & 7)
        }
        const none = allocUint8(context.arena, values.length).fill(0)
        // Only anomalies have reasons, and none is left out because it goes on with another.
        const columns = batch.columns.map((column, c) => {
          if (c === anomaly) return { ...column, values }
          if (c === reason || c === reasonScore) return { ...column, validity: values }
          if (c === suppressed) return { ...column, values: none }
          return column
        })
        emit({ ...batch, columns })
      }
      if (passed > 0)
        held.replace(passed < rows.length ? [copyToHeap(take(rows, all.subarray(passed), heapArena))] : [])
    },
    save: to => held.save(to, 'held'),
    load: from => held.load(from, 'held'),
  }
}

/** 1 for each row that is a discovery among those of its instant; rows come in order of time. */
function discoveries(pValues: Column, timesMs: Float64Array, rate: number): Uint8Array {
  const found = new Uint8Array(timesMs.length)
  const values = pValues.values as Float64Array
  for (let from = 0, to = 0; from < timesMs.length; from = to) {
    const ranked: number[] = []
    for (; to < timesMs.length && timesMs[to] === timesMs[from]; to++) {
      if (!isNullAt(pValues, to)) ranked.push(to)
    }
    ranked.sort((a, b) => values[a]! - values[b]!)
    let last = ranked.length
    while (last > 0 && !(values[ranked[last - 1]!]! <= (last / ranked.length) * rate)) last--
    for (let k = 0; k < last; k++) found[ranked[k]!] = 1
  }
  return found
}
