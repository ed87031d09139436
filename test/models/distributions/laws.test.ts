/** Laws that hold for every distribution, checked at random points. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { distributionFromJSON, empirical } from '../../../src/models/index.ts'
import { continuous, discrete, label, relativeError, seeded } from './families.ts'

const all = [...continuous, ...discrete, empirical([3, 1, 2, 2, 7.5])]
const probability = fc.double({ min: 1e-300, max: 1 - 2 ** -53, noNaN: true })
const runs = { numRuns: 60, seed: 1 }

describe.each(all.map(d => ({ d, name: label(d).slice(0, 60) })))('$name', ({ d }) => {
  const density = d.kind === 'continuous' ? d.logPdf.bind(d) : d.logPmf.bind(d)

  it('cdf + sf = 1, and the logarithms agree', () => {
    fc.assert(
      fc.property(probability, fc.boolean(), (p, up) => {
        const x = up ? d.isf(p) : d.quantile(p)
        expect(Math.abs(d.cdf(x) + d.sf(x) - 1)).toBeLessThan(4e-16)
        for (const [value, log] of [
          [d.cdf(x), d.logCdf(x)],
          [d.sf(x), d.logSf(x)],
        ] as const) {
          if (value > 1e-300 && value < 0.99) expect(Math.abs(Math.log(value) - log)).toBeLessThan(1e-12)
          if (value >= 0.99) expect(relativeError(Math.exp(log), value)).toBeLessThan(1e-14)
        }
      }),
      runs,
    )
  })

  it('cdf rises, sf falls', () => {
    fc.assert(
      fc.property(probability, probability, (p, q) => {
        const [x, y] = [d.quantile(Math.min(p, q)), d.quantile(Math.max(p, q))]
        expect(x).toBeLessThanOrEqual(y)
        expect(d.cdf(x)).toBeLessThanOrEqual(d.cdf(y) * (1 + 1e-13))
        expect(d.sf(y)).toBeLessThanOrEqual(d.sf(x) * (1 + 1e-13))
        expect(d.logCdf(x)).toBeLessThanOrEqual(0)
        expect(d.logSf(x)).toBeLessThanOrEqual(0)
      }),
      runs,
    )
  })

  it('quantile and isf invert the tails', () => {
    fc.assert(
      fc.property(probability, p => {
        const x = d.quantile(p)
        const y = d.isf(p)
        if (d.kind === 'discrete') {
          expect(d.cdf(x)).toBeGreaterThanOrEqual(p * (1 - 2e-14))
          expect(d.sf(y)).toBeLessThanOrEqual(p * (1 + 2e-14))
          return
        }
        // Where the quantile underflows nothing can be inverted.
        if (Math.abs(x) > 1e-300)
          expect(Math.abs(d.cdf(x) - p)).toBeLessThan(1e-13 * Math.max(p, 1e-3) + 2e-14)
        if (Math.abs(y) > 1e-300 && Number.isFinite(d.logSf(y)) && density(y) < Infinity && p < 0.5) {
          // One unit in the last place of y changes the tail by this much.
          const unit = Math.abs(y) * 2.3e-16 * Math.exp(density(y) - d.logSf(y))
          expect(Math.abs(d.logSf(y) - Math.log(p))).toBeLessThan(1e-12 + 2 * unit)
        }
      }),
      runs,
    )
  })

  it('survives JSON', () => {
    const again = distributionFromJSON(JSON.parse(JSON.stringify(d)))
    expect(again.toJSON()).toEqual(d.toJSON())
    for (const p of [0.01, 0.5, 0.9]) expect(again.quantile(p)).toBe(d.quantile(p))
  })

  it('answers NaN with NaN and knows the ends', () => {
    for (const f of [d.cdf, d.sf, d.logCdf, d.logSf, d.quantile, d.isf]) expect(f.call(d, NaN)).toBeNaN()
    expect(density(NaN)).toBeNaN()
    expect(d.quantile(-0.1)).toBeNaN()
    expect(d.quantile(1.1)).toBeNaN()
    expect([d.cdf(-Infinity), d.cdf(Infinity), d.sf(-Infinity), d.sf(Infinity)]).toEqual([0, 1, 1, 0])
    expect([d.logCdf(-Infinity), d.logSf(Infinity)]).toEqual([-Infinity, -Infinity])
    expect(d.quantile(0)).toBe(d.isf(1))
    expect(d.quantile(1)).toBe(d.isf(0))
  })

  it('samples have its mean and variance', () => {
    const n = 2000
    const sample = d.sample(seeded(7), n)
    expect(sample).toHaveLength(n)
    expect(sample.every(x => !Number.isNaN(x))).toBe(true)
    // The rank of the sample below the median is binomial(n, cdf(median)).
    for (const p of [0.1, 0.5, 0.9]) {
      const x = d.quantile(p)
      const share = sample.filter(v => v <= x).length / n
      expect(Math.abs(share - d.cdf(x))).toBeLessThan(5 * Math.sqrt(0.25 / n))
    }
    if (!Number.isFinite(d.variance)) return
    const mean = sample.reduce((a, b) => a + b) / n
    expect(Math.abs(mean - d.mean)).toBeLessThan(6 * Math.sqrt(d.variance / n))
  })

  it('batch forms equal the scalar ones', () => {
    const p = Float64Array.of(0.001, 0.3, 0.999)
    const x = d.quantileBatch(p)
    expect([...x]).toEqual([...p].map(v => d.quantile(v)))
    expect([...d.isfBatch(p)]).toEqual([...p].map(v => d.isf(v)))
    const out = new Float64Array(3)
    expect(d.cdfBatch(x, out)).toBe(out)
    expect([...out]).toEqual([...x].map(v => d.cdf(v)))
    expect([...d.sfBatch(x)]).toEqual([...x].map(v => d.sf(v)))
    expect([...d.logCdfBatch(x)]).toEqual([...x].map(v => d.logCdf(v)))
    expect([...d.logSfBatch(x)]).toEqual([...x].map(v => d.logSf(v)))
    const logs = d.kind === 'continuous' ? d.logPdfBatch(x) : d.logPmfBatch(x)
    expect([...logs]).toEqual([...x].map(v => density(v)))
  })
})

describe.each(continuous.map(d => ({ d, name: label(d) })))('$name', ({ d }) => {
  it('pdf is the slope of cdf', () => {
    for (const p of [0.2, 0.5, 0.8]) {
      const x = d.quantile(p)
      const h = 1e-4 * Math.min(Math.abs(x) || 1, d.quantile(p + 0.05) - d.quantile(p - 0.05))
      const slope = (d.cdf(x - 2 * h) - 8 * d.cdf(x - h) + 8 * d.cdf(x + h) - d.cdf(x + 2 * h)) / (12 * h)
      expect(relativeError(d.pdf(x), slope)).toBeLessThan(1e-6)
      expect(Math.abs(Math.log(d.pdf(x)) - d.logPdf(x))).toBeLessThan(1e-12)
    }
  })
})

describe.each(discrete.map(d => ({ d, name: label(d) })))('$name', ({ d }) => {
  it('steps exactly: quantile(cdf(k)) and isf(sf(k)) are k', () => {
    for (const p of [1e-12, 0.01, 0.3, 0.5, 0.7, 0.999]) {
      const k = d.quantile(p)
      if (d.pmf(k) < 1e-9) continue
      expect(d.quantile(d.cdf(k))).toBe(k)
      expect(d.isf(d.sf(k))).toBe(k)
      if (d.cdf(k) < 0.999) expect(d.quantile(d.cdf(k) * (1 + 1e-12))).toBeGreaterThan(k)
    }
  })
  it('pmf is the step of cdf and 0 between integers', () => {
    const k = d.quantile(0.4)
    expect(Math.abs(d.cdf(k) - d.cdf(k - 1) - d.pmf(k))).toBeLessThan(1e-13)
    expect([d.pmf(k + 0.5), d.logPmf(k + 0.5), d.pmf(-1)]).toEqual([0, -Infinity, 0])
    expect(d.cdf(k + 0.5)).toBe(d.cdf(k))
  })
})
