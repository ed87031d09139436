/**
 * DuckDB: it reads files (`file-scan.ts`) and tables (`source.ts`) into batches, writes batches into tables
 * (`sink.ts`), and runs queries of the command line (`query.ts`). May import `core` and `sql`, and runs on the main
 * thread only.
 *
 * Invariant: names are quoted and values are bound, never spliced into SQL; rows cross as the bytes of vectors
 * (`chunk.ts`), never as an object per cell.
 *
 * Everything begins with a {@link Database} of this file: one instance per file and process, shared by everything that
 * reads or writes it, closed when the last user is done. Two instances on one file would not see each other's writes,
 * and DuckDB would not refuse them.
 */

import { mkdir, realpath, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, dirname, join, resolve } from 'node:path'
import type { DuckDBConnection, DuckDBInstance } from '@duckdb/node-api'
import { ConnectorError } from '../../core/errors.ts'
import { quoteText } from '../../sql/quote.ts'
import { explain, instancesEnded } from './errors.ts'
import { type DuckDB, loadDuckDB } from './load.ts'

export interface Database {
  readonly duckdb: DuckDB
  readonly instance: DuckDBInstance
  /** For messages: the path, quoted. */
  readonly label: string
  /** Tables that a sink of this process is writing, in lower case: DuckDB's names are. */
  readonly writing: Set<string>
  connect(): Promise<DuckDBConnection>
  /** Runs `task` when no other exclusive task of this database runs. */
  exclusively<T>(task: () => Promise<T>): Promise<T>
  /** Gives the database back; closes the file when nobody else uses it. Safe to call twice. */
  release(): Promise<void>
}

interface Entry {
  readonly key: string
  readonly label: string
  readonly readOnly: boolean
  /** Stays open when nobody uses it. */
  kept: boolean
  /** {@link instancesEnded} when it was opened. */
  readonly since: number
  readonly opening: Promise<{ duckdb: DuckDB; instance: DuckDBInstance }>
  readonly writing: Set<string>
  users: number
  /** The end of the queue of exclusive tasks. */
  queue: Promise<unknown>
  closing?: Promise<void>
}

const entries = new Map<string, Entry>()

/** How many instances are in use: the tests look for leaks here. */
export const openInstances = (): number => {
  let open = 0
  for (const entry of entries.values()) if (!entry.kept || entry.users > 0) open++
  return open
}

export interface OpenOptions {
  /** Open an existing file without locking out other readers. A shared instance that may write serves readers too. */
  readonly readOnly?: boolean
  /**
   * SQL over it may read other files, too. Without it DuckDB opens no file but this one, and loads no extension, whatever the
   * SQL says.
   */
  readonly files?: boolean
}

/**
 * The database in a file; created, directories included, unless `readOnly`.
 *
 * @throws {ConnectorError} `FILE_NOT_FOUND`, `IS_DIRECTORY`, `DATABASE_LOCKED`, `CORRUPT_FILE`, `PERMISSION`,
 *   `DIRECTORY` (it cannot be made), `DATABASE_READ_ONLY` (this process already reads the file and now wants to write)
 */
export async function openDatabase(
  path: string,
  { readOnly = false, files = false }: OpenOptions = {},
): Promise<Database> {
  const file = await locate(path, readOnly)
  const label = JSON.stringify(file)
  const confined = file
  const reaching = `${file} with files`
  const [key, other] = files ? [reaching, confined] : [confined, reaching]
  for (;;) {
    const entry = entries.get(key)
    // Two instances on one file go well as long as neither writes it.
    const beside = entries.get(other)
    if (beside?.closing) {
      await beside.closing
      continue
    }
    if (beside && !(beside.readOnly && readOnly)) throw alreadyOpen(label, files)
    if (!entry) {
      const options = {
        access_mode: readOnly ? 'READ_ONLY' : 'READ_WRITE',
        autoinstall_known_extensions: 'false',
      }
      return lease(open(key, label, readOnly, file, options, { confine: !files }))
    }
    if (entry.closing) {
      await entry.closing
      continue
    }
    if (entry.readOnly && !readOnly) {
      throw new ConnectorError(
        'DATABASE_READ_ONLY',
        `${label} cannot be written: this process is still reading it, and opened it for reading only`,
        { hint: 'open the sink before the source, or read from a copy of the file' },
      )
    }
    return lease(entry)
  }
}

const alreadyOpen = (label: string, files: boolean): ConnectorError =>
  new ConnectorError(
    'DATABASE_READ_ONLY',
    files
      ? `${label} is being written by this process, and a query that reads other files cannot join in`
      : `${label} is being read by this process, in a query that reads other files, and cannot be written meanwhile`,
    { hint: 'let one end before the other begins, or leave allowFiles out' },
  )

/** Where copies of a database are made: beside it, the one place that it may reach. */
export const copyDirectory = (path: string): string => `${path}.snapshot`

/** Gives external access up for good. */
async function confine(instance: DuckDBInstance, path: string): Promise<void> {
  const connection = await instance.connect()
  try {
    await connection.run(`SET allowed_directories = [${quoteText(copyDirectory(path))}]`)
    await connection.run('SET enable_external_access = false')
  } finally {
    connection.disconnectSync()
  }
}

/**
 * An instance without a file, for scans of other files. It is made once and kept: making one takes longer than most
 * queries. It holds no file and no data of its own.
 *
 * @param use `ranges`: one thread per query, for several connections that each read a part; `whole`: all threads
 */
export function openScratch(use: 'ranges' | 'whole'): Promise<Database> {
  const key = `:scratch ${use}:`
  const before = entries.get(key)
  const isSound = before !== undefined && before.since === instancesEnded()
  if (before && !isSound) retire(before)
  return lease(
    isSound
      ? before
      : open(
          key,
          'DuckDB',
          false,
          ':memory:',
          {
            ...(use === 'ranges' ? { threads: '1' } : {}),
            autoinstall_known_extensions: 'false',
            // The system's page cache does; this one would grow to most of the memory.
            enable_external_file_cache: 'false',
            temp_directory: join(tmpdir(), `millrace-duckdb-${process.pid}`),
          },
          { kept: true },
        ),
  )
}

/** Those who use a kept instance go on with it; it is closed when the last of them is done, and another takes its place. */
function retire(entry: Entry): void {
  entries.delete(entry.key)
  entry.kept = false
  if (entry.users === 0) entry.opening.then(({ instance }) => instance.closeSync()).catch(() => {})
}

function open(
  key: string,
  label: string,
  readOnly: boolean,
  path: string,
  options: Record<string, string>,
  { kept = false, confine: confined = false }: { kept?: boolean; confine?: boolean } = {},
): Entry {
  const opening = loadDuckDB().then(async duckdb => {
    const instance = await duckdb.api.DuckDBInstance.create(path, options)
    if (confined) await confine(instance, path)
    return { duckdb, instance }
  })
  const entry: Entry = {
    key,
    label,
    readOnly,
    kept,
    since: instancesEnded(),
    opening,
    writing: new Set(),
    users: 0,
    queue: Promise.resolve(),
  }
  entries.set(key, entry)
  return entry
}

async function lease(entry: Entry): Promise<Database> {
  entry.users++
  let opened: { duckdb: DuckDB; instance: DuckDBInstance }
  try {
    opened = await entry.opening
  } catch (error) {
    if (entries.get(entry.key) === entry) entries.delete(entry.key)
    throw explain(error, entry.label, 'DATABASE_OPEN')
  }
  const { duckdb, instance } = opened
  let released = false
  return {
    duckdb,
    instance,
    label: entry.label,
    writing: entry.writing,
    connect: () => instance.connect(),
    exclusively: task => {
      const run = entry.queue.then(task)
      entry.queue = run.catch(() => {})
      return run
    },
    release: async () => {
      if (released) return
      released = true
      if (--entry.users > 0 || entry.kept) return
      entry.closing = close(entry, instance)
      await entry.closing
    },
  }
}

/** Writes the log into the file off this thread first, so that closing has nothing left to do. */
async function close(entry: Entry, instance: DuckDBInstance): Promise<void> {
  try {
    if (!entry.readOnly) {
      const connection = await instance.connect()
      try {
        await connection.run('CHECKPOINT')
      } finally {
        connection.disconnectSync()
      }
    }
  } catch {
    // A full disk or a broken database: what was committed stays in the log.
  } finally {
    try {
      instance.closeSync()
    } finally {
      if (entries.get(entry.key) === entry) entries.delete(entry.key)
    }
  }
}

/** The file's one true path; its directory exists afterwards. */
async function locate(path: string, readOnly: boolean): Promise<string> {
  if (path === '' || path.includes('\0') || path === ':memory:') {
    throw new ConnectorError('PATH', `${JSON.stringify(path)} is not the path of a database file`, {
      hint:
        path === ':memory:' ? 'collect() keeps results in memory' : 'give a path such as out/results.duckdb',
    })
  }
  const absolute = resolve(path)
  try {
    const found = await stat(absolute)
    if (found.isDirectory()) {
      throw new ConnectorError(
        'IS_DIRECTORY',
        `${JSON.stringify(absolute)} is a directory, not a database file`,
      )
    }
    return await realpath(absolute)
  } catch (error) {
    if (error instanceof ConnectorError) throw error
    const { code } = error as NodeJS.ErrnoException
    if (code !== 'ENOENT' && code !== 'ENOTDIR') throw explain(error, JSON.stringify(absolute))
  }
  if (readOnly) {
    throw new ConnectorError('FILE_NOT_FOUND', `there is no file ${JSON.stringify(absolute)}`, {
      hint: `paths are relative to ${JSON.stringify(process.cwd())}`,
    })
  }
  try {
    await mkdir(dirname(absolute), { recursive: true })
    return join(await realpath(dirname(absolute)), basename(absolute))
  } catch (cause) {
    throw new ConnectorError(
      'DIRECTORY',
      `the directory of ${JSON.stringify(absolute)} cannot be made: ${String((cause as Error).message)}`,
      { cause },
    )
  }
}
