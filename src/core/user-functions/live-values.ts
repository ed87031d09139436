/**
 * Values of this process that no text stands for, such as validators that closures make up: a plan names them by number, and
 * only the thread that made them can use them. A job whose plan does runs on that thread.
 */

import type { ModuleFunction } from './function-ref.ts'

const URL_OF_LIVE = 'live:'

const numbers = new WeakMap<object, string>()
const values = new Map<string, unknown>()

/** How a plan names the value. It is kept for as long as the process lives. */
export function liveRef(value: object): ModuleFunction {
  const name = numbers.get(value) ?? String(values.size)
  numbers.set(value, name)
  values.set(name, value)
  return Object.freeze({ url: URL_OF_LIVE, export: name })
}

/** Whether a reference names a value of a thread. */
export const isLive = (ref: object): boolean => (ref as Partial<ModuleFunction>).url === URL_OF_LIVE

/** What a reference names; undefined on other threads. */
export const liveValue = (ref: ModuleFunction): unknown => values.get(ref.export)
