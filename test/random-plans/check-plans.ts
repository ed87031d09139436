/** Many plans in a test: the first that fails is made smaller and printed as a program. */

import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api'
import { randomPlan } from './generate.ts'
import { checkPlan, type Failure, type Way } from './run.ts'
import { scriptOf } from './script.ts'
import { shrink } from './shrink.ts'

/** Plans that run at once: while one waits for its shards another goes on. */
const AT_ONCE = 2

/** A plan takes some hundredths of a second: one that takes so long has stopped for good, and its seed must be known. */
const PATIENCE_MS = 120_000

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
          const failure = await endsOrThrows(at, trying => checkPlan(randomPlan(at), connection, { trying }))
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

/** @throws Error that names the seed and the way to run it when the check does not end */
async function endsOrThrows<T>(seed: number, check: (trying: (way: Way) => void) => Promise<T>): Promise<T> {
  let way: Way | undefined
  const { promise, reject } = Promise.withResolvers<never>()
  const timeout = setTimeout(
    () => reject(new Error(`SEED=${seed} PLANS=1: no end after ${PATIENCE_MS} ms\n${JSON.stringify(way)}`)),
    PATIENCE_MS,
  )
  const trying = (tried: Way) => {
    way = tried
  }
  try {
    return await Promise.race([check(trying), promise])
  } finally {
    clearTimeout(timeout)
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
    (await checkPlan(smaller, connection, { effort: 4 }))?.kind === failure.kind
  const small = await shrink(plan, fails)
  const { way, message } = (await checkPlan(small, connection, { effort: 8 })) ?? failure
  const script = scriptOf(small, way.ends, [{ shards: 0, batchRows: 1000 }, way.options])
  return new Error(`SEED=${seed} PLANS=1: ${failure.kind}\n${JSON.stringify(way)}\n${message}\n${script}`)
}
