/** Which rows which sinks take. */

import type { Sink, SinkContext } from '../connector.ts'
import { PlanError } from '../errors.ts'
import type { NodeOutput, Plan, PlanEdge, PlanNode, SinkNode } from '../plan.ts'
import { fieldIndex, unknownColumn } from '../types/schema.ts'
import { outputKey } from './node-outputs.ts'

/** What a sink is told of the rows that flow into it. */
export function writtenInto(sink: Sink, { rows, uniqueKeys }: NodeOutput): Omit<SinkContext, 'job'> {
  const keys = sink.keys ?? uniqueKeys
  return { rows, ...(keys ? { keys } : {}) }
}

/**
 * Why a sink cannot take what flows into it, if it cannot: data without an end, where it is one file; a changelog, where it keeps whatever is written or does not
 * know by which keys; or keys of its own that are no columns.
 */
export function refusedBySink(
  plan: Plan,
  id: string,
  sinks: ReadonlyMap<string, Sink>,
  nodeOutputs: ReadonlyMap<string, NodeOutput>,
): PlanError | undefined {
  const { connector, inputs } = plan.nodes[id] as SinkNode
  const [edge] = inputs
  const sink = sinks.get(connector)!
  const input = nodeOutputs.get(outputKey(edge!))!
  const stranger = sink.keys?.find(key => fieldIndex(input.schema, key) < 0)
  if (stranger !== undefined) return unknownColumn(input.schema, stranger)
  if (sink.boundedOnly && !input.bounded) return endlessRefused(sink)
  if (input.rows === 'append' || sink.accepts === 'changes') return undefined
  const verb = changesMaker(plan, edge!, nodeOutputs)
  return sink.accepts === 'upsert' ? keysRefused(sink, input, verb) : changesRefused(sink, verb)
}

const endlessRefused = (sink: Sink): PlanError =>
  new PlanError(
    'SINK_ENDLESS',
    `${sink.label} is one file, whole when the data ends, and this data does not end`,
    {
      hint: 'write to a folder of files instead: give the sink rollEveryMs, rollBytes or partitionBy',
    },
  )

function changesRefused(sink: Sink, verb: string): PlanError {
  return new PlanError(
    'SINK_CHANGES',
    `${verb} makes a changelog: it takes rows back that have left, and ${sink.label} takes only rows that stay`,
    {
      hint: 'write it to memory(), duckdb(), toConsole() or another sink that takes changes, or make rows that stay of it with .changes(); windows without emit and allowedLateness, and data that ends, take no row back',
    },
  )
}

function keysRefused(sink: Sink, { uniqueKeys }: NodeOutput, verb: string): PlanError | undefined {
  const label = (names: readonly string[]) => names.map(name => JSON.stringify(name)).join(', ')
  if (sink.keys === undefined) {
    if (uniqueKeys !== undefined) return undefined
    return new PlanError(
      'SINK_KEYS',
      `${sink.label} puts rows in the place of those with equal keys, and of the changelog that ${verb} makes no keys are known`,
      { hint: "give the sink its keys, { keys: ['id'] }: columns that no two rows share at one time" },
    )
  }
  const missing = uniqueKeys?.filter(key => !sink.keys!.includes(key)) ?? []
  if (missing.length === 0) return undefined
  return new PlanError(
    'SINK_KEYS',
    `${sink.label} keeps one row of each ${label(sink.keys)}, but the changelog that ${verb} makes has one of each ${label(uniqueKeys!)}`,
    { hint: `add ${label(missing)} to its keys, or leave the keys out` },
  )
}

/** The verb that a changelog begins with. */
function changesMaker(plan: Plan, edge: PlanEdge, nodeOutputs: ReadonlyMap<string, NodeOutput>): string {
  let verb: PlanNode = plan.nodes[edge.node]!
  for (;;) {
    const from = verb.inputs.find(input => nodeOutputs.get(outputKey(input))!.rows === 'changes')
    if (!from) return `${verb.kind} over data that does not end`
    verb = plan.nodes[from.node]!
  }
}
