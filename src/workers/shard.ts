/** The entry of a shard's thread: Piscina calls the default export with each message, in order. */

import { MillraceError } from '../core/errors.ts'
import { detectors } from '../models/detectors/index.ts'
import type { ShardMessage } from './messages.ts'
import { ShardState } from './shard-state.ts'

const shard = new ShardState(detectors)

/** An error as data: classes and own properties do not survive the way between threads. */
export interface ThreadError {
  readonly kind: string
  readonly code: string
  readonly message: string
  readonly hint?: string
  readonly operatorPath: readonly string[]
  readonly stack?: string
}

export default function handle(message: ShardMessage) {
  try {
    return { value: shard.handle(message) }
  } catch (error) {
    return { error: describe(error) }
  }
}

function describe(error: unknown): ThreadError {
  const { message, stack } = error instanceof Error ? error : new Error(String(error))
  if (!(error instanceof MillraceError)) {
    return { kind: 'Error', code: 'INTERNAL', message, operatorPath: [], ...(stack ? { stack } : {}) }
  }
  return {
    kind: error.name,
    code: error.code,
    message: message.split('\n  HINT: ')[0]!.split('\n  at ')[0]!,
    operatorPath: error.operatorPath,
    ...(error.hint ? { hint: error.hint } : {}),
    ...(stack ? { stack } : {}),
  }
}
