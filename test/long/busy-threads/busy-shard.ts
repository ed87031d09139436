/** A shard's thread that is held up before some of its messages, as threads are on a busy machine. */

import { act, type ShardTask, serve } from '../../../src/workers/shard.ts'
import { holdUp } from './hold-up.ts'

export default (task: ShardTask): Promise<void> =>
  serve(task, message => {
    holdUp()
    return act(message)
  })
