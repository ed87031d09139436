/** The body of a request as rows: decoded, validated, and told apart where some are bad. */

import type { Batch } from '../../core/batch/batch.ts'
import { columnFrom } from '../../core/batch/build.ts'
import { nullColumn } from '../../core/batch/null-column.ts'
import { type Row, rowsOf } from '../../core/batch/rows.ts'
import { heapArena } from '../../core/batch/slab.ts'
import { concat } from '../../core/batch/take.ts'
import { DataError } from '../../core/errors.ts'
import { MARKS, marked, shownRecord, shownRow } from '../../core/formats/bad-rows.ts'
import { formatOf } from '../../core/formats/index.ts'
import { type Outcome, RowValidator } from '../../core/operators/row-validator.ts'
import { asValidator, problemOf, validatedColumns } from '../../core/operators/validated-values.ts'
import type { Schema } from '../../core/types/schema.ts'
import { notImported } from '../../core/user-functions/failure.ts'
import type { ModuleFunction } from '../../core/user-functions/function-ref.ts'
import { isLive, liveValue } from '../../core/user-functions/live-values.ts'

export interface PostedRowsAsked {
  /** The columns that bodies are decoded to. */
  readonly schema: Schema
  readonly validator?: { readonly ref: ModuleFunction; readonly out: Schema }
  /** Bad rows are taken, too, and marked: see `MARKS` of `core/formats/bad-rows.ts`. Without it they are errors. */
  readonly marks?: boolean
}

/** The columns that leave. */
export const postedSchema = ({ schema, validator, marks }: PostedRowsAsked): Schema => {
  const rows = validator?.out ?? schema
  return marks ? marked(rows) : rows
}

/** The rows of a body, the bad ones last. */
export interface PostedBody {
  readonly batch: Batch
  readonly good: number
  readonly bad: number
}

/** A row of a body that is none. */
interface BadRow {
  /** Its number, from 0. */
  readonly row: number
  readonly code: string
  readonly column?: string | undefined
  readonly problem: string
  readonly record: string
}

/** A body of which a row is bad, for its sender. */
export class BadBody extends Error {
  readonly row: number
  readonly column: string | undefined

  constructor({ row, column, problem }: BadRow) {
    super(`row ${row}${column === undefined ? '' : `, column ${JSON.stringify(column)}`}: ${problem}`)
    this.row = row
    this.column = column
  }
}

async function exportOf(ref: ModuleFunction): Promise<unknown> {
  try {
    return (await import(ref.url))[ref.export]
  } catch (cause) {
    throw notImported(ref, cause)
  }
}

export class PostedBodies {
  readonly #asked: PostedRowsAsked
  readonly #validator: RowValidator | undefined

  private constructor(asked: PostedRowsAsked, validator: RowValidator | undefined) {
    this.#asked = asked
    this.#validator = validator
  }

  /** @throws {PlanError} `FUNCTION_EXPORT`; {@link JobError} `FUNCTION_IMPORT` */
  static async open(asked: PostedRowsAsked): Promise<PostedBodies> {
    const { validator } = asked
    if (!validator) return new PostedBodies(asked, undefined)
    const { ref } = validator
    const exported = isLive(ref) ? liveValue(ref) : await exportOf(ref)
    return new PostedBodies(asked, new RowValidator(asValidator(ref, exported)))
  }

  /**
   * The rows of a body.
   *
   * @throws {DataError} for what is no body of that format at all
   * @throws {BadBody} for the first row that is bad, where they are not marked
   */
  async read(body: Uint8Array, format: 'json' | 'csv'): Promise<PostedBody> {
    const decoded = decode(body, format, this.#asked.schema)
    const bad = [...decoded.bad]
    const batch = this.#validator ? await this.#validated(decoded, bad) : decoded.batch
    bad.sort((a, b) => a.row - b.row)
    if (bad[0] && !this.#asked.marks) throw new BadBody(bad[0])
    return { batch: this.#withMarks(batch, bad), good: batch.length, bad: bad.length }
  }

  /** What the validator gives; the rows that it refuses are added to `bad`. */
  async #validated({ batch, numbers }: DecodedBody, bad: BadRow[]): Promise<Batch> {
    const { out } = this.#asked.validator!
    const rows = rowsOf(batch)
    const outcomes = await Promise.all(rows.map(row => this.#validator!.validate(row)))
    const good: Row[] = []
    outcomes.forEach((outcome: Outcome, i) => {
      const problem = problemOf(outcome, out)
      if (problem) bad.push({ row: numbers(i), code: 'VALIDATION', record: shownRow(rows[i]!), ...problem })
      else good.push((outcome as { value: Row }).value)
    })
    const columns = validatedColumns(good, out, heapArena)
    return { schema: out, length: good.length, columns, position: batch.position }
  }

  #withMarks(batch: Batch, bad: readonly BadRow[]): Batch {
    if (!this.#asked.marks) return batch
    const schema = marked(batch.schema)
    const none = MARKS.map(({ type }) => nullColumn(type, batch.length, heapArena))
    const good: Batch = { ...batch, schema, columns: [...batch.columns, ...none] }
    if (bad.length === 0) return good
    const cells = bad.map(({ row, column = null, code, problem, record }) => [
      ...[null, row, null, column, code, problem, record],
    ])
    const columns = [
      ...batch.schema.map(({ type }) => nullColumn(type, bad.length, heapArena)),
      ...MARKS.map(({ type }, m) =>
        columnFrom(
          type,
          cells.map(row => row[m]),
          heapArena,
        ),
      ),
    ]
    return concat(schema, [good, { ...good, length: bad.length, columns }], heapArena)
  }
}

interface DecodedBody {
  readonly batch: Batch
  readonly bad: readonly BadRow[]
  /** The number of a good row among all of the body. */
  numbers(good: number): number
}

/** @throws {DataError} */
function decode(body: Uint8Array, name: 'json' | 'csv', schema: Schema): DecodedBody {
  const format = formatOf(name)
  const { options, dataStart } = format.sniff(body, { options: {}, schema, whole: true, file: 'the body' })
  const bytes = body.subarray(dataStart)
  const decoder = format.openDecoder({ schema, options, starts: true })
  const { bad = [], columns, length, starts } = decoder.decode(bytes, heapArena, dataStart)
  const badBefore = (start: number) => bad.filter(record => record.start < start).length
  const goodBefore = (start: number) => starts!.subarray(0, length).filter(at => at < start).length
  return {
    batch: { schema, columns, length, position: { split: 0, offset: 0 } },
    bad: bad.map((record, i) => ({
      row: i + goodBefore(record.start),
      code: record.code,
      column: record.column,
      problem: record.problem,
      record: shownRecord(bytes, record),
    })),
    numbers: good => (bad.length === 0 ? good : good + badBefore(starts![good]!)),
  }
}

/** What the sender is told of an error of its body; undefined for errors that are not its own. */
export function complaint(
  error: unknown,
): { readonly error: string; row?: number; column?: string } | undefined {
  if (error instanceof BadBody) {
    const { message, row, column } = error
    return { error: message, row, ...(column !== undefined && { column }) }
  }
  return error instanceof DataError ? { error: error.message } : undefined
}
