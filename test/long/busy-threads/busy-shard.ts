/** A shard's thread that is held up before some of its messages, as threads are on a busy machine. */

import { act, type ShardTask, serve } from '../../../src/workers/shard.ts'
import { holdUp, holdUpAtWords } from './hold-up.ts'

holdUpAtWords()

export default (task: ShardTask): Promise<void> =>
  serve(task, message => {
    holdUp()
    return act(message)
  })
