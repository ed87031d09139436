/**
 * Bytes from elsewhere: processes, sockets, servers. This folder does their input and output; what the bytes mean is up
 * to a format of `core/formats`. It may import `core` only.
 *
 * This file: what all of them give, bytes in the order in which they arrive.
 */

import type { Json } from '../../core/formats/contract.ts'

export interface ByteChunk {
  readonly bytes: Uint8Array
  /**
   * Where reading can go on right after it. Only where a record ends with it; what follows a chunk without one is read
   * again after a restart.
   */
  readonly resume?: Json
  /** A record ends with it, whatever its last byte; or a document does, and another begins, with a header of its own. */
  readonly ends?: 'record' | 'document'
}

/** Something that bytes come from. */
export interface ByteStream {
  /** For `explain` and errors: `exec journalctl -f`. */
  readonly label: string
  readonly bounded: boolean
  /** Whether it can be opened at the `resume` of a chunk. */
  readonly replayable: boolean
  /**
   * Bytes from a place on, from the beginning without one. Leaving the loop, and the signal, end it and free everything.
   *
   * @throws {ConnectorError} what reading fails with
   */
  open(from: Json | undefined, signal: AbortSignal): AsyncIterable<ByteChunk>
}
