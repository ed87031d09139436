/** What readers of files have in common. The files are looked at when a plan is built, not before. */

import type { Source } from '../../core/connector.ts'
import type { Dataset } from '../../core/dataset/dataset.ts'
import { type BadRows, fromSource } from '../../core/dataset/from-source.ts'
import { type DeadLetter, deadLetter } from '../../core/dataset/map.ts'
import { mustBe } from '../../core/dataset/source-arguments.ts'
import type { Bounds } from '../../core/dataset/types.ts'
import { PlanError } from '../../core/errors.ts'
import type { Json } from '../../core/formats/contract.ts'
import { flag, oneOf } from '../../core/options.ts'
import type { Schema } from '../../core/types/schema.ts'
import { type ByteBody, isBody } from '../net/body.ts'
import { shownAddress } from './find-files.ts'
import { ENCODINGS, type Encoding } from './transcode.ts'

/** A path, or several: of files. */
export type Paths = string | URL | readonly (string | URL)[]

/** What readers of bytes take: paths, or bytes that the program has. */
export type Input = Paths | ByteBody

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

/** Options of readers of files that may grow. */
export interface FollowOptions<Follow extends boolean = boolean> extends FileOptions {
  /**
   * True: the rows do not end. Files are read as they grow, through renaming and cutting off, and files that appear in a
   * directory, or match a pattern, are read as they come.
   */
  readonly follow?: Follow
}

/** Whether rows end: not those of files that are followed. */
export type FollowBounds<Follow extends boolean> = Follow extends true ? 'unbounded' : 'bounded'

/** The names of {@link FollowOptions}. */
export const FILE_OPTIONS: readonly string[] = ['onBadRow', 'encoding', 'follow']

export interface FilesRead {
  /** The name of the format, which is that of the reader. */
  readonly format: string
  /** Of the format: JSON, checked. */
  readonly options: Json
  readonly schema?: Schema | undefined
  readonly files: FollowOptions
}

/** The dataset of the rows of files. @param above the user-facing function */
export function fromFiles<Row, Follow extends boolean = false>(
  input: Input,
  read: FilesRead,
  above: Function,
): Dataset<Row, FollowBounds<Follow>> {
  const { format, options, schema, files } = read
  if (input === '-' || isBody(input))
    return fromBody(input === '-' ? process.stdin : input, read, above) as never
  const paths = input
  for (const path of [paths].flat()) {
    const hint = `read.${format}('data/2026.${format}'), a list of paths, a glob or a directory`
    mustBe(typeof path === 'string' || path instanceof URL, `${format} takes paths`, path, hint, above)
  }
  const { encoding, follow = false } = files
  if (encoding !== undefined) oneOf(encoding, `encoding of ${format}()`, ENCODINGS, above)
  flag(follow, `follow of ${format}()`, above)
  if (follow && encoding !== undefined && encoding !== 'utf-8') throw followsUtf8(encoding, above)
  const load = async () => {
    const { formatOf } = await import('../../core/formats/index.ts')
    const given = { format: formatOf(format), options, encoding, ...(schema && { schema }) }
    if (follow) return (await import('./follow-source.ts')).followSource(paths, given)
    return (await import('./file-source.ts')).fileSource(paths, given)
  }
  const label = `${format} ${[paths].flat().map(shownAddress).join(', ')}`
  return fromSource({ label, load }, !follow, schema, above, badRows(files, above)) as Dataset<
    any,
    Bounds
  > as never
}

const followsUtf8 = (encoding: Encoding, above: Function): PlanError =>
  new PlanError('FOLLOW', `a file in ${encoding} cannot be followed as it grows: only UTF-8 can`, {
    hint: 'leave out encoding where the lines are ASCII, or read the file without follow',
    above,
  })

/** @throws {PlanError} `OPTION` */
export function badRows({ onBadRow = 'fail' }: FileOptions, above: Function): BadRows {
  if (typeof onBadRow === 'object' && onBadRow !== null)
    return { onBadRow: 'port', deadLetters: onBadRow.deadLetter }
  const hint = `'fail', 'skip' or ${deadLetter.name}(memory())`
  return { onBadRow: oneOf(onBadRow, 'onBadRow', ['fail', 'skip'], above, hint) }
}

/** The dataset of what bytes are. */
function fromBody(
  body: ByteBody,
  { format, options, schema, files }: FilesRead,
  above: Function,
): Dataset<any, Bounds> {
  const { encoding, follow = false } = files
  flag(follow, `follow of ${format}()`, above)
  if (encoding !== undefined) oneOf(encoding, `encoding of ${format}()`, ENCODINGS, above)
  // One source for every job: it knows whether the bytes were read, where a second one would find none, in silence.
  let source: Source | undefined
  const load = async () => {
    const [{ streamSource }, { bodyStream }, { formatOf }] = await Promise.all([
      import('../net/stream-source.ts'),
      import('../net/body.ts'),
      import('../../core/formats/index.ts'),
    ])
    const read = { format: formatOf(format), options, ...(schema && { schema }) }
    source ??= streamSource({ ...bodyStream(body, encoding), bounded: !follow }, read)
    return source
  }
  const label = body === process.stdin ? `${format} -` : `${format} of bytes`
  return fromSource({ label, load }, !follow, schema, above, badRows(files, above))
}
