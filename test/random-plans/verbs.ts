import { agg } from './agg-verbs.ts'
import { asofJoin } from './asof-verbs.ts'
import { flatMap, lookupJoin, map } from './call-verbs.ts'
import { changesAndBack, sample } from './change-verbs.ts'
import { cast, fill, fillNull } from './fill-verbs.ts'
import { dedup, topN } from './first-verbs.ts'
import { join } from './join-verbs.ts'
import { match } from './match-verbs.ts'
import { limit, orderBy, replay, slice, union, watermark } from './order-verbs.ts'
import { over } from './over-verbs.ts'
import { pivot } from './pivot-verbs.ts'
import type { Shape } from './plan.ts'
import { query } from './query-verbs.ts'
import { totals, unnest, unpivot } from './reshape-verbs.ts'
import { drop, explode, filter, rename, select, withVerb } from './row-verbs.ts'
import { detect, fillGaps, fit, forecast } from './series-verbs.ts'
import { distinct } from './set-verbs.ts'
import type { Verb } from './verb.ts'

/** The verbs of plans, with how often they are tried. */
export const VERBS: Readonly<Record<string, { readonly verb: Verb; readonly weight: number }>> = {
  filter: { verb: filter, weight: 4 },
  with: { verb: withVerb, weight: 4 },
  select: { verb: select, weight: 2 },
  drop: { verb: drop, weight: 1 },
  rename: { verb: rename, weight: 1 },
  explode: { verb: explode, weight: 1.5 },
  unnest: { verb: unnest, weight: 1.5 },
  fillNull: { verb: fillNull, weight: 0.7 },
  fill: { verb: fill, weight: 1.5 },
  cast: { verb: cast, weight: 1 },
  map: { verb: map, weight: 0.7 },
  flatMap: { verb: flatMap, weight: 0.7 },
  lookupJoin: { verb: lookupJoin, weight: 1 },
  changes: { verb: changesAndBack, weight: 0.7 },
  sample: { verb: sample, weight: 0.4 },
  unpivot: { verb: unpivot, weight: 1.5 },
  pivot: { verb: pivot, weight: 1 },
  query: { verb: query, weight: 0.5 },
  slice: { verb: slice, weight: 1 },
  totals: { verb: totals, weight: 1 },
  orderBy: { verb: orderBy, weight: 1.5 },
  limit: { verb: limit, weight: 1.5 },
  union: { verb: union, weight: 4 },
  watermark: { verb: watermark, weight: 4 },
  replay: { verb: replay, weight: 1.5 },
  agg: { verb: agg, weight: 6 },
  fillGaps: { verb: fillGaps, weight: 4 },
  distinct: { verb: distinct, weight: 2 },
  join: { verb: join, weight: 4 },
  asofJoin: { verb: asofJoin, weight: 3 },
  match: { verb: match, weight: 5 },
  topN: { verb: topN, weight: 2.5 },
  dedup: { verb: dedup, weight: 2 },
  over: { verb: over, weight: 3 },
  fit: { verb: fit, weight: 1 },
  forecast: { verb: forecast, weight: 1 },
  detect: { verb: detect, weight: 1.5 },
}

/** Of which a row's place is not asked. */
const BY_ROW = ['filter', 'with', 'select', 'drop', 'rename', 'fillNull', 'cast', 'map', 'unnest']

/** The rows that a verb gives. @throws Senseless when it cannot be done with these */
export function shapeOf(name: string, parameters: unknown, inputs: readonly Shape[]): Shape {
  const { anyOrder, ...shape } = verbOf(name).shape(parameters, inputs)
  if (name === 'match') return { ...shape, anyOrder: true }
  if (!inputs.some(input => input.anyOrder)) return shape
  return BY_ROW.includes(name) ? { ...shape, anyOrder: true } : { ...shape, known: false }
}

export const verbOf = (name: string): Verb => VERBS[name]!.verb
