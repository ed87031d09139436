/** A copy of a database for other processes, which cannot open one that is being written. */

import { mkdir, realpath, rename, rm } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import type { DuckDBConnection } from '@duckdb/node-api'
import { quoteIdentifier, quoteText } from '../../sql/quote.ts'
import { copyDirectory } from './instances.ts'

const EVERY_MS = 60_000
const ATTACHED = 'millrace_snapshot'

export class DatabaseCopy {
  readonly #path: string
  readonly #target: string
  readonly #everyMs: number
  #lastMs = Number.NEGATIVE_INFINITY

  constructor(path: string, target: string, everyMs = EVERY_MS) {
    this.#path = path
    this.#target = resolve(target)
    this.#everyMs = everyMs
  }

  /** Makes a copy of what is committed, if it is time for one, or at the end. Others see it whole, or the one before. */
  async afterCommit(connection: DuckDBConnection, isEnd: boolean): Promise<void> {
    const now = Date.now()
    if (!isEnd && now - this.#lastMs < this.#everyMs) return
    this.#lastMs = now
    const directory = copyDirectory(await realpath(this.#path))
    await rm(directory, { recursive: true, force: true })
    await mkdir(directory)
    try {
      const copy = join(directory, 'copy.duckdb')
      const named = await connection.runAndReadAll('SELECT current_database()')
      const own = quoteIdentifier(String(named.getRowsJS()[0]![0]))
      await connection.run(`ATTACH ${quoteText(copy)} AS ${ATTACHED}`)
      try {
        await connection.run(`COPY FROM DATABASE ${own} TO ${ATTACHED}`)
      } finally {
        await connection.run(`DETACH ${ATTACHED}`)
      }
      await mkdir(dirname(this.#target), { recursive: true })
      await rename(copy, this.#target)
    } finally {
      await rm(directory, { recursive: true, force: true })
    }
  }
}
