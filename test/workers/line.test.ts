import { once } from 'node:events'
import { setImmediate as nextTurn, setTimeout as pause } from 'node:timers/promises'
import { MessageChannel, Worker } from 'node:worker_threads'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { CoordinatorEnd, newLineMemory } from '../../src/workers/line.ts'
import { runs } from '../effort.ts'
import type { Echo } from './echoing-thread.ts'

interface Sent {
  readonly numbers: readonly number[]
  readonly attached: number
  readonly busyMs: number
  /** What the coordinator does before it sends the next. */
  readonly then: 'at once' | 'next turn' | 'later'
}

/** The end of the line. */
const LAST: Sent = { numbers: [], attached: 0, busyMs: 0, then: 'at once' }

const anySent: fc.Arbitrary<Sent> = fc.record({
  numbers: fc.oneof(
    { weight: 9, arbitrary: fc.array(fc.double(), { maxLength: 6 }) },
    // Around what a place holds, and far more.
    fc.constantFrom(2039, 2040, 2045, 2046, 9000).map(length => Array.from({ length }, (_, i) => i)),
  ),
  attached: fc.oneof({ weight: 3, arbitrary: fc.constant(0) }, fc.integer({ min: 1, max: 3 })),
  busyMs: fc.oneof({ weight: 3, arbitrary: fc.constant(0) }, fc.double({ min: 0, max: 1, noNaN: true })),
  then: fc.constantFrom('at once', 'at once', 'next turn', 'later'),
})

/** From the start, and after so many messages that the count wraps around. */
const anyCount = fc.constantFrom(0, 2 ** 31 - 9, -3)

/** Sends all of it as soon as there is room; gives what came back. */
async function echoed(messages: readonly Sent[], listens: boolean, count: number): Promise<unknown[]> {
  const { port1, port2 } = new MessageChannel()
  const memory = newLineMemory(count)
  const got: unknown[] = []
  let heard = () => {}
  const line = new CoordinatorEnd(memory, port1, (kind, frame) => {
    const attached = messages[kind - 1]?.attached ?? 0
    const numbers = frame.takeAll()
    got.push([kind, numbers, Array.from({ length: attached }, () => frame.attachment())])
    heard()
  })
  const workerData: Echo = { memory, port: port2, listens }
  const worker = new Worker(new URL('./echoing-thread.ts', import.meta.url), {
    workerData,
    transferList: [port2],
  })
  const ended = once(worker, 'exit')
  const until = async (enough: () => boolean) => {
    while (!enough()) await new Promise<void>(resolve => (heard = resolve))
  }
  for (const [i, { numbers, attached, busyMs, then }] of [...messages, LAST].entries()) {
    await until(() => line.hasRoom)
    line.send(i === messages.length ? 0 : i + 1, frame => {
      frame.put(busyMs)
      frame.put(attached)
      frame.putAll(numbers)
      for (let a = 0; a < attached; a++) frame.attach({ i, a })
    })
    if (then === 'next turn') await nextTurn()
    if (then === 'later') await pause(1)
  }
  await until(() => got.length > messages.length)
  line.close()
  await ended
  return got
}

it.each([false, true])(
  'a line brings everything over in order, whoever sleeps when (listening: %s)',
  async listens => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(anySent, { maxLength: 300, size: 'max' }),
        anyCount,
        async (messages, count) => {
          const expected = messages.map(({ numbers, attached }, i) => [
            i + 1,
            numbers,
            Array.from({ length: attached }, (_, a) => ({ i, a })),
          ])
          expect(await echoed(messages, listens, count)).toEqual([...expected, [0, [], []]])
        },
      ),
      { numRuns: runs(12) },
    )
  },
)
