import { expect, it } from 'vitest'
import { canWait } from '../../src/workers/forwarded-step.ts'
import type { StepMessage, StepResult } from '../../src/workers/messages.ts'

const passed = { watermark: 'w', ms: 5500, paneEndMs: 6000 }
const forwarding: StepMessage = {
  ...{ kind: 'step', job: 'j', turn: 1, free: [], stage: 0, inputs: [], partitionedBy: [] },
  forward: { stage: 1, passed, partitionedBy: [] },
}
const folded = (watermarkMs: number): StepResult => ({
  ...{ outputs: [], partials: [], late: [], scored: [], decoded: [], slabs: [], slabBytes: [] },
  seen: [{ node: 'w', times: Float64Array.of(5400, 5900, watermarkMs) }],
})

it('a result can wait while the watermark of its split stays in its pane', () => {
  expect(canWait(forwarding, folded(5900))).toBe(true)
  expect(canWait(forwarding, folded(6000))).toBe(false)
})

it('before the first watermark nothing can wait: it ends no pane', () => {
  const first = { ...passed, ms: Number.NEGATIVE_INFINITY, paneEndMs: Number.NaN }
  expect(
    canWait({ ...forwarding, forward: { stage: 1, passed: first, partitionedBy: [] } }, folded(5900)),
  ).toBe(false)
})

it('rows, and what outputs know of time, do not wait; nor does a step whose rows stay with the coordinator', () => {
  const { forward: _, ...alone } = forwarding
  expect(canWait(forwarding, { ...folded(5900), outputs: [{ output: 0, batch: {} as never }] })).toBe(false)
  expect(canWait(forwarding, { ...folded(5900), times: [{ watermarkMs: 5900, maxTimeMs: 5900 }] })).toBe(
    false,
  )
  expect(canWait(alone, folded(5900))).toBe(false)
})
