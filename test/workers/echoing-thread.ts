/** The shard's end of a line that gives back what it gets, after as long as it is told to be busy. */

import { type MessagePort, workerData } from 'node:worker_threads'
import { type LineMemory, ShardEnd } from '../../src/workers/line.ts'

export interface Echo {
  readonly memory: LineMemory
  readonly port: MessagePort
  /** Whether it waits in its event loop. */
  readonly listens: boolean
}

const { memory, port, listens } = workerData as Echo
const line = new ShardEnd(memory, port)
for (let open = true; open; ) {
  if (!line.hasRequest) {
    if (listens) await line.listen()
    else line.block()
  }
  const { kind, frame } = line.receive()
  const [busyMs, attached, numbers] = [frame.take(), frame.take(), frame.takeAll()]
  const values = Array.from({ length: attached }, () => frame.attachment())
  if (listens) await new Promise(resolve => setImmediate(resolve))
  for (const until = performance.now() + busyMs; performance.now() < until; );
  line.reply(kind, out => {
    out.putAll(numbers)
    for (const value of values) out.attach(value)
  })
  open = kind !== 0
}
line.close()
