/** A shard on the calling thread, for inputs too small to be worth a thread's start. */

import { detectors } from '../models/detectors/index.ts'
import type { ShardHost } from './pool.ts'
import { ShardState } from './shard-state.ts'

export function inlineShard(): ShardHost {
  const shard = new ShardState(detectors)
  return {
    send: async message => shard.handle(message),
    release: async () => {},
  }
}
