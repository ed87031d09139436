/**
 * Runs random plans and prints those that fail, smaller, as programs:
 *
 *     SEED=1 PLANS=1000 npx node test/random-plans/hunt.ts
 *
 * `WITH=join,topN` tries only plans that have all of these verbs.
 */

import { DuckDBInstance } from '@duckdb/node-api'
import { connect } from './check-plans.ts'
import { randomPlan } from './generate.ts'
import { checkPlan, type Failure, type Way } from './run.ts'
import { codeOf, scriptOf } from './script.ts'
import { shrink } from './shrink.ts'

const from = Number(process.env.SEED ?? 1)
const plans = Number(process.env.PLANS ?? 300)
const PATIENCE_MS = Number(process.env.PATIENCE_MS ?? 30_000)
/** 1: as the tests do. */
const effort = Number(process.env.EFFORT ?? 2)
const most = Number(process.env.FAILURES ?? 20)
const wanted = process.env.WITH?.split(',') ?? []
const instance = await DuckDBInstance.create(':memory:')
const connection = await connect(instance)
const began = performance.now()
const kinds = new Map<string, number>()
let shown = 0
let tried = 0
for (let seed = from; seed < from + plans && shown < most; seed++) {
  const plan = randomPlan(seed)
  if (!wanted.every(name => plan.nodes.some(({ verb }) => verb === name))) continue
  tried++
  const failure = await checked(trying => checkPlan(plan, connection, { effort, trying }))
  if (!failure) continue
  kinds.set(failure.kind, (kinds.get(failure.kind) ?? 0) + 1)
  shown++
  console.log(`\nseed ${seed}: ${failure.kind} ${JSON.stringify(failure.way)} ${failure.message}`)
  if (process.env.SHRINK === '0') {
    continue
  }
  const sameKind = async (smaller: typeof plan) =>
    (await checked(trying => checkPlan(smaller, connection, { effort: 4, trying })))?.kind === failure.kind
  const small = await shrink(plan, sameKind)
  const last = (await checked(trying => checkPlan(small, connection, { effort: 4, trying }))) ?? failure
  console.log(
    `\n// ---- seed ${seed}: ${last.kind} ${JSON.stringify(last.way)}\n// ${last.message.replaceAll('\n', '\n// ')}`,
  )
  console.log(
    process.env.SCRIPT
      ? scriptOf(small, last.way.ends, [{ shards: 0, batchRows: 1000 }, last.way.options])
      : codeOf(small),
  )
}
const { user, system } = process.cpuUsage()
const perPlan = (ms: number) => (ms / tried).toFixed(1)
console.log(
  kinds,
  `${tried} plans: ${perPlan(performance.now() - began)} ms each, ${perPlan((user + system) / 1000)} ms of the processor`,
)
connection.closeSync()
process.exit(0)

/** A check that ends, and says in which way it did not end by itself. */
async function checked(
  check: (trying: (way: Way) => void) => Promise<Failure | undefined>,
): Promise<Failure | undefined> {
  let way: Way = { ends: 'bounded', options: {} }
  const { promise, resolve } = Promise.withResolvers<Failure>()
  const timeout = setTimeout(
    () => resolve({ way, kind: 'hangs', message: `no end after ${PATIENCE_MS} ms` }),
    PATIENCE_MS,
  )
  const trying = (at: Way) => {
    way = at
  }
  try {
    return await Promise.race([check(trying), promise])
  } catch (error) {
    return { way, kind: (error as Error).name, message: String((error as Error).stack) }
  } finally {
    clearTimeout(timeout)
  }
}
