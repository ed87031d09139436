/**
 * Exact maximum likelihood with standard errors beside R's `arima`, statsmodels' `ARIMA` and npm's `arima`, in one run
 * on one machine; then the online filter.
 *
 * Run with `node bench/arma.ts [--json FILE]`. Peers are found on the path: `Rscript` (Debian's r-base-core), a Python
 * with statsmodels in `MILLRACE_PYTHON` (default python3), and npm's arima in `MILLRACE_NPM_ARIMA` (a directory whose
 * node_modules holds it). A peer that is absent is left out of the table. Every peer uses one thread.
 */
import { execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { cpus, tmpdir } from 'node:os'
import { join } from 'node:path'
import { arima, keyedOnline } from '../src/models/arma/index.ts'

interface Case {
  name: string
  file: string
  order: [number, number, number]
  seasonal: { order: [number, number, number]; period: number } | null
  constant: boolean
  series: number[]
  repeats: number
}

interface Timing {
  ms: number
  logLik: number
}

function uniforms(seed: number): () => number {
  let a = seed >>> 0
  return () => {
    a = (a + 0x6d2b79f5) >>> 0
    let t = Math.imul(a ^ (a >>> 15), a | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296
  }
}

const reference = new URL('../../shared/reference/', import.meta.url)
if (!existsSync(reference)) throw new Error('the benchmark needs ../shared/reference for its series')
const read = (name: string): number[] =>
  JSON.parse(readFileSync(new URL(`${name}.json`, reference), 'utf8')).series
const long = arima.withCoefficients({ ar: [1.2, -0.4], ma: [0.3], mean: 5 }).simulate(uniforms(1), 100_000)
const day = arima
  .withCoefficients({ ma: [-0.4], sma: [-0.6], d: 1, seasonalD: 1, period: 288 })
  .simulate(uniforms(2), 4032)

const airline = { order: [0, 1, 1] as [number, number, number], period: 12 }
const cases: Case[] = [
  {
    name: 'lh AR(1)',
    file: 'lh',
    order: [1, 0, 0],
    seasonal: null,
    constant: true,
    series: read('arima_lh_ar3_ml'),
    repeats: 200,
  },
  {
    name: 'LakeHuron AR(2)',
    file: 'lake',
    order: [2, 0, 0],
    seasonal: null,
    constant: true,
    series: read('arima_lakehuron_ar2_ml'),
    repeats: 200,
  },
  {
    name: 'sunspot ARMA(2,1)',
    file: 'sun',
    order: [2, 0, 1],
    seasonal: null,
    constant: true,
    series: read('arima_sunspotyear_ar9_ml'),
    repeats: 100,
  },
  {
    name: 'log AirPassengers airline',
    file: 'air',
    order: [0, 1, 1],
    seasonal: airline,
    constant: false,
    series: read('css_logair_airline_css'),
    repeats: 50,
  },
  {
    name: '100,000 points ARMA(2,1)',
    file: 'long',
    order: [2, 0, 1],
    seasonal: null,
    constant: true,
    series: [...long],
    repeats: 5,
  },
]

function median(times: number[]): number {
  return times.sort((a, b) => a - b)[Math.floor(times.length / 2)]!
}

function time(run: () => number, repeats: number): Timing {
  let logLik = 0
  for (let i = 0; i < Math.min(repeats, 40); i++) logLik = run()
  const times: number[] = []
  for (let i = 0; i < repeats; i++) {
    const start = performance.now()
    run()
    times.push(performance.now() - start)
  }
  return { ms: median(times), logLik }
}

const directory = mkdtempSync(join(tmpdir(), 'arma-bench-'))
for (const c of cases) writeFileSync(join(directory, `${c.file}.csv`), c.series.join('\n'))
writeFileSync(
  join(directory, 'cases.csv'),
  cases
    .map(c =>
      [
        c.file,
        ...c.order,
        ...(c.seasonal?.order ?? [0, 0, 0]),
        c.seasonal?.period ?? 0,
        c.constant ? 1 : 0,
        Math.max(3, c.repeats / 10),
      ].join(','),
    )
    .join('\n'),
)

const ours = cases.map(c => time(() => arima(c.series, c).logLik, c.repeats))

/** Runs a peer script; its answer is one `file,ms,logLik` line per case. */
function peer(command: string, args: string[]): (Timing | null)[] {
  try {
    const env = { ...process.env, OMP_NUM_THREADS: '1', OPENBLAS_NUM_THREADS: '1', MKL_NUM_THREADS: '1' }
    const text = execFileSync(command, [...args, directory], {
      encoding: 'utf8',
      env,
      stdio: ['ignore', 'pipe', 'ignore'],
    })
    const lines = new Map(
      text
        .trim()
        .split('\n')
        .map(line => [line.split(',')[0]!, line.split(',')] as const),
    )
    return cases.map(c => {
      const line = lines.get(c.file)
      return line ? { ms: Number(line[1]), logLik: Number(line[2]) } : null
    })
  } catch {
    return cases.map(() => null)
  }
}

const script = (name: string) => new URL(`./arma-peers/${name}`, import.meta.url).pathname
const r = peer('Rscript', [script('peer.R')])
const statsmodels = peer(process.env.MILLRACE_PYTHON ?? 'python3', [script('peer.py')])

/** npm's arima (ctsa in WebAssembly): approximate by default, method 0 is exact ML. It hides its coefficients. */
function npmArima(): (Timing | null)[] {
  const from = process.env.MILLRACE_NPM_ARIMA
  if (!from) return cases.map(() => null)
  const Arima = createRequire(join(from, 'index.js'))('arima')
  return cases.map(c => {
    if (c.series.length > 10_000) return null
    const [p, d, q] = c.order
    const [P, D, Q] = c.seasonal?.order ?? [0, 0, 0]
    const options = { p, d, q, P, D, Q, s: c.seasonal?.period ?? 0, method: 0, verbose: false }
    try {
      return time(
        () => {
          new Arima(options).train(c.series)
          return Number.NaN
        },
        Math.max(3, c.repeats / 10),
      )
    } catch {
      return null
    }
  })
}
const npm = npmArima()
rmSync(directory, { recursive: true })

const show = (t: Timing | null, own: Timing) =>
  t ? `${t.ms.toFixed(2).padStart(9)} ${(t.ms / own.ms).toFixed(1).padStart(6)}×` : '        –        '
console.log(`node ${process.version}, ${cpus()[0]?.model} × ${cpus().length}`)
console.log(
  `${'exact ML with standard errors, ms'.padEnd(34)}     ours         R          statsmodels      npm arima`,
)
cases.forEach((c, i) => {
  const own = ours[i]!
  console.log(
    `${c.name.padEnd(34)}${own.ms.toFixed(2).padStart(9)} ${show(r[i]!, own)} ${show(statsmodels[i]!, own)} ${show(npm[i]!, own)}`,
  )
  for (const [name, other] of [
    ['R', r[i]],
    ['statsmodels', statsmodels[i]],
  ] as const) {
    if (other && own.logLik < other.logLik - 1e-6 * Math.abs(other.logLik) - (c.order[1] > 0 ? 4e-3 : 0)) {
      console.log(`  log-likelihood below ${name}'s: ${own.logLik} < ${other.logLik}`)
    }
  }
})
const season = time(
  () => arima(day, { order: [0, 1, 1], seasonal: { order: [0, 1, 1], period: 288 } }).logLik,
  3,
)
console.log(`${'airline, season 288, 4,032 points'.padEnd(34)}${season.ms.toFixed(2).padStart(9)}`)

const points = 1 << 20
const model = arima.withCoefficients({ ar: [1.2, -0.4], ma: [0.3], mean: 5 })
const values = model.simulate(uniforms(3), points)
const columns = { innovation: new Float64Array(points), z: new Float64Array(points) }
const withP = { ...columns, pValue: new Float64Array(points) }

/** Million points per second, the best of several passes. */
function rate(run: () => void, passes: number): number {
  let best = Number.POSITIVE_INFINITY
  for (let i = 0; i < passes; i++) {
    const start = performance.now()
    run()
    best = Math.min(best, performance.now() - start)
  }
  return points / best / 1e3
}

const online = model.online()
const single = rate(() => online.updateBatch(values, columns), 30)
const singleP = rate(() => online.updateBatch(values, withP), 20)
const keyed = keyedOnline(model)
const rng = uniforms(4)
const keys = Int32Array.from({ length: points }, () => Math.floor(rng() * 1_000_000))
const warm = Int32Array.from({ length: points }, (_, i) => i % 1_000_000)
for (let i = 0; i < 60; i++) keyed.updateBatch(warm, values, columns)
const million = rate(() => keyed.updateBatch(keys, values, columns), 20)
const millionP = rate(() => keyed.updateBatch(keys, values, withP), 10)
console.log('online ARMA(2,1), million points a second')
console.log(
  `  one series, innovation and z      ${single.toFixed(0).padStart(6)}   with p-value ${singleP.toFixed(0).padStart(4)}`,
)
console.log(
  `  a million keys at random          ${million.toFixed(0).padStart(6)}   with p-value ${millionP.toFixed(0).padStart(4)}   ${keyed.bytesPerKey} bytes a key`,
)

const at = process.argv.indexOf('--json')
if (at > 0) {
  const results = {
    node: process.version,
    cpu: cpus()[0]?.model,
    fits: cases.map((c, i) => ({
      name: c.name,
      ours: ours[i],
      r: r[i],
      statsmodels: statsmodels[i],
      npm: npm[i],
    })),
    season288: season,
    online: { single, singleP, million, millionP, bytesPerKey: keyed.bytesPerKey },
  }
  writeFileSync(process.argv[at + 1]!, `${JSON.stringify(results, null, 2)}\n`)
}
