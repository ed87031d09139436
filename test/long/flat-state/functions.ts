/** The process function of `run.ts`: counts the rows of each key, which a ttl forgets. */

import { processFunction } from '../../../src/index.ts'

export const counted = processFunction<{ key: bigint }, { n: number }>({
  onRow(_row, context) {
    const seen = context.value<number>('seen')
    seen.set((seen.get() ?? 0) + 1)
    context.emit({ n: seen.get()! })
  },
})
