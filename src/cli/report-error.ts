/** Errors as the command line prints them. */

import { escapeControls } from '../core/batch/format-table.ts'
import { MillraceError } from '../core/errors.ts'
import { remarksOn } from '../error-remarks.ts'
import { EXIT } from './command.ts'
import { Interrupted } from './interrupt.ts'
import { UsageError } from './usage.ts'

/**
 * Prints what went wrong and gives the exit code. A stack trace comes only when asked for.
 *
 * @param command the command that failed, when there is one of that name
 */
export function reportError(error: unknown, command: string | undefined, verbose: boolean): number {
  if (error instanceof Interrupted) {
    process.stderr.write('interrupted: what was committed before is kept, the rest is dropped\n')
    return error.exitCode
  }
  const known = error instanceof MillraceError || isOfSystem(error)
  const message = error instanceof Error ? error.message : String(error)
  const code = error instanceof MillraceError ? error.code : known ? 'SYSTEM' : 'UNEXPECTED'
  const lines = [`millrace: ${code}: ${message}`]
  if (error instanceof UsageError)
    lines.push(`  try: millrace ${command === undefined ? '' : `${command} `}--help`)
  else if (error instanceof MillraceError) lines.push(remarksOn(error, framesOf(error)).slice(1).trimEnd())
  if (verbose && error instanceof Error) lines.push(stackOf(error))
  else if (!known) lines.push('  this is a fault of Millrace: --verbose shows where')
  process.stderr.write(`${lines.join('\n').split('\n').map(escapeControls).join('\n')}\n`)
  return error instanceof UsageError ? EXIT.usage : EXIT.failure
}

/** What the system refused, such as a folder that may not be written to: it says so itself. */
const isOfSystem = (error: unknown): error is NodeJS.ErrnoException =>
  error instanceof Error && 'errno' in error && 'syscall' in error && 'path' in error

/** Where an error comes from, and the whole of what caused it. */
function stackOf(error: Error): string {
  const frames = framesOf(error)
  const { cause } = error
  return cause instanceof Error ? `${frames}\ncaused by ${cause.message}\n${stackOf(cause)}` : frames
}

const framesOf = ({ stack = '' }: Error): string => stack.slice(Math.max(0, stack.indexOf('\n    at ') + 1))
