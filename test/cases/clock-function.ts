/** A process function that goes by the clock. */

import { processFunction } from '../../src/core/user-functions/process-function.ts'

/** Says for each row when five seconds have passed since. */
export const after5s = processFunction<{ key: string }, { key: string; at: Date }>({
  onRow: (_, context) => context.setClockTimer(context.now.getTime() + 5_000),
  onClockTimer: (context, at) => context.emit({ key: context.key.key, at }),
})
