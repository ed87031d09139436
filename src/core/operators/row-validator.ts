/**
 * One validator of rows. Columns know null alone, where validators tell null from absent: keys that are null are left out at
 * first; those that the validator then complains of are given as null, and from then on, if that mends it.
 */

import type { StandardSchemaV1 } from '@standard-schema/spec'
import type { Row } from '../batch/rows.ts'
import { plain, textOfThrown } from '../user-functions/failure.ts'
import { isPromise } from './call-context.ts'

export type StandardValidator = StandardSchemaV1<unknown, unknown>

/** Why a row is bad, and where. */
export interface Problem {
  readonly problem: string
  readonly column?: string
}

export type Outcome = { readonly value: unknown } | Problem

type Result = StandardSchemaV1.Result<unknown>

const MOST_MESSAGE = 200

export class RowValidator {
  readonly #validator: StandardValidator
  /** Paths that the validator wants as null rather than absent. */
  readonly #nullable = new Set<string>()

  constructor(validator: StandardValidator) {
    this.#validator = validator
  }

  /** What the validator makes of a row: it is never thrown. */
  validate(row: Row): Outcome | Promise<Outcome> {
    const left = new Set<string>()
    const first = this.#call(withoutNulls(row, '', this.#nullable, left) as Row)
    if (first instanceof Promise) return first.then(result => this.#again(row, result, left))
    return this.#again(row, first, left)
  }

  #again(row: Row, result: Result | Problem, left: ReadonlySet<string>): Outcome | Promise<Outcome> {
    if ('problem' in result || !result.issues) return outcomeOf(result)
    const wanted = result.issues.map(issue => pathOf(issue)).filter(path => left.has(path))
    if (wanted.length === 0) return outcomeOf(result)
    const nullable = new Set([...this.#nullable, ...wanted])
    const learn = (second: Result | Problem): Outcome => {
      const outcome = outcomeOf(second)
      if ('problem' in outcome) return outcomeOf(result)
      for (const path of wanted) this.#nullable.add(path)
      return outcome
    }
    const second = this.#call(withoutNulls(row, '', nullable, new Set()) as Row)
    return second instanceof Promise ? second.then(learn) : learn(second)
  }

  #call(row: Row): Result | Problem | Promise<Result | Problem> {
    const thrown = (error: unknown): Problem => ({ problem: `the validator threw ${textOfThrown(error)}` })
    try {
      const result = this.#validator['~standard'].validate(row)
      return isPromise(result) ? Promise.resolve(result).catch(thrown) : (result as Result)
    } catch (error) {
      return thrown(error)
    }
  }
}

/** The row without what is null in it, but for some paths; `left` gets the paths that were left out. */
function withoutNulls(value: unknown, path: string, kept: ReadonlySet<string>, left: Set<string>): unknown {
  if (value instanceof Map) return withoutNulls(Object.fromEntries(value), path, kept, left)
  if (Array.isArray(value)) return value.map(item => withoutNulls(item, path, kept, left))
  if (typeof value !== 'object' || value === null) return value
  if (value instanceof Date || ArrayBuffer.isView(value)) return value
  const entries: [string, unknown][] = []
  for (const [key, item] of Object.entries(value)) {
    const at = path === '' ? key : `${path}.${key}`
    if (item === null && !kept.has(at)) left.add(at)
    else entries.push([key, withoutNulls(item, at, kept, left)])
  }
  return Object.fromEntries(entries)
}

/** Where an issue is, without places in lists: `user.tags`. */
const pathOf = ({ path = [] }: StandardSchemaV1.Issue): string =>
  path
    .map(piece => (typeof piece === 'object' ? piece.key : piece))
    .filter(key => typeof key !== 'number')
    .map(String)
    .join('.')

function outcomeOf(result: Result | Problem): Outcome {
  if ('problem' in result) return result
  if (!result.issues) return { value: (result as StandardSchemaV1.SuccessResult<unknown>).value }
  const [issue] = result.issues
  const others = result.issues.length - 1
  const column = issue ? pathOf(issue) : ''
  const problem = plain(issue?.message ?? 'the validator refuses it', MOST_MESSAGE)
  return {
    problem: others > 0 ? `${problem} (and ${others} more)` : problem,
    ...(column !== '' && { column }),
  }
}
