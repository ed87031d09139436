/** A shard's thread that goes wrong at its fifth step, in the way that the environment names. */

import { act, type ShardTask, serve } from '../../../src/workers/shard.ts'

let steps = 0

export default (task: ShardTask): Promise<void> =>
  serve(task, message => {
    if (message.kind === 'step' && ++steps === 5) {
      switch (process.env.MILLRACE_TEST_DEATH) {
        case 'exit':
          process.exit(3)
          break
        case 'throw':
          setImmediate(() => {
            throw new Error('thrown outside the shard')
          })
          return new Promise(() => {})
        case 'memory': {
          const hoard: unknown[] = []
          for (;;) hoard.push(Array.from({ length: 10_000 }, (_, i) => ({ i })))
        }
      }
    }
    return act(message)
  })
