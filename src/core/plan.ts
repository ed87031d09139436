/**
 * A plan is a frozen JSON graph: nodes by id, edges by (node, port), and the sinks it ends in.
 *
 * A graph and not a tree, because one read of a source can feed two tables, and a node can have a second output
 * (`late`). `planner/` turns what the user built into a plan, and a plan into what an engine runs.
 */

import type { Expr } from './expr/expr.ts'
import type { Schema } from './types/schema.ts'

export interface PlanEdge {
  readonly node: string
  /** `out` is the main output. */
  readonly port: string
}

export interface PlanNode {
  readonly kind: string
  readonly inputs: readonly PlanEdge[]
}

export interface Plan {
  readonly version: 1
  readonly nodes: Readonly<Record<string, PlanNode>>
  /** The ids of the `sink` nodes. */
  readonly sinks: readonly string[]
}

/** Reads a source connector; `connector` names it among the job's attachments. */
export interface SourceNode extends PlanNode {
  readonly kind: 'source'
  readonly connector: string
  readonly label: string
  readonly bounded: boolean
  /** What the user declared, if anything. */
  readonly schema?: Schema
  /** Set by the optimizer: the columns read, what the source filters, and the order it delivers. */
  readonly pushed?: {
    readonly columns?: readonly string[]
    readonly filter?: Expr
    readonly orderBy?: string
  }
  /** Set by the optimizer, where a source is read more than once: what for. */
  readonly again?: string
  /** Of sources of bytes: what becomes of records that cannot be decoded. With `port` they leave by the port `failed`. */
  readonly onBadRow?: OnBadRow
  /** Set by the planner: bytes leave, and a `decode` node reads them. */
  readonly encoded?: true
}

/** What becomes of records that cannot be decoded: see {@link SourceNode.onBadRow}. */
export type OnBadRow = 'fail' | 'skip' | 'port'

export interface SinkNode extends PlanNode {
  readonly kind: 'sink'
  readonly connector: string
  readonly label: string
}

/** What is known of the rows that flow out of a port of a node: their columns, and what holds of them. */
export interface NodeOutput {
  readonly schema: Schema
  readonly bounded: boolean
  /** The column that holds event time, once declared by `watermark` or made by `window`. */
  readonly eventTime?: string
  /** Rows later than the watermark can occur: a watermark was declared and the input does not end. */
  readonly lateness: boolean
  /** The columns that rows are keyed by since the last `agg`; the default `by` of keyed verbs. */
  readonly keys?: readonly string[]
  /** Rows leave in event-time order as the watermark passes: true after windows. */
  readonly timeOrdered: boolean
  /**
   * Whether rows stay once they have left, or are taken back: in a changelog batches carry weights, and an update is the
   * old row with weight -1 before the new one with +1.
   */
  readonly rows: 'append' | 'changes'
  /**
   * Columns no two rows share that are there at one time, where that is known: what an upsert sink goes by. None: there is
   * one row at most. Values are equal as those of keys are, so that null is one of them.
   */
  readonly uniqueKeys?: readonly string[]
  /**
   * Rows wait for others before they leave, and pass one another: their order goes by when those come, and so by how
   * batches are cut.
   */
  readonly heldBack?: true
  /** How often rows were made of one row since an operator gave them places; absent: not at all. See `meta.child`. */
  readonly children?: number
  /** While event time is the start of tumbling windows: their size. */
  readonly windowMs?: number
  /** And the column that holds their end, while there is one. */
  readonly windowEnd?: string
}

/** Ids of all nodes, every node after its inputs, ties in insertion order. */
export function topological(plan: Plan): string[] {
  const done = new Set<string>()
  const order: string[] = []
  const visit = (id: string) => {
    if (done.has(id)) return
    done.add(id)
    for (const input of plan.nodes[id]!.inputs) visit(input.node)
    order.push(id)
  }
  for (const id of plan.sinks) visit(id)
  return order
}

/** The source nodes that feed a node. */
export function sourcesOf(plan: Plan, id: string): string[] {
  const sources: string[] = []
  const seen = new Set<string>()
  const visit = (id: string) => {
    if (seen.has(id)) return
    seen.add(id)
    const node = plan.nodes[id]!
    if (node.kind === 'source') sources.push(id)
    for (const input of node.inputs) visit(input.node)
  }
  visit(id)
  return sources
}

/** The edges that leave a node: who reads which port. */
export function consumersOf(plan: Plan, id: string): { node: string; port: string; input: number }[] {
  const consumers: { node: string; port: string; input: number }[] = []
  for (const [node, { inputs }] of Object.entries(plan.nodes)) {
    inputs.forEach((edge, input) => {
      if (edge.node === id) consumers.push({ node, port: edge.port, input })
    })
  }
  return consumers
}
