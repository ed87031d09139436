/** Reads the records of a block into columns: through a generated loop, or field by field. */

import { FunctionCache } from '../../expr/function-cache.ts'
import type { BadRecord } from '../contract.ts'
import { CellContext, carefulCell, type ReadCell } from './careful-cells.ts'
import type { CellColumn } from './cell-column.ts'
import { CR, type CsvDialect, isLineEnd, LF, type Marks, marksOf } from './dialect.ts'
import { afterLineEnd, lineEnd, recordEnd } from './fields.ts'
import { type Loop, type LoopCalls, type LoopState, loopSource } from './generate.ts'
import { scanBool } from './scan-bool.ts'
import { scanFloat, scanSmallInteger, scanWideInteger } from './scan-numbers.ts'
import { copyPlain, copyQuoted, endOfPlain } from './scan-text.ts'
import { scanDate, scanTimestamp } from './scan-times.ts'

export interface RowSpec {
  readonly dialect: CsvDialect
  /** By field of the file: the column it is read into, if any. */
  readonly fields: readonly (CellColumn | undefined)[]
  readonly starts: boolean
  /** False: no code is generated. */
  readonly codegen: boolean
}

/** Columns beyond which one function holds too much code to be optimised. */
const MAX_GENERATED = 128

const loops = new FunctionCache<Loop>()
const SCANS = {
  scanWide: scanWideInteger,
  scanFloat,
  scanDate,
  scanTimestamp,
  scanBool,
  scanWhole: scanSmallInteger,
  copyPlain,
  copyQuoted,
  endOfPlain,
}

export class RowReader {
  readonly #spec: RowSpec
  readonly #marks: Marks
  readonly #context: CellContext
  readonly #columns: readonly CellColumn[]
  readonly #cells: readonly ReadCell[]
  readonly #stops: Uint8Array
  readonly #calls: LoopCalls
  #loop: Loop | undefined
  #kinds = ''
  /** The bad records of the block. */
  bad: BadRecord[] = []
  /** Where rows begin, while that is wanted. */
  starts = new Uint32Array(0)

  constructor(spec: RowSpec) {
    const { dialect, fields } = spec
    this.#spec = spec
    this.#marks = marksOf(dialect)
    this.#context = new CellContext(dialect, this.#marks)
    this.#columns = fields.flatMap(column => column ?? [])
    this.#cells = fields.map(column =>
      column ? carefulCell(column, this.#context) : (bytes, at, end) => this.#context.skip(bytes, at, end),
    )
    this.#stops = new Uint8Array(256)
    for (const byte of [this.#marks.delimiter, LF, CR]) this.#stops[byte] = 1
    this.#calls = this.#callsOfLoop()
  }

  /** Begins a block that begins there in its file. */
  begin(offset: number): void {
    this.#context.offset = offset
    this.bad = []
  }

  /**
   * Reads from `state.at` on until the bytes end or there are `capacity` rows. Without `isText` the bytes are not all UTF-8,
   * and every text is looked at.
   */
  read(bytes: Uint8Array, end: number, capacity: number, state: LoopState, isText: boolean): void {
    const useLoop = this.#spec.codegen && isText && this.#columns.length <= MAX_GENERATED
    if (!useLoop) this.#readCarefully(bytes, end, capacity, state)
    else {
      const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
      const loop = this.#loopNow()
      loop(bytes, view, end, capacity, state, this.#columns, this.#calls, this.#stops, this.starts)
    }
  }

  /** The loop for the columns as they are kept now. */
  #loopNow(): Loop {
    const kinds = this.#columns.map(({ kind }) => kind).join()
    if (this.#loop && kinds === this.#kinds) return this.#loop
    const { dialect, fields, starts } = this.#spec
    const longest = Math.max(0, ...dialect.nullValues.map(text => new TextEncoder().encode(text).length))
    const source = loopSource({
      marks: this.#marks,
      point: dialect.decimal.charCodeAt(0),
      cells: fields.map(
        column =>
          column && {
            type: column.type,
            kind: column.kind,
            isCareful: isCareful(column, dialect),
          },
      ),
      emptyIsNull: dialect.nullValues.includes(''),
      longestNull: longest,
      starts,
    })
    this.#kinds = kinds
    this.#loop = loops.get(source, [], () => new Function(source)() as Loop)
    return this.#loop
  }

  #readCarefully(bytes: Uint8Array, end: number, capacity: number, state: LoopState): void {
    const count = this.#cells.length
    let { at, row } = state
    while (at < end && row < capacity) {
      const start = at
      if (count > 1 && isLineEnd(bytes[at]!)) {
        at++
        continue
      }
      if (bytes[at] === this.#marks.comment) {
        at = lineEnd(bytes, at, end)
        continue
      }
      at = this.#readRecord(bytes, at, end, row)
      if (at < 0) at = this.#bad(bytes, start, end, row)
      else {
        if (this.#spec.starts) this.starts[row] = start
        row++
      }
    }
    state.at = at
    state.row = row
  }

  /** Where the next record begins; -1 where this one is bad. */
  #readRecord(bytes: Uint8Array, start: number, end: number, row: number): number {
    const cells = this.#cells
    let at = start
    for (let field = 0; field < cells.length; field++) {
      at = cells[field]!(bytes, at, end, row)
      if (at < 0) return -1
      if (at < end && bytes[at] === this.#marks.delimiter) {
        if (field < cells.length - 1) {
          at++
          continue
        }
        at = this.#surplus(bytes, at, end, row)
      } else if (field < cells.length - 1) at = this.#short(field, row, at)
      break
    }
    return at < 0 ? -1 : afterLineEnd(bytes, at, end)
  }

  #callsOfLoop(): LoopCalls {
    return {
      scans: SCANS,
      cells: this.#cells,
      isNull: (bytes, from, to) => this.#context.isNull(bytes, from, to),
      short: (field, row, at) => this.#short(field, row, at),
      surplus: (bytes, at, end, row) => this.#surplus(bytes, at, end, row),
      bad: (bytes, start, end, row) => this.#bad(bytes, start, end, row),
    }
  }

  /** A record that ends with `field`, too early: its other fields are null, or it is bad. */
  #short(field: number, row: number, at: number): number {
    const { dialect, fields } = this.#spec
    if (dialect.raggedRows === 'null') {
      for (let k = field + 1; k < fields.length; k++) fields[k]?.setNull(row)
      return at
    }
    this.#context.trouble = fieldTrouble(field + 1, fields.length)
    return -1
  }

  /** A record with more fields, the first of which begins after the delimiter at `from`: they may be empty, or it is bad. */
  #surplus(bytes: Uint8Array, from: number, end: number, _row: number): number {
    const { dialect, fields } = this.#spec
    const { delimiter } = this.#marks
    let count = fields.length
    let isEmpty = true
    let at = from
    while (at < end && bytes[at] === delimiter) {
      if (!this.#context.scan(bytes, at + 1, end)) return -1
      const { from: first, to, next } = this.#context.scanner
      if (to > first) isEmpty = false
      at = next
      count++
    }
    if (isEmpty && dialect.raggedRows === 'null') return at
    this.#context.trouble = fieldTrouble(count, fields.length)
    return -1
  }

  /** Notes a bad record and takes back what was written of it; gives where the next one begins. */
  #bad(bytes: Uint8Array, start: number, end: number, row: number): number {
    const next = recordEnd(bytes, start, end, this.#marks)
    const { column, code, problem, hint } = this.#context.trouble
    this.bad.push({
      start,
      end: withoutLineEnd(bytes, start, next),
      ...(column !== undefined && { column }),
      code,
      problem,
      ...(hint !== undefined && { hint }),
    })
    for (const written of this.#columns) written.unset(row)
    return next
  }
}

/** Whether the loop leaves a column's cells to the careful reader. */
function isCareful({ name, kind }: CellColumn, dialect: CsvDialect): boolean {
  if (kind === 'clock' || kind === 'decimal') return true
  // `1.000` is one to the scan of whole numbers.
  if (dialect.thousands === '.' && (kind === 'small' || kind === 'wide')) return true
  const isTime = kind === 'date' || kind === 'timestamp'
  return isTime ? Object.hasOwn(dialect.timeFormats, name) : false
}

function withoutLineEnd(bytes: Uint8Array, start: number, end: number): number {
  let at = end
  if (at > start && bytes[at - 1] === LF) at--
  if (at > start && bytes[at - 1] === CR) at--
  return at
}

const fieldTrouble = (got: number, wanted: number) => ({
  code: 'CSV_FIELDS',
  problem: `the record has ${got} field${got === 1 ? '' : 's'}, the file has ${wanted} column${wanted === 1 ? '' : 's'}`,
  hint:
    got < wanted
      ? "{ raggedRows: 'null' } reads fields that lack as null; where it is a comment, { comment: '#' }"
      : "is there a delimiter in a text that is not quoted? is the `delimiter` right? are there lines before the header, { skip: 3 }, or comments, { comment: '#' }?",
})
