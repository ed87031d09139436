/**
 * The entry of a shard's thread: Piscina calls the default export once for each job that the thread takes part in. It answers
 * the job's messages in order until the job ends.
 */

import type { MessagePort } from 'node:worker_threads'
import { MillraceError, nodeOf, placeOf, type RecordPlace, textOf } from '../core/errors.ts'
import { loadRuntimes } from '../core/operators/runtimes.ts'
import { canWait } from './forwarded-step.ts'
import type { FrameReader } from './frame.ts'
import { functionsFor } from './functions-for.ts'
import { type LineMemory, ShardEnd } from './line.ts'
import type { OpenMessage, ShardMessage, ShardReply, StepResult } from './messages.ts'
import { modelsFor, nodesOf } from './models-for.ts'
import { ShardState } from './shard-state.ts'
import { END, FAILED, RESULT, STEP, VALUE, Wire } from './wire.ts'

const shard = new ShardState()

/** What a thread is given for a job: its end of the line to the coordinator. */
export interface ShardTask {
  readonly memory: LineMemory
  readonly port: MessagePort
}

/** What answers messages. */
export type Act = (message: ShardMessage) => ShardReply | Promise<ShardReply>

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

export default (task: ShardTask): Promise<void> => serve(task, act)

/** Answers the messages of a job. Resolves when it ends. */
export async function serve({ memory, port }: ShardTask, answer: Act): Promise<void> {
  const line = new ShardEnd(memory, port)
  const desk = new Desk(line, answer)
  // User code that is waited for may have timers and sockets, which must go on between steps, too.
  let listens = false
  for (;;) {
    if (!line.hasRequest) {
      if (hasPrinted()) await printed()
      if (listens) await line.listen()
      else line.block()
    }
    const { kind, frame } = line.receive()
    if (kind === END) break
    const done = kind === STEP ? desk.step(frame) : desk.other(frame)
    if (!(done instanceof Promise)) continue
    listens ||= kind === STEP
    await done
  }
  line.close()
}

/** Answers one message after the other. */
class Desk {
  readonly #line: ShardEnd
  readonly #answer: Act
  readonly #wire = new Wire()

  constructor(line: ShardEnd, answer: Act) {
    this.#line = line
    this.#answer = answer
  }

  step(frame: FrameReader): void | Promise<void> {
    try {
      const { message, memory } = this.#wire.readStep(frame)
      const give = (result: ShardReply) =>
        this.#line.reply(
          RESULT,
          out => this.#wire.writeResult(result as StepResult, memory, out),
          canWait(message, result as StepResult),
        )
      const result = this.#answer(message)
      return result instanceof Promise ? result.then(give).catch(this.#fail) : give(result)
    } catch (error) {
      this.#fail(error)
    }
  }

  /** A message that is sent and answered whole. */
  async other(frame: FrameReader): Promise<void> {
    try {
      const value = await this.#answer(frame.attachment() as ShardMessage)
      this.#line.reply(VALUE, out => out.attach(value))
    } catch (error) {
      this.#fail(error)
    }
  }

  readonly #fail = (error: unknown): void => {
    this.#line.reply(FAILED, out => out.attach(describe(error)))
  }
}

export function act(message: ShardMessage): ShardReply | Promise<ShardReply> {
  return message.kind === 'open' ? open(message) : shard.handle(message)
}

async function open(message: OpenMessage): Promise<undefined> {
  await loadRuntimes(message.stages.flatMap(nodesOf))
  shard.open(message, await modelsFor(message.stages), await functionsFor(message))
}

/** What user code has printed goes out by the event loop, which does not run while the thread is blocked. */
const hasPrinted = (): boolean => process.stdout.writableLength > 0 || process.stderr.writableLength > 0

async function printed(): Promise<void> {
  for (const stream of [process.stdout, process.stderr])
    await new Promise<void>(resolve => stream.write('', () => resolve()))
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
