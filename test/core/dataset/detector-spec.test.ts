import { expect, it } from 'vitest'
import { detectorSpec } from '../../../src/core/dataset/detector-spec.ts'
import { type DetectorSpec, ewma, read } from '../../../src/index.ts'
import { arima, holtWinters, normal, poisson } from '../../../src/models/index.ts'

const rows = read.rows([{ at: new Date(0), x: 1 }], { at: 'timestamp', x: 'float64' }).watermark('at')
const firstFrame = (error: Error) => error.stack!.split('\n').find(line => line.includes('    at '))
const fit = arima.withCoefficients({ ar: [0.5], mean: 3 })

it('a detector is taken as it is, and one from JSON too', () => {
  const spec = ewma()
  expect(detectorSpec(spec, detectorSpec)).toBe(spec)
  expect(detectorSpec(JSON.parse(JSON.stringify(spec)), detectorSpec)).toEqual(spec)
})

it('a model that is known is a detector: fitted, named, or what a fit of a distribution gave', () => {
  expect(detectorSpec(fit, detectorSpec)).toEqual(fit.asDetector())
  expect(detectorSpec(normal({ mean: 1, sd: 2 }), detectorSpec)).toEqual({
    kind: 'fixed-distribution',
    distribution: { name: 'normal', parameters: { mean: 1, sd: 2 } },
    calibrate: 'analytic',
  })
  const counted = poisson.fit([1, 2, 3])
  expect(detectorSpec(counted, detectorSpec)).toEqual(counted.distribution.asDetector())
})

it.each<[string, unknown, string, string]>([
  ['a number', 1e-4, 'got 0.0001', "detect('x', auto(), { alpha: 0.0001 })"],
  ['options', { alpha: 1e-4, by: [] }, 'got an object with alpha, by', 'options come after the detector'],
  ['a name', 'ewma', 'got "ewma"', 'import { ewma }'],
  ['a factory', ewma, 'got the function ewma', 'call it: ewma()'],
  ['a family', poisson, 'got the family poisson', 'fitted(poisson)'],
  ['a saved model', JSON.parse(JSON.stringify(fit)), 'got a saved ARIMA model', 'arima.fromJSON(saved)'],
  ['a saved distribution', poisson({ rate: 3 }).toJSON(), 'got a saved distribution', 'distributionFromJSON'],
  ['a smoothed series', holtWinters([1, 2, 3, 4, 5, 6], {}), 'got an object with', 'ewma()'],
  ['nothing', null, 'got null', 'leave it out for auto()'],
])('%s is refused where it is given, with what to write', (_, wrong, got, hint) => {
  let error: any
  try {
    rows.detect('x', wrong as DetectorSpec, { by: [] })
  } catch (thrown) {
    error = thrown
  }
  expect(error?.code).toBe('MODEL_SPEC')
  expect(error.message).toContain(got)
  expect(error.hint).toContain(hint)
  expect(firstFrame(error)).toContain('detector-spec.test.ts')
})

it('a model with regressors is refused where it is given', () => {
  const regression = arima.withCoefficients({ xreg: [2] })
  let error: any
  try {
    rows.detect('x', regression, { by: [] })
  } catch (thrown) {
    error = thrown
  }
  expect(error?.code).toBe('DETECTOR_OPTION')
  expect(firstFrame(error)).toContain('detector-spec.test.ts')
})

it('no detector is auto()', async () => {
  const text = await rows.detect('x', undefined, { by: [] }).explain()
  expect(text).toContain('with auto')
})
