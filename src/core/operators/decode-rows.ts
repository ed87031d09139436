/** The runtime of `decode`: blocks of bytes to rows, and what becomes of records that are none. */

import type { Batch, Origin } from '../batch/batch.ts'
import { columnFrom } from '../batch/build.ts'
import type { Column } from '../batch/column.ts'
import { PARENT } from '../batch/meta.ts'
import { type Arena, allocUint32 } from '../batch/slab.ts'
import { takeColumn } from '../batch/take.ts'
import { badRow, DEAD_LETTERS, shownRecord } from '../formats/bad-rows.ts'
import type { BadRecord, BlockDecoder, Decoded, Format, Json } from '../formats/contract.ts'
import { type ColumnType, isText } from '../types/column-type.ts'
import { fieldIndex } from '../types/schema.ts'
import type { Emit, Operator, OperatorContext } from './contract.ts'
import type { DecodeNode } from './decode.ts'

export function openDecode(node: DecodeNode, format: Format, context: OperatorContext): Operator {
  const decoding = new Decoding(node, format, context)
  return { onBatch: (batch, _input, emit) => decoding.take(batch, emit) }
}

const NOWHERE: Origin = { file: 'the source', start: 0 }

class Decoding {
  readonly #node: DecodeNode
  readonly #format: Format
  readonly #context: OperatorContext
  /** By the options and constants of files: those of one kind share a decoder. */
  readonly #files = new Map<string, FileDecoder>()

  constructor(node: DecodeNode, format: Format, context: OperatorContext) {
    this.#node = node
    this.#format = format
    this.#context = context
  }

  take(batch: Batch, emit: Emit): void {
    const { arena, report, output } = this.#context
    const { origin = NOWHERE, position } = batch
    const bytes = batch.columns[0]!.values as Uint8Array
    const file = this.#decoderOf(origin)
    const decoded = file.decoder.decode(bytes, arena, origin.start + position.offset)
    const { length, bad = [] } = decoded
    if (bad.length > 0 && this.#node.onBadRow === 'fail')
      throw badRow(bad[0]!, origin.file, origin.start + position.offset)
    report.decoded(length, bad.length)
    if (length > 0)
      emit({
        schema: output.schema,
        length,
        columns: file.columns(decoded, arena),
        position,
        ...(decoded.starts && { meta: { [PARENT]: { type: 'uint32', values: decoded.starts } } }),
      })
    if (bad.length > 0 && this.#node.onBadRow === 'port') emit(this.#deadLetters(batch, bad), 'failed')
  }

  #decoderOf({ options = this.#node.options, constants = {} }: Origin): FileDecoder {
    const key = JSON.stringify([
      options,
      // A text may be `null`.
      Object.entries(constants).map(([name, cell]) => [name, cell === null ? null : String(cell)]),
    ])
    const known = this.#files.get(key)
    if (known) return known
    const { schema, columns, placed } = this.#node
    const own = schema.filter(({ name }) => !Object.hasOwn(constants, name))
    const decoder = this.#format.openDecoder({
      schema: own,
      options: options as Json,
      ...(placed && { starts: true }),
    })
    const made = new FileDecoder(
      decoder,
      columns.map(name => {
        const { type } = schema[fieldIndex(schema, name)]!
        const index = fieldIndex(own, name)
        return index >= 0 ? index : oneCell(type, constants[name])
      }),
    )
    this.#files.set(key, made)
    return made
  }

  #deadLetters({ columns, position, origin = NOWHERE }: Batch, bad: readonly BadRecord[]): Batch {
    const { arena } = this.#context
    const bytes = columns[0]!.values as Uint8Array
    const offset = origin.start + position.offset
    const parents = allocUint32(arena, bad.length)
    parents.set(bad.map(({ start }) => start))
    const text = (values: readonly (string | null)[]) => columnFrom('utf8', values, arena)
    return {
      schema: DEAD_LETTERS,
      length: bad.length,
      columns: [
        text(bad.map(() => origin.file)),
        columnFrom(
          'int53',
          bad.map(({ start }) => offset + start),
          arena,
        ),
        columnFrom('int53', linesOf(bytes, origin, bad), arena),
        text(bad.map(({ column }) => column ?? null)),
        text(bad.map(({ code }) => code)),
        text(bad.map(({ problem }) => problem)),
        text(bad.map(record => shownRecord(bytes, record))),
      ],
      position,
      meta: { [PARENT]: { type: 'uint32', values: parents } },
    }
  }
}

const LF = 0x0a

/** The line in which each record begins; nulls where nobody knows. */
function linesOf(bytes: Uint8Array, { line }: Origin, bad: readonly BadRecord[]): (number | null)[] {
  if (line === undefined) return bad.map(() => null)
  let at = 0
  let now = line
  return bad.map(({ start }) => {
    for (; at < start; at++) if (bytes[at] === LF) now++
    return now
  })
}

/** The decoder of files of one kind, and where each column comes from: the decoder's, or the one cell it has everywhere. */
class FileDecoder {
  readonly decoder: BlockDecoder
  readonly #columns: readonly (number | Column)[]

  constructor(decoder: BlockDecoder, columns: readonly (number | Column)[]) {
    this.decoder = decoder
    this.#columns = columns
  }

  columns({ length, columns }: Decoded, arena: Arena): Column[] {
    return this.#columns.map(from =>
      typeof from === 'number' ? columns[from]! : takeColumn(from, firstRows(length), arena),
    )
  }
}

/** A column of one cell. Texts are a dictionary of one: repeating them costs no more than a number. */
const oneCell = (type: ColumnType, cell: unknown): Column => ({
  ...columnFrom(isText(type) ? 'dictionary' : type, [cell]),
  type,
})

let zeros = new Uint32Array(1 << 12)

/** The first row, `length` times. */
function firstRows(length: number): Uint32Array {
  if (zeros.length < length) zeros = new Uint32Array(Math.max(length, zeros.length * 2))
  return zeros.subarray(0, length)
}
