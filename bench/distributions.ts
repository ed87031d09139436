/**
 * Nanoseconds per call of built distributions, beside simple-statistics where it offers the same function (its normal
 * table is off by 0.001 in the middle and flat in the tail). Run with `node bench/distributions.ts`.
 */
import { cpus } from 'node:os'
import benny from 'benny'
import * as simple from 'simple-statistics'
import {
  binomial,
  gamma,
  negativeBinomial,
  negativeBinomialTails,
  normal,
  normalLogTwoSided,
  poisson,
  poissonTails,
  studentT,
} from '../src/models/distributions/index.ts'

const CALLS = 1000

/** Arguments in a fixed scrambled order, so that neither caches nor branch prediction see a pattern. */
function scattered(from: number, to: number, whole: boolean): Float64Array {
  return Float64Array.from({ length: CALLS }, (_, i) => {
    const u = (i * 0.6180339887498949) % 1
    return whole ? Math.floor(from + u * (to - from + 1)) : from + u * (to - from)
  })
}

const z = scattered(-6, 6, false)
const few = scattered(0, 12, true)
const many = scattered(20, 80, true)
const hundreds = scattered(0, 100, true)

const standard = normal({ mean: 0, sd: 1 })
const three = poisson({ rate: 3 })
const coins = binomial({ trials: 100, p: 0.5 })
const burst = negativeBinomial({ size: 5, mean: 30 })
const waiting = gamma({ shape: 2.5, rate: 1 })
const student = studentT({ df: 7 })
const out = new Float64Array(CALLS)
const tails = new Float64Array(2)

let sink = 0
const each =
  (values: Float64Array, f: (x: number) => number): (() => void) =>
  () => {
    let sum = 0
    for (let i = 0; i < values.length; i++) sum += f(values[i]!)
    sink += sum
  }

const cases: Record<string, () => void> = {
  'normal.cdf': each(z, x => standard.cdf(x)),
  'normal.sf': each(z, x => standard.sf(x)),
  'normal.logSf': each(z, x => standard.logSf(x)),
  'normal.cdfBatch': () => {
    sink += standard.cdfBatch(z, out)[0]!
  },
  normalLogTwoSided: each(z, normalLogTwoSided),
  'simple-statistics cumulativeStdNormalProbability': each(z, x => simple.cumulativeStdNormalProbability(x)),
  'normal.quantile': each(scattered(1e-6, 1, false), p => standard.quantile(p)),
  'simple-statistics probit': each(scattered(1e-6, 1, false), p => simple.probit(p)),
  'poisson(3).cdf': each(few, x => three.cdf(x)),
  'poisson(3).sf': each(few, x => three.sf(x)),
  'poisson(3).pmf': each(few, x => three.pmf(x)),
  'binomial(100).cdf': each(many, x => coins.cdf(x)),
  'binomial(100).sf': each(many, x => coins.sf(x)),
  'negativeBinomial.cdf': each(hundreds, x => burst.cdf(x)),
  'gamma.cdf': each(scattered(0.01, 12, false), x => waiting.cdf(x)),
  'studentT.sf': each(z, x => student.sf(x)),
  'poissonTails, rates 1 to 100': each(hundreds, x => {
    poissonTails(x, 1 + ((x * 37) % 100), tails)
    return tails[1]!
  }),
  'negativeBinomialTails, means 1 to 100': each(hundreds, x => {
    negativeBinomialTails(x, 5, 1 + ((x * 37) % 100), tails)
    return tails[1]!
  }),
  'negativeBinomialTails, means 0 to 10': each(few, x => {
    negativeBinomialTails(x, 2.5, 0.5 + ((x * 7) % 10), tails)
    return tails[1]!
  }),
}

console.log(`Node ${process.version}, ${cpus()[0]?.model ?? 'unknown processor'} × ${cpus().length}`)
await benny.suite(
  'distributions',
  ...Object.entries(cases).map(([name, run]) => benny.add(name, run, { maxTime: 0.5 })),
  benny.complete(summary => {
    for (const { name, ops } of summary.results) {
      console.log(`${name.padEnd(52)} ${(1e9 / ops / CALLS).toFixed(1).padStart(8)} ns per call`)
    }
  }),
)
if (Number.isNaN(sink)) console.log('no number')
