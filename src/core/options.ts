/**
 * Checks of options: one wording for values outside their domain and for names that mean nothing, with the user's line.
 * Untyped callers, and values that come from elsewhere, are told at the call and not by what happens later.
 */

import { PlanError } from './errors.ts'
import { nearestName } from './nearest-name.ts'

/** Throws the error for an option. `above`: the function that the user called. */
export type Refuse = (what: string, got: unknown, hint: string, above?: Function) => never

/** A value as messages show it. */
export function shown(value: unknown): string {
  if (typeof value === 'number' || typeof value === 'bigint') return String(value)
  if (typeof value === 'function') return 'a function'
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? 'an invalid Date' : value.toISOString()
  let text: string
  try {
    text = JSON.stringify(value) ?? String(value)
  } catch {
    text = typeof value
  }
  return text.length > 80 ? `${text.slice(0, 79)}…` : text
}

/** Checks whose refusals are thrown by `refuse`. Each gives the value back. */
export function optionChecks(refuse: Refuse) {
  return {
    /** Refuses what is no object of options, and option names that mean nothing here. */
    checkNames(call: string, options: unknown, names: readonly string[], above?: Function): void {
      const hint = `its options are ${names.join(', ')}`
      const owner = /^\w+$/.test(call) ? `${call}()` : call
      if (options === null || typeof options !== 'object' || Array.isArray(options)) {
        refuse(`${owner} takes an object of options`, options, hint, above)
      }
      for (const name of Object.keys(options as object)) {
        if (names.includes(name)) continue
        const near = nearestName(name, names)
        refuse(`${owner} has no such option`, name, near ? `did you mean ${near}? ${hint}` : hint, above)
      }
    },
    /** A whole number within its range; `most` may be Infinity, which is then a value too. */
    whole(value: unknown, what: string, least: number, most: number, above?: Function): number {
      if (Number.isSafeInteger(value) && (value as number) >= least && (value as number) <= most)
        return value as number
      if (value === most && most === Number.POSITIVE_INFINITY) return most
      const range = most >= Number.MAX_SAFE_INTEGER ? `of at least ${least}` : `from ${least} to ${most}`
      return refuse(`${what} needs a whole number ${range}`, value, 'leave it out for the default', above)
    },
    /** A number between two others, which it may not reach. */
    between(value: unknown, what: string, least: number, most: number, above?: Function): number {
      if (typeof value === 'number' && value > least && value < most) return value
      const range =
        most === Number.POSITIVE_INFINITY ? `greater than ${least}` : `between ${least} and ${most}`
      return refuse(`${what} needs a number ${range}`, value, 'leave it out for the default', above)
    },
    flag(value: unknown, what: string, above?: Function): boolean {
      if (typeof value === 'boolean') return value
      return refuse(`${what} is true or false`, value, 'leave it out for the default', above)
    },
    /** One of a few words. */
    oneOf<Word extends string>(
      value: unknown,
      what: string,
      words: readonly Word[],
      above?: Function,
      hint = 'leave it out for the default',
    ): Word {
      if (words.includes(value as Word)) return value as Word
      const list = words.map(word => `'${word}'`).join(', ')
      return refuse(`${what} is one of ${list}`, value, hint, above)
    },
    text(value: unknown, what: string, above?: Function): string {
      if (typeof value === 'string') return value
      return refuse(`${what} is a text`, value, "write it in quotes: 'name'", above)
    },
    callback(
      value: unknown,
      what: string,
      above?: Function,
      hint = 'leave it out where nothing is to be called',
    ): Function {
      if (typeof value === 'function') return value
      return refuse(`${what} is a function`, value, hint, above)
    },
  }
}

const refuseOption: Refuse = (what, got, hint, above) => {
  throw new PlanError('OPTION', `${what}, got ${shown(got)}`, { hint, ...(above ? { above } : {}) })
}

/** The checks of verbs, ends and connectors: `PlanError`s `OPTION`. */
export const { checkNames, whole, between, flag, oneOf, text, callback } = optionChecks(refuseOption)
