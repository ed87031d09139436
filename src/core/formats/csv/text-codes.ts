/** Codes of texts, found while the text is read: hash and end of a field come out of one loop. */

import type { Dictionary } from '../../batch/column.ts'
import { TextInterner } from '../../batch/text-interner.ts'

export class TextCodes {
  readonly #interner = new TextInterner()

  /** Distinct texts so far. */
  get length(): number {
    return this.#interner.length
  }

  code(bytes: Uint8Array, from: number, to: number): number {
    return this.#interner.code(bytes, from, to)
  }

  dictionary(): Dictionary {
    return this.#interner.dictionary()
  }
}
