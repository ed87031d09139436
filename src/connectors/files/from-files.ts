/** What readers of files have in common. The files are looked at when a plan is built, not before. */

import type { Dataset } from '../../core/dataset/dataset.ts'
import { type BadRows, fromSource } from '../../core/dataset/from-source.ts'
import { type DeadLetter, deadLetter } from '../../core/dataset/map.ts'
import { mustBe } from '../../core/dataset/source-arguments.ts'
import type { Bounds } from '../../core/dataset/types.ts'
import type { Json } from '../../core/formats/contract.ts'
import { oneOf } from '../../core/options.ts'
import type { Schema } from '../../core/types/schema.ts'
import { ENCODINGS, type Encoding } from './transcode.ts'

/** A path, or several: of files. */
export type Paths = string | URL | readonly (string | URL)[]

/** Options of every reader of files. */
export interface FileOptions {
  /**
   * What becomes of a record that cannot be decoded: the job fails (the default), it is left out and counted in
   * `Progress.skipped`, or it is written to a sink: `deadLetter(sink)`.
   */
  readonly onBadRow?: 'fail' | 'skip' | DeadLetter
  /** Of the files; by default a byte order mark says it, and without one it is UTF-8. */
  readonly encoding?: Encoding
}

export const FILE_OPTIONS: readonly string[] = ['onBadRow', 'encoding']

export interface FilesRead {
  /** The name of the format, which is that of the reader. */
  readonly format: string
  /** Of the format: JSON, checked. */
  readonly options: Json
  readonly schema?: Schema | undefined
  readonly files: FileOptions
}

/** The dataset of the rows of files. @param above the user-facing function */
export function fromFiles<Row>(
  paths: Paths,
  { format, options, schema, files }: FilesRead,
  above: Function,
): Dataset<Row, 'bounded'> {
  for (const path of [paths].flat()) {
    const hint = `read.${format}('data/2026.${format}'), a list of paths, a glob or a directory`
    mustBe(typeof path === 'string' || path instanceof URL, `${format} takes paths`, path, hint, above)
  }
  const { encoding } = files
  if (encoding !== undefined) oneOf(encoding, `encoding of ${format}()`, ENCODINGS, above)
  const load = async () => {
    const { fileSource } = await import('./file-source.ts')
    const { formatOf } = await import('../../core/formats/index.ts')
    return fileSource(paths, { format: formatOf(format), options, encoding, ...(schema && { schema }) })
  }
  const label = `${format} ${[paths].flat().join(', ')}`
  return fromSource<Row, Bounds>({ label, load }, true, schema, above, badRows(files, above)) as Dataset<
    Row,
    'bounded'
  >
}

/** @throws {PlanError} `OPTION` */
export function badRows({ onBadRow = 'fail' }: FileOptions, above: Function): BadRows {
  if (typeof onBadRow === 'object' && onBadRow !== null)
    return { onBadRow: 'port', deadLetters: onBadRow.deadLetter }
  const hint = `'fail', 'skip' or ${deadLetter.name}(memory())`
  return { onBadRow: oneOf(onBadRow, 'onBadRow', ['fail', 'skip'], above, hint) }
}
