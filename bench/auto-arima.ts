/**
 * `autoArima` over the 76 series of `arma-peers/auto-series.R`, beside R's `auto.arima` (Debian's r-cran-forecast) and
 * statsforecast's AutoARIMA (a Python in `MILLRACE_PYTHON`, default python3), each with its defaults on one thread: the
 * time of the process, and the AICc of what was chosen.
 *
 * Run with `npm run bench:arima -- [--whole] [--only NAME,…] [--json FILE] [--markdown FILE]`. The series come with R and
 * its packages (tseries, AER, lmtest, urca, forecast): without `Rscript` there are none, and this says so. A peer that is
 * absent is left out. `--whole` also runs `approximation: false`, whose AICc the default is not to be above.
 *
 * AICc of models with different differences, of R and of ours, cannot be compared: such pairs are told, not counted.
 */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { type AutoArimaFit, autoArima } from '../src/models/arma/index.ts'

/** What one program chose for a series; `aicc` is NaN where it found nothing. */
interface Choice {
  readonly ms: number
  readonly model: string
  readonly differences: string
  readonly aicc: number
}

interface SeriesFile {
  readonly name: string
  readonly kind: string
  readonly period: number
  readonly values: readonly number[]
}

type Choices = ReadonlyMap<string, Choice>

const { values: options } = parseArgs({
  options: {
    whole: { type: 'boolean' },
    only: { type: 'string' },
    json: { type: 'string' },
    markdown: { type: 'string' },
  },
})

const peers = join(import.meta.dirname, 'arma-peers')

/** Runs a program; undefined, with a message, where it is absent or fails. */
function run(what: string, program: string, args: readonly string[]): string | undefined {
  try {
    return execFileSync(program, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] })
  } catch (error) {
    const { stderr, code } = error as { stderr?: string; code?: string }
    const why = code === 'ENOENT' ? `no ${program} on the path` : String(stderr).trim().split('\n').at(-1)
    console.error(`${what} is left out: ${why}`)
    return undefined
  }
}

function readSeries(directory: string): SeriesFile[] {
  const only = options.only?.split(',')
  const lines = readFileSync(join(directory, 'series.csv'), 'utf8').trim().split('\n')
  const chosen = lines.map(line => line.split(',')).filter(([name]) => only?.includes(name!) ?? true)
  writeFileSync(join(directory, 'series.csv'), `${chosen.map(cells => cells.join()).join('\n')}\n`)
  return chosen.map(([name, kind, period]) => ({
    ...{ name: name!, kind: kind!, period: Number(period) },
    values: readFileSync(join(directory, `${name}.txt`), 'utf8')
      .trim()
      .split('\n')
      .map(Number),
  }))
}

const showOrders = (order: readonly number[], seasonal: readonly number[], constant: boolean): string =>
  `(${order.join(',')})${seasonal.some(n => n > 0) ? `(${seasonal.join(',')})` : ''}${constant ? ' c' : ''}`

/** Ours, the best of two runs where they are short. */
function ours(series: readonly SeriesFile[], approximation: 'auto' | false): Choices {
  const found = new Map<string, Choice>()
  for (const { name, period, values } of series) {
    let ms = Number.POSITIVE_INFINITY
    let fit: AutoArimaFit | undefined
    for (let turn = 0; turn < 2 && (turn === 0 || ms < 3000); turn++) {
      const began = process.threadCpuUsage()
      fit = autoArima(values, { period, approximation })
      const { user, system } = process.threadCpuUsage(began)
      ms = Math.min(ms, (user + system) / 1000)
    }
    const { spec, aicc } = fit!
    const { order, seasonal, constant } = spec
    const seasonalOrder = seasonal?.order ?? [0, 0, 0]
    const differences = `${order[1]},${seasonalOrder[1]}`
    found.set(name, { ms, model: showOrders(order, seasonalOrder, constant), differences, aicc })
  }
  return found
}

/** What a peer printed: name,ms,p,d,q,P,D,Q,constant,aicc. */
function ofPeer(printed: string | undefined): Choices | undefined {
  if (printed === undefined) return undefined
  const found = new Map<string, Choice>()
  for (const line of printed.trim().split('\n')) {
    const [name, ms, p, d, q, P, D, Q, constant, aicc = Number.NaN] = line.split(',')
    const [order, seasonal] = [
      [p, d, q],
      [P, D, Q],
    ].map(orders => orders.map(Number)) as [number[], number[]]
    const model = Number.isNaN(Number(aicc)) ? 'none' : showOrders(order, seasonal, constant === '1')
    found.set(name!, { ms: Number(ms), model, differences: `${d},${D}`, aicc: Number(aicc) })
  }
  return found
}

const directory = mkdtempSync(join(tmpdir(), 'millrace-auto-arima-'))
try {
  main()
} finally {
  rmSync(directory, { recursive: true })
}

function main(): void {
  if (run('all', 'Rscript', [join(peers, 'auto-series.R'), directory]) === undefined) {
    console.error(
      'The series come with R: apt-get install r-base-core r-cran-{forecast,tseries,aer,lmtest,urca}',
    )
    return
  }
  const series = readSeries(directory)
  const python = process.env.MILLRACE_PYTHON ?? 'python3'
  const columns: (readonly [string, Choices | undefined])[] = [
    ['Millrace', ours(series, 'auto')],
    ['Millrace, whole fits', options.whole ? ours(series, false) : undefined],
    ['R forecast', ofPeer(run('R forecast', 'Rscript', [join(peers, 'auto.R'), directory]))],
    ['statsforecast', ofPeer(run('statsforecast', python, [join(peers, 'auto.py'), directory]))],
  ]
  const there = columns.filter((column): column is readonly [string, Choices] => column[1] !== undefined)
  const text = [...totals(series, there), '', ...table(series, there)].join('\n')
  console.log(text)
  if (options.markdown) writeFileSync(options.markdown, `${text}\n`)
  if (options.json) {
    const plain = there.map(([name, choices]) => [name, Object.fromEntries(choices)])
    writeFileSync(options.json, `${JSON.stringify(Object.fromEntries(plain), null, 1)}\n`)
  }
}

/** By program: its time, and how often its AICc is above or below ours, where differences are the same. */
function totals(series: readonly SeriesFile[], columns: readonly (readonly [string, Choices])[]): string[] {
  const [, first] = columns[0]!
  const rows = columns.map(([name, choices]) => {
    const all = series.map(({ name }) => [first.get(name)!, choices.get(name)!] as const)
    const same = all.filter(([own, other]) => own.differences === other.differences)
    const off = same.map(([own, other]) => other.aicc - own.aicc)
    const seconds = all.reduce((sum, [, { ms }]) => sum + ms, 0) / 1000
    const count = (test: (difference: number) => boolean) => off.filter(test).length
    return `| ${name} | ${seconds.toFixed(1)} | ${same.length} | ${count(x => x > 0.01)} | ${count(x => x < -0.01)} |`
  })
  return [
    `| ${series.length} series | CPU seconds | of equal differences | AICc above ours | below |`,
    '| --- | --- | --- | --- | --- |',
    ...rows,
  ]
}

function table(series: readonly SeriesFile[], columns: readonly (readonly [string, Choices])[]): string[] {
  const heads = columns.map(([name]) => `${name} | ms | AICc`).join(' | ')
  const rows = series.map(({ name, kind }) => {
    const cells = columns.map(([, choices]) => {
      const { model, ms, aicc } = choices.get(name)!
      return `${model} | ${ms.toFixed(0)} | ${Number.isNaN(aicc) ? '' : aicc.toFixed(2)}`
    })
    return `| ${name} | ${kind} | ${cells.join(' | ')} |`
  })
  return [
    `| series | kind | ${heads} |`,
    `| --- | --- |${columns.map(() => ' --- | --- | --- |').join('')}`,
    ...rows,
  ]
}
