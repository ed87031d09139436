/** Many plans in a test: the first that fails is made smaller and printed as a program. */

import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api'
import { randomPlan } from './generate.ts'
import { checkPlan, type Failure } from './run.ts'
import { scriptOf } from './script.ts'
import { shrink } from './shrink.ts'

/** Plans that run at once: while one waits for its shards another goes on. */
const AT_ONCE = 2

/**
 * Checks the plans of `count` seeds from `seed` on.
 *
 * @throws Error for one that fails, with its seed, what went wrong, and a program that shows it
 */
export async function checkPlans(seed: number, count: number): Promise<void> {
  const instance = await DuckDBInstance.create(':memory:')
  try {
    let next = seed
    let failed = false
    const checkSome = async () => {
      const connection = await connect(instance)
      try {
        while (!failed && next < seed + count) {
          const at = next++
          const failure = await checkPlan(randomPlan(at), connection)
          if (!failure || failed) continue
          failed = true
          throw await shown(at, failure, connection)
        }
      } finally {
        connection.closeSync()
      }
    }
    const ended = await Promise.allSettled(Array.from({ length: AT_ONCE }, checkSome))
    for (const each of ended) if (each.status === 'rejected') throw each.reason
  } finally {
    instance.closeSync()
  }
}

/** A connection that says the same everywhere. */
export async function connect(instance: DuckDBInstance): Promise<DuckDBConnection> {
  const connection = await instance.connect()
  // The optimizer fails in an assertion of its own for some plans.
  const off = "SET disabled_optimizers = 'top_n_window_elimination'"
  await connection.run(`SET threads = 1; SET TimeZone = 'UTC'; ${off}`)
  return connection
}

async function shown(seed: number, failure: Failure, connection: DuckDBConnection): Promise<Error> {
  const plan = randomPlan(seed)
  const fails = async (smaller: typeof plan) =>
    (await checkPlan(smaller, connection, { effort: 2 }))?.kind === failure.kind
  const small = await shrink(plan, fails)
  const { way, message } = (await checkPlan(small, connection, { effort: 4 })) ?? failure
  const script = scriptOf(small, way.ends, [{ shards: 0, batchRows: 1000 }, way.options])
  return new Error(`SEED=${seed} PLANS=1: ${failure.kind}\n${JSON.stringify(way)}\n${message}\n${script}`)
}
