/** The dictionary of a column of a file that is being written: new texts are added, and only they are written again. */

import { Dictionary as ArrowDictionary, type Data, Int32, makeData, Utf8, Vector } from 'apache-arrow'
import { bitAt, type Column, type Dictionary } from '../../core/batch/column.ts'
import { heapArena } from '../../core/batch/slab.ts'
import { dictionaryText } from '../../core/batch/take.ts'
import { TextInterner } from '../../core/batch/text-interner.ts'

export class GrowingDictionary {
  readonly type = new ArrowDictionary(new Utf8(), new Int32())
  readonly #texts = new TextInterner()
  /** What is written: each a delta to those before. */
  #chunks: Data<Utf8>[] = []
  #vector: Vector<Utf8> | undefined
  #length = 0
  /** Codes of this file by the codes of a dictionary. */
  readonly #codes = new Map<string, Int32Array>()

  /** Text as codes into this dictionary. */
  add(column: Column, length: number): Data<ArrowDictionary<Utf8, Int32>> {
    const { values, validity, dictionary } = dictionaryText(column, length, heapArena)
    const own = this.#codesOf(dictionary!)
    this.#grow()
    const codes = new Int32Array(length)
    for (let i = 0; i < length; i++) {
      if (!validity || bitAt(validity, i)) codes[i] = own[(values as Int32Array)[i]!]!
    }
    const nulls = validity ? { nullBitmap: validity, nullCount: -1 } : { nullCount: 0 }
    return makeData({ type: this.type, length, data: codes, dictionary: this.#vector!, ...nulls })
  }

  #codesOf({ id, length, values, offsets }: Dictionary): Int32Array {
    const known = this.#codes.get(id)
    if (known && known.length >= length) return known
    const codes = new Int32Array(length)
    if (known) codes.set(known)
    for (let code = known?.length ?? 0; code < length; code++)
      codes[code] = this.#texts.code(values, offsets[code]!, offsets[code + 1]!)
    this.#codes.set(id, codes)
    return codes
  }

  #grow(): void {
    const { length, values, offsets } = this.#texts.dictionary()
    if (this.#vector && length === this.#length) return
    const from = this.#length
    const start = offsets[from] ?? 0
    const valueOffsets = offsets.slice(from, length + 1).map(offset => offset - start)
    const chunk = makeData({
      type: new Utf8(),
      length: length - from,
      nullCount: 0,
      valueOffsets,
      data: values.slice(start, offsets[length] ?? 0),
    })
    this.#chunks = [...this.#chunks, chunk]
    this.#vector = new Vector(this.#chunks)
    this.#length = length
  }
}
