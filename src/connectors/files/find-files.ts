/**
 * Files: where they are. This folder finds files and reads and writes their bytes; formats are in `core/formats`, and what
 * DuckDB reads in `connectors/duckdb`. May import `core`.
 *
 * What a user gives for a path is one file as it is there, a directory, or a pattern. Directories and patterns also name
 * columns: in `data/year=2026/a.csv` the rows have `year`. The path of a single file never does.
 */

import { stat } from 'node:fs/promises'
import { basename } from 'node:path'
import { fileURLToPath } from 'node:url'
import { ConnectorError } from '../../core/errors.ts'
import { notHere } from './errors.ts'
import { filesBelow, glob, isPattern } from './glob.ts'

/** A column that a path names, and its value in all rows of the file: `year=2026`. */
export interface Partition {
  readonly name: string
  /** Null where the path says that there is none. */
  readonly value: string | null
}

/** A file that a source reads. */
export interface FoundFile {
  /** As it was given, or found below what was given. */
  readonly path: string
  readonly partitions: readonly Partition[]
}

/** A path as text: of a `file:` URL, or as it is. */
export const pathOf = (path: string | URL): string =>
  path instanceof URL
    ? path.protocol === 'file:'
      ? fileURLToPath(path)
      : path.href
    : /^file:\/\//i.test(path)
      ? fileURLToPath(path)
      : path

/** Whether a path is one of another machine: `https://…`, `s3://…`. */
export const isRemote = (path: string): boolean => /^[a-z][a-z0-9+.-]+:\/\//i.test(path)

/** A path as people may read it: an address without a password, and what is asked of it, which may be signed. */
export const shownAddress = (path: string | URL): string =>
  isRemote(String(path)) && !/^file:/i.test(String(path))
    ? String(path)
        .replace(/\/\/[^/@]*@/, '//***@')
        .replace(/^(https?:[^?#]*)[?#].*$/i, '$1')
        .replace(/\?\w+=.*$/, '')
    : String(path)

/** The last name of a path, for labels. */
export const baseName = (path: string): string => basename(shownAddress(path))

/**
 * The files of paths, in the order in which they are given; those of a directory or a pattern by their names.
 *
 * @param extensions how the names of files in a directory end, in lower case: `.parquet`
 * @throws {ConnectorError} `FILE_NOT_FOUND` for a pattern without a match, or a directory without such files
 */
export async function findFiles(
  paths: readonly string[],
  extensions: readonly string[],
): Promise<readonly FoundFile[]> {
  const found: FoundFile[] = []
  for (const path of paths) found.push(...(await filesOf(path, extensions)))
  return found
}

/**
 * The same, where files of other machines cannot be followed as they grow.
 *
 * @throws {ConnectorError} `PATH` for an address
 */
export function findLocalFiles(
  paths: readonly string[],
  extensions: readonly string[],
): Promise<readonly FoundFile[]> {
  const address = paths.find(isRemote)
  return address === undefined ? findFiles(paths, extensions) : Promise.reject(notHere(address))
}

async function filesOf(path: string, extensions: readonly string[]): Promise<FoundFile[]> {
  if (isRemote(path)) return [{ path, partitions: [] }]
  const there = await stat(path).catch(() => undefined)
  if (there?.isDirectory()) {
    const files = (await filesBelow(path)).filter(file =>
      extensions.some(end => file.toLowerCase().endsWith(end)),
    )
    if (files.length > 0) return files.map(withPartitions)
    throw new ConnectorError(
      'FILE_NOT_FOUND',
      `${JSON.stringify(path)} has no files that end in ${extensions.join(' or ')}`,
      {
        hint: 'a directory is read by the names of its files; a pattern names others: data/*',
      },
    )
  }
  // A file of that very name comes first, whatever characters it has. What is not there is told when it is opened.
  if (there || !isPattern(path)) return [{ path, partitions: [] }]
  const files = await glob(path)
  if (files.length > 0) return files.map(withPartitions)
  throw new ConnectorError('FILE_NOT_FOUND', `no file matches ${JSON.stringify(path)}`, {
    hint: `patterns are relative to ${JSON.stringify(process.cwd())}; * and ? stand for characters of a name, ** for directories`,
  })
}

const withPartitions = (path: string): FoundFile => ({ path, partitions: partitionsOf(path) })

/** What other tools write for a null. */
const NULL_VALUE = '__HIVE_DEFAULT_PARTITION__'

/** The columns that the directories of a path name. Of two that name one, the inner one counts. */
export function partitionsOf(path: string): Partition[] {
  const found = new Map<string, string | null>()
  for (const piece of path.split(/[/\\]/).slice(0, -1)) {
    const at = piece.indexOf('=')
    if (at <= 0) continue
    const value = piece.slice(at + 1)
    found.set(decoded(piece.slice(0, at)), value === NULL_VALUE ? null : decoded(value))
  }
  return [...found].map(([name, value]) => ({ name, value }))
}

/** Percent signs as they are where they escape nothing. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
