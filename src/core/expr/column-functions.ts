/** Which functions may be computed by whole columns. */

import type { Call } from './expr.ts'
import type { FunctionSpec } from './functions/contract.ts'

/** Declared by `functions/index.ts`, which this file cannot import. */
const names = new Set<string>()

export function declareColumnFunctions(functions: Iterable<FunctionSpec>): void {
  for (const { name, columns, maybeColumns } of functions) if (columns || maybeColumns) names.add(name)
}

/** Whether the call is one of whole columns for some types. */
export const mayBeOfColumns = ({ fn }: Call): boolean => names.has(fn)
