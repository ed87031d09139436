/** Functions whose source goes into the plan. */

import type { Closure } from './function-ref.ts'

/** Makes the function again, with copies of the values it uses. */
export function compileClosure({ source, using = {} }: Closure): unknown {
  const copies = structuredClone(using)
  // esbuild keeps the names of functions by calls of a helper.
  const names = ['__name', ...Object.keys(copies)]
  const make = new Function(...names, `'use strict'; return (${source}\n)`)
  return make((named: unknown) => named, ...Object.values(copies))
}
