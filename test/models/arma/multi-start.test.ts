/**
 * Likelihoods with several maxima. Every reference is the higher of two runs of R 4.2.2,
 * `arima(x, order, method = "ML" | "CSS-ML", optim.control = list(reltol = 1e-13, maxit = 2000))`.
 */
import { describe, expect, it } from 'vitest'
import { arima } from '../../../src/models/arma/index.ts'

// R's data sets discoveries, nhtemp, LakeHuron and lh.
const discoveries = [
  5, 3, 0, 2, 0, 3, 2, 3, 6, 1, 2, 1, 2, 1, 3, 3, 3, 5, 2, 4, 4, 0, 2, 3, 7, 12, 3, 10, 9, 2, 3, 7, 7, 2, 3,
  3, 6, 2, 4, 3, 5, 2, 2, 4, 0, 4, 2, 5, 2, 3, 3, 6, 5, 8, 3, 6, 6, 0, 5, 2, 2, 2, 6, 3, 4, 4, 2, 2, 4, 7, 5,
  3, 3, 0, 2, 2, 2, 1, 3, 4, 2, 2, 1, 1, 1, 2, 1, 4, 4, 3, 2, 1, 4, 1, 1, 1, 0, 0, 2, 0,
]
const nhtemp = [
  49.9, 52.3, 49.4, 51.1, 49.4, 47.9, 49.8, 50.9, 49.3, 51.9, 50.8, 49.6, 49.3, 50.6, 48.4, 50.7, 50.9, 50.6,
  51.5, 52.8, 51.8, 51.1, 49.8, 50.2, 50.4, 51.6, 51.8, 50.9, 48.8, 51.7, 51, 50.6, 51.7, 51.5, 52.1, 51.3,
  51, 54, 51.4, 52.7, 53.1, 54.6, 52, 52, 50.9, 52.6, 50.2, 52.6, 51.6, 51.9, 50.5, 50.9, 51.7, 51.4, 51.7,
  50.8, 51.9, 51.8, 51.9, 53,
]
const lakeHuron = [
  580.38, 581.86, 580.97, 580.8, 579.79, 580.39, 580.42, 580.82, 581.4, 581.32, 581.44, 581.68, 581.17,
  580.53, 580.01, 579.91, 579.14, 579.16, 579.55, 579.67, 578.44, 578.24, 579.1, 579.09, 579.35, 578.82,
  579.32, 579.01, 579, 579.8, 579.83, 579.72, 579.89, 580.01, 579.37, 578.69, 578.19, 578.67, 579.55, 578.92,
  578.09, 579.37, 580.13, 580.14, 579.51, 579.24, 578.66, 578.86, 578.05, 577.79, 576.75, 576.75, 577.82,
  578.64, 580.58, 579.48, 577.38, 576.9, 576.94, 576.24, 576.84, 576.85, 576.9, 577.79, 578.18, 577.51,
  577.23, 578.42, 579.61, 579.05, 579.26, 579.22, 579.38, 579.1, 577.95, 578.12, 579.75, 580.85, 580.41,
  579.96, 579.61, 578.76, 578.18, 577.21, 577.13, 579.1, 578.25, 577.91, 576.89, 575.96, 576.8, 577.68,
  578.38, 578.52, 579.74, 579.31, 579.89, 579.96,
]
const lh = [
  2.4, 2.4, 2.4, 2.2, 2.1, 1.5, 2.3, 2.3, 2.5, 2, 1.9, 1.7, 2.2, 1.8, 3.2, 3.2, 2.7, 2.2, 2.2, 1.9, 1.9, 1.8,
  2.7, 3, 2.3, 2, 2, 2.9, 2.9, 2.7, 2.7, 2.3, 2.6, 2.4, 1.8, 1.7, 1.5, 1.4, 2.1, 3.3, 3.5, 3.5, 3.1, 2.6, 2.1,
  3.4, 3, 2.9,
]

describe('the best of several maxima is found', () => {
  for (const [name, series, order, logLik] of [
    ['discoveries', discoveries, [2, 0, 2], -213.69451124],
    ['nhtemp', nhtemp, [3, 0, 2], -89.6228944426],
    ['nhtemp', nhtemp, [5, 0, 1], -89.399681214],
    ['LakeHuron', lakeHuron, [3, 0, 1], -102.90241891],
    ['LakeHuron', lakeHuron, [3, 0, 5], -101.076592963],
    ['lh', lh, [4, 0, 2], -25.1782027871],
  ] as const) {
    it(`of ARMA(${order[0]}, ${order[2]}) on ${name}`, () => {
      const fit = arima(series, { order })
      expect(fit.logLik).toBeGreaterThan(logLik - 1e-6 * Math.abs(logLik))
      expect(fit.converged).toBe(true)
    })
  }
})

describe('a fit moves away from a start that fits without error', () => {
  // R: arima(0.9^(0:59), c(1,0,0), include.mean = FALSE, method = "ML"), arima(0:29, c(1,0,0), method = "ML").
  it('on a geometric decay', () => {
    const fit = arima(
      Array.from({ length: 60 }, (_, t) => 0.9 ** t),
      { order: [1, 0, 0], constant: false },
    )
    expect(fit.coefficients.ar[0]).toBeCloseTo(0.9990667, 6)
    expect(fit.logLik).toBeCloseTo(122.3834, 3)
    expect(fit.standardErrors.ar[0]! / 0.001324033 - 1).toBeCloseTo(0, 2)
  })
  it('on a straight line', () => {
    const fit = arima(
      Array.from({ length: 30 }, (_, t) => t),
      { order: [1, 0, 0] },
    )
    expect(fit.coefficients.ar[0]).toBeCloseTo(0.997508, 5)
    expect(fit.logLik).toBeCloseTo(-45.21302, 4)
    expect(fit.standardErrors.mean! / 13.92092594 - 1).toBeCloseTo(0, 3)
  })
})
