import { DuckDBInstance } from '@duckdb/node-api'
import { expect, it } from 'vitest'
import { connect } from './check-plans.ts'
import { callsOf, column, type Expression } from './expression.ts'
import { listCall, nestedTest } from './nested-expressions.ts'
import type { Cell, Column, RandomPlan } from './plan.ts'
import { Random } from './random.ts'
import { checkPlan } from './run.ts'

const VALUES: Record<string, readonly Cell[]> = {
  'list<int32>': [null, [], [null], [2, null, 1, 2]],
  'list<utf8>': [null, [], [null], ['b', null, 'a', 'b']],
}

it.each(Object.keys(VALUES))('functions of %s are DuckDB’s for null, empty and nulls within', async type => {
  const list: Column = { name: 'l', type: type as Column['type'], nullable: true }
  const instance = await DuckDBInstance.create(':memory:')
  const connection = await connect(instance)
  try {
    const plan = planOf(
      list,
      VALUES[type]!.map(value => [value]),
    )
    expect(await checkPlan(plan, connection, { effort: 0 })).toBeUndefined()
  } finally {
    connection.closeSync()
    instance.closeSync()
  }
})

/** Every function of the list that the generator knows, each a column. */
function planOf(list: Column, rows: readonly Cell[][]): RandomPlan {
  const random = new Random(1)
  const x = column(list)
  const made = Array.from({ length: 300 }, () => listCall(random, x, callsOf(x)))
  const tests = Array.from({ length: 30 }, (): Expression => {
    const [code, sql] = nestedTest(random, x)
    return { ...x, code: `${x.code}${code}`, sql: `(${sql})`, type: 'bool' }
  })
  const once = [...new Map([...made, ...tests].map(each => [each.code, each])).values()]
  const columns = once.map((value, i) => ({ name: `x${i}`, value }))
  return {
    seed: 1,
    sources: [{ columns: [list], splits: [rows], alwaysBounded: true }],
    nodes: [{ verb: 'with', inputs: [{ node: 0, port: 'out' }], parameters: { columns } }],
    sinks: [{ node: 1, port: 'out' }],
  }
}
