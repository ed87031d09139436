/** What errors of files mean, with a code. */

import { ConnectorError, MillraceError } from '../../core/errors.ts'

interface Meaning {
  readonly code: string
  readonly say: (path: string) => string
  readonly hint: string
}

const RELATIVE = 'paths are relative to the working directory of the process'

/** By the code of Node's error. */
const MEANINGS: Readonly<Record<string, Meaning>> = {
  ENOENT: { code: 'FILE_NOT_FOUND', say: path => `there is no file ${path}`, hint: RELATIVE },
  ENOTDIR: { code: 'FILE_NOT_FOUND', say: path => `there is no file ${path}`, hint: RELATIVE },
  EISDIR: {
    code: 'IS_DIRECTORY',
    say: path => `${path} is a directory, not a file`,
    hint: 'give the directory itself to read all its files, or the path of one',
  },
  EACCES: {
    code: 'PERMISSION',
    say: path => `${path} may not be opened by this process`,
    hint: 'check the owner and the mode of the file and of its directory',
  },
  EPERM: {
    code: 'PERMISSION',
    say: path => `${path} may not be opened by this process`,
    hint: 'check the owner and the mode of the file and of its directory',
  },
  ENOSPC: {
    code: 'DISK_FULL',
    say: path => `there is no room left on the disk for ${path}`,
    hint: 'free some space or write elsewhere; what was committed before is still there',
  },
}

/** Codes of zlib that say that a packed file ends before it should. */
const CUT_SHORT = new Set(['Z_BUF_ERROR', 'ZSTD_error_srcSize_wrong', 'ERR_STREAM_PREMATURE_CLOSE'])

/** Nobody tells when a file of another machine grows. */
export const notHere = (path: string): ConnectorError =>
  new ConnectorError(
    'PATH',
    `${JSON.stringify(path)} is on another machine, and cannot be followed as it grows`,
    {
      hint: 'read it without follow; read.http(address, schema, { every }) asks again and again',
    },
  )

/** An error of Node's as one with a code; errors of ours pass as they are. */
export function explainFile(error: unknown, path: string): MillraceError {
  if (error instanceof MillraceError) return error
  const { code, message = String(error) } = (error ?? {}) as { code?: string; message?: string }
  const meaning = code === undefined ? undefined : MEANINGS[code]
  const named = JSON.stringify(path)
  if (meaning) {
    const { code, say, hint } = meaning
    return new ConnectorError(code, say(named), { cause: error, hint })
  }
  if (code !== undefined && (CUT_SHORT.has(code) || /^(Z|ZSTD)_/.test(code))) {
    const what = CUT_SHORT.has(code)
      ? 'ends before what is packed in it does'
      : 'is damaged, or packed otherwise'
    return new ConnectorError('CORRUPT_FILE', `${named} ${what} (${message})`, {
      cause: error,
      hint: 'get it again: was its download or copy cut off?',
    })
  }
  return new ConnectorError('FILE', `${named} cannot be read or written: ${message}`, { cause: error })
}
