/** Arrow files, record batch by record batch: IPC files (Feather), which have a directory at their end, and IPC streams. */

import { type RecordBatch, RecordBatchReader, Schema } from 'apache-arrow'
import { ConnectorError, MillraceError } from '../../core/errors.ts'
import { type LocatedFile, openFile, type ReadableFile, shownPath } from '../files/readable.ts'
import { type Blocks, checkFooter, checkMessage, RECORD_BATCH } from './check-metadata.ts'
import { missingCodec, registerCodecs } from './codecs.ts'

export interface OpenArrow {
  readonly schema: Schema
  /** The record batches from the `first`-th on. */
  records(first: number): AsyncGenerator<{ readonly index: number; readonly record: RecordBatch }>
  /** Safe to call twice, and while a record batch is read. */
  close(): Promise<void>
}

const MAGIC = 'ARROW1'
const OLD_MAGIC = 'FEA1'

/**
 * Opens an Arrow file.
 *
 * @throws {ConnectorError} `FILE_NOT_FOUND`, `IS_DIRECTORY`, `PERMISSION`, `CORRUPT_FILE`, `UNSUPPORTED_FILE`,
 *   `MISSING_PACKAGE`
 */
export async function openArrow(located: Pick<LocatedFile, 'path' | 'remote'>): Promise<OpenArrow> {
  const where = JSON.stringify(shownPath(located))
  registerCodecs()
  let handle: ReadableFile | undefined
  try {
    handle = await openFile(located)
    const blocks = await checkEnds(handle, where)
    const checked = new CheckedMessages(handle, where)
    if (blocks) for (const block of blocks.dictionaries) await checked.at(block)
    else await checked.next()
    const reader = (await RecordBatchReader.from(
      handle as unknown as PromiseLike<AsyncIterable<Uint8Array>>,
    )) as RecordBatchReader
    await reader.open({ autoDestroy: false })
    if (!reader.schema)
      throw new ConnectorError('CORRUPT_FILE', `${where} has no schema: it is cut short, or no Arrow file`)
    return {
      schema: named(reader.schema),
      records: first => records({ reader, checked, blocks, where }, first),
      async close() {
        const open = handle
        handle = undefined
        await open?.close()
      },
    }
  } catch (error) {
    await handle?.close()
    throw explainArrow(error, where)
  }
}

/** A field that a file gives no name is called '', as in other readers; apache-arrow says null. */
function named(schema: Schema): Schema {
  const names: readonly (string | null)[] = schema.fields.map(({ name }) => name)
  if (!names.includes(null)) return schema
  return new Schema(schema.fields.map(field => (field.name === null ? field.clone({ name: '' }) : field)))
}

interface Opened {
  readonly reader: RecordBatchReader
  readonly checked: CheckedMessages
  /** Undefined for a stream. */
  readonly blocks: Blocks | undefined
  readonly where: string
}

async function* records({ reader, checked, blocks, where }: Opened, first: number) {
  try {
    if (reader.isFile()) {
      for (let index = first; index < reader.numRecordBatches; index++) {
        const block = blocks?.records[index]
        if (block !== undefined) await checked.at(block)
        const record = await reader.readRecordBatch(index)
        if (!record) throw new ConnectorError('CORRUPT_FILE', `${where} lacks its record batch ${index}`)
        yield { index, record }
      }
      return
    }
    for (let index = 0; ; index++) {
      await checked.toRecordBatch()
      const { done, value } = await reader.next()
      if (done) return
      if (index >= first) yield { index, record: value as RecordBatch }
    }
  } catch (error) {
    throw explainArrow(error, where)
  }
}

/** Looks at messages before apache-arrow decodes them. */
class CheckedMessages {
  readonly #handle: ReadableFile
  readonly #where: string
  /** Where the next message of a stream begins. */
  #position = 0

  constructor(handle: ReadableFile, where: string) {
    this.#handle = handle
    this.#where = where
  }

  /** The messages of a stream up to and with the next record batch. */
  async toRecordBatch(): Promise<void> {
    let kind: number | undefined
    do kind = await this.next()
    while (kind !== undefined && kind !== RECORD_BATCH)
  }

  /** The next message of a stream: its kind, undefined at the end. */
  async next(): Promise<number | undefined> {
    const message = await this.at(this.#position)
    this.#position += message?.length ?? 0
    return message?.kind
  }

  async at(position: number): Promise<{ kind: number; length: number } | undefined> {
    const head = await bytesAt(this.#handle, position, 8)
    if (head.length < 4) return undefined
    // Before version 0.15 of Arrow no -1 came first.
    const start = head.readInt32LE(0) === -1 ? 4 : 0
    const size = head.readInt32LE(start)
    if (size === 0) return undefined
    const { size: most } = await this.#handle.stat()
    const begin = position + start + 4
    if (size < 0 || begin + size > most)
      throw new ConnectorError(
        'CORRUPT_FILE',
        `${this.#where} is damaged, or no Arrow file: a message of it cannot be ${size} bytes long`,
      )
    const { kind, bodyLength } = checkMessage(await bytesAt(this.#handle, begin, size), this.#where)
    return { kind, length: start + 4 + size + Math.max(0, bodyLength) }
  }
}

/** Both ends of an IPC file say that it is one: whether it is whole. Where its messages are; undefined for a stream. */
async function checkEnds(handle: ReadableFile, where: string): Promise<Blocks | undefined> {
  const stat = await handle.stat()
  if (stat.isDirectory())
    throw new ConnectorError('IS_DIRECTORY', `${where} is a directory, not an Arrow file`)
  const { size } = stat
  if (size === 0) throw new ConnectorError('CORRUPT_FILE', `${where} is empty, and so not an Arrow file`)
  const start = await textAt(handle, 0, MAGIC.length)
  if (start.startsWith(OLD_MAGIC)) {
    throw new ConnectorError('UNSUPPORTED_FILE', `${where} is Feather of version 1, which is no Arrow file`, {
      hint: 'write it again with version 2: pyarrow.feather.write_feather(table, path)',
    })
  }
  if (start !== MAGIC) return undefined
  if (size < 24 || (await textAt(handle, size - MAGIC.length, MAGIC.length)) !== MAGIC)
    throw new ConnectorError('CORRUPT_FILE', `${where} is cut short: an Arrow file ends as it begins`)
  const length = (await bytesAt(handle, size - 10, 4)).readInt32LE(0)
  if (length <= 0 || length > size - 18)
    throw new ConnectorError('CORRUPT_FILE', `${where} is damaged: its footer cannot be ${length} bytes long`)
  return checkFooter(await bytesAt(handle, size - 10 - length, length), where)
}

const textAt = async (handle: ReadableFile, position: number, length: number): Promise<string> =>
  (await bytesAt(handle, position, length)).toString('latin1')

async function bytesAt(handle: ReadableFile, position: number, length: number): Promise<Buffer> {
  const { buffer, bytesRead } = await handle.read(Buffer.alloc(length), 0, length, position)
  return buffer.subarray(0, bytesRead)
}

/** What apache-arrow, or the system, says, as an error with a code; errors of ours pass as they are. */
export function explainArrow(error: unknown, where: string): MillraceError {
  if (error instanceof MillraceError) return error
  const { code, message = String(error) } = error as NodeJS.ErrnoException
  if (code === 'ENOENT' || code === 'ENOTDIR') {
    return new ConnectorError('FILE_NOT_FOUND', `there is no file ${where}`, {
      hint: `paths are relative to ${JSON.stringify(process.cwd())}`,
    })
  }
  if (code === 'EACCES' || code === 'EPERM')
    return new ConnectorError('PERMISSION', `${where} may not be opened by this process`, { cause: error })
  if (/codec not found/.test(message)) return missingCodec(where)
  if (/Unrecognized type/.test(message)) {
    return new ConnectorError(
      'UNSUPPORTED_FILE',
      `${where} has a type that apache-arrow does not read: ${firstLine(message)}`,
      {
        hint: 'write the file without list views and run-end encoding',
        cause: error,
      },
    )
  }
  return new ConnectorError(
    'CORRUPT_FILE',
    `${where} is damaged, or no Arrow file (apache-arrow: ${firstLine(message)})`,
    {
      cause: error,
    },
  )
}

const firstLine = (text: string): string => text.split('\n')[0]!.slice(0, 200)
