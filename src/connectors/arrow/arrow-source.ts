/**
 * Arrow files as a source: IPC files, Feather, streams. This folder reads and writes them by apache-arrow; it may import `core`
 * and `connectors/files`.
 *
 * Invariant: a file is never in memory as a whole, but a record batch is; nothing of what a file says of its sizes is believed.
 */

import { columnTypeOf } from '../../core/batch/arrow-types.ts'
import type { Batch } from '../../core/batch/batch.ts'
import { columnFrom } from '../../core/batch/build.ts'
import type { Column } from '../../core/batch/column.ts'
import { fromArrowData, type ReadDictionaries } from '../../core/batch/from-arrow.ts'
import { nullColumn } from '../../core/batch/null-column.ts'
import { type Arena, heapArena } from '../../core/batch/slab.ts'
import { compact, dictionaryText, slice } from '../../core/batch/take.ts'
import type {
  ReaderMemory,
  ScanRequest,
  Source,
  Split,
  SplitPosition,
  SplitReader,
} from '../../core/connector.ts'
import { DataError, PlanError } from '../../core/errors.ts'
import { marked, REMEDY, unmarked } from '../../core/formats/bad-rows.ts'
import { type ColumnType, isText } from '../../core/types/column-type.ts'
import { type Field, fieldIndex, type Schema, schemaOf, unknownColumn } from '../../core/types/schema.ts'
import { baseName, pathOf, shownAddress } from '../files/find-files.ts'
import { type LocatedFile, shownPath } from '../files/readable.ts'
import { locatedFiles } from '../files/remote/look-at.ts'
import { inReaderMemory } from '../memory/reader-memory.ts'
import { type BadText, badTextsOf, withoutTexts } from './bad-texts.ts'
import { checkColumn, textsAre } from './check-column.ts'
import { cut, markColumns } from './mark-columns.ts'
import { type OpenArrow, openArrow } from './open-arrow.ts'

const EXTENSIONS = ['.arrow', '.arrows', '.feather', '.ipc']

/** A column of a file: its type, or why it has none. */
interface FileColumn {
  readonly name: string
  readonly type: ColumnType | PlanError
}

export interface ArrowFileOptions {
  /** The columns there are, with the types they have. Default: all of them. */
  readonly schema?: Schema | undefined
  /** Rows that hold a text that is none are marked, by columns besides: see `MARKS` of `core/formats/bad-rows.ts`. */
  readonly marks?: boolean
}

/**
 * Arrow files as one source. Files of different columns are put together by name; a column has one type in all of them, text
 * and dictionaries being one. Directories and patterns name columns, which are text.
 *
 * Errors: `FILE_NOT_FOUND`, `CORRUPT_FILE`, `UNSUPPORTED_FILE`, `MISSING_PACKAGE`, `UNSUPPORTED_TYPE`, `UNKNOWN_COLUMN`,
 * `COLUMN_TYPE`, `SCHEMAS_DIFFER`; while reading `CORRUPT_FILE` and `CORRUPT_ARROW`.
 */
export function arrowFileSource(
  paths: string | URL | readonly (string | URL)[],
  { schema: declared, marks = false }: ArrowFileOptions = {},
): Source {
  const list = ([paths].flat() as (string | URL)[]).map(pathOf)
  const label = `arrow ${baseName(list[0] ?? '')}${list.length > 1 ? ` and ${list.length - 1} more` : ''}`
  let found: Promise<readonly LocatedFile[]> | undefined
  const files = () => {
    found ??= locatedFiles(list, EXTENSIONS)
    found.catch(() => {
      found = undefined
    })
    return found
  }
  const described = async () => {
    const all: DescribedFile[] = []
    for (const file of await files()) all.push({ file, columns: await columnsOf(file) })
    return all
  }
  return {
    label,
    bounded: true,
    replayable: true,
    canOrder: false,
    canFilter: () => false,
    schema: async () => {
      const schema = mergedSchema(await described(), declared)
      return marks ? marked(schema) : schema
    },
    async splits() {
      return (await files()).map((file, id) => ({ id, label: shownPath(file) }))
    },
    async open(split, position, request, memory) {
      const file = (await files())[split.id]!
      const opened = await openArrow(file)
      const has = new Set([...opened.schema.fields, ...file.partitions].map(({ name }) => name))
      if (unmarked(request.schema).some(({ name }) => !has.has(name))) {
        try {
          // Another file may have it.
          mergedSchema(await described(), unmarked(request.schema))
        } catch (error) {
          await opened.close()
          throw error
        }
      }
      const checked = marks ? (declared ?? mergedSchema(await described(), undefined)) : undefined
      return new ArrowReader({ file, open: opened, checked, request, memory }, split, position)
    },
    explain: () => [
      `files ${list.map(path => JSON.stringify(shownAddress(path))).join(', ')}`,
      'record batches one after the other',
    ],
  }
}

async function columnsOf(located: LocatedFile): Promise<readonly FileColumn[]> {
  const file = await openArrow(located)
  try {
    return file.schema.fields.map(field => ({
      name: field.name,
      type: typeOrError(() => columnTypeOf(field)),
    }))
  } finally {
    await file.close()
  }
}

function typeOrError(type: () => ColumnType): ColumnType | PlanError {
  try {
    return type()
  } catch (error) {
    if (error instanceof PlanError) return error
    throw error
  }
}

interface DescribedFile {
  readonly file: LocatedFile
  readonly columns: readonly FileColumn[]
}

function mergedSchema(files: readonly DescribedFile[], declared: Schema | undefined): Schema {
  const merged = new Map<string, ColumnType>()
  for (const { file, columns } of files) {
    const names = new Set<string>()
    for (const { name, type } of columns) {
      if (declared && fieldIndex(declared, name) < 0) continue
      if (type instanceof PlanError) throw type
      if (names.has(name)) schemaOf(columns.map(column => ({ name: column.name, type: 'bool' })))
      names.add(name)
      merged.set(name, oneType(name, merged.get(name), type, file))
    }
  }
  for (const { file } of files)
    for (const { name } of file.partitions) if (!merged.has(name)) merged.set(name, 'utf8')
  const all = [...merged].map(([name, type]): Field => ({ name, type }))
  if (!declared) return schemaOf(all)
  for (const field of declared) {
    const own = merged.get(field.name)
    if (own === undefined) throw unknownColumn(all, field.name)
    if (own === field.type || (isText(own) && isText(field.type))) continue
    throw new PlanError(
      'COLUMN_TYPE',
      `column ${JSON.stringify(field.name)} is ${own} here, ${field.type} was asked for`,
      {
        hint: 'cast it after reading',
      },
    )
  }
  return declared
}

function oneType(
  name: string,
  before: ColumnType | undefined,
  type: ColumnType,
  file: LocatedFile,
): ColumnType {
  if (before === undefined || before === type) return type
  if (isText(before) && isText(type)) return 'utf8'
  throw new PlanError(
    'SCHEMAS_DIFFER',
    `column ${JSON.stringify(name)} is ${type} in ${JSON.stringify(shownPath(file))} and ${before} in a file before it`,
    { hint: 'read the files apart and cast it before a union' },
  )
}

/** Where in a file to go on: a record batch, and a row of it. */
interface Resume {
  readonly record: number
  readonly row: number
}

interface ArrowReaderOptions {
  readonly file: LocatedFile
  readonly open: OpenArrow
  /** The columns that rows are marked by; undefined where they are not. */
  readonly checked: Schema | undefined
  readonly request: ScanRequest
  readonly memory: ReaderMemory
}

class ArrowReader implements SplitReader {
  readonly #file: LocatedFile
  readonly #open: OpenArrow
  readonly #request: ScanRequest
  readonly #memory: ReaderMemory
  readonly #split: number
  readonly #records: ReturnType<OpenArrow['records']>
  readonly #checked: Schema | undefined
  readonly #dictionaries: ReadDictionaries = new Map()
  /** The record batch being handed out, where it is in the file, and its rows handed out. */
  #batch: Batch | undefined
  #record = 0
  #row: number
  #skip: number
  #delivered: number
  #closed = false

  constructor(
    { file, open, checked, request, memory }: ArrowReaderOptions,
    split: Split,
    { rows, resume }: SplitPosition,
  ) {
    const from = resume as Resume | undefined
    this.#file = file
    this.#open = open
    this.#split = split.id
    this.#request = request
    this.#memory = memory
    this.#records = open.records(from?.record ?? 0)
    this.#checked = checked
    this.#delivered = rows
    this.#row = 0
    this.#skip = from ? from.row : rows
  }

  async next() {
    try {
      return await this.#next()
    } catch (error) {
      // Closed under way: the file is, too.
      if (this.#closed) return undefined
      throw error
    }
  }

  async #next() {
    while (!this.#closed) {
      const batch = this.#batch
      if (batch && this.#row < batch.length) return this.#deliver(batch)
      const { done, value } = await this.#records.next()
      if (done || this.#closed) return undefined
      this.#record = value.index
      const length = value.record.numRows
      this.#row = Math.min(this.#skip, length)
      this.#skip -= this.#row
      this.#batch = undefined
      if (this.#row < length) this.#batch = this.#toBatch(value.record)
    }
    return undefined
  }

  async close(): Promise<void> {
    this.#closed = true
    this.#batch = undefined
    await this.#open.close()
  }

  #deliver(batch: Batch) {
    const from = this.#row
    this.#row = Math.min(batch.length, from + this.#request.batchRows)
    const part = slice(batch, from, this.#row)
    const position = { split: this.#split, offset: this.#delivered }
    this.#delivered += this.#row - from
    const resume: Resume = { record: this.#record, row: this.#row }
    const copy = (arena: Arena) => ({ ...compact(part, arena), position })
    return { ...inReaderMemory(this.#memory, copy), resume }
  }

  #toBatch(record: { numRows: number; data: { children: readonly unknown[] } }): Batch {
    const { schema } = this.#request
    const length = record.numRows
    const bad: BadText[] = []
    const read = this.#checked ?? schema
    const position = { split: this.#split, offset: 0 }
    const columns = read.map(field => this.#textsOf(field, this.#column(field, record, length), length, bad))
    if (!this.#checked) return { schema, length, columns, position }
    const marks = markColumns(
      { schema: read, length, columns, position },
      bad,
      shownPath(this.#file),
      this.#delivered - this.#row,
    )
    const all = [...columns, ...marks]
    const places = marked(read)
    return { schema, length, columns: schema.map(({ name }) => all[fieldIndex(places, name)]!), position }
  }

  /** The column without cells that are no text, which are gathered where rows are marked, and else are an error. */
  #textsOf(field: Field, column: Column, length: number, bad: BadText[]): Column {
    const { values, offsets } = column
    if (column.type !== 'utf8' || !offsets || textsAre(values as Uint8Array, offsets, length)) return column
    const found = badTextsOf(field.name, column, length)
    // Bytes of nulls are nobody's text.
    if (found.length === 0) return column
    if (!this.#checked) {
      const { row, shown } = found[0]!
      const where = `${JSON.stringify(shownPath(this.#file))}, row ${this.#delivered - this.#row + row}`
      throw new DataError(
        'CORRUPT_ARROW',
        `${where}: column ${JSON.stringify(field.name)} holds what is no UTF-8: ${JSON.stringify(cut(shown))}`,
        { hint: REMEDY },
      )
    }
    bad.push(...found)
    return withoutTexts(
      column,
      found.map(({ row }) => row),
      length,
    )
  }

  #column(field: Field, record: { data: { children: readonly unknown[] } }, length: number): Column {
    const data = record.data.children[this.#open.schema.fields.findIndex(({ name }) => name === field.name)]
    const partition = this.#file.partitions.find(({ name }) => name === field.name)
    if (data === undefined) {
      if (!partition) return nullColumn(field.type, length, heapArena)
      return columnFrom(field.type, Array<string | null>(length).fill(partition.value), heapArena, field)
    }
    const column = fromArrowData(
      field,
      data as Parameters<typeof fromArrowData>[1],
      length,
      this.#dictionaries,
    )
    checkColumn(field.name, column, length, false)
    return field.type === 'dictionary' ? dictionaryText(column, length, heapArena) : column
  }
}
