/**
 * What a shard measures of its operators.
 *
 * The numbers lie in memory that the coordinator reads whenever it is asked: nothing is sent, and a step pays a few
 * additions and two readings of the clock for each operator and batch. Each number has one writer, the shard, so that plain
 * reads of aligned doubles are enough: a reader may see some of a step's numbers before the others.
 */

import { type Batch, rowCount } from '../core/batch/batch.ts'
import { batchBytes } from '../core/batch/batch-bytes.ts'
import type { Operator } from '../core/operators/contract.ts'
import type { Stage } from '../core/planner/stages.ts'

/** Of an operator, by place. */
const OPERATOR_FIELDS = [
  'rowsIn',
  'batchesIn',
  'bytesIn',
  'rowsOut',
  'batchesOut',
  'bytesOut',
  'busyMs',
  'rowsLate',
  'deadLetters',
  'rowsBad',
  'valuesScored',
  'anomalies',
  'stateBytes',
  'peakStateBytes',
  'stateKeys',
] as const

/** Of the shard. `cpuMs` is -1 where threads are not told what they used. */
const SHARD_FIELDS = ['steps', 'busyMs', 'cpuMs'] as const

export type OperatorMeasures = Readonly<Record<(typeof OPERATOR_FIELDS)[number], number>>
export type ShardMeasures = Readonly<Record<(typeof SHARD_FIELDS)[number], number>>

/** Memory of one shard's numbers: those of the shard, then those of the operators of every stage in turn. */
export type MeterMemory = Float64Array<SharedArrayBuffer>

const SHARD = SHARD_FIELDS.length
const OPERATOR = OPERATOR_FIELDS.length

const at = Object.fromEntries(OPERATOR_FIELDS.map((name, i) => [name, i])) as Record<
  (typeof OPERATOR_FIELDS)[number],
  number
>
const [STEPS, BUSY_MS, CPU_MS] = [0, 1, 2]

/** How often what takes longer to find out is looked at: the size of state, and the thread's CPU. */
const SAMPLE_EVERY_MS = 100

/** No operator: the clock runs for nobody. */
const NOBODY = -1

export function newMeterMemory(stages: readonly Stage[]): MeterMemory {
  const operators = stages.reduce((sum, stage) => sum + stage.operators.length, 0)
  return new Float64Array(new SharedArrayBuffer(8 * (SHARD + OPERATOR * operators)))
}

export const readShard = (memory: MeterMemory): ShardMeasures =>
  Object.fromEntries(SHARD_FIELDS.map((name, i) => [name, memory[i]!])) as ShardMeasures

/** @param index of the operator among those of all stages */
export function readOperator(memory: MeterMemory, index: number): OperatorMeasures {
  const base = SHARD + OPERATOR * index
  return Object.fromEntries(OPERATOR_FIELDS.map((name, i) => [name, memory[base + i]!])) as OperatorMeasures
}

/** Measures the operators of one stage on one shard. */
export class StageMeter {
  readonly #memory: Float64Array
  readonly #base: number
  #current = NOBODY
  #sinceMs = 0
  #sampledMs = Number.NEGATIVE_INFINITY

  /** @param first the index of the stage's first operator among those of all stages */
  constructor(memory: Float64Array, first: number) {
    this.#memory = memory
    this.#base = SHARD + OPERATOR * first
  }

  /** From now on time is an operator's; gives whose it was. What an operator emits is worked on in between. */
  enter(operator: number): number {
    const nowMs = performance.now()
    const before = this.#current
    if (before !== NOBODY) this.#add(before, at.busyMs, nowMs - this.#sinceMs)
    this.#current = operator
    this.#sinceMs = nowMs
    return before
  }

  /** Time is again that of whoever {@link enter} gave. */
  leave(before: number): void {
    this.enter(before)
  }

  took(operator: number, batch: Batch): void {
    this.#add(operator, at.rowsIn, rowCount(batch))
    this.#add(operator, at.batchesIn, 1)
    this.#add(operator, at.bytesIn, batchBytes(batch))
  }

  gave(operator: number, batch: Batch, port: string): void {
    const rows = batch.encodedRows ?? rowCount(batch)
    if (port === 'failed') this.#add(operator, at.deadLetters, rows)
    // Those that are late are counted where they are found, wanted or not.
    if (port === 'failed' || port === 'late') return
    this.#add(operator, at.rowsOut, rows)
    this.#add(operator, at.batchesOut, 1)
    this.#add(operator, at.bytesOut, batchBytes(batch))
  }

  late(operator: number, rows: number): void {
    this.#add(operator, at.rowsLate, rows)
  }

  scored(operator: number, values: number, anomalies: number): void {
    this.#add(operator, at.valuesScored, values)
    this.#add(operator, at.anomalies, anomalies)
  }

  bad(operator: number, rows: number): void {
    this.#add(operator, at.rowsBad, rows)
  }

  /** Looks at what operators keep, unless it did so just now. */
  sample(operators: readonly Operator[], always = false): void {
    const nowMs = performance.now()
    if (!always && nowMs - this.#sampledMs < SAMPLE_EVERY_MS) return
    this.#sampledMs = nowMs
    operators.forEach((operator, i) => {
      const bytes = operator.stateBytes
      if (bytes === undefined) return
      this.#set(i, at.stateBytes, bytes)
      this.#set(i, at.peakStateBytes, Math.max(bytes, this.#get(i, at.peakStateBytes)))
      this.#set(i, at.stateKeys, operator.stateKeys ?? 0)
    })
  }

  #add(operator: number, field: number, value: number): void {
    this.#memory[this.#base + OPERATOR * operator + field]! += value
  }

  #get(operator: number, field: number): number {
    return this.#memory[this.#base + OPERATOR * operator + field]!
  }

  #set(operator: number, field: number, value: number): void {
    this.#memory[this.#base + OPERATOR * operator + field] = value
  }
}

/** Measures the steps of one shard. */
export class ShardMeter {
  readonly #memory: Float64Array
  readonly #cpuBefore = threadCpuMs()
  #sampledMs = Number.NEGATIVE_INFINITY

  constructor(memory: Float64Array) {
    this.#memory = memory
    if (this.#cpuBefore === undefined) memory[CPU_MS] = -1
  }

  /** Does a step. Of one that waits for user code only what it does at once is measured. */
  step<T>(work: () => T): T {
    const beganMs = performance.now()
    try {
      return work()
    } finally {
      const nowMs = performance.now()
      this.#memory[STEPS]! += 1
      this.#memory[BUSY_MS]! += nowMs - beganMs
      this.sample(nowMs)
    }
  }

  /** Looks at what the thread has used, unless it did so just now. */
  sample(nowMs = Number.POSITIVE_INFINITY): void {
    if (this.#cpuBefore === undefined || nowMs - this.#sampledMs < SAMPLE_EVERY_MS) return
    this.#sampledMs = nowMs
    this.#memory[CPU_MS] = threadCpuMs()! - this.#cpuBefore
  }
}

/** CPU of this thread so far, user and system; undefined where the runtime does not tell. */
function threadCpuMs(): number | undefined {
  const usage = process.threadCpuUsage?.()
  return usage && (usage.user + usage.system) / 1000
}
