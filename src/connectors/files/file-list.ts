/** The files that paths stand for. */

import { stat } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { ConnectorError, PlanError } from '../../core/errors.ts'
import { explainFile } from './errors.ts'
import type { Paths } from './from-files.ts'

/** A file that is there. */
export interface FoundFile {
  readonly path: string
  readonly bytes: number
}

/** The paths as texts. */
export const pathTexts = (paths: Paths): string[] => {
  const list = (Array.isArray(paths) ? paths : [paths]) as readonly (string | URL)[]
  return list.map(path => (path instanceof URL || path.startsWith('file://') ? fileURLToPath(path) : path))
}

/**
 * The files, in the order of the paths.
 *
 * @throws {PlanError} `NO_FILES` for an empty list
 * @throws {ConnectorError} `FILE_NOT_FOUND`, `IS_DIRECTORY`, `PERMISSION`
 */
export async function findFiles(paths: readonly string[]): Promise<FoundFile[]> {
  if (paths.length === 0) {
    throw new PlanError('NO_FILES', 'there is no file to read', {
      hint: 'an empty list of paths often comes from a directory listing that found nothing',
    })
  }
  const found: FoundFile[] = []
  for (const path of paths) found.push(await findFile(path))
  return found
}

async function findFile(path: string): Promise<FoundFile> {
  if (path === '' || path.includes('\0'))
    throw new ConnectorError('FILE_NOT_FOUND', `${JSON.stringify(path)} cannot be the path of a file`)
  try {
    const { size } = await stat(path)
    return { path, bytes: size }
  } catch (error) {
    throw explainFile(error, path)
  }
}
