/**
 * The functions expressions are made of. To add one, write it in its family's file; to add a family, add a line here.
 * Only `bind.ts` imports this table: a bound call holds its function.
 *
 * Invariant: names are unique; a function's kernels and its `interpret` agree. This folder may import `core/expr` up to
 * `bind.ts`, `core/batch`, `core/types` and `core/errors`.
 */

import { declareColumnFunctions } from '../column-functions.ts'
import { declareNotations } from '../show.ts'
import { arithmetic } from './arithmetic.ts'
import { bits } from './bits.ts'
import { booleans } from './boolean.ts'
import { casts } from './casts.ts'
import { comparisons } from './comparison.ts'
import { conditional } from './conditional.ts'
import type { FunctionSpec } from './contract.ts'
import { digests } from './digest.ts'
import { distributions } from './distribution.ts'
import { extremes } from './extremes.ts'
import { alsoOfLists, lists } from './list.ts'
import { listAggregates } from './list-aggregates.ts'
import { maps } from './map.ts'
import { mathematics } from './mathematics.ts'
import { hasNested, nestedRelations } from './nested-compare.ts'
import { nestedNull } from './nested-null.ts'
import { nulls } from './nulls.ts'
import { randoms } from './random.ts'
import { regexps } from './regexp.ts'
import { roundings } from './rounding.ts'
import { structs } from './struct.ts'
import { texts } from './text.ts'
import { changes } from './text-change.ts'
import { formats } from './text-format.ts'
import { parsers } from './text-parse.ts'
import { searches } from './text-search.ts'
import { slices } from './text-slice.ts'
import { splits } from './text-split.ts'
import { times } from './time.ts'
import { spans } from './time-add.ts'
import { timeParts } from './time-parts.ts'
import { timeTexts } from './time-text.ts'
import { zoneFunctions } from './time-zone.ts'
import { udf } from './udf.ts'

export const FUNCTIONS: ReadonlyMap<string, FunctionSpec> = new Map(
  [
    [arithmetic, roundings, mathematics, bits, extremes, randoms],
    [comparisons, booleans, nulls, casts, conditional],
    [texts, slices, changes, searches, parsers, digests, formats, regexps, splits],
    [times, timeParts, timeTexts, spans, zoneFunctions],
    [distributions, udf],
    [structs, lists, listAggregates, maps, nestedNull],
  ]
    .flat(2)
    .map(spec => [spec.name, alsoNested(spec)] as const),
)

/** Functions and comparisons that lists, structs and maps have, too. */
function alsoNested(spec: FunctionSpec): FunctionSpec {
  const relation = nestedRelations.get(spec.name)
  if (!relation) return alsoOfLists(spec)
  return {
    ...spec,
    maybeColumns: true,
    bind: (args, call, outside) => (hasNested(args) ? relation : spec).bind(args, call, outside),
  }
}

declareColumnFunctions(FUNCTIONS.values())

declareNotations(FUNCTIONS.values())
