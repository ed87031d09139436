/** Many plans in a test: the first that fails is made smaller and printed as a program. */

import { DuckDBInstance } from '@duckdb/node-api'
import { randomPlan } from './generate.ts'
import { checkPlan } from './run.ts'
import { scriptOf } from './script.ts'
import { shrink } from './shrink.ts'

/**
 * Checks the plans of `count` seeds from `seed` on.
 *
 * @throws Error for the first that fails, with its seed, what went wrong, and a program that shows it
 */
export async function checkPlans(seed: number, count: number): Promise<void> {
  const instance = await DuckDBInstance.create(':memory:')
  const connection = await instance.connect()
  try {
    await connection.run(
      "SET threads = 1; SET TimeZone = 'UTC'; SET disabled_optimizers = 'top_n_window_elimination'",
    )
    for (let at = seed; at < seed + count; at++) {
      const plan = randomPlan(at)
      const failure = await checkPlan(plan, connection)
      if (!failure) continue
      const fails = async (smaller: typeof plan) =>
        (await checkPlan(smaller, connection, { effort: 2 }))?.kind === failure.kind
      const small = await shrink(plan, fails)
      const { way, message } = (await checkPlan(small, connection, { effort: 4 })) ?? failure
      const script = scriptOf(small, way.ends, [{ shards: 0, batchRows: 1000 }, way.options])
      throw new Error(`SEED=${at} PLANS=1: ${failure.kind}\n${JSON.stringify(way)}\n${message}\n${script}`)
    }
  } finally {
    connection.closeSync()
    instance.closeSync()
  }
}
