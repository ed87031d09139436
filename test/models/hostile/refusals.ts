/** What a call with hostile arguments may do: work, or say what is wrong with them. */
import { DataError, ModelError, PlanError } from '../../../src/core/errors.ts'
import type { Call } from './calls.ts'
import { hostileVersions } from './values.ts'

/** Every way in which one argument of a call can be hostile. */
export function* hostileCalls({ run, given }: Call): Iterable<() => unknown> {
  for (let i = 0; i < given.length; i++) {
    for (const version of hostileVersions(given[i])) yield () => run(...given.with(i, version))
  }
}

/** What is wrong with how a call ends; null where nothing is. */
export function complaint(run: () => unknown): string | null {
  try {
    const result = run()
    // Getters count, too: those of distributions and fits are computed when they are asked for.
    readAll(result, 0)
    return null
  } catch (error) {
    const own = [ModelError, PlanError, DataError].some(type => error instanceof type)
    if (!own) return String((error as Error).stack)
    const { code, hint, message } = error as ModelError
    if (!/^[A-Z][A-Z0-9_]+$/.test(code) || !hint) return `no hint: ${message}`
    return /\bgot\b|\bhas\b|\btakes\b|\bneeds\b/.test(message) ? null : `does not say what came: ${message}`
  }
}

function readAll(value: unknown, depth: number): void {
  if (value === null || typeof value !== 'object' || ArrayBuffer.isView(value) || depth > 2) return
  const names = [...Object.keys(value), ...gettersOf(Object.getPrototypeOf(value))]
  for (const name of names.slice(0, 60)) readAll((value as Record<string, unknown>)[name], depth + 1)
}

const gettersOf = (prototype: object | null): string[] =>
  prototype === null || prototype === Object.prototype
    ? []
    : Object.entries(Object.getOwnPropertyDescriptors(prototype)).flatMap(([name, { get }]) =>
        get ? [name] : [],
      )
