/**
 * The functions expressions are made of. To add one, write it in its family's file; to add a family, add a line here.
 * Only `bind.ts` imports this table: a bound call holds its function.
 *
 * Invariant: names are unique; a function's kernels and its `interpret` agree. This folder may import `core/expr` up to
 * `bind.ts`, `core/batch`, `core/types` and `core/errors`.
 */

import { declareNotations } from '../show.ts'
import { arithmetic } from './arithmetic.ts'
import { booleans } from './boolean.ts'
import { casts } from './casts.ts'
import { comparisons } from './comparison.ts'
import { conditional } from './conditional.ts'
import type { FunctionSpec } from './contract.ts'
import { distributions } from './distribution.ts'
import { nulls } from './nulls.ts'
import { regexps } from './regexp.ts'
import { texts } from './text.ts'
import { times } from './time.ts'
import { udf } from './udf.ts'

export const FUNCTIONS: ReadonlyMap<string, FunctionSpec> = new Map(
  [arithmetic, comparisons, booleans, nulls, casts, conditional, texts, regexps, times, distributions, udf]
    .flat()
    .map(spec => [spec.name, spec] as const),
)

declareNotations(FUNCTIONS.values())
