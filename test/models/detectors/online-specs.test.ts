import { describe, expect, it } from 'vitest'
import type { DetectorSpec } from '../../../src/core/detector.ts'
import { ModelError } from '../../../src/core/errors.ts'
import {
  changePoint,
  cusum,
  fitted,
  kMeansDistance,
  pageHinkley,
} from '../../../src/models/detectors/index.ts'
import { detectors } from './all-detectors.ts'
import { context } from './simulate.ts'

const specs: readonly DetectorSpec[] = [
  fitted('binomial', { trials: 9, profile: 'hourOfWeek' }),
  cusum(),
  pageHinkley({ delta: 1 }),
  changePoint({ calibrate: 'conformal' }),
  kMeansDistance({ clusters: 3, lags: 2, warmup: 12 }),
]

it.each(specs)('the spec of $kind is frozen JSON that opens a detector', spec => {
  expect(Object.isFrozen(spec)).toBe(true)
  const copy = JSON.parse(JSON.stringify(spec))
  expect(copy).toEqual(spec)
  expect(detectors[copy.kind]!(copy, context()).layout).toBeTypeOf('object')
})

const refusal = (code: string) => expect.objectContaining({ code })

describe('options are refused', () => {
  it.each([
    ['no slack', () => cusum({ slack: 0 })],
    ['a slack beyond use', () => cusum({ slack: 3 })],
    ['a misspelt option', () => cusum({ warmUp: 3 } as never)],
    ['a tolerance in words', () => pageHinkley({ delta: '1' as never })],
    ['a change at each value', () => changePoint({ hazard: 1 })],
    ['no change at all', () => changePoint({ hazard: 0 })],
    ['too many clusters', () => kMeansDistance({ clusters: 33 })],
    ['a distribution of distances', () => kMeansDistance({ calibrate: 'analytic' as never })],
    ['a warm-up too short for the clusters', () => kMeansDistance({ clusters: 8, lags: 4, warmup: 63 })],
  ])('%s', (_, run) => {
    expect(run).toThrow(ModelError)
    expect(run).toThrow(refusal('DETECTOR_OPTION'))
  })
})

describe('specs that were tampered with do not open', () => {
  it.each([
    { ...fitted('normal'), family: 'cauchy' },
    { ...fitted('binomial', { trials: 3 }), trials: 0 },
    { ...fitted('normal'), memory: Number.POSITIVE_INFINITY },
    { ...cusum(), slack: 1e-9 },
    { ...pageHinkley(), delta: '0.5' },
    { ...changePoint(), hazard: 0 },
    { ...kMeansDistance(), lags: 1e6 },
    { ...kMeansDistance(), calibrate: 'analytic' },
  ])('$kind', spec => {
    expect(() => detectors[spec.kind]!(spec, context())).toThrow(refusal('DETECTOR_SPEC'))
  })
})
