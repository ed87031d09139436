/** A shard's end of a line that answers requests with their numbers, as slowly as it is told to, and is slow to fall asleep. */

import { type MessagePort, workerData } from 'node:worker_threads'
import { type LineMemory, ShardEnd } from '../../src/workers/line.ts'

export interface SlowToSleep {
  readonly memory: LineMemory
  readonly port: MessagePort
  /** How many requests it has begun to answer, and how many it may answer; shared. */
  readonly answers: Int32Array
  /** How often it was about to sleep, how often it may, and whether it did the last time (1) or not (2); shared. */
  readonly sleeps: Int32Array
}

const { memory, port, answers, sleeps } = workerData as SlowToSleep

/** Counts, and waits until so many may. */
function pass(counts: Int32Array): void {
  const times = Atomics.add(counts, 0, 1) + 1
  while (Atomics.load(counts, 1) < times);
}

const sleep = Atomics.wait
Atomics.wait = ((...args: [words: Int32Array, index: number, value: number]) => {
  pass(sleeps)
  const slept = sleep(...args, 1)
  Atomics.store(sleeps, 2, slept === 'timed-out' ? 1 : 2)
  return slept === 'timed-out' ? sleep(...args) : slept
}) as typeof sleep

const line = new ShardEnd(memory, port)
for (let open = true; open; ) {
  if (!line.hasRequest) line.block()
  const { kind, frame } = line.receive()
  const number = frame.take()
  pass(answers)
  line.reply(kind, out => out.put(number))
  open = kind !== 0
}
line.close()
