/**
 * Files of other machines: `https:` and `http:` by requests of ranges, everything else (`s3:`, `gs:`, …) by DuckDB where its
 * extension is installed. Nothing of them is written to the disk, and nothing is installed.
 */

import { ConnectorError } from '../../../core/errors.ts'
import { type FoundFile, findFiles, isRemote, partitionsOf } from '../find-files.ts'
import type { LocatedFile, RemoteFile } from '../readable.ts'
import { lookAtAddress } from './http-file.ts'

/** What is kept of each file from the first look at it. */
const HEAD_BYTES = 1 << 18
/** Of more files than these no heads are kept. */
const MAX_HEADS = 64
/** Files that are looked at at a time. */
const AT_A_TIME = 8

const isWeb = (path: string): boolean => /^https?:/i.test(path)

/**
 * The files of paths, as {@link findFiles}, with what is known of those of other machines; patterns become the files that
 * match them.
 *
 * @throws {ConnectorError} `PATH`, `HTTP_STATUS`, `CONNECTION_FAILED`, `EXTENSION`, `NETWORK`, `FILE_NOT_FOUND`
 */
export async function locatedFiles(
  paths: readonly string[],
  extensions: readonly string[],
): Promise<readonly LocatedFile[]> {
  const found = await findFiles(paths, extensions)
  if (!found.some(({ path }) => isRemote(path))) return found
  const listed = (await Promise.all(found.map(matching))).flat()
  const headBytes = listed.length <= MAX_HEADS ? HEAD_BYTES : 1
  const files: LocatedFile[] = []
  for (let i = 0; i < listed.length; i += AT_A_TIME)
    files.push(...(await Promise.all(listed.slice(i, i + AT_A_TIME).map(file => lookAt(file, headBytes)))))
  return files
}

async function matching(file: FoundFile): Promise<readonly FoundFile[]> {
  const { path } = file
  if (!isRemote(path)) return [file]
  if (isWeb(path)) {
    if (new URL(path).pathname.includes('*')) throw unlistable(path)
    return [file]
  }
  if (!/[*?[]/.test(path)) return [file]
  const { listBlobs } = await import('../../duckdb/blobs.ts')
  return (await listBlobs(path)).map(path => ({ path, partitions: partitionsOf(path) }))
}

async function lookAt(file: FoundFile, headBytes: number): Promise<LocatedFile> {
  if (!isRemote(file.path)) return file
  return { ...file, remote: await remoteFile(file.path, headBytes) }
}

async function remoteFile(path: string, headBytes: number): Promise<RemoteFile> {
  if (isWeb(path)) return lookAtAddress(new URL(path), headBytes)
  const { lookAtBlob } = await import('../../duckdb/blobs.ts')
  return lookAtBlob(path)
}

const unlistable = (path: string): ConnectorError =>
  new ConnectorError(
    'PATH',
    `${JSON.stringify(path)} is a pattern, and a web server does not list its files`,
    {
      hint: 'give the addresses of the files as a list; %2A stands for a * in a name',
    },
  )
