/** A step of two stages in one shard: the rows of the first that belong to the shard go on to the second at once. */

import { withSelection } from '../core/batch/batch.ts'
import type { Arrival } from '../core/operators/contract.ts'
import type { ForwardTo, StepInput, StepMessage, StepOutput, StepResult } from './messages.ts'

const NO_ROWS = new Uint32Array(0)

/** What a shard takes itself of what left the first stage, and what others are to get of it. */
export function ownAndOthers(
  left: readonly StepOutput[],
  shard: number,
): { inputs: StepInput[]; outputs: StepOutput[] } {
  const inputs: StepInput[] = []
  const outputs: StepOutput[] = []
  for (const out of left) {
    const { batch, rows, owner } = out
    if (!rows) {
      if ((owner ?? shard) === shard) inputs.push({ batch, input: 0 })
      else outputs.push(out)
      continue
    }
    if (rows[shard]!.length > 0) inputs.push({ batch: withSelection(batch, rows[shard]!), input: 0 })
    const others = rows.map((ofShard, i) => (i === shard ? NO_ROWS : ofShard))
    if (others.some(ofShard => ofShard.length > 0)) outputs.push({ ...out, rows: others })
  }
  return { inputs, outputs }
}

/** What the rows arrive with at the second stage. */
export function arrivalOf({ passed }: ForwardTo, { seen }: StepResult): Arrival | undefined {
  if (!passed) return undefined
  const times = seen.find(({ node }) => node === passed.watermark)?.times
  return times && { passedMs: passed.ms, minMs: times[0]! }
}

/** The result of both: what left the second stage is marked as such. */
export function joined(first: StepResult, second: StepResult, rows: number): StepResult {
  const { measured } = second
  return {
    ...first,
    outputs: [...first.outputs, ...second.outputs.map(out => ({ ...out, forwarded: true as const }))],
    forwarded: { rows, ...(measured ? { measured } : {}) },
    late: [...first.late, ...second.late],
    scored: [...first.scored, ...second.scored],
    slabs: [...first.slabs, ...second.slabs],
    slabBytes: [...first.slabBytes, ...second.slabBytes],
  }
}

/**
 * Whether nobody waits for what came of a step: its rows have been folded, and their split has not come so far that a
 * window may close.
 */
export function canWait({ forward }: StepMessage, { outputs, partials, times, seen }: StepResult): boolean {
  if (!forward?.passed || outputs.length > 0 || partials.length > 0 || times) return false
  const { watermark, paneEndMs } = forward.passed
  return seen.some(({ node, times }) => node === watermark && times[2]! < paneEndMs)
}
