/** A shard on the calling thread, for inputs that take less time than starting a thread. */

import { loadRuntimes } from '../core/operators/runtimes.ts'
import { functionsFor } from './functions-for.ts'
import type { ShardMessage, ShardReply, StepResult } from './messages.ts'
import { modelsFor, nodesOf } from './models-for.ts'
import type { ShardHost } from './pool.ts'
import { ShardState } from './shard-state.ts'

export function inlineShard(): ShardHost {
  const shard = new ShardState()
  const send = async (message: ShardMessage): Promise<ShardReply> => {
    if (message.kind !== 'open') return shard.handle(message)
    await loadRuntimes(message.stages.flatMap(nodesOf))
    shard.open(message, await modelsFor(message.stages), await functionsFor(message))
    return undefined
  }
  return {
    send,
    step: (message, done, failed) => void send(message).then(result => done(result as StepResult), failed),
    release: () => shard.end(),
  }
}
