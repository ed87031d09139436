/** `read.lines`. */

import type { Dataset } from '../../core/dataset/dataset.ts'
import { checkNames } from '../../core/options.ts'
import { FILE_OPTIONS, type FollowBounds, type FollowOptions, fromFiles, type Input } from './from-files.ts'

/** A line of a file. */
export interface Line {
  /** Without its line break. */
  readonly text: string
  /** The place of its first byte in the file. */
  readonly offset: number
}

/**
 * The lines of text files: `text`, without its line break, and `offset`, the place of its first byte in the file. The last
 * line need not end. Directories and patterns add the columns that their paths name: `logs/day=2026-01-01/app.log`.
 *
 * @throws {ConnectorError} when the plan is built: `FILE_NOT_FOUND`, `PERMISSION`, `COMPRESSION`
 * @throws {DataError} while it is read: `UTF8` for a line that is not UTF-8
 * @example
 * read.lines('access.log').filter(r => r.text.contains(' 500 '))
 */
export function lines<const Follow extends boolean = false>(
  paths: Input,
  options: FollowOptions<Follow> = {},
): Dataset<Line, FollowBounds<Follow>> {
  checkNames('lines', options, FILE_OPTIONS, lines)
  return fromFiles(paths, { format: 'lines', options: {}, files: options }, lines)
}
