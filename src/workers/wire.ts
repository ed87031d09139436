/**
 * How steps and their results travel between the coordinator and a shard: as numbers in shared memory, the batches among
 * them as numbers that say where in which memory a column lies.
 *
 * Shared memory, schemas, names and the like are sent once and are then known by their slot. Sent with every message they
 * would arrive as new objects each time, and memory be counted each time in full towards the next garbage collection: that
 * was most of what a job cost the coordinator. Either end has a {@link Wire} for each job. Memory that its thread has retired
 * is dropped from the slots of both ends with the next message, so that neither keeps it alive.
 *
 * Invariant: both ends see the messages of one direction in the same order.
 */

import type { Arrival, EdgeTime } from '../core/operators/contract.ts'
import type { PaneRuns } from '../core/time/windows/panes.ts'
import type { FrameReader, FrameWriter } from './frame.ts'
import type {
  ForwardTo,
  Measured,
  Partitioning,
  StepInput,
  StepMessage,
  StepOutput,
  StepResult,
  Writable,
} from './messages.ts'
import { Packer, type RequestMemory, Unpacker } from './packer.ts'

/** What a request's frame is: a step, another message whole, or the end of the job. */
export const [STEP, OTHER, END] = [1, 2, 3]
/** What a reply's frame is: the result of a step, another reply whole, or an error. */
export const [RESULT, VALUE, FAILED] = [1, 2, 3]

/** What a step has besides its inputs. */
const [MERGED, TIMES, TAKEN, CLOCK, FORWARD] = [1, 2, 4, 8, 16]
/** How an output is partitioned. */
const [NOT_AT_ALL, BY_KEYS, BY_WINDOW] = [0, 1, 2]
/** What an output has besides its batch. */
const [ROWS, OWNER, LEFT_FORWARDED] = [1, 2, 4]
/** What a result has besides what every one has. */
const [RESULT_TIMES, MEASURED, FORWARDED, FORWARDED_MEASURED] = [1, 2, 4, 8]

/** One end of the line between the coordinator and a shard. */
export class Wire {
  readonly #out = new Packer()
  readonly #in = new Unpacker()

  /** Bytes of shared memory that this end keeps for later messages. */
  get keptBytes(): number {
    return this.#in.keptBytes + this.#out.sentBytes
  }

  /** Gives the memory that a reply may lie in. */
  writeStep(message: StepMessage, frame: FrameWriter): RequestMemory {
    const out = this.#out
    const { mergePartials, times, takePartials, clockMs, forward } = message
    out.begin(frame, NO_MEMORY)
    out.constant(message.job)
    out.put(message.turn)
    out.putAll(message.free)
    out.put(message.stage)
    out.put(
      (mergePartials ? MERGED : 0) |
        (times ? TIMES : 0) |
        (takePartials ? TAKEN : 0) |
        (clockMs === undefined ? 0 : CLOCK) |
        (forward ? FORWARD : 0),
    )
    out.put(message.inputs.length)
    for (const input of message.inputs) writeInput(input, out)
    if (mergePartials) out.batches(mergePartials)
    if (times) writeTimes(times, out)
    if (takePartials) {
      out.put(takePartials.toMs)
      out.constant(takePartials.owners)
    }
    if (clockMs !== undefined) out.put(clockMs)
    if (forward) writeForward(forward, out)
    writePartitionings(message.partitionedBy, out)
    return out.memory
  }

  readStep(frame: FrameReader): { message: StepMessage; memory: RequestMemory } {
    const from = this.#in
    from.begin(frame, NO_MEMORY)
    const job = from.constant<string>()
    const turn = from.take()
    const free = from.takeAll()
    const stage = from.take()
    const has = from.take()
    const inputs = listOf(readInput, from)
    const mergePartials = has & MERGED ? from.batches() : undefined
    const times = has & TIMES ? listOf(readTime, from) : undefined
    const takePartials =
      has & TAKEN
        ? { toMs: from.take(), owners: from.constant<NonNullable<StepMessage['takePartials']>['owners']>() }
        : undefined
    const clockMs = has & CLOCK ? from.take() : undefined
    const forward = has & FORWARD ? readForward(from) : undefined
    const partitionedBy = listOf(readPartitioning, from)
    const message: Writable<StepMessage> = { kind: 'step', job, turn, free, stage, inputs, partitionedBy }
    if (mergePartials) message.mergePartials = mergePartials
    if (times) message.times = times
    if (takePartials) message.takePartials = takePartials
    if (clockMs !== undefined) message.clockMs = clockMs
    if (forward) message.forward = forward
    return { message, memory: from.memory }
  }

  writeResult(result: StepResult, request: RequestMemory, frame: FrameWriter): void {
    const out = this.#out
    const { times, measured, forwarded } = result
    out.begin(frame, request)
    out.put(
      (times ? RESULT_TIMES : 0) |
        (measured ? MEASURED : 0) |
        (forwarded ? FORWARDED : 0) |
        (forwarded?.measured ? FORWARDED_MEASURED : 0),
    )
    out.put(result.outputs.length)
    for (const output of result.outputs) writeOutput(output, out)
    out.put(result.partials.length)
    for (const { shard, batch } of result.partials) {
      out.put(shard)
      out.batch(batch)
    }
    out.put(result.seen.length)
    for (const { node, times: seen } of result.seen) {
      out.constant(node)
      out.putAll(seen)
    }
    if (times) writeTimes(times, out)
    if (measured) writeMeasured(measured, out)
    if (forwarded) {
      out.put(forwarded.rows)
      if (forwarded.measured) writeMeasured(forwarded.measured, out)
    }
    writeCounts(result, out)
    out.putAll(result.slabs)
    out.putAll(result.slabBytes)
  }

  readResult(frame: FrameReader, request: RequestMemory): StepResult {
    const from = this.#in
    from.begin(frame, request)
    const has = from.take()
    const outputs = listOf(readOutput, from)
    const partials = listOf(readPartial, from)
    const seen = listOf(readSeen, from)
    const times = has & RESULT_TIMES ? listOf(readTime, from) : undefined
    const measured = has & MEASURED ? readMeasured(from) : undefined
    const forwarded = has & FORWARDED ? readForwarded(from, has) : undefined
    const result: Writable<StepResult> = {
      outputs,
      partials,
      seen,
      late: listOf(readLate, from),
      scored: listOf(readScored, from),
      decoded: listOf(readDecoded, from),
      slabs: from.takeAll(),
      slabBytes: from.takeAll(),
    }
    if (times) result.times = times
    if (measured) result.measured = measured
    if (forwarded) result.forwarded = forwarded
    return result
  }
}

const NO_MEMORY: RequestMemory = []

function listOf<T>(read: (from: Unpacker) => T, from: Unpacker): T[] {
  const items: T[] = []
  for (let left = from.take(); left > 0; left--) items.push(read(from))
  return items
}

function writeInput({ batch, input, arrival }: StepInput, out: Packer): void {
  out.put(input)
  out.put(arrival ? 1 : 0)
  if (arrival) {
    out.put(arrival.passedMs)
    out.put(arrival.minMs)
  }
  out.batch(batch)
}

function readInput(from: Unpacker): StepInput {
  const input = from.take()
  const arrival: Arrival | undefined =
    from.take() === 1 ? { passedMs: from.take(), minMs: from.take() } : undefined
  const batch = from.batch()
  return arrival ? { batch, input, arrival } : { batch, input }
}

function writeTimes(times: readonly EdgeTime[], out: Packer): void {
  out.put(times.length)
  for (const { watermarkMs, maxTimeMs } of times) {
    out.put(watermarkMs)
    out.put(maxTimeMs)
  }
}

const readTime = (from: Unpacker): EdgeTime => ({ watermarkMs: from.take(), maxTimeMs: from.take() })

function writeForward({ stage, passed, partitionedBy }: ForwardTo, out: Packer): void {
  out.put(stage)
  out.put(passed ? 1 : 0)
  if (passed) {
    out.constant(passed.watermark)
    out.put(passed.ms)
    out.put(passed.paneEndMs)
  }
  writePartitionings(partitionedBy, out)
}

function readForward(from: Unpacker): ForwardTo {
  const stage = from.take()
  const passed =
    from.take() === 1
      ? { watermark: from.constant<string>(), ms: from.take(), paneEndMs: from.take() }
      : undefined
  const partitionedBy = listOf(readPartitioning, from)
  return passed ? { stage, passed, partitionedBy } : { stage, partitionedBy }
}

function writePartitionings(partitionedBy: StepMessage['partitionedBy'], out: Packer): void {
  out.put(partitionedBy.length)
  for (const partitioning of partitionedBy) writePartitioning(partitioning, out)
}

function writePartitioning(partitioning: Partitioning | undefined, out: Packer): void {
  if (partitioning === undefined) out.put(NOT_AT_ALL)
  else if (partitioning === 'keys') out.put(BY_KEYS)
  else {
    out.put(BY_WINDOW)
    out.constant(partitioning.time)
    out.constant(partitioning.window)
    out.constant(partitioning.runs)
  }
}

function readPartitioning(from: Unpacker): Partitioning | undefined {
  const by = from.take()
  if (by === NOT_AT_ALL) return undefined
  return by === BY_KEYS ? 'keys' : { time: from.constant(), window: from.constant(), runs: from.constant() }
}

function writeOutput({ output, batch, rows, owner, runs, forwarded }: StepOutput, out: Packer): void {
  out.put(output)
  out.put((rows ? ROWS : 0) | (owner === undefined ? 0 : OWNER) | (forwarded ? LEFT_FORWARDED : 0))
  out.batch(batch)
  if (rows) {
    out.put(rows.length)
    for (const own of rows) out.view(own)
  }
  if (owner !== undefined) {
    out.put(owner)
    out.constant(runs)
  }
}

function readOutput(from: Unpacker): StepOutput {
  const output = from.take()
  const has = from.take()
  const batch = from.batch()
  if (has === 0) return { output, batch }
  const rows = has & ROWS ? listOf(readRows, from) : undefined
  return {
    output,
    batch,
    ...(rows ? { rows } : {}),
    ...(has & OWNER ? { owner: from.take(), runs: from.constant<PaneRuns>() } : {}),
    ...(has & LEFT_FORWARDED ? { forwarded: true } : {}),
  }
}

const readRows = (from: Unpacker): Uint32Array => from.view() as Uint32Array

const readPartial = (from: Unpacker): StepResult['partials'][number] => ({
  shard: from.take(),
  batch: from.batch(),
})

function readSeen(from: Unpacker): StepResult['seen'][number] {
  const node = from.constant<string>()
  const times = new Float64Array(from.take())
  for (let i = 0; i < times.length; i++) times[i] = from.take()
  return { node, times }
}

function writeMeasured({ rows, groups }: Measured, out: Packer): void {
  out.put(rows)
  out.put(groups)
}

const readMeasured = (from: Unpacker): Measured => ({ rows: from.take(), groups: from.take() })

function readForwarded(from: Unpacker, has: number): NonNullable<StepResult['forwarded']> {
  const rows = from.take()
  return has & FORWARDED_MEASURED ? { rows, measured: readMeasured(from) } : { rows }
}

function writeCounts({ late, scored, decoded }: StepResult, out: Packer): void {
  out.put(late.length)
  for (const { node, rows } of late) {
    out.constant(node)
    out.put(rows)
  }
  out.put(scored.length)
  for (const { node, values } of scored) {
    out.constant(node)
    out.put(values)
  }
  out.put(decoded.length)
  for (const { node, rows, skipped } of decoded) {
    out.constant(node)
    out.put(rows)
    out.put(skipped)
  }
}

const readLate = (from: Unpacker): StepResult['late'][number] => ({
  node: from.constant(),
  rows: from.take(),
})

const readScored = (from: Unpacker): StepResult['scored'][number] => ({
  node: from.constant(),
  values: from.take(),
})

const readDecoded = (from: Unpacker): StepResult['decoded'][number] => ({
  node: from.constant(),
  rows: from.take(),
  skipped: from.take(),
})
