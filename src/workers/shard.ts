/** The entry of a shard's thread: Piscina calls the default export with each message, in order. */

import { MillraceError, nodeOf, placeOf, type RecordPlace, textOf } from '../core/errors.ts'
import { loadRuntimes } from '../core/operators/runtimes.ts'
import { functionsFor } from './functions-for.ts'
import type { OpenMessage, ShardMessage, ShardReply, StepResult } from './messages.ts'
import { modelsFor, nodesOf } from './models-for.ts'
import { after } from './operator-queues.ts'
import { lostState, ShardState } from './shard-state.ts'
import { type PackedResult, type PackedStep, Wire } from './wire.ts'

const shard = new ShardState()
const wires = new Map<string, Wire>()

/** An error as data: classes and own properties do not survive the way between threads. */
export interface ThreadError {
  readonly kind: string
  readonly code: string
  readonly message: string
  readonly hint?: string
  /** The plan node it happened in. */
  readonly node?: string
  /** The record it is of. */
  readonly place?: RecordPlace
  readonly stack?: string
}

/** What a thread is sent: steps are packed, the other messages are as they are. */
export type PackedMessage = Exclude<ShardMessage, { kind: 'step' }> | PackedStep

export type PackedReply = Exclude<ShardReply, StepResult> | PackedResult

export type Outcome = { value: PackedReply } | { error: ThreadError }

export default function handle(message: PackedMessage): Outcome | Promise<Outcome> {
  if (message.kind === 'open') return open(message)
  try {
    const reply = message.kind === 'step' ? step(message) : other(message)
    if (!(reply instanceof Promise)) return { value: reply }
    return reply.then(
      value => ({ value }),
      error => ({ error: describe(error) }),
    )
  } catch (error) {
    return { error: describe(error) }
  }
}

async function open(message: OpenMessage): Promise<Outcome> {
  try {
    await loadRuntimes(message.stages.flatMap(nodesOf))
    shard.open(message, await modelsFor(message.stages), await functionsFor(message))
    wires.set(message.job, new Wire())
    return { value: undefined }
  } catch (error) {
    return { error: describe(error) }
  }
}

function step(packed: PackedStep): PackedResult | Promise<PackedResult> {
  const wire = wires.get(packed.job)
  // A thread that knows no such job has no memory of it either.
  if (!wire) throw lostState()
  const { message, memory } = wire.unpackStep(packed)
  const result = shard.handle(message) as StepResult | Promise<StepResult>
  return after(result, made => wire.packResult(made, memory))
}

type OtherReply = Exclude<ShardReply, StepResult>

function other(message: Exclude<ShardMessage, { kind: 'step' | 'open' }>): OtherReply | Promise<OtherReply> {
  if (message.kind === 'close') wires.delete(message.job)
  return shard.handle(message) as OtherReply | Promise<OtherReply>
}

function describe(error: unknown): ThreadError {
  const { message, stack } = error instanceof Error ? error : new Error(String(error))
  if (!(error instanceof MillraceError)) {
    return { kind: 'JobError', code: 'INTERNAL', message, ...(stack ? { stack } : {}) }
  }
  const node = nodeOf(error)
  const place = placeOf(error)
  // Of what was not foreseen, and of user code, where it was thrown says more than where it was given a code.
  const foreign = error.code === 'INTERNAL' || error.code.startsWith('FUNCTION_')
  const trace = foreign && error.cause instanceof Error ? error.cause.stack : stack
  return {
    kind: error.name,
    code: error.code,
    message: textOf(error),
    ...(node === undefined ? {} : { node }),
    ...(place === undefined ? {} : { place }),
    ...(error.hint ? { hint: error.hint } : {}),
    ...(trace ? { stack: trace } : {}),
  }
}
