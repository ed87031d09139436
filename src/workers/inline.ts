/** A shard on the calling thread, for inputs too small to be worth a thread's start. */

import { models } from '../models/registry.ts'
import type { ShardHost } from './pool.ts'
import { ShardState } from './shard-state.ts'

export function inlineShard(): ShardHost {
  const shard = new ShardState(models)
  return {
    send: async message => shard.handle(message),
    release: () => shard.end(),
  }
}
