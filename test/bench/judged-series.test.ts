import { describe, expect, it } from 'vitest'
import { DETECTORS } from '../../bench/detectors.ts'
import { scoredSeries } from '../../bench/harness/scored-series.ts'
import { countNumber, HOUR_MS, hourly, seeded } from '../models/detectors/simulate.ts'

describe.each(DETECTORS)('$name', detector => {
  const u = seeded(12)
  const { timesMs, values } = hourly(Float64Array.from({ length: 1200 }, () => countNumber(u, 30, 0.05)))
  const open = () => scoredSeries(detector, { everyMs: HOUR_MS, alpha: 1e-3 })
  const whole = open().score(timesMs, values).logP

  it('goes on after a fork as if there had been none, and what one branch sees is nothing to the other', () => {
    const series = open()
    series.score(timesMs.subarray(0, 900), values.subarray(0, 900))
    const fork = series.fork()
    fork.score(
      timesMs.subarray(900),
      values.subarray(900).map(x => 3 * x + 40),
    )
    const rest = [timesMs.subarray(900), values.subarray(900)] as const
    expect(series.fork().score(...rest).logP).toEqual(whole.subarray(900))
    expect(series.score(...rest).logP).toEqual(whole.subarray(900))
  })

  it('scores what it has learned', () => {
    const late = whole.subarray(900)
    expect(late.some(logP => logP < -1)).toBe(true)
    expect(late.some(logP => logP > 0)).toBe(false)
  })
})
