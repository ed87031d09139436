/** Twenty thousand random plans; `SEED` and `PLANS` choose others. The seed of one that fails is printed. */

import { it } from 'vitest'
import { checkPlans } from '../random-plans/check-plans.ts'

const seed = Number(process.env.SEED ?? 1)
const plans = Number(process.env.PLANS ?? 20_000)

it(`gives the rows that DuckDB gives, in every way to run: ${plans} plans from seed ${seed}`, async () => {
  await checkPlans(seed, plans)
})
