/**
 * Whole files of other machines as bytes, by DuckDB's `read_blob`: `s3:`, `gs:` and what else its extension `httpfs` knows.
 *
 * A file is in memory while it is read: `read_blob` knows no ranges.
 */

import { ConnectorError } from '../../core/errors.ts'
import { shownAddress } from '../files/find-files.ts'
import type { ReadableFile, RemoteFile } from '../files/readable.ts'
import { explain } from './errors.ts'
import { withScratch } from './file-open.ts'
import { textParam } from './params.ts'
import { shortQuery } from './short-query.ts'

/**
 * The files that match a pattern, in the order of their names.
 *
 * @throws {ConnectorError} `EXTENSION`, `NETWORK`, `FILE_NOT_FOUND`
 */
export async function listBlobs(pattern: string): Promise<readonly string[]> {
  const rows = await query('SELECT file FROM glob($1) ORDER BY file', pattern, pattern)
  if (rows.length > 0) return rows.map(([file]) => String(file))
  throw new ConnectorError('FILE_NOT_FOUND', `no file matches ${JSON.stringify(pattern)}`)
}

/** @throws {ConnectorError} `EXTENSION`, `NETWORK`, `FILE_NOT_FOUND` */
export async function lookAtBlob(path: string): Promise<RemoteFile> {
  const shown = shownAddress(path)
  const label = JSON.stringify(shown)
  const literal = path.replace(/[*?[]/g, '[$&]')
  const look = async () => {
    const [row] = await query('SELECT size, last_modified FROM read_blob($1)', literal, path)
    if (!row) throw new ConnectorError('FILE_NOT_FOUND', `there is no file ${label}`)
    return { bytes: Number(row[0]), version: String(row[1]) }
  }
  const { bytes, version } = await look()
  // Looked at, and then read: the bytes are the same ones as long as anybody has them.
  let before: WeakRef<Uint8Array> | undefined
  return {
    label: shown,
    bytes,
    async open() {
      const now = await look()
      if (now.bytes !== bytes || now.version !== version) throw changed(label)
      let content = before?.deref()
      if (!content) {
        const [row] = await query('SELECT content FROM read_blob($1)', literal, path)
        content = row?.[0] as unknown as Uint8Array
        if (content?.length !== bytes) throw changed(label)
        before = new WeakRef(content)
      }
      return new OpenBlob(content)
    },
  }
}

const query = (sql: string, pattern: string, path: string) =>
  withScratch(async database => {
    const { rows } = await shortQuery(database, sql, [textParam(pattern)])
    return rows
  }).catch(error => {
    throw explain(error, JSON.stringify(shownAddress(path)), 'NETWORK')
  })

const changed = (label: string): ConnectorError =>
  new ConnectorError('FILE_CHANGED', `${label} was changed while its rows were read`, {
    hint: 'put new versions under another name',
  })

class OpenBlob implements ReadableFile {
  /** apache-arrow takes what has one for a file. */
  readonly fd = -1
  #content: Uint8Array

  constructor(content: Uint8Array) {
    this.#content = content
  }

  async read<T extends Uint8Array>(buffer: T, offset: number, length: number, position: number) {
    const part = this.#content.subarray(position, position + length)
    buffer.set(part, offset)
    return { bytesRead: part.length, buffer }
  }

  async stat() {
    return { size: this.#content.length, isDirectory: () => false }
  }

  async close(): Promise<void> {
    this.#content = new Uint8Array(0)
  }
}
