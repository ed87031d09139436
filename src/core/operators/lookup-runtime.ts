/**
 * The runtime of `lookupJoin`. The rows of a batch with equal keys make one call; several calls are under way at once, and
 * the step waits for all of them.
 */

import { type Batch, rowAt, rowCount } from '../batch/batch.ts'
import { withChildren } from '../batch/place.ts'
import { eachRow } from '../batch/rows.ts'
import { allocUint32 } from '../batch/slab.ts'
import { take } from '../batch/take.ts'
import { type Cell, columnFromCells } from '../expr/cell.ts'
import { fieldIndex } from '../types/schema.ts'
import type { Emit, Operator, OperatorContext } from './contract.ts'
import { LookupCache } from './lookup-cache.ts'
import { aborted, type FoundRows, LookupCalls, type LookupKey, NOTHING_FOUND } from './lookup-calls.ts'
import type { LookupJoinNode } from './lookup-join.ts'

/** A call to make, and for which rows of the batch. */
interface Lookup {
  readonly text: string
  readonly key: LookupKey
  readonly rows: number[]
}

/** Rows of a batch with what was found for them, in the order in which they leave. */
interface Joined {
  readonly rows: number[]
  /** Which of the rows found for the same row it is. */
  readonly children: number[]
  /** By column that was found. */
  readonly cells: Cell[][]
}

export const open = (node: LookupJoinNode, context: OperatorContext): Operator =>
  new LookupJoin(node, context)

class LookupJoin implements Operator {
  readonly #node: LookupJoinNode
  readonly #context: OperatorContext
  readonly #calls: LookupCalls
  readonly #cache: LookupCache | undefined
  readonly #columns: readonly number[]

  constructor(node: LookupJoinNode, context: OperatorContext) {
    this.#node = node
    this.#context = context
    this.#calls = new LookupCalls(node, context)
    this.#cache = node.cache && new LookupCache(node.cache)
    this.#columns = node.in.map(name => fieldIndex(context.inputs[0]!.schema, name))
  }

  async onBatch(batch: Batch, _input: number, emit: Emit): Promise<void> {
    const count = rowCount(batch)
    const found: (FoundRows | undefined)[] = new Array(count).fill(NOTHING_FOUND)
    /** Rows in the order in which what belongs to them was known. */
    const known: number[] = []
    await this.#findAll(this.#lookups(batch), (rows, of) => {
      for (const row of rows) {
        found[row] = of
        known.push(row)
      }
    })
    if (this.#context.signal.aborted) throw aborted()
    const order = this.#node.ordered ? found.keys() : known
    const joined = this.#joined(batch, order, found)
    if (joined.rows.length > 0) emit(this.#output(batch, joined))
  }

  /** By key, the rows that have it; those with a null in it have none, and find nothing. */
  #lookups(batch: Batch): { lookups: Lookup[]; without: number[] } {
    const schema = this.#columns.map(column => batch.schema[column]!)
    const keys = { ...batch, schema, columns: this.#columns.map(column => batch.columns[column]!) }
    const byText = new Map<string, Lookup>()
    const without: number[] = []
    let row = 0
    for (const key of eachRow(keys)) {
      const values = Object.values(key)
      if (values.includes(null)) without.push(row)
      else {
        const text = values.map(textOf).join(',')
        const lookup = byText.get(text)
        if (lookup) lookup.rows.push(row)
        else byText.set(text, { text, key, rows: [row] })
      }
      row++
    }
    return { lookups: [...byText.values()], without }
  }

  /** @param take takes rows and what was found for them, undefined where they are to be left out */
  async #findAll(
    { lookups, without }: { lookups: Lookup[]; without: number[] },
    take: (rows: readonly number[], found: FoundRows | undefined) => void,
  ): Promise<void> {
    take(without, NOTHING_FOUND)
    const { signal } = this.#context
    // When one call fails, the others have been in vain.
    const stop = new AbortController()
    const abort = () => stop.abort(signal.reason)
    if (signal.aborted) abort()
    signal.addEventListener('abort', abort, { once: true })
    const pending = lookups.values()
    const lane = async () => {
      for (const { text, key, rows } of pending) {
        const remembered = this.#cache?.get(text)
        const found = remembered ?? (await this.#calls.find(key, stop.signal))
        if (found && !remembered) this.#cache?.set(text, found)
        take(rows, found)
      }
    }
    try {
      await Promise.all(Array.from({ length: this.#node.concurrency }, lane))
    } catch (error) {
      stop.abort(error)
      throw signal.aborted ? aborted() : error
    } finally {
      signal.removeEventListener('abort', abort)
    }
  }

  #joined(batch: Batch, order: Iterable<number>, found: readonly (FoundRows | undefined)[]): Joined {
    const { out, how } = this.#node
    const nothing: readonly Cell[] = out.map(() => null)
    const joined: Joined = { rows: [], children: [], cells: out.map(() => []) }
    for (const i of order) {
      const rows = found[i]
      const all = rows?.length === 0 && how === 'left' ? [nothing] : rows
      all?.forEach((cells, child) => {
        joined.rows.push(rowAt(batch, i))
        joined.children.push(child)
        for (let c = 0; c < cells.length; c++) joined.cells[c]!.push(cells[c]!)
      })
    }
    return joined
  }

  #output(batch: Batch, { rows, children, cells }: Joined): Batch {
    const { arena, inputs, output } = this.#context
    const taken = take(batch, Uint32Array.from(rows), arena)
    const found = this.#node.out.map(({ type }, c) =>
      columnFromCells(type, cells[c]!, i => i, rows.length, arena),
    )
    const made: Batch = { ...taken, schema: output.schema, columns: [...taken.columns, ...found] }
    const numbers = allocUint32(arena, children.length)
    numbers.set(children)
    return withChildren(made, inputs[0]!.children ?? 0, numbers)
  }
}

/** Different values have different texts. */
function textOf(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value)
  if (value instanceof Date) return `d${value.getTime()}`
  return typeof value === 'bigint' ? `${value}n` : String(value)
}
