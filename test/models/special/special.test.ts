/** Special functions against mpmath 1.3 at 50 digits and published tables. */
import { describe, expect, it } from 'vitest'
import { andersonDarlingSf } from '../../../src/models/special/anderson-darling.ts'
import { log1pDefect } from '../../../src/models/special/deviance.ts'
import { digamma, trigamma } from '../../../src/models/special/digamma.ts'
import { productError, productMinus, sumError } from '../../../src/models/special/double-double.ts'
import { exponentialPair } from '../../../src/models/special/exponential-pair.ts'
import { betaLower, betaOffset, betaUpper } from '../../../src/models/special/incomplete-beta.ts'
import { gammaLower, gammaUpper } from '../../../src/models/special/incomplete-gamma.ts'
import { kolmogorovSf } from '../../../src/models/special/kolmogorov.ts'
import { gammaFunction, logGamma, logGamma1p, logGammaRatio } from '../../../src/models/special/log-gamma.ts'
import { relativeError } from '../distributions/families.ts'

function lower(a: number, b: number, x: number): number {
  return betaLower(a, b, x, 1 - x, betaOffset(a, b, x))
}

function upper(a: number, b: number, x: number): number {
  return betaUpper(a, b, x, 1 - x, betaOffset(a, b, x))
}

const numbers: [string, number, number][] = [
  ['logGamma(1e-10)', logGamma(1e-10), 23.025850929882736],
  ['logGamma(0.3)', logGamma(0.3), 1.0957979948180756],
  ['logGamma(0.5)', logGamma(0.5), 0.5723649429247001],
  ['logGamma(1.2)', logGamma(1.2), -0.08537409000331583],
  ['logGamma(1.9999)', logGamma(1.9999), -4.227520877215346e-5],
  ['logGamma(2.00001)', logGamma(2.00001), 4.22787559764836e-6],
  ['logGamma(3.7)', logGamma(3.7), 1.428072326665388],
  ['logGamma(9.9)', logGamma(9.9), 12.57717990421988],
  ['logGamma(12.5)', logGamma(12.5), 18.734347511936445],
  ['logGamma(1000000.0)', logGamma(1000000.0), 12815504.569147613],
  ['logGamma1p(1e-10)', logGamma1p(1e-10), -5.7721566481928616e-11],
  ['logGamma1p(-0.3)', logGamma1p(-0.3), 0.2608672465316665],
  ['logGamma1p(0.4)', logGamma1p(0.4), -0.1196129141723713],
  ['gammaFunction(0.01)', gammaFunction(0.01), 99.4325851191506],
  ['gammaFunction(1.3)', gammaFunction(1.3), 0.8974706963062772],
  ['gammaFunction(4.5)', gammaFunction(4.5), 11.63172839656745],
  ['gammaFunction(12.25)', gammaFunction(12.25), 73711509.04676995],
  ['logGammaRatio(3, 1e-08)', logGammaRatio(3, 1e-8), 9.227843370731375e-9],
  ['logGammaRatio(0.01, 0.5)', logGammaRatio(0.01, 0.5), -4.046506060112221],
  ['logGammaRatio(50, 2.5)', logGammaRatio(50, 2.5), 9.817066688326745],
  ['logGammaRatio(1000000.0, 0.5)', logGammaRatio(1000000.0, 0.5), 6.907755153982137],
  ['digamma(0.001)', digamma(0.001), -1000.5755719318103],
  ['trigamma(0.001)', trigamma(0.001), 1000001.6425331958],
  ['digamma(0.5)', digamma(0.5), -1.9635100260214235],
  ['trigamma(0.5)', trigamma(0.5), 4.934802200544679],
  ['digamma(3.3)', digamma(3.3), 1.0348224890596216],
  ['trigamma(3.3)', trigamma(3.3), 0.3535015418410618],
  ['digamma(50)', digamma(50), 3.901989673427892],
  ['trigamma(50)', trigamma(50), 0.020201333226697125],
  ['log1pDefect(-0.999)', log1pDefect(-0.999), 5.908755278982136],
  ['log1pDefect(-0.5)', log1pDefect(-0.5), 0.19314718055994531],
  ['log1pDefect(-1e-06)', log1pDefect(-1e-6), 5.000003333335833e-13],
  ['log1pDefect(1e-09)', log1pDefect(1e-9), 4.999999996666667e-19],
  ['log1pDefect(0.3)', log1pDefect(0.3), 0.03763573553250894],
  ['log1pDefect(5)', log1pDefect(5), 3.208240530771945],
  ['gammaLower(0.001, 0.2)', gammaLower(0.001, 0.2), 0.9987774521605268],
  ['gammaUpper(0.001, 0.2)', gammaUpper(0.001, 0.2), 0.0012225478394732089],
  ['gammaLower(0.5, 0.1)', gammaLower(0.5, 0.1), 0.345279153981423],
  ['gammaUpper(0.5, 0.1)', gammaUpper(0.5, 0.1), 0.654720846018577],
  ['gammaLower(3, 1e-05)', gammaLower(3, 1e-5), 1.6666541667166668e-16],
  ['gammaUpper(3, 1e-05)', gammaUpper(3, 1e-5), 0.9999999999999998],
  ['gammaLower(9.5, 8)', gammaLower(9.5, 8), 0.3427220017993561],
  ['gammaUpper(9.5, 8)', gammaUpper(9.5, 8), 0.6572779982006439],
  ['gammaLower(25, 20)', gammaLower(25, 20), 0.15677262182623772],
  ['gammaUpper(25, 20)', gammaUpper(25, 20), 0.8432273781737623],
  ['gammaLower(50, 80)', gammaLower(50, 80), 0.9998692160234086],
  ['gammaUpper(50, 80)', gammaUpper(50, 80), 0.00013078397659141034],
  ['gammaLower(1000, 1100)', gammaLower(1000, 1100), 0.99894067674607],
  ['gammaUpper(1000, 1100)', gammaUpper(1000, 1100), 0.0010593232539299773],
  ['lower(0.001, 300, 0.001)', lower(0.001, 300, 0.001), 0.999093298823427],
  ['upper(0.001, 300, 0.001)', upper(0.001, 300, 0.001), 0.0009067011765729459],
  ['lower(0.1, 300, 0.01)', lower(0.1, 300, 0.01), 0.9984551928673625],
  ['upper(0.1, 300, 0.01)', upper(0.1, 300, 0.01), 0.0015448071326375243],
  ['lower(2, 3, 1e-10)', lower(2, 3, 1e-10), 5.9999999992e-20],
  ['upper(2, 3, 1e-10)', upper(2, 3, 1e-10), 1.0],
  ['lower(9.5, 12, 0.4)', lower(9.5, 12, 0.4), 0.35470476255403205],
  ['upper(9.5, 12, 0.4)', upper(9.5, 12, 0.4), 0.645295237445968],
  ['lower(30, 300, 0.02)', lower(30, 300, 0.02), 1.0042629102748274e-11],
  ['upper(30, 300, 0.02)', upper(30, 300, 0.02), 0.9999999999899574],
  ['lower(1000, 2000, 0.3)', lower(1000, 2000, 0.3), 4.0738279160507714e-5],
  ['upper(1000, 2000, 0.3)', upper(1000, 2000, 0.3), 0.9999592617208395],
  ['productError(0.1, 10, 1)', productError(0.1, 10, 1), 5.551115123125783e-17],
  ['productMinus(0.1, 10, 1)', productMinus(0.1, 10, 1), 5.551115123125783e-17],
  ['sumError(1, 1e-20, 1)', sumError(1, 1e-20, 1), 1e-20],
  ['exponentialPair(1)[0]', exponentialPair(1)[0], Math.E],
]

describe('special functions', () => {
  it.each(numbers)('%s', (_, got, expected) => {
    expect(relativeError(got, expected)).toBeLessThan(2e-14)
  })

  it('kolmogorovSf agrees with published values', () => {
    // Marsaglia, Tsang & Wang (2003): K(10, 0.274) = 0.6284796154565; Smirnov's limit at 1.3581 is 0.95.
    expect(Math.abs(kolmogorovSf(0.274, 10) - (1 - 0.6284796154565))).toBeLessThan(1e-12)
    expect(Math.abs(kolmogorovSf(1.358099 / 1000, 1e6) - 0.05)).toBeLessThan(1e-4)
    // Durbin's matrix in double precision with a 40-digit n!/nⁿ, beyond the n for which it is used here.
    expect(relativeError(kolmogorovSf(0.03, 600), 0.641444426446361)).toBeLessThan(1e-6)
    expect(relativeError(kolmogorovSf(0.05, 600), 0.0962437218323524)).toBeLessThan(1e-6)
    expect(relativeError(kolmogorovSf(0.02, 2000), 0.395313372003084)).toBeLessThan(1e-6)
    // The three formulas commonType.
    const d = Math.sqrt(4 / 400)
    expect(
      relativeError(kolmogorovSf(d * (1 + 1e-12), 400), kolmogorovSf(d * (1 - 1e-12), 400)),
    ).toBeLessThan(1e-9)
    const e = Math.sqrt(2.2 / 1000)
    expect(
      relativeError(kolmogorovSf(e * (1 + 1e-12), 1000), kolmogorovSf(e * (1 - 1e-12), 1000)),
    ).toBeLessThan(2e-6)
    expect([kolmogorovSf(0, 5), kolmogorovSf(1, 5)]).toEqual([1, 0])
  })

  it('andersonDarlingSf agrees with published values', () => {
    // D'Agostino & Stephens (1986), table 4.2, case 0: 2.492 at 5 %, 3.878 at 1 %, with the digits of Marsaglia & Marsaglia (2004).
    expect(Math.abs(andersonDarlingSf(2.492367, Infinity) - 0.05)).toBeLessThan(1e-6)
    expect(Math.abs(andersonDarlingSf(3.878125, Infinity) - 0.01)).toBeLessThan(2e-5)
    expect(Math.abs(andersonDarlingSf(0.346, Infinity) - 0.9)).toBeLessThan(1e-3)
    expect(andersonDarlingSf(0.01, 100)).toBe(1)
    expect(andersonDarlingSf(100, 100)).toBeLessThan(1e-40)
  })
})
