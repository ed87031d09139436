/**
 * Random plans over all verbs, in many ways to run them, against DuckDB and against themselves. `SEED` and `PLANS` choose
 * others; `hunt.ts` looks for many at once.
 */

import { expect, it } from 'vitest'
import { runs } from '../effort.ts'
import { checkPlans } from './check-plans.ts'
import { makesSense, randomPlan, streams } from './generate.ts'

const seed = Number(process.env.SEED ?? 1)
const plans = Number(process.env.PLANS ?? runs(90))

it(`gives the rows that DuckDB gives, in every way to run: ${plans} plans from seed ${seed}`, async () => {
  await checkPlans(seed, plans)
})

it('makes plans that make sense, the same for the same seed, most of them over streams too', () => {
  const made = Array.from({ length: 200 }, (_, at) => randomPlan(at))
  expect(made.every(plan => makesSense(plan, 'bounded') || makesSense(plan, 'unbounded'))).toBe(true)
  expect(made).toEqual(Array.from({ length: 200 }, (_, at) => randomPlan(at)))
  expect(made.filter(streams).length).toBeGreaterThan(80)
})
