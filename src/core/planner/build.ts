/**
 * From what datasets remember to a frozen {@link Plan}.
 *
 * Datasets are immutable and share what they were made from, so a graph of drafts is already there: building names its
 * nodes, loads the connectors, finds the schemas of sources that declared none, and checks every verb. The same draft
 * becomes the same node: one read of a source, however many sinks.
 */

import type { Sink, Source } from '../connector.ts'
import type { Attachments } from '../engine.ts'
import { PlanError } from '../errors.ts'
import { definitionOf, outputOf } from '../operators/index.ts'
import type { ReplayNode } from '../operators/replay.ts'
import type { NodeOutput, Plan, PlanEdge, PlanNode, SinkNode, SourceNode } from '../plan.ts'
import { fieldOf, type Schema } from '../types/schema.ts'
import { type CallSite, callSite, thrownAt } from './call-site.ts'
import { explainedSink, explainedSource, failures } from './failures.ts'
import { resolved } from './later.ts'
import { outputKey, resolveOutputs } from './node-outputs.ts'
import { refusedBySink } from './sink-accepts.ts'

export { type CallSite, callSite, thrownAt } from './call-site.ts'

/** A connector that is loaded when a plan is built: naming a file or a table loads no driver. */
export interface Lazy<Connector> {
  /** For `explain` and errors: `parquet flights.parquet`. */
  readonly label: string
  load(): Promise<Connector>
}

/** Dead letters of verbs behind each other: no source is read again to put them in order. */
const ANY_ORDER = { kind: 'union', asTheyCome: true } as NodeBody

const lazySinks = new WeakMap<object, Lazy<Sink>>()

/**
 * A sink as users give it: the same for the same.
 *
 * @throws {PlanError} `SINK` when it is none
 */
export function lazySink(caller: string, sink: Sink | Lazy<Sink>, above: Function): Lazy<Sink> {
  if (typeof sink !== 'object' || sink === null) {
    throw new PlanError('SINK', `${caller} takes a sink, got ${typeof sink}`, {
      hint:
        typeof sink === 'string'
          ? `a path is given to a format: ${caller}(parquet('file.parquet')), ${caller}(csv('file.csv')), ${caller}(duckdb('file.duckdb', 'table'))`
          : `${caller}(parquet('file.parquet')), ${caller}(duckdb('file.duckdb', 'table')), ${caller}(memory()) or ${caller}(toConsole())`,
      above,
    })
  }
  if ('load' in sink) return sink
  const lazy = lazySinks.get(sink) ?? { label: sink.label, load: async () => sink }
  lazySinks.set(sink, lazy)
  return lazy
}

/** A node as a verb describes it, before it has an id and inputs. */
export type NodeBody<N extends PlanNode = PlanNode> = Omit<N, 'inputs'>

/** A node of a future plan, with the drafts it reads from. */
export interface Draft {
  readonly body: NodeBody
  readonly inputs: readonly { readonly draft: Draft; readonly port: string }[]
  readonly bounded: boolean
  /** What flows out of the main port; absent while the schema of a source is not known. */
  readonly nodeOutput?: NodeOutput
  readonly source?: Lazy<Source>
  readonly sink?: Lazy<Sink>
  /** Where the rows that leave by the port `failed` go: a sink of every plan that the draft is part of. */
  readonly deadLetters?: Lazy<Sink>
  /** More rows for that sink, of the same columns. */
  readonly moreDeadLetters?: Draft['inputs']
  /** Completes the body once it is known what flows in, for verbs that need that and were called before. */
  readonly finish?: (input: NodeOutput) => NodeBody
  /** For replays that share a clock: drafts with one `clock` become one group of the plan. */
  readonly together?: { readonly clock: object; readonly member: number }
  /**
   * It stands for another draft, which is made when a plan is built: of columns or values that are not known before. Its own
   * body means nothing then.
   */
  readonly later?: () => Promise<Draft>
  /** Where the user called the verb. */
  readonly site?: CallSite
}

/**
 * The draft of a verb over others. Where it is known what flows in, its own output is known too, and its errors are
 * thrown here, at the call; otherwise when the plan is built.
 *
 * @param above the user-facing function: traces start at its caller
 * @throws {PlanError} whatever the verb finds wrong
 */
export function extend(
  body: NodeBody,
  inputs: Draft['inputs'],
  above: Function,
  details: Pick<Draft, 'sink' | 'deadLetters' | 'moreDeadLetters' | 'finish' | 'together'> = {},
): Draft {
  const node: PlanNode = { ...body, inputs: [] }
  const definition = definitionOf(node)
  const nodeOutputs = inputs.map(({ draft, port }) => outputAt(draft, port))
  const ends = inputs.map(({ draft }) => draft.bounded)
  const bounded = definition.bounded?.(ends) ?? ends.every(end => end)
  const site = callSite(above)
  const draft = { body, inputs, bounded, site, ...details }
  if (nodeOutputs.includes(undefined)) return draft
  try {
    return { ...draft, nodeOutput: outputOf(node, nodeOutputs as NodeOutput[], 'out') }
  } catch (error) {
    throw thrownAt(error, site)
  }
}

/** What flows out of a port of a draft, once known. */
export function outputAt(draft: Draft, port: string): NodeOutput | undefined {
  if (port === 'out' || !draft.nodeOutput) return draft.nodeOutput
  const inputs = draft.inputs.map(input => outputAt(input.draft, input.port)!)
  const node: PlanNode = { ...draft.body, inputs: [] }
  return outputOf(node, inputs, port)
}

/** A plan with everything that running it takes. */
export interface Built {
  readonly plan: Plan
  readonly attachments: Attachments
  /** By {@link outputKey}. */
  readonly nodeOutputs: ReadonlyMap<string, NodeOutput>
}

/**
 * The plan that ends in these sinks. Ids are `n0:source`, `n1:filter`, …, numbered from the sources on, in the order in
 * which the sinks were given; the same program makes the same plan. Every source node carries its schema.
 *
 * @param start where the user ran the plan: the place of errors that belong to no verb
 * @throws {PlanError} whatever verbs over sources without a declared schema find wrong; traces begin at the verb's call
 * @throws {ConnectorError} when a source cannot be opened
 */
export async function build(written: readonly Draft[], start?: CallSite): Promise<Built> {
  const sinks = await resolved(written)
  const ids = new Map<Draft, string>()
  const nodes: Record<string, PlanNode> = {}
  const sites = new Map<string, CallSite>()
  const attachments = {
    sources: new Map<string, Source>(),
    sinks: new Map<string, Sink>(),
    explain: (error: unknown, node?: string): unknown => explain(error, node),
  }
  const loading: Promise<void>[] = []
  const clocks = new Map<object, number>()
  const sinksWritten = new Set<Lazy<Sink>>()
  /** Sinks that verbs bring along. */
  const more: string[] = []

  const visit = (draft: Draft): string => {
    const known = ids.get(draft)
    if (known) return known
    const inputs: PlanEdge[] = draft.inputs.map(input => ({ node: visit(input.draft), port: input.port }))
    const id = `n${ids.size}:${draft.body.kind}`
    ids.set(draft, id)
    if (draft.site) sites.set(id, draft.site)
    nodes[id] = { ...draft.body, inputs }
    if (draft.together) {
      const { clock, member } = draft.together
      const group = clocks.get(clock) ?? clocks.size
      clocks.set(clock, group)
      nodes[id] = { ...nodes[id], together: { group, member } } as ReplayNode
    }
    if (draft.source) {
      const connector = `source${attachments.sources.size}`
      attachments.sources.set(connector, undefined!)
      loading.push(attachSource(draft.source, connector, id))
      nodes[id] = { ...nodes[id], connector } as SourceNode
    }
    if (draft.sink) {
      const connector = `sink${attachments.sinks.size}`
      attachments.sinks.set(connector, undefined!)
      loading.push(attachSink(draft.sink, connector, id))
      nodes[id] = { ...nodes[id], connector } as SinkNode
      if (sinksWritten.has(draft.sink)) throw thrownAt(sinkTwice(draft.sink), draft.site)
      sinksWritten.add(draft.sink)
    }
    if (draft.deadLetters) {
      const { bounded, site, deadLetters: sink, moreDeadLetters = [] } = draft
      const body: NodeBody<SinkNode> = { kind: 'sink', label: sink.label, connector: '' }
      const failed = [...moreDeadLetters, { draft, port: 'failed' }]
      const all: Draft = { body: ANY_ORDER, inputs: failed, bounded, ...(site && { site }) }
      const inputs = failed.length === 1 ? failed : [{ draft: all, port: 'out' }]
      more.push(visit({ body, inputs, bounded, sink, ...(site && { site }) }))
    }
    return id
  }
  const explain = failures({ version: 1, nodes, sinks: [] }, sites, start)
  const attachSource = async (lazy: Lazy<Source>, connector: string, id: string) => {
    const source = await lazy.load()
    attachments.sources.set(
      connector,
      explainedSource(source, error => explain(error, id)),
    )
  }
  const attachSink = async (lazy: Lazy<Sink>, connector: string, id: string) => {
    const sink = await lazy.load()
    attachments.sinks.set(
      connector,
      explainedSink(sink, error => explain(error, id)),
    )
  }

  const given = sinks.map(visit)
  const sinkIds = [...given, ...more]
  await settled(loading)
  await readSchemas(ids, nodes, attachments.sources)
  const plan: Plan = { version: 1, nodes, sinks: sinkIds }
  let nodeOutputs: ReadonlyMap<string, NodeOutput>
  try {
    nodeOutputs = resolveOutputs(plan, new Map())
  } catch (error) {
    throw thrownAt(error, failingSite(plan, sites))
  }
  for (const [draft, id] of ids) {
    if (!draft.finish) continue
    const { inputs } = nodes[id]!
    try {
      nodes[id] = { ...draft.finish(nodeOutputs.get(outputKey(inputs[0]!))!), inputs }
    } catch (error) {
      throw thrownAt(error, draft.site)
    }
  }
  for (const id of sinkIds) {
    const refused = refusedBySink(plan, id, attachments.sinks, nodeOutputs)
    if (refused) throw explain(refused, id)
  }
  return { plan: deepFreeze(plan), attachments, nodeOutputs }
}

const sinkTwice = ({ label }: Lazy<Sink>): PlanError =>
  new PlanError('SINK_TWICE', `two datasets are written to one sink, ${label}`, {
    hint: 'make a sink for each, or write their union()',
  })

/** Puts its schema into every source node. */
async function readSchemas(
  ids: ReadonlyMap<Draft, string>,
  nodes: Record<string, PlanNode>,
  sources: ReadonlyMap<string, Source>,
): Promise<void> {
  const read = async (draft: Draft, id: string) => {
    const node = nodes[id] as SourceNode
    try {
      const schema = await sourceSchema(sources.get(node.connector)!, node)
      nodes[id] = { ...node, schema } as SourceNode
    } catch (error) {
      throw thrownAt(error, draft.site)
    }
  }
  await settled([...ids].filter(([draft]) => draft.source).map(([draft, id]) => read(draft, id)))
}

/** All of them, or the first failure once none is under way any more. */
async function settled(promises: readonly Promise<void>[]): Promise<void> {
  for (const result of await Promise.allSettled(promises))
    if (result.status === 'rejected') throw result.reason
}

/** What the user declared, checked against the columns there are; otherwise what the source says. */
async function sourceSchema(source: Source, node: SourceNode): Promise<Schema> {
  const actual = await source.schema()
  for (const { name } of node.schema ?? []) fieldOf(actual, name)
  return node.schema ?? actual
}

/**
 * Where the user called the first verb, from the sources on, whose output cannot be found. Only asked after a failure.
 */
function failingSite(plan: Plan, sites: ReadonlyMap<string, CallSite>): CallSite | undefined {
  for (const id of Object.keys(plan.nodes)) {
    try {
      resolveOutputs({ ...plan, sinks: [id] }, new Map())
    } catch {
      return sites.get(id)
    }
  }
  return undefined
}

function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    for (const item of Object.values(value)) deepFreeze(item)
    Object.freeze(value)
  }
  return value
}
