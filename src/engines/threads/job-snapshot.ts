/** Snapshots of jobs: what they are made of, and what makes one fit to start from. */

import { rowCount } from '../../core/batch/batch.ts'
import type { JobSnapshot, SavedEventTime } from '../../core/engine.ts'
import { PlanError } from '../../core/errors.ts'
import { type SavedBlock, type SavedState, withSave } from '../../core/state/state-writer.ts'
import type { SavedByNode } from '../../workers/messages.ts'

export const SNAPSHOT_VERSION = 3

/**
 * @param sources the plan's: a snapshot has positions for each
 * @throws {PlanError} `RESTORE_PLAN` for a snapshot of another plan; `RESTORE_SNAPSHOT` for something else than what
 * `job.stop()` or `job.snapshot()` gave: another version, or a copy through JSON, which loses infinities and columns
 */
export function checkSnapshot(snapshot: JobSnapshot, planHash: string, sources: readonly string[]): void {
  if (typeof snapshot !== 'object' || snapshot === null) throw unfit(`it is ${String(snapshot)}`)
  if (snapshot.version !== SNAPSHOT_VERSION)
    throw unfit(`its version is ${JSON.stringify(snapshot.version)}, and this is version ${SNAPSHOT_VERSION}`)
  if (snapshot.planHash !== planHash) {
    throw new PlanError('RESTORE_PLAN', 'the snapshot is of another plan', {
      hint: 'restore with the very plan that was stopped; a changed plan starts from the beginning',
    })
  }
  if (!isCount(snapshot.epoch)) throw unfit(`its epoch is ${JSON.stringify(snapshot.epoch)}`)
  if (typeof snapshot.job !== 'string') throw unfit(`its job is ${JSON.stringify(snapshot.job)}`)
  checkPositions(object(snapshot.positions, 'positions'), sources)
  for (const eventTime of Object.values(object(snapshot.eventTimes, 'event times')))
    checkEventTime(object(eventTime, 'event times'))
  for (const [node, parts] of Object.entries(object(snapshot.state, 'state'))) {
    if (!Array.isArray(parts)) throw unfit(`the state of ${node} is not a list`)
    for (const part of parts) checkState(part, node)
  }
}

function checkPositions(positions: JobSnapshot['positions'], sources: readonly string[]): void {
  for (const source of sources) {
    if (!Object.hasOwn(positions, source)) throw unfit(`it has no positions of ${source}`)
    for (const [split, position] of Object.entries(object(positions[source]!, `positions of ${source}`))) {
      const { rows, number, from, ended } = position ?? {}
      const counted = isCount(rows) && isCount(number) && isCount(from?.rows) && from.rows <= rows
      if (!counted || typeof ended !== 'boolean')
        throw unfit(`the position of split ${split} is ${JSON.stringify(position)}`)
    }
  }
}

function checkEventTime({ splits, idle, maxTimeMs, watermarkMs }: SavedEventTime): void {
  for (const ms of [...Object.values(object(splits, 'event times')), maxTimeMs, watermarkMs])
    if (typeof ms !== 'number' || Number.isNaN(ms)) throw unfit(`an event time is ${JSON.stringify(ms)}`)
  if (!Array.isArray(idle)) throw unfit(`its idle splits are ${JSON.stringify(idle)}`)
}

function checkState(state: SavedState, node: string): void {
  if (!(state?.tables instanceof Map)) throw unfit(`the state of ${node} has no tables`)
  for (const table of state.tables.values()) {
    if (!(table?.blocks instanceof Map)) throw unfit(`the state of ${node} has no blocks`)
    for (const block of table.blocks.values())
      if (!isWhole(block)) throw unfit(`the state of ${node} has lost its columns`)
  }
  for (const value of Object.values(state.scalars ?? {}))
    if (typeof value !== 'number') throw unfit(`a number in the state of ${node} is ${JSON.stringify(value)}`)
}

/** Whether a block has all its cells, and a key group for each row. */
function isWhole(block: Partial<SavedBlock> | null): boolean {
  const { batch, keyGroups } = block ?? {}
  return (
    Array.isArray(batch?.columns) &&
    batch.columns.length === batch.schema?.length &&
    batch.columns.every(({ values }) => ArrayBuffer.isView(values)) &&
    keyGroups instanceof Uint8Array &&
    keyGroups.length >= rowCount(batch)
  )
}

/** The state that shards have saved: the newest version of each block, so that a save costs what has changed. */
export class SavedStages {
  /** By plan node, then shard. */
  readonly #byNode = new Map<string, SavedState[]>()

  /**
   * Lays what a barrier saved over what was saved before.
   *
   * @param saved by stage, then shard
   * @returns the whole state, by plan node, then shard
   */
  add(saved: ReadonlyMap<number, readonly SavedByNode[]>): JobSnapshot['state'] {
    for (const shards of saved.values())
      shards.forEach((byNode, shard) => {
        for (const [node, state] of Object.entries(byNode)) {
          const parts = [...(this.#byNode.get(node) ?? [])]
          parts[shard] = withSave(parts[shard], state)
          this.#byNode.set(node, parts)
        }
      })
    return Object.fromEntries(this.#byNode)
  }
}

const isCount = (value: unknown): boolean => Number.isSafeInteger(value) && (value as number) >= 0

function object<T extends object>(value: T, what: string): T {
  if (typeof value === 'object' && value !== null) return value
  throw unfit(`its ${what} are ${JSON.stringify(value)}`)
}

const unfit = (why: string): PlanError =>
  new PlanError('RESTORE_SNAPSHOT', `a job cannot start from this snapshot: ${why}`, {
    hint: 'restore takes what job.stop() or job.snapshot() gave, or a structuredClone of it, not a copy through JSON',
  })
