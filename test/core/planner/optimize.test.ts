/** Every rule gives a plan as valid as the one it was given, with the same results; and the rows stay the same. */

import fc from 'fast-check'
import { expect, it } from 'vitest'
import { collectSink } from '../../../src/connectors/memory/collect.ts'
import { planOf } from '../../../src/core/dataset/pending-write.ts'
import { noteStart } from '../../../src/core/dataset/unstarted.ts'
import { MillraceError } from '../../../src/core/errors.ts'
import type { NodeOutput, Plan, SourceNode } from '../../../src/core/plan.ts'
import type { Draft } from '../../../src/core/planner/build.ts'
import { outputKey, resolveOutputs } from '../../../src/core/planner/node-outputs.ts'
import { NORMAL_FORM, optimize, SAVINGS } from '../../../src/core/planner/optimize/index.ts'
import type { Rule } from '../../../src/core/planner/optimize/rule.ts'
import { type Schema, sameSchema } from '../../../src/core/types/schema.ts'
import { startJob } from '../../../src/engines/threads/index.ts'
import { count, type Dataset, read } from '../../../src/index.ts'
import { datasets, type Instruction, instruction, outputOf } from './random-plans.ts'

const RULES = [...NORMAL_FORM, ...SAVINGS]

const schemasOf = ({ nodes }: Plan): ReadonlyMap<string, Schema> =>
  new Map(
    Object.entries(nodes).flatMap(([id, node]) =>
      node.kind === 'source' ? [[id, (node as SourceNode).schema!] as const] : [],
    ),
  )

/** What flows into each sink. */
function results(plan: Plan): NodeOutput[] {
  const outputs = resolveOutputs(plan, schemasOf(plan))
  return plan.sinks.map(id => outputs.get(outputKey(plan.nodes[id]!.inputs[0]!))!)
}

/** The plan of the last two datasets, each with a sink, and whatever it takes to run it. */
async function written(instructions: readonly Instruction[]) {
  const sinks = [collectSink(), collectSink()]
  const all = datasets(instructions).slice(-2)
  const writes = all.map((d, i) => (d as Dataset<any, any>).write(sinks[i]!))
  for (const write of writes) noteStart(write)
  const { plan, attachments } = await planOf(writes)
  return { plan, attachments, sinks }
}

const sorted = (rows: readonly unknown[]): string[] => rows.map(row => JSON.stringify(row)).sort()

async function rowsWith(
  instructions: readonly Instruction[],
  rules: readonly Rule[],
  batchRows = 2,
): Promise<string | unknown[][]> {
  const { plan, attachments, sinks } = await written(instructions)
  try {
    await (await startJob(plan, attachments, { shards: 0, batchRows }, { rules })).done
  } catch (error) {
    // What cannot run must not be made to.
    if (error instanceof MillraceError) return error.code
    throw error
  }
  return sinks.map(sink => sink.rows())
}

it('rules change neither what flows into sinks nor the rows, and batches do not either', {
  timeout: 60_000,
}, async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(instruction, { minLength: 2, maxLength: 12 }), async instructions => {
      const { plan, attachments } = await written(instructions)
      const sources = new Map(
        Object.entries(plan.nodes).flatMap(([id, node]) =>
          node.kind === 'source' ? [[id, attachments.sources.get((node as SourceNode).connector)!]] : [],
        ),
      )
      const before = results(plan)
      const after = (rules: readonly Rule[]) => results(optimize(plan, schemasOf(plan), sources, rules))
      for (const rules of [...RULES.map(rule => [rule]), RULES]) expect(after(rules)).toEqual(before)
      const uses = (...verbs: Instruction['verb'][]) => instructions.some(({ verb }) => verbs.includes(verb))
      const bounded = datasets(instructions)
        .slice(-2)
        .every(({ draft }) => everySourceEnds(draft))
      // Streams that are united flow side by side, and a limit takes of them what comes first.
      const inOrder = bounded || !uses('union', 'self')
      if (!inOrder && uses('limit')) return
      const rows = async (rules: readonly Rule[], batchRows?: number) => {
        const ofSinks = await rowsWith(instructions, rules, batchRows)
        return inOrder || typeof ofSinks === 'string' ? ofSinks : ofSinks.map(sorted)
      }
      const all = await rows(RULES)
      expect(all).toEqual(await rows(NORMAL_FORM))
      if (bounded) expect(all).toEqual(await rows(RULES, 100))
    }),
    { numRuns: Number(process.env.RUNS ?? 60) },
  )
})

it('bounded inputs of a union follow one another', { timeout: 60_000 }, async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(instruction, { minLength: 1, maxLength: 10 }),
      fc.nat(5),
      async (instructions, n) => {
        const all = datasets(instructions).filter(d => everySourceEnds(d.draft)) as Dataset<any, 'bounded'>[]
        const [a, b] = [all.at(-1)!, all[Math.max(0, all.length - 1 - n)]!]
        fc.pre(sameSchema(outputOf(a).schema, outputOf(b).schema))
        const options = { shards: 0, batchRows: 2 }
        const inTurn = [...(await a.collect(options)), ...(await b.collect(options))]
        expect(await a.union(b).collect(options)).toEqual(inTurn)
      },
    ),
    { numRuns: Number(process.env.RUNS ?? 60) },
  )
})

/** Not so where a limit ends what would not end by itself. */
const everySourceEnds = ({ body, inputs }: Draft): boolean =>
  body.kind !== 'replay' && inputs.every(({ draft }) => everySourceEnds(draft))

it('pairs are counted without their columns', async () => {
  const rows = [
    { x: 'a', t: new Date(0), k: 1 },
    { x: 'b', t: new Date(1), k: null },
  ]
  const all = read.rows(rows, { x: 'utf8', t: 'timestamp[ms]', k: 'int8' })
  const counts = ['inner', 'left', 'right', 'full', 'semi', 'anti'].map(async how => {
    const pairs = all.join(all, { on: ['k'], suffix: '_other', how: how as 'inner' })
    return (await pairs.agg({ n: count() }).collect())[0]!.n
  })
  expect(await Promise.all(counts)).toEqual([1, 2, 2, 3, 1, 1])
  const asof = all.asofJoin(all, { direction: 'backward', time: 't', suffix: '_other' })
  expect(await asof.agg({ n: count() }).collect()).toEqual([{ n: 2 }])
})
