/**
 * An expression over one text column, evaluated once per dictionary entry instead of once per row.
 *
 * Entry 0 is the answer for null, entry `code + 1` that for a code. Dictionaries only grow, so a table is extended
 * when its dictionary comes back longer. Texts computed here form a dictionary of their own, which grows as well.
 */

import { NO_POSITION } from '../batch/batch.ts'
import type { Column, Dictionary } from '../batch/column.ts'
import { newDictionaryId } from '../batch/dictionary.ts'
import type { Cell } from './cell.ts'
import type { Memo } from './emit.ts'
import type { Bound } from './functions/contract.ts'
import { evaluate } from './interpret.ts'

/** Tables kept per memo: sources with several readers bring several dictionaries in turn. */
const KEPT = 16

export class MemoTables {
  readonly #memo: Memo
  readonly #tables = new Map<string, MemoTable>()

  constructor(memo: Memo) {
    this.#memo = memo
  }

  /** The table for the dictionary of a column, complete. */
  for(column: Column): MemoTable {
    const dictionary = column.dictionary!
    let table = this.#tables.get(dictionary.id)
    if (table) this.#tables.delete(dictionary.id)
    else {
      table = new MemoTable(this.#memo)
      const [oldest] = this.#tables.keys()
      if (this.#tables.size >= KEPT) this.#tables.delete(oldest!)
    }
    this.#tables.set(dictionary.id, table)
    table.extend(dictionary)
    return table
  }
}

export class MemoTable {
  /** Truth as 0 and 1, numbers, or codes of {@link dictionary}; by entry. */
  values: Uint8Array | Float64Array | Int32Array = new Uint8Array(0)
  /** 1 where the answer is not null; by entry. */
  valid: Uint8Array = new Uint8Array(0)
  readonly #memo: Memo
  readonly #texts: GrowingDictionary | undefined
  #entries = 0

  constructor(memo: Memo) {
    this.#memo = memo
    this.#texts = memo.kind === 'text' ? new GrowingDictionary() : undefined
  }

  get dictionary(): Dictionary {
    return this.#texts!.dictionary
  }

  extend(dictionary: Dictionary): void {
    const needed = dictionary.length + 1
    if (needed <= this.#entries) return
    this.#reserve(needed)
    const column: Column = { type: 'utf8', values: dictionary.values, offsets: dictionary.offsets }
    const nothing: Column = {
      type: 'utf8',
      values: dictionary.values,
      offsets: dictionary.offsets,
      validity: NO_BITS,
    }
    for (let entry = this.#entries; entry < needed; entry++) {
      this.#put(entry, entry === 0 ? this.#evaluate(nothing, 0) : this.#evaluate(column, entry - 1))
    }
    this.#entries = needed
  }

  #evaluate(column: Column, row: number): Cell {
    const columns: Column[] = []
    columns[this.#memo.column] = column
    const node: Bound = this.#memo.node
    return evaluate(node, { schema: [], length: row + 1, columns, position: NO_POSITION }, row)
  }

  #put(entry: number, cell: Cell): void {
    this.valid[entry] = cell === null ? 0 : 1
    if (cell === null) return
    this.values[entry] = this.#texts ? this.#texts.code(cell as string) : Number(cell)
  }

  #reserve(entries: number): void {
    if (entries <= this.valid.length) return
    const capacity = Math.max(64, entries, this.valid.length * 2)
    const { kind } = this.#memo
    const values =
      kind === 'bool'
        ? new Uint8Array(capacity)
        : kind === 'num'
          ? new Float64Array(capacity)
          : new Int32Array(capacity)
    values.set(this.values)
    this.values = values
    const valid = new Uint8Array(capacity)
    valid.set(this.valid)
    this.valid = valid
  }
}

const NO_BITS = new Uint8Array(1)
const encoder = new TextEncoder()

/** A dictionary that takes new texts; it lies in shared memory of its own, as all dictionaries do. */
class GrowingDictionary {
  readonly #id = newDictionaryId()
  readonly #codes = new Map<string, number>()
  #bytes = new Uint8Array(new SharedArrayBuffer(256))
  #offsets = new Int32Array(new SharedArrayBuffer(66 * 4))

  get dictionary(): Dictionary {
    return { id: this.#id, length: this.#codes.size, values: this.#bytes, offsets: this.#offsets }
  }

  code(text: string): number {
    const known = this.#codes.get(text)
    if (known !== undefined) return known
    const code = this.#codes.size
    const piece = encoder.encode(text)
    const start = this.#offsets[code]!
    if (start + piece.length > this.#bytes.length) {
      const grown = new Uint8Array(
        new SharedArrayBuffer(Math.max(start + piece.length, this.#bytes.length * 2)),
      )
      grown.set(this.#bytes)
      this.#bytes = grown
    }
    if (code + 2 > this.#offsets.length) {
      const grown = new Int32Array(new SharedArrayBuffer(this.#offsets.length * 2 * 4))
      grown.set(this.#offsets)
      this.#offsets = grown
    }
    this.#bytes.set(piece, start)
    this.#offsets[code + 1] = start + piece.length
    this.#codes.set(text, code)
    return code
  }
}
