import { expect, it } from 'vitest'
import { batchFromRows } from '../../../src/core/batch/build.ts'
import { heapArena } from '../../../src/core/batch/slab.ts'
import type { Operator, OperatorContext } from '../../../src/core/operators/contract.ts'
import { type DetectNode, detect } from '../../../src/core/operators/detect.ts'
import { open as openDetect } from '../../../src/core/operators/detect-runtime.ts'
import { type FillGapsNode, fillGaps } from '../../../src/core/operators/fill-gaps.ts'
import { open as openFillGaps } from '../../../src/core/operators/fill-gaps-runtime.ts'
import type { NodeOutput } from '../../../src/core/plan.ts'
import { schemaFrom } from '../../../src/core/types/schema.ts'
import { NO_FUNCTIONS } from '../../../src/core/user-functions/function-ref.ts'
import { loadDetectors } from '../../../src/models/detectors/registry.ts'

const MINUTE = 60_000
const KEYS_PER_STEP = 500

/** Bytes of state after each step: every step brings as many keys that never come back, of the step's minute. */
async function stateBytes(
  open: (context: OperatorContext) => Operator,
  input: NodeOutput,
  output: NodeOutput,
  steps: number,
): Promise<number[]> {
  let emitted = 0
  const operator = open({
    id: 'op',
    inputs: [input],
    output,
    arena: heapArena,
    placement: 'keys',
    shard: 0,
    clock: { nowMs: Number.NaN },
    shards: 1,
    splits: 1,
    detectors: await loadDetectors(['ewma']),
    series: {},
    distributions: () => {
      throw new RangeError('none')
    },
    functions: NO_FUNCTIONS,
    signal: new AbortController().signal,
    report: { times() {}, late() {}, scored() {}, decoded() {} },
  } as OperatorContext)
  const bytes: number[] = []
  for (let step = 0; step < steps; step++) {
    const rows = Array.from({ length: KEYS_PER_STEP }, (_, i) => ({
      key: `key-${step}-${i}`,
      windowStart: new Date(step * MINUTE),
      windowEnd: new Date((step + 1) * MINUTE),
      n: i,
    }))
    const position = { split: 0, offset: step * KEYS_PER_STEP }
    operator.onBatch(batchFromRows(input.schema, rows, heapArena, position), 0, () => {})
    const watermarkMs = (step + 1) * MINUTE
    operator.onTime!({ watermarkMs, maxTimeMs: watermarkMs, inputs: [watermarkMs] }, batch => {
      emitted += batch.length
    })
    bytes.push(operator.stateBytes!)
  }
  expect(emitted).toBeGreaterThanOrEqual(steps * KEYS_PER_STEP)
  return bytes
}

const input: NodeOutput = {
  schema: schemaFrom({ key: 'utf8', windowStart: 'timestamp[ms]', windowEnd: 'timestamp[ms]', n: 'int32' }),
  bounded: false,
  eventTime: 'windowStart',
  windowMs: MINUTE,
  keys: ['key'],
  lateness: false,
  timeOrdered: true,
  rows: 'append',
}

/** What the state comes to at most in the first hundred steps, and in as many after. */
const peaks = (bytes: readonly number[]) => [
  Math.max(...bytes.slice(0, 100)),
  Math.max(...bytes.slice(100, 200)),
]

it('detect with a ttl has state for the keys of about two ttls, however many have come', async () => {
  const node: DetectNode = {
    kind: 'detect',
    inputs: [],
    column: 'n',
    detector: { kind: 'ewma', smoothing: 0.1, warmup: 10, calibrate: 'analytic' },
    alpha: 0.01,
    as: '',
    ttlMs: 5 * MINUTE,
  }
  const run = (of: DetectNode, steps: number) =>
    stateBytes(context => openDetect(of, context), input, detect.output(of, [input], 'out'), steps)
  const [first, second] = peaks(await run(node, 200))
  expect(second).toBeLessThanOrEqual(1.5 * first!)
  // 200 steps of keys are more than ten times those of two ttls.
  const { ttlMs: _, ...withoutTtl } = node
  expect((await run(withoutTtl, 200)).at(-1)).toBeGreaterThan(5 * second!)
})

it('fillGaps has state for the keys that are filled, however many have come', async () => {
  const node: FillGapsNode = { kind: 'fillGaps', inputs: [], values: [], ttlMs: 5 * MINUTE }
  const run = (of: FillGapsNode, steps: number) =>
    stateBytes(context => openFillGaps(of, context), input, fillGaps.output(of, [input], 'out'), steps)
  const [first, second] = peaks(await run(node, 200))
  expect(second).toBeLessThanOrEqual(1.5 * first!)
  const forever = await run({ ...node, ttlMs: 1000 * MINUTE }, 60)
  expect(forever.at(-1)).toBeGreaterThan(2 * second!)
})
