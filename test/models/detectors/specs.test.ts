import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { ModelError, PlanError } from '../../../src/core/errors.ts'
import { arma, counts, detectors } from '../../../src/models/detectors/index.ts'
import { context } from './simulate.ts'

const refusal = (run: () => unknown): ModelError => {
  try {
    run()
  } catch (error) {
    return error as ModelError
  }
  throw new Error('nothing was refused')
}

describe('specs', () => {
  it('are frozen JSON that opens a detector', () => {
    for (const spec of [
      counts(),
      counts({ season: 'none', warmup: '1h' }),
      arma({ p: 2, q: 1, season: '1d' }),
    ]) {
      expect(Object.isFrozen(spec)).toBe(true)
      const copy = JSON.parse(JSON.stringify(spec))
      expect(copy).toEqual(spec)
      expect(detectors[copy.kind]!(copy, context()).layout).toBeTypeOf('object')
    }
  })

  it.each([
    ['a season that is none', () => counts({ season: 'weekly' as never })],
    ['a misspelt option', () => counts({ warmUp: '2w' } as never)],
    ['an option of hostile name', () => counts(JSON.parse('{"__proto__": 1}'))],
    ['no time to forget in', () => counts({ halfLife: 0 })],
    ['half a lag', () => arma({ p: 0.5, q: 0 })],
    ['a negative order', () => arma({ p: 1, q: -1 })],
    ['too many lags', () => arma({ p: 17, q: 0 })],
    ['no options', () => arma(undefined as never)],
    ['a window too short', () => arma({ p: 2, q: 1, window: 20 })],
    ['half a point', () => arma({ p: 1, q: 0, warmup: 10.5 })],
    ['a law that is none', () => arma({ p: 1, q: 0, calibrate: 'exact' as never })],
  ])('refuse %s, say what they got and what to do', (_, run) => {
    const error = refusal(run)
    expect(error).toBeInstanceOf(ModelError)
    expect(error.code).toBe('DETECTOR_OPTION')
    expect(error.message).toMatch(/got/)
    expect(error.hint).toBeTruthy()
    expect(error.stack!.split('\n').find(line => line.includes('    at '))).toContain('specs.test.ts')
  })

  it('refuse what is not a duration', () => {
    expect(refusal(() => counts({ warmup: 'soon' as never })).code).toBe('DURATION')
  })
})

describe('opening', () => {
  it('refuses specs that were tampered with', () => {
    for (const spec of [
      { ...counts(), season: 'never' },
      { ...counts(), warmupMs: Number.NaN },
      { ...arma({ p: 1, q: 1 }), p: 1e9 },
      { ...arma({ p: 1, q: 1 }), window: '512' },
      { ...arma({ p: 1, q: 1 }), warmup: null },
    ]) {
      expect(refusal(() => detectors[spec.kind]!(spec, context())).code).toBe('DETECTOR_SPEC')
    }
  })

  it('refuses a season that its series cannot have', () => {
    const error = refusal(() => detectors.arma!(arma({ p: 1, q: 0, season: '1h' }), context()))
    expect(error).toBeInstanceOf(PlanError)
    expect(error.code).toBe('DETECTOR_SEASON')
  })

  it('refuses a warm-up in time when time has no step', () => {
    const error = refusal(() =>
      detectors.arma!(arma({ p: 1, q: 0, warmup: '1d' }), context({ everyMs: undefined })),
    )
    expect(error.code).toBe('DETECTOR_STEP')
  })
})

it('the factories load nothing but errors and durations', () => {
  const source = readFileSync(new URL('../../../src/models/detectors/specs.ts', import.meta.url), 'utf8')
  const loaded = [...source.matchAll(/^import (?!type )[^'"]*'([^']+)'/gm)].map(match => match[1])
  expect(loaded).toEqual(['../../core/errors.ts', '../../core/time/duration.ts'])
})
