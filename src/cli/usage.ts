/** Reading arguments: what the user typed, checked, or a {@link UsageError}. */

import { type ParseArgsConfig, parseArgs } from 'node:util'
import { MillraceError } from '../core/errors.ts'

/** The command was called wrongly: exit code 2, and a pointer to its help. */
export class UsageError extends MillraceError {
  constructor(message: string, hint?: string) {
    super('USAGE', message, hint === undefined ? {} : { hint })
  }
}

type Options = NonNullable<ParseArgsConfig['options']>

/** `parseArgs`, with its errors as {@link UsageError}s. */
export function parse<const O extends Options>(args: readonly string[], options: O) {
  try {
    return parseArgs({ args: [...args], options, allowPositionals: true, strict: true })
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error)
    throw new UsageError(text.split('. ')[0]!.replace(/\.$/, ''))
  }
}

/** A number between `least` and `most`, or undefined when nothing was given. */
export function numberIn(
  text: string | undefined,
  option: string,
  { least, most, whole = false }: { least: number; most: number; whole?: boolean },
): number | undefined {
  if (text === undefined) return undefined
  const value = text.trim() === '' ? Number.NaN : Number(text)
  if (value >= least && value <= most && (!whole || Number.isInteger(value))) return value
  throw new UsageError(
    `--${option} takes a ${whole ? 'whole ' : ''}number from ${least} to ${most}, got ${JSON.stringify(text)}`,
  )
}

/** A rate of false alarms. */
export function alphaOf(text: string | undefined, otherwise: number): number {
  const value = text === undefined ? otherwise : text.trim() === '' ? Number.NaN : Number(text)
  if (value > 0 && value < 1) return value
  throw new UsageError(`--alpha takes a rate between 0 and 1, got ${JSON.stringify(text)}`, '--alpha 1e-4')
}

/** Runs what checks an option of the API; its error becomes one about what the user typed. */
export function typed<T>(option: string, make: () => T): T {
  try {
    return make()
  } catch (error) {
    if (!(error instanceof MillraceError)) throw error
    throw new UsageError(`--${option}: ${error.message.split('\n')[0]}`, error.hint)
  }
}

/** Reports when an option is missing. */
export function required(value: string | undefined, option: string, example: string): string {
  if (value === undefined) throw new UsageError(`--${option} is needed`, `for example --${option} ${example}`)
  return value
}
