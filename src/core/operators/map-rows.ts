/** The runtime of `map` and `flatMap`: calls the function with rows, and makes columns of what it gives. */

import { type Batch, rowAt, rowCount } from '../batch/batch.ts'
import { columnFrom } from '../batch/build.ts'
import { withChildren } from '../batch/place.ts'
import { eachRow, type Row } from '../batch/rows.ts'
import { allocUint32 } from '../batch/slab.ts'
import { take, takeColumn } from '../batch/take.ts'
import { type DataError, JobError, textOf } from '../errors.ts'
import { type Cell, columnFromCells } from '../expr/cell.ts'
import { fieldIndex } from '../types/schema.ts'
import { functionFailed, showRow, wrongResult } from '../user-functions/failure.ts'
import { cellReader, takes } from '../user-functions/values.ts'
import { CallContext, isPromise, withTimeout } from './call-context.ts'
import type { Emit, Operator, OperatorContext } from './contract.ts'
import type { MapNode } from './map.ts'

export function open(node: MapNode, context: OperatorContext): Operator {
  const mapping = new Mapping(node, context)
  return { onBatch: (batch, _input, emit) => mapping.take(batch, emit) }
}

/** A row on its way through the function: its number in the batch, and what the function is given. */
interface Given {
  readonly row: number
  readonly values: Row
}

class Mapping {
  readonly #node: MapNode
  readonly #context: OperatorContext
  readonly #called: (row: Row, context: CallContext) => unknown
  /** By column that the function gives. */
  readonly #read: readonly ReturnType<typeof cellReader>[]
  readonly #kept: readonly number[]

  constructor(node: MapNode, context: OperatorContext) {
    this.#node = node
    this.#context = context
    this.#called = context.functions.callable(node.function)
    this.#read = node.out.map(({ type }) => cellReader(type))
    this.#kept = node.keep.map(name => fieldIndex(context.inputs[0]!.schema, name))
  }

  take(batch: Batch, emit: Emit): void | Promise<void> {
    const made = new Made(this.#node.out.length)
    const given = givenRows(batch)
    for (let next = given.next(); !next.done; next = given.next()) {
      const result = this.#call(next.value, made)
      if (isPromise(result)) return this.#takeLater(batch, emit, given, made, next.value, result)
      this.#put(next.value, result, made)
    }
    this.#emit(batch, made, emit)
  }

  /** Goes on from the first row for which the function gave a promise: several are waited for at once. */
  async #takeLater(
    batch: Batch,
    emit: Emit,
    given: Iterator<Given>,
    made: Made,
    first: Given,
    pending: PromiseLike<unknown>,
  ): Promise<void> {
    const { ordered, concurrency } = this.#node
    let failed = false
    const one = async (each: Given, result: unknown) => {
      this.#put(each, isPromise(result) ? await this.#settled(each, result, made) : result, made)
      if (!ordered && made.rows.length > 0) await this.#emitSettled(batch, made, emit)
    }
    const lane = async (begun?: () => Promise<void>) => {
      try {
        await begun?.()
        for (;;) {
          const next = failed ? { done: true as const } : given.next()
          if (next.done) return
          await one(next.value, this.#call(next.value, made))
        }
      } catch (error) {
        failed = true
        throw error
      }
    }
    const lanes = Array.from({ length: concurrency - 1 }, () => lane())
    await Promise.all([lane(() => one(first, pending)), ...lanes])
    this.#checkNotAborted()
    made.inOrder()
    this.#emit(batch, made, emit)
  }

  #checkNotAborted(): void {
    if (this.#context.signal.aborted) throw new JobError('ABORTED', 'the job was aborted')
  }

  /** What the function gives; FAILED where it throws. */
  #call(each: Given, made: Made): unknown {
    try {
      return this.#called(each.values, new CallContext(this.#context.signal))
    } catch (cause) {
      return this.#fail(each, functionFailed(this.#node.function, showRow(each.values), cause), made)
    }
  }

  async #settled(each: Given, pending: PromiseLike<unknown>, made: Made): Promise<unknown> {
    const { timeoutMs, function: ref } = this.#node
    try {
      const result = await (timeoutMs === undefined ? pending : withTimeout(pending, timeoutMs))
      this.#checkNotAborted()
      return result
    } catch (cause) {
      this.#checkNotAborted()
      return this.#fail(each, functionFailed(ref, showRow(each.values), cause), made)
    }
  }

  /** @throws {DataError} where the job is to fail */
  #fail({ row }: Given, error: DataError, made: Made): typeof FAILED {
    const { onError } = this.#node
    if (onError === 'fail') throw error
    if (onError === 'port') made.failures.push({ row, error: textOf(error) })
    return FAILED
  }

  /** Takes a result apart, all of it or nothing. */
  #put(each: Given, result: unknown, made: Made): void {
    if (result === FAILED) return
    const { kind } = this.#node
    if (kind === 'map') {
      const cells = this.#cellsOf(each, result, made)
      if (cells) made.put(each.row, cells)
      return
    }
    if (result === null || result === undefined) return
    if (typeof result !== 'object' || !(Symbol.iterator in result)) {
      const wanted = { type: 'a list of rows', takes: 'an array of objects' }
      this.#fail(each, this.#wrong(each, result, wanted), made)
      return
    }
    const rows: Cell[][] = []
    for (const row of result as Iterable<unknown>) {
      const cells = this.#cellsOf(each, row, made)
      if (!cells) return
      rows.push(cells)
    }
    for (const cells of rows) made.put(each.row, cells)
  }

  #cellsOf(each: Given, result: unknown, made: Made): Cell[] | undefined {
    if (this.#node.tap) return []
    if (typeof result !== 'object' || result === null || Array.isArray(result)) {
      const wanted = { type: 'rows', takes: 'objects of column names and values' }
      this.#fail(each, this.#wrong(each, result, wanted), made)
      return undefined
    }
    const cells: Cell[] = []
    for (let c = 0; c < this.#read.length; c++) {
      const { name, type } = this.#node.out[c]!
      const value = name in Object.prototype && !Object.hasOwn(result, name) ? null : (result as Row)[name]
      const cell = this.#read[c]!(value)
      if (cell === undefined) {
        const wanted = { type: `${type} in column ${JSON.stringify(name)}`, takes: takes(type) }
        this.#fail(each, this.#wrong(each, value, wanted), made)
        return undefined
      }
      cells.push(cell)
    }
    return cells
  }

  #wrong({ values }: Given, got: unknown, wanted: { type: string; takes: string }): DataError {
    return wrongResult(this.#node.function, showRow(values), got, wanted)
  }

  /** What has settled so far, in the order of its rows; what settles at the same time leaves together. */
  #emitSettled(batch: Batch, made: Made, emit: Emit): Promise<void> {
    made.leaving ??= nextTurn().then(() => {
      made.leaving = undefined
      this.#checkNotAborted()
      made.inOrder()
      this.#emitRows(batch, made, emit)
    })
    return made.leaving
  }

  #emit(batch: Batch, made: Made, emit: Emit): void {
    this.#emitRows(batch, made, emit)
    if (made.failures.length > 0) emit(this.#failedRows(batch, made), 'failed')
  }

  #emitRows(batch: Batch, made: Made, emit: Emit): void {
    if (made.rows.length === 0) return
    emit(this.#node.kind === 'map' ? this.#mapped(batch, made) : this.#flatMapped(batch, made))
    made.clear()
  }

  /** One row of each: it stays where it was. */
  #mapped(batch: Batch, { rows, cells }: Made): Batch {
    const { arena, output } = this.#context
    const kept = this.#kept.map(column => batch.columns[column]!)
    const columns = this.#node.out.map(({ type }, c) =>
      columnFromCells(type, cells[c]!, i => rows[i]!, batch.length, arena),
    )
    const { selection: _, ...rest } = batch
    const mapped = { ...rest, schema: output.schema, columns: [...kept, ...columns] }
    if (rows.length === batch.length) return mapped
    const selection = allocUint32(arena, rows.length)
    selection.set(rows)
    return { ...mapped, selection }
  }

  /** Rows that were made of one row follow one another at its place. */
  #flatMapped(batch: Batch, { rows, cells }: Made): Batch {
    const { arena, output, inputs } = this.#context
    const from = allocUint32(arena, rows.length)
    from.set(rows)
    const kept = this.#kept.map(column => takeColumn(batch.columns[column]!, from, arena))
    const columns = this.#node.out.map(({ type }, c) =>
      columnFromCells(type, cells[c]!, i => i, rows.length, arena),
    )
    const { position, meta } = take({ ...batch, columns: [] }, from, arena)
    const made: Batch = {
      schema: output.schema,
      length: rows.length,
      columns: [...kept, ...columns],
      position,
      ...(meta ? { meta } : {}),
    }
    const numbers = allocUint32(arena, rows.length)
    for (let i = 0; i < rows.length; i++)
      numbers[i] = i > 0 && rows[i] === rows[i - 1] ? numbers[i - 1]! + 1 : 0
    return withChildren(made, inputs[0]!.children ?? 0, numbers)
  }

  #failedRows(batch: Batch, { failures }: Made): Batch {
    const { arena } = this.#context
    failures.sort((a, b) => a.row - b.row)
    const rows = allocUint32(arena, failures.length)
    rows.set(failures.map(({ row }) => row))
    const { selection: _, ...rest } = batch
    const failed = take(rest, rows, arena)
    const error = columnFrom(
      'utf8',
      failures.map(({ error }) => error),
      arena,
    )
    return {
      ...failed,
      schema: [...batch.schema, { name: 'error', type: 'utf8' }],
      columns: [...failed.columns, error],
    }
  }
}

/** Lets everything settle that is about to. */
const nextTurn = (): Promise<void> => new Promise(resolve => void setImmediate(resolve))

/** In place of a result: the row has been dealt with. */
const FAILED: unique symbol = Symbol('failed')

/** Rows made so far of a batch: of which of its rows, and their cells by column. */
class Made {
  rows: number[] = []
  cells: Cell[][]
  readonly failures: { readonly row: number; readonly error: string }[] = []
  leaving: Promise<void> | undefined
  readonly #columns: number

  constructor(columns: number) {
    this.#columns = columns
    this.cells = Array.from({ length: columns }, () => [])
  }

  put(row: number, cells: readonly Cell[]): void {
    this.rows.push(row)
    for (let c = 0; c < this.#columns; c++) this.cells[c]!.push(cells[c]!)
  }

  clear(): void {
    this.rows = []
    this.cells = Array.from({ length: this.#columns }, () => [])
  }

  /** Promises settle in any order. */
  inOrder(): void {
    const { rows } = this
    if (rows.every((row, i) => i === 0 || rows[i - 1]! <= row)) return
    // Stable: rows made of one row keep their order.
    const order = rows.map((_, i) => i).sort((a, b) => rows[a]! - rows[b]!)
    this.rows = order.map(i => rows[i]!)
    this.cells = this.cells.map(cells => order.map(i => cells[i]!))
  }
}

function* givenRows(batch: Batch): Generator<Given, void, undefined> {
  let i = 0
  const count = rowCount(batch)
  for (const values of eachRow(batch)) if (i < count) yield { row: rowAt(batch, i++), values }
}
