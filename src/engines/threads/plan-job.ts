/** From the user's plan to what the coordinator runs: schemas found, rules applied, stages cut, scans described. */

import { BYTES, type Encoding, type ScanRequest, type Source, type Split } from '../../core/connector.ts'
import type { Attachments, JobOptions } from '../../core/engine.ts'
import { PlanError, setNode } from '../../core/errors.ts'
import { hashBytes } from '../../core/expr/murmur.ts'
import type { ReplayNode } from '../../core/operators/replay.ts'
import {
  consumersOf,
  type NodeOutput,
  type Plan,
  type SinkNode,
  type SourceNode,
  topological,
} from '../../core/plan.ts'
import { decodeBytes } from '../../core/planner/decode-bytes.ts'
import { originalId } from '../../core/planner/derived-id.ts'
import { encodeRows } from '../../core/planner/encode-rows.ts'
import { outputKey, resolveOutputs } from '../../core/planner/node-outputs.ts'
import { optimize } from '../../core/planner/optimize/index.ts'
import type { Rule } from '../../core/planner/optimize/rule.ts'
import { readingOrder } from '../../core/planner/reading-order.ts'
import { type StagedPlan, stagesOf } from '../../core/planner/stages.ts'
import { fieldOf, type Schema, schemaOf } from '../../core/types/schema.ts'
import { computedSource, cutReplays } from './computed-replays.ts'

const MAX_DEFAULT_ROWS = 1 << 16

/** What a batch of the default length may take, roughly: texts count like numbers. */
const DEFAULT_BATCH_BYTES = 1 << 24

/** Rows of a batch unless the user says otherwise: a power of two, smaller where there are many columns. */
export function defaultBatchRows(columns: number): number {
  let rows = MAX_DEFAULT_ROWS
  while (rows > 256 && rows * columns * 8 > DEFAULT_BATCH_BYTES) rows /= 2
  return rows
}

/** Bytes of a block unless the user says otherwise. */
const BLOCK_BYTES = 1 << 21

/** What a row is taken to be in bytes, where the user says how many rows a batch is to have. */
const BYTES_PER_ROW = 64

export interface Scan {
  /** The plan node; a source may be read by several scans. */
  readonly id: string
  readonly source: Source
  readonly request: ScanRequest
  readonly splits: readonly Split[]
  readonly replay?: ReplayNode
  /** The engine sorts, because the source cannot. */
  readonly sortHere?: string
}

export interface PlannedJob {
  readonly plan: Plan
  readonly planHash: string
  readonly nodeOutputs: ReadonlyMap<string, NodeOutput>
  readonly staged: StagedPlan
  /** Those of sources that end are read in this order. */
  readonly scans: readonly Scan[]
  readonly bounded: boolean
  /** Rows all scans will deliver, when every split knows. */
  readonly rowsTotal: number | undefined
  /** It ends before threads would have started. */
  readonly isSmall: boolean
}

/**
 * Plans a job without starting anything but reading schemas.
 *
 * @param rules of the optimizer; default: all
 */
export async function planJob(
  plan: Plan,
  attachments: Attachments,
  options: JobOptions,
  rules?: readonly Rule[],
): Promise<PlannedJob> {
  const sources = new Map<string, Source>()
  const schemas = new Map<string, Schema>()
  const encodings = new Map<string, Encoding>()
  for (const id of topological(plan)) {
    const node = plan.nodes[id]! as SourceNode
    if (node.kind !== 'source') continue
    const source = attachments.sources.get(node.connector)!
    // A plan that a replay plays may hold copies of sources, made when it was a part of another.
    sources.set(originalId(id), source)
    schemas.set(originalId(id), node.schema ?? (await source.schema()))
    if (source.encoding) encodings.set(originalId(id), await source.encoding())
  }
  const optimal = optimize(plan, schemas, sources, rules)
  const decoded = decodeBytes(optimal, encodings, schemas, resolveOutputs(optimal, schemas))
  const whole = encodeRows(decoded, attachments.sinks, resolveOutputs(decoded, schemas))
  const { plan: optimized, parts } = cutReplays(whole, resolveOutputs(whole, schemas))
  checkReadOnce([optimized, ...[...parts.values()].map(part => part.plan)], attachments)
  const nodeOutputs = resolveOutputs(optimized, schemas)
  const scans: Scan[] = []
  for (const id of readingOrder(optimized, nodeOutputs)) {
    const part = parts.get(id)
    const original = originalId(id)
    const source = part ? computedSource(part, attachments, options, planJob) : sources.get(original)!
    scans.push(await scanOf(optimized, id, source, part?.schema ?? schemas.get(original)!, options))
  }
  const totals = scans.flatMap(scan => scan.splits.map(split => split.rows))
  return {
    plan: optimized,
    planHash: hashOf(plan),
    nodeOutputs,
    staged: stagesOf(optimized, nodeOutputs),
    scans,
    bounded: scans.every(scan => scan.source.bounded && !scan.replay),
    rowsTotal: totals.every(rows => rows !== undefined)
      ? totals.reduce((sum, rows) => sum + rows, 0)
      : undefined,
    isSmall: isSmall(scans),
  }
}

/** @throws {PlanError} `READ_ONCE` when a source that can be read only once is read in several of the plans */
function checkReadOnce(plans: readonly Plan[], { sources }: Attachments): void {
  const read = new Set<string>()
  for (const plan of plans) {
    const once = (Object.entries(plan.nodes) as [string, SourceNode][]).filter(
      ([, node]) => node.kind === 'source' && sources.get(node.connector)?.replayable === false,
    )
    for (const [id, { connector, label }] of once) {
      if (!read.has(connector)) continue
      const error = new PlanError('READ_ONCE', `${label} can be read only once, and a replay reads it, too`, {
        hint: 'write it to a file or table first and read that, or run one job for each',
      })
      setNode(error, originalId(id))
      throw error
    }
    for (const [, { connector }] of once) read.add(connector)
  }
}

async function scanOf(
  plan: Plan,
  id: string,
  source: Source,
  schema: Schema,
  options: JobOptions,
): Promise<Scan> {
  const { pushed, encoded, onBadRow } = plan.nodes[id] as SourceNode
  // A replay shares its source with nobody.
  const [reader] = consumersOf(plan, id).map(consumer => plan.nodes[consumer.node]!)
  const replay = reader?.kind === 'replay' ? (reader as ReplayNode) : undefined
  const request: ScanRequest = {
    ...(encoded ? bytesWanted(options) : columnsWanted(schema, pushed?.columns, options)),
    ...(encoded && onBadRow === 'port' && { lines: true }),
    ...(pushed?.filter ? { filter: pushed.filter } : {}),
    ...(replay && source.canOrder ? { orderBy: replay.time } : {}),
  }
  const splits = await source.splits(request)
  if (!replay || source.canOrder) return { id, source, request, splits, ...(replay ? { replay } : {}) }
  const rows = splits.every(split => split.rows !== undefined)
    ? splits.reduce((sum, split) => sum + split.rows!, 0)
    : undefined
  const whole: Split = { id: 0, label: source.label, ...(rows === undefined ? {} : { rows }) }
  return { id, source, request, splits: [whole], replay, sortHere: replay.time }
}

/** Bounded inputs of at most this many rows, or bytes, take less time than a thread takes to start. */
const SMALL_ROWS = 20_000
const SMALL_BYTES = 1 << 20

function isSmall(scans: readonly Scan[]): boolean {
  let rows = 0
  let bytes = 0
  for (const { source, replay, splits } of scans) {
    if (!source.bounded || replay) return false
    for (const split of splits) {
      if (split.rows === undefined && split.bytes === undefined) return false
      rows += split.rows ?? 0
      bytes += split.rows === undefined ? split.bytes! : 0
    }
  }
  return rows <= SMALL_ROWS && bytes <= SMALL_BYTES
}

function columnsWanted(schema: Schema, names: readonly string[] | undefined, { batchRows }: JobOptions) {
  const columns = names?.map(name => fieldOf(schema, name)) ?? schema
  return { schema: schemaOf(columns), batchRows: batchRows ?? defaultBatchRows(columns.length) }
}

function bytesWanted({ batchRows }: JobOptions) {
  return { schema: BYTES, batchRows: batchRows === undefined ? BLOCK_BYTES : batchRows * BYTES_PER_ROW }
}

/** The sink connector of a sink node. */
export const sinkOf = (plan: Plan, id: string, attachments: Attachments) =>
  attachments.sinks.get((plan.nodes[id] as SinkNode).connector)!

/** What flows into a node. */
export const inputOf = (job: PlannedJob, id: string): NodeOutput =>
  job.nodeOutputs.get(outputKey(job.plan.nodes[id]!.inputs[0]!))!

/** 64 bits by which a plan is known again. */
function hashOf(plan: Plan): string {
  const text = new TextEncoder().encode(JSON.stringify(plan))
  const half = (seed: number) => (hashBytes(text, 0, text.length, seed) >>> 0).toString(16).padStart(8, '0')
  return half(0) + half(1)
}
