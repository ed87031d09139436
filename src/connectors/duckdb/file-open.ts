/** Files before their rows are read: where they are, what columns they have, and when they were changed. */

import { stat } from 'node:fs/promises'
import { resolve, sep } from 'node:path'
import { ConnectorError } from '../../core/errors.ts'
import { type FoundFile, isRemote, partitionsOf, shownAddress } from '../files/find-files.ts'
import { explain } from './errors.ts'
import { type FileFormat, formatParams, type ScanFile } from './file-format.ts'
import { type Database, openScratch } from './instances.ts'
import { textParam } from './params.ts'
import { shortQuery } from './short-query.ts'

/** What is known of files without what their paths say. */
type KnownFile = Omit<ScanFile, 'partitions'>

/** What is known of the files asked for last; a plan asks for each several times. */
const known = new Map<string, KnownFile>()
const MAX_KNOWN = 10_000

/** Runs a task on an instance for files. */
export async function withScratch<T>(task: (database: Database) => Promise<T>): Promise<T> {
  const database = await openScratch('ranges')
  try {
    return await task(database)
  } finally {
    await database.release()
  }
}

/**
 * The file at a path.
 *
 * @throws {ConnectorError} `FILE_NOT_FOUND`, `IS_DIRECTORY`, `PERMISSION`, `CORRUPT_FILE`, `UNSUPPORTED_FILE`
 */
export async function openFile(
  database: Database,
  format: FileFormat,
  { path: given, partitions }: Pick<ScanFile, 'path' | 'partitions'>,
): Promise<ScanFile> {
  if (isRemote(given)) return openRemote(database, format, given, partitions)
  const { path, version } = await checkPath(format, given)
  const key = JSON.stringify([path, format.from, format.params ?? []])
  const before = known.get(key)
  if (before?.version === version) return { ...before, partitions }
  const label = JSON.stringify(path)
  try {
    const file = await describeFile(database, format, { path, version, label })
    if (known.size >= MAX_KNOWN) known.clear()
    known.set(key, file)
    return { ...file, partitions }
  } catch (error) {
    throw explain(error, label, 'CORRUPT_FILE')
  }
}

/** A file of another machine: nobody tells when it changes, so that nothing of it is remembered. */
async function openRemote(
  database: Database,
  format: FileFormat,
  path: string,
  partitions: ScanFile['partitions'],
): Promise<ScanFile> {
  const label = JSON.stringify(shownAddress(path))
  try {
    return { ...(await describeFile(database, format, { path, version: REMOTE, label }, path)), partitions }
  } catch (error) {
    throw explain(error, label, 'CORRUPT_FILE')
  }
}

const REMOTE = 'remote'

/**
 * The files of remote patterns, which DuckDB lists where the protocol can: `s3://bucket/*.parquet`.
 *
 * @throws {ConnectorError} `FILE_NOT_FOUND`, `EXTENSION`, `NETWORK`
 */
export async function listRemote(
  database: Database,
  found: readonly FoundFile[],
): Promise<readonly FoundFile[]> {
  const files: FoundFile[] = []
  for (const file of found) {
    if (!isRemote(file.path) || /^https?:/i.test(file.path) || !/[*?[]/.test(file.path)) {
      files.push(file)
      continue
    }
    const label = JSON.stringify(shownAddress(file.path))
    const { rows } = await shortQuery(database, 'SELECT file FROM glob($1) ORDER BY file', [
      textParam(file.path),
    ]).catch(error => {
      throw explain(error, label, 'NETWORK')
    })
    if (rows.length === 0) throw new ConnectorError('FILE_NOT_FOUND', `no file matches ${label}`)
    files.push(...rows.map(([path]) => ({ path: String(path), partitions: partitionsOf(String(path)) })))
  }
  return files
}

async function describeFile(
  database: Database,
  format: FileFormat,
  place: Pick<KnownFile, 'path' | 'version' | 'label'>,
  pattern = place.path.replace(/[*?[]/g, '[$&]'),
): Promise<KnownFile> {
  const { names, types } = await shortQuery(
    database,
    `SELECT * FROM ${format.from} LIMIT 0`,
    formatParams(format, { pattern }),
  )
  const made = names.map((name, i) => ({ name, type: types[i]! }))
  const number = format.rowGroups?.number
  const file: KnownFile = {
    ...place,
    pattern,
    columns: format.own ? await format.own(database, { pattern }, made) : made,
    rows: undefined,
    numbered: number !== undefined && !names.some(name => name.toLowerCase() === number),
  }
  return format.rowGroups
    ? { ...file, rows: await format.rowGroups.count(database, { ...file, partitions: [] }) }
    : file
}

/**
 * Refuses rows of a file that was changed while they were read: they may be of both.
 *
 * @throws {ConnectorError} `FILE_CHANGED`
 */
export async function checkUnchanged(files: readonly ScanFile[]): Promise<void> {
  for (const { path, version, label } of files) {
    if (version === REMOTE) continue
    const now = await stat(path).then(versionOf, () => undefined)
    if (now === version) continue
    const what = now === undefined ? 'is gone' : 'was changed'
    throw new ConnectorError('FILE_CHANGED', `${label} ${what} while its rows were read`, {
      hint: 'write files under another name and rename them when they are whole',
    })
  }
}

const versionOf = ({ ino, size, mtimeMs }: { ino: number; size: number; mtimeMs: number }): string =>
  `${ino} ${size} ${mtimeMs}`

/** The whole path of a file that is there, and what changes when the file does. */
async function checkPath(
  { name }: FileFormat,
  given: string,
): Promise<{ readonly path: string; readonly version: string }> {
  const path = resolve(given)
  if (given === '' || path.includes('\0')) {
    throw new ConnectorError('FILE_NOT_FOUND', `${JSON.stringify(given)} cannot be the path of a file`)
  }
  if (sep === '/' && path.includes('\\') && /[*?[]/.test(path)) {
    // With a wildcard to escape, DuckDB takes every backslash for a slash.
    throw new ConnectorError('PATH', `${JSON.stringify(path)} has both a backslash and one of * ? [`, {
      hint: 'DuckDB cannot open such a path: rename the file, or make a symbolic link to it',
    })
  }
  try {
    const found = await stat(path)
    if (found.isDirectory()) {
      throw new ConnectorError('IS_DIRECTORY', `${JSON.stringify(path)} is a directory, not a ${name} file`, {
        hint: 'list the files in it and give their paths',
      })
    }
    if (found.size === 0) {
      throw new ConnectorError('CORRUPT_FILE', `${JSON.stringify(path)} is empty, and so not a ${name} file`)
    }
    return { path, version: versionOf(found) }
  } catch (error) {
    if (error instanceof ConnectorError) throw error
    const { code } = error as NodeJS.ErrnoException
    if (code !== 'ENOENT' && code !== 'ENOTDIR') throw explain(error, JSON.stringify(path))
    throw new ConnectorError('FILE_NOT_FOUND', `there is no file ${JSON.stringify(path)}`, {
      hint: `paths are relative to ${JSON.stringify(process.cwd())}`,
    })
  }
}
