/** Every rule gives a plan that is as valid as the one it was given, has the same results, and the same rows. */

import fc from 'fast-check'
import { expect, it } from 'vitest'
import { collectSink } from '../../../src/connectors/memory/collect.ts'
import { planOf } from '../../../src/core/dataset/pending-write.ts'
import { PlanError } from '../../../src/core/errors.ts'
import type { NodeOutput, Plan, SourceNode } from '../../../src/core/plan.ts'
import { outputKey, resolveOutputs } from '../../../src/core/planner/node-outputs.ts'
import { NORMAL_FORM, optimize, SAVINGS } from '../../../src/core/planner/optimize/index.ts'
import type { Rule } from '../../../src/core/planner/optimize/rule.ts'
import type { Schema } from '../../../src/core/types/schema.ts'
import { startJob } from '../../../src/engines/threads/index.ts'
import type { Dataset } from '../../../src/index.ts'
import { datasets, type Instruction, instruction } from './random-plans.ts'

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
  const { plan, attachments } = await planOf(all.map((d, i) => (d as Dataset<any, any>).write(sinks[i]!)))
  return { plan, attachments, sinks }
}

async function rowsWith(instructions: readonly Instruction[], rules: readonly Rule[]): Promise<unknown> {
  const { plan, attachments, sinks } = await written(instructions)
  try {
    await (await startJob(plan, attachments, { shards: 0, batchRows: 2 }, { rules })).done
  } catch (error) {
    // What cannot run must not be made to.
    if (error instanceof PlanError) return error.code
    throw error
  }
  return sinks.map(sink => sink.rows())
}

it('a rule changes neither what flows into sinks nor the rows', { timeout: 60_000 }, async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(instruction, { minLength: 2, maxLength: 9 }), async instructions => {
      const { plan, attachments } = await written(instructions)
      const sources = new Map(
        Object.entries(plan.nodes).flatMap(([id, node]) =>
          node.kind === 'source' ? [[id, attachments.sources.get((node as SourceNode).connector)!]] : [],
        ),
      )
      const before = results(plan)
      const after = (rules: readonly Rule[]) => results(optimize(plan, schemasOf(plan), sources, rules))
      for (const rules of [...RULES.map(rule => [rule]), RULES]) expect(after(rules)).toEqual(before)
      if (instructions.some(({ verb }) => verb === 'union' || verb === 'self')) return
      expect(await rowsWith(instructions, RULES)).toEqual(await rowsWith(instructions, NORMAL_FORM))
    }),
    { numRuns: Number(process.env.RUNS ?? 100) },
  )
})
