/** A shard's thread that takes its time over steps of more than one row. */

import { act, type ShardTask, serve } from '../../../src/workers/shard.ts'

const SLOW_MS = 30

export default (task: ShardTask): Promise<void> =>
  serve(task, message => {
    const isSlow = message.kind === 'step' && message.inputs.some(({ batch }) => batch.length > 1)
    for (const untilMs = performance.now() + (isSlow ? SLOW_MS : 0); performance.now() < untilMs; );
    return act(message)
  })
