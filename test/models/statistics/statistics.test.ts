import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { correlation, histogram, linearRegression } from '../../../src/models/index.ts'

const code = (run: () => unknown) => {
  try {
    run()
  } catch (error) {
    return (error as { code: string }).code
  }
  return 'done'
}

/** F. J. Anscombe, "Graphs in statistical analysis" (1973): four sets with r = 0.816 and slope 0.500. */
const anscombe = {
  x: [10, 8, 13, 9, 11, 14, 6, 4, 12, 7, 5],
  y1: [8.04, 6.95, 7.58, 8.81, 8.33, 9.96, 7.24, 4.26, 10.84, 4.82, 5.68],
  y2: [9.14, 8.14, 8.74, 8.77, 9.26, 8.1, 6.13, 3.1, 9.13, 7.26, 4.74],
}

const series = fc.array(fc.integer({ min: -50, max: 50 }), { minLength: 4, maxLength: 30 })

describe('correlation', () => {
  it('of Anscombe’s first two sets is that of the literature', () => {
    for (const y of [anscombe.y1, anscombe.y2]) {
      const found = correlation(anscombe.x, y)
      expect(found.estimate).toBeCloseTo(0.816, 3)
      expect(found.pValue).toBeCloseTo(0.00217, 4)
    }
  })

  it('has the p-value of the slope, and the sign and R² of the line', () => {
    fc.assert(
      fc.property(series, series, (first, second) => {
        const n = Math.min(first.length, second.length)
        const [x, y] = [first.slice(0, n), second.slice(0, n)]
        fc.pre(new Set(x).size > 1 && new Set(y).size > 1)
        const { estimate, pValue, lower, upper } = correlation(x, y)
        const { slopes, rSquared } = linearRegression(x, y)
        fc.pre(rSquared < 0.999_999)
        expect(estimate ** 2).toBeCloseTo(rSquared, 10)
        if (Math.abs(estimate) > 1e-9) expect(Math.sign(estimate)).toBe(Math.sign(slopes[0]!.estimate))
        expect(pValue).toBeCloseTo(slopes[0]!.pValue, 8)
        expect(lower).toBeLessThan(estimate)
        expect(upper).toBeGreaterThan(estimate)
      }),
    )
  })

  it('of ranks sees monotone curves as lines, and ties as their mean rank', () => {
    fc.assert(
      fc.property(series, x => {
        fc.pre(new Set(x).size > 1)
        const spearman = { method: 'spearman' } as const
        expect(
          correlation(
            x,
            x.map(value => Math.exp(value / 10)),
            spearman,
          ).estimate,
        ).toBeCloseTo(1, 12)
        expect(
          correlation(
            x,
            x.map(value => -(value ** 3)),
            spearman,
          ).estimate,
        ).toBeCloseTo(-1, 12)
      }),
    )
    // Kendall's ranks 1, 2.5, 2.5, 4 beside 1, 2, 3, 4: the sum of products about the mean is 4.5.
    expect(correlation([1, 2, 2, 3], [1, 2, 3, 4], { method: 'spearman' }).estimate).toBeCloseTo(
      4.5 / Math.sqrt(4.5 * 5),
      14,
    )
  })

  it('leaves out pairs of which a value is missing', () => {
    const whole = correlation([1, 2, 3, 4], [2, 1, 4, 3])
    expect(correlation([1, 2, null, 3, 4, Number.NaN], [2, 1, 9, 4, 3, 9])).toEqual(whole)
  })

  it('of a perfect line is certain, of a constant or of too little unknown', () => {
    expect(correlation([1, 2, 3, 4], [2, 4, 6, 8])).toMatchObject({ estimate: 1, pValue: 0, lower: 1 })
    expect(correlation([1, 2, 3, 4], [5, 5, 5, 5]).estimate).toBeNaN()
    expect(correlation([1], [2]).estimate).toBeNaN()
    expect(correlation([1, 2], [2, 3]).pValue).toBeNaN()
  })

  it('refuses what makes no sense', () => {
    expect(code(() => correlation([1, 2], [1]))).toBe('PAIR_LENGTH')
    expect(code(() => correlation([1, 2], [1, 2], { method: 'kendall' as any }))).toBe('CORRELATION_METHOD')
    expect(code(() => correlation([1, 2], [1, Infinity]))).toBe('SERIES_TYPE')
    expect(code(() => correlation([1, 2], [1, 2], { level: 0 }))).toBe('LEVEL')
  })
})

describe('histogram', () => {
  const values = fc.array(fc.option(fc.double({ noDefaultInfinity: true }), { freq: 9 }), { minLength: 1 })

  it('counts every value once, in the bin whose edges enclose it', () => {
    const options = fc.oneof(
      fc.constant({}),
      fc.record({ bins: fc.integer({ min: 1, max: 12 }) }),
      fc.record({
        bins: fc.integer({ min: 1, max: 12 }),
        range: fc.constantFrom<[number, number]>([0, 1], [-1e300, 1e300], [-2, 5e-324]),
      }),
      fc
        .uniqueArray(fc.double({ noNaN: true, noDefaultInfinity: true }), {
          minLength: 2,
          comparator: (a, b) => a === b,
        })
        .map(edges => ({ edges: edges.sort((a, b) => a - b) })),
    )
    fc.assert(
      fc.property(values, options, (data, given) => {
        const present = data.filter(x => x !== null && !Number.isNaN(x)) as number[]
        fc.pre(present.length > 0)
        const { edges, counts, n, below, above } = histogram(data, given)
        expect(n).toBe(present.length)
        expect(counts.reduce((sum, count) => sum + count, below + above)).toBe(n)
        const last = edges.length - 1
        for (let i = 0; i < last; i++) {
          const inside = present.filter(
            x => x >= edges[i]! && (x < edges[i + 1]! || (i === last - 1 && x === edges[last])),
          )
          expect(counts[i]).toBe(inside.length)
        }
        expect(below).toBe(present.filter(x => x < edges[0]!).length)
      }),
    )
  })

  it('chooses bins by the spread of the middle half', () => {
    // 1 … 1000: IQR 500, so bins are 2·500/10 = 100 wide.
    const { edges, counts } = histogram(Array.from({ length: 1000 }, (_, i) => i + 1))
    expect(counts.length).toBe(10)
    expect(edges[0]).toBe(1)
    expect(edges[10]).toBe(1000)
    // Half of the values equal: Sturges. One far away: no million bins.
    expect(histogram([5, 5, 5, 5, 5, 5, 5, 9]).counts.length).toBe(4)
    expect(histogram([...Array.from({ length: 999 }, (_, i) => i), 1e12]).counts.length).toBe(1000)
    expect([...histogram([3, 3, 3], { bins: 1 }).edges]).toEqual([2.5, 3.5])
  })

  it('refuses bins that make no sense', () => {
    for (const options of [
      { bins: 0 },
      { bins: 1.5 },
      { range: [1, 1] as const },
      { range: [0, Infinity] as const },
      { edges: [1] },
      { edges: [1, 1] },
      { edges: [2, 1] },
      { edges: [0, Number.NaN] },
    ]) {
      expect(
        code(() => histogram([1, 2], options)),
        JSON.stringify(options),
      ).toBe('HISTOGRAM_BINS')
    }
    expect(code(() => histogram([null, Number.NaN]))).toBe('HISTOGRAM_BINS')
    expect(code(() => histogram([Infinity]))).toBe('SERIES_TYPE')
  })
})
