/**
 * A shard that falls asleep while the coordinator is in the middle of sending hears of what is sent next. It did not where
 * the coordinator was held up between a request and the look at whether the shard sleeps: the shard had answered that
 * request, and the coordinator ended a sleep that had not begun.
 */

import { once } from 'node:events'
import { MessageChannel, Worker } from 'node:worker_threads'
import { afterEach, expect, it, onTestFinished, vi } from 'vitest'
import { CoordinatorEnd, newLineMemory } from '../../src/workers/line.ts'
import type { SlowToSleep } from './slow-to-sleep.ts'

afterEach(() => void vi.restoreAllMocks())

/** Of the counts in shared memory: how often it was so, how often it may be, and what came of the last time. */
const [WAS, MAY, LAST] = [0, 1, 2]
const ALWAYS = 1 << 30
const ASLEEP = 1

const newCounts = () => new Int32Array(new SharedArrayBuffer(12))

const nextTurn = () => new Promise(resolve => setImmediate(resolve))

/** Holds this thread up just before or after it calls `Atomics[operation]` the next time. */
function holdUp(operation: 'store' | 'exchange', when: 'before' | 'after', until: () => boolean): void {
  const real = Atomics[operation] as (...args: unknown[]) => unknown
  let left = 1
  vi.spyOn(Atomics, operation).mockImplementation(((...args: unknown[]) => {
    const isHeld = left-- > 0
    while (isHeld && when === 'before' && !until());
    const result = real(...args)
    while (isHeld && when === 'after' && !until());
    return result
  }) as never)
}

it.each([
  ['before', 'store'],
  ['after', 'store'],
  ['before', 'exchange'],
  ['after', 'exchange'],
] as const)('the coordinator is held up %s its %s', async (when, operation) => {
  const { port1, port2 } = new MessageChannel()
  const memory = newLineMemory()
  const [answers, sleeps] = [newCounts(), newCounts()]
  const got: number[] = []
  let heard = () => {}
  const line = new CoordinatorEnd(memory, port1, (_, frame) => {
    got.push(frame.take())
    heard()
  })
  const replies = async (count: number) => {
    while (got.length < count) await new Promise<void>(resolve => (heard = resolve))
  }
  const workerData: SlowToSleep = { memory, port: port2, answers, sleeps }
  const worker = new Worker(new URL('./slow-to-sleep.ts', import.meta.url), {
    workerData,
    transferList: [port2],
  })
  const ended = once(worker, 'exit')
  onTestFinished(() => void worker.terminate())

  // The shard is awake: it answers a request.
  Atomics.store(sleeps, MAY, ALWAYS)
  line.send(1, frame => frame.put(0))
  while (Atomics.load(answers, WAS) === 0) await nextTurn()
  // In the middle of the next the coordinator is held up until the shard has answered all and is about to sleep.
  const slept = Atomics.load(sleeps, WAS)
  Atomics.store(sleeps, MAY, slept)
  Atomics.store(answers, MAY, ALWAYS)
  holdUp(operation, when, () => Atomics.load(sleeps, WAS) > slept)
  line.send(1, frame => frame.put(1))
  vi.restoreAllMocks()
  Atomics.store(sleeps, LAST, 0)
  Atomics.store(sleeps, MAY, ALWAYS)
  while (Atomics.load(sleeps, LAST) === 0) await nextTurn()
  const isAsleep = Atomics.load(sleeps, LAST) === ASLEEP

  const notify = vi.spyOn(Atomics, 'notify')
  line.send(1, frame => frame.put(2))
  if (isAsleep) expect(notify).toHaveBeenCalledOnce()
  await replies(3)
  line.send(0, frame => frame.put(3))
  await replies(4)
  expect(got).toEqual([0, 1, 2, 3])
  await ended
  line.close()
})
