/** What an operator's file supplies: its plan node's rules and its runtime, registered in `operators/index.ts`. */

import type { Demand } from '../detector.ts'
import type { KernelStep } from '../expr/compile.ts'
import type { NodeOutput, PlanEdge, PlanNode } from '../plan.ts'
import type { Panes } from '../time/windows/panes.ts'
import type { WindowSpec } from '../time/windows/spec.ts'
import type { Schema } from '../types/schema.ts'
import type { FunctionRef } from '../user-functions/function-ref.ts'
import type { Operator, OperatorContext } from './contract.ts'

/**
 * How the rows of an input reach the operator: any shard takes any row (stateless), one shard takes all of them, in one
 * order, every shard gets all of them, or rows with equal values in some columns meet in one shard.
 */
export type Route = 'any' | 'one' | 'all' | { readonly keys: readonly string[] }

/** How a verb that declares event time makes watermarks. */
export interface EventTimeRule {
  /** A split of a source that brings nothing for so long, ms by the clock, no longer holds the watermark back. */
  readonly idleMs?: number
  /** A split of a source is not read further while its watermark is so far ahead of the least, ms. */
  readonly alignMs?: number
  /** The clock's reading is the watermark of every split. */
  readonly byClock?: true
}

/** The models that a node's runtime opens, by the names they are registered under. */
export interface ModelNames {
  readonly detector?: string
  readonly series?: string
}

/** What a module of a runtime exports. */
export interface OperatorRuntime<N extends PlanNode = PlanNode> {
  /** The verb's runtime in a shard. */
  readonly open: (node: N, context: OperatorContext) => Operator
}

/**
 * A verb. The planner and the engines ask a definition what a verb is like; they never ask for a verb by its name. Only
 * the ends of a plan, `source` and `sink`, and `replay`, which sits right on a source, are part of every plan's
 * structure.
 */
export interface OperatorDefinition<N extends PlanNode = PlanNode> {
  readonly kind: N['kind']
  /** What flows out of `port`. Throws the `PlanError`s of the verb. */
  output(node: N, inputs: readonly NodeOutput[], port: string): NodeOutput
  /** One line for `explain`. */
  explain(node: N): string

  // What runs: steps or a runtime, or nothing where a node merges; none for the structure of a plan.

  /** Stateless verbs that are kernel steps: adjacent ones fuse into one kernel. */
  steps?(node: N, input: Schema): readonly KernelStep[]
  /** The verb's runtime in a shard. */
  open?(node: N, context: OperatorContext): Operator
  /** In place of `open`, for all but small ones: its module, which comes with the first plan that has the verb. */
  runtime?(): Promise<OperatorRuntime<N>>
  /** Whether the output is the rows of all inputs as they are and come, so that nothing has to run. */
  merges?(node: N): boolean
  /** For verbs that merge: whether the rows of bounded inputs may come in any order. Default: inputs follow one another. */
  asTheyCome?(node: N): boolean
  /** For verbs that merge: a node that runs, and holds rows of an input until those before it have ended. */
  inTurn?(node: N): N

  // What the planner asks.

  /** Output ports besides `out`. They carry the input's columns. */
  readonly ports?: readonly string[]
  /** Output ports that a node of the verb has besides these, with columns of their own. */
  sides?(node: N): readonly string[]
  /** The node with a note of which of these sides something reads, for verbs to which that makes a difference. */
  withSides?(node: N, sides: ReadonlySet<string>): PlanNode
  /**
   * By input. Default: 'any'. With several inputs those by keys name as many columns each, which correspond; 'all' only
   * stands beside one by keys, or one that stays on any shard, where it is.
   */
  routes?(node: N, inputs: readonly NodeOutput[]): readonly Route[]
  /** Whether the output ends, known before any schema is. Default: when every input does. */
  bounded?(inputs: readonly boolean[]): boolean
  /**
   * The columns of one input that the verb reads so that it can give `wanted` output columns. Default: all of them.
   *
   * @param of which input it is, of which ones
   */
  needs?(
    node: N,
    wanted: ReadonlySet<string>,
    input: NodeOutput,
    of: { readonly index: number; readonly inputs: readonly NodeOutput[] },
  ): Iterable<string>
  /** An equal node that gives no other output columns than `wanted`, and names none that it does not read. */
  narrowed?(node: N, wanted: ReadonlySet<string>, input: NodeOutput, inputs: readonly NodeOutput[]): PlanNode
  /** Whether a column's values decide the output, and not only whether they are null. Default: they do. */
  readsValues?(node: N, column: string): boolean
  /**
   * Whether the rows that leave hold this column of the input under its name, with a value that a row that came in had
   * there: equal values that lay on one shard still do. Default: no; kernel steps say it themselves.
   */
  passesThrough?(node: N, column: string, input: NodeOutput): boolean
  /**
   * The node with a note of what is read of the columns it makes, for verbs to which that makes a difference.
   *
   * @param demandOf what is read of the values in `columns`, where `flag` is the name of a boolean output column and
   * rows for which it is true count as anomalies
   */
  demanded?(node: N, demandOf: (flag: string, columns: readonly string[]) => Demand): PlanNode

  // What the engine asks.

  /** How time is declared, for verbs that do: their runtime reports the times it sees. */
  eventTime?(node: N): EventTimeRule
  /**
   * For verbs that go by the clock: how often they want to hear of it at least, ms, while no rows come. Each reading has
   * its place in the sequence of steps, and is logged.
   */
  clock?(node: N): { readonly everyMs: number } | undefined
  /** And for verbs that declare time: a node that does the same for rows that were late for its watermark, whose event time is `column`. */
  forLateRows?(node: N, column: string, late: PlanEdge): PlanNode
  /** The windows by which the verb groups rows. */
  window?(node: N): WindowSpec | undefined
  /**
   * For verbs to which event time matters only where it enters another pane: while the watermark stays within one, being
   * told of it changes neither what the runtime keeps or gives nor what its outputs know, and no row that is not late
   * belongs to a pane before it. Default: any watermark may matter.
   */
  actsByPane?(node: N, inputs: readonly NodeOutput[]): Panes | undefined
  /** The runtime has a `partialAggregation`: rows may be folded where they are and merged as partial state. */
  twoPhase?(node: N, inputs: readonly NodeOutput[]): boolean
  /**
   * It runs as well where rows lie by some of its keys only: its state is then saved by these, the `owners` of its context.
   * Default: by all of them.
   */
  ownedByFewerKeys?(node: N, inputs: readonly NodeOutput[]): boolean
  /** Whether the output depends on the order in which rows come in. Default: it does. */
  orderFree?(node: N): boolean
  /**
   * Whether the output depends on the order of the rows of one step: what several shards made in it is merged by place
   * before it gets there. Default: no. What one shard takes alone always is.
   */
  ordered?(node: N): boolean
  /**
   * How often rows that leave by `out` were made of one row: see `NodeOutput.children`. Default: as often as those of the
   * inputs.
   */
  children?(node: N, inputs: readonly NodeOutput[]): number
  /** Whether a row that leaves by `out` waited for others while later ones passed it. Default: no. See `NodeOutput.heldBack`. */
  holdsBack?(node: N, inputs: readonly NodeOutput[]): boolean
  /** Whether the output depends on the places of rows in the total order, though not on when they come. Default: no. */
  readsPlaces?(node: N, input: NodeOutput): boolean
  /** The input that has to end before any row leaves: what it is made of is read first. */
  readsFirst?(node: N, inputs: readonly NodeOutput[]): number | undefined
  /** Takes a changelog for input: its runtime heeds weights. Default: only verbs that are kernel steps or merge do. */
  readonly takesChanges?: true
  /** Why two runs over the same input may differ, for `explain`. */
  notRepeatable?(node: N, inputs: readonly NodeOutput[]): string | undefined
  /** Why what the runtime keeps grows as long as rows come, for `explain`. */
  endlessState?(node: N, inputs: readonly NodeOutput[]): string | undefined
  /** The models that must be loaded before the runtime is opened. */
  usesModels?(node: N): ModelNames
  /** The user's functions that the runtime calls, besides those that expressions of the node call: they are loaded before. */
  usesFunctions?(node: N): readonly FunctionRef[]
  /** What the runtime scores, for `Progress.scored`. */
  scores?(node: N): { readonly column: string; readonly as: string }
}

/** Rows of the batches that operators emit when they have many: large enough to be cheap, small enough to flow. */
export const OUTPUT_ROWS = 1 << 16

/** Types a definition by its node and forgets the type for the registry. */
export function defineOperator<N extends PlanNode>(definition: OperatorDefinition<N>): OperatorDefinition {
  return definition as unknown as OperatorDefinition
}
