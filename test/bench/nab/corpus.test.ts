import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { CorpusError, readCorpus, utcMs } from '../../../bench/nab/read-corpus.ts'
import { windowsOf } from '../../../bench/nab/read-labelled.ts'
import { forwardTimes, samplingStepMs } from '../../../bench/nab/sampling.ts'
import { probation } from '../../../bench/nab/score.ts'
import { simulatedCorpus } from '../../../bench/nab/simulated-corpus.ts'
import { gaussian, seeded } from '../../models/detectors/simulate.ts'

let directory: string
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'nab-'))
})
afterEach(() => rmSync(directory, { recursive: true }))

/** Writes a corpus of files in the category `made`. */
function write(files: Record<string, string>, labels: unknown): void {
  mkdirSync(join(directory, 'data', 'made'), { recursive: true })
  mkdirSync(join(directory, 'labels'))
  for (const [name, text] of Object.entries(files)) writeFileSync(join(directory, 'data', 'made', name), text)
  writeFileSync(join(directory, 'labels', 'combined_windows.json'), JSON.stringify(labels))
}

const minute = (i: number): string =>
  new Date(Date.UTC(2014, 3, 1) + 60_000 * i).toISOString().slice(0, 19).replace('T', ' ')
const csv = (times: readonly string[], value = (i: number): string => String(i)): string =>
  ['timestamp,value', ...times.map((time, i) => `${time},${value(i)}`), ''].join('\r\n')

describe('reading a corpus', () => {
  it('places windows at the first row of their times, which repeat', () => {
    const times = [0, 1, 2, 2, 2, 3, 4, 4, 5].map(minute)
    write({ 'a.csv': csv(times) }, { 'made/a.csv': [[`${minute(2)}.000000`, `${minute(4)}.000000`]] })
    const { series, leftOut } = readCorpus(directory)
    expect(series).toHaveLength(1)
    expect(series[0]).toMatchObject({ name: 'made/a.csv', rows: 9, windows: [{ first: 2, last: 6 }] })
    expect(series[0]!.timesMs[0]).toBe(Date.UTC(2014, 3, 1))
    expect(Array.from(series[0]!.values)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8])
    expect(leftOut).toEqual([])
  })

  it('takes an empty cell for a missing value', () => {
    const text = csv([0, 1].map(minute), i => (i === 0 ? '' : '1e3'))
    write({ 'a.csv': text }, { 'made/a.csv': [[minute(0), minute(1)]] })
    expect(Array.from(readCorpus(directory).series[0]!.values)).toEqual([Number.NaN, 1000])
  })

  it('names what has no labels or no data', () => {
    const text = csv([0, 1].map(minute))
    write(
      { 'a.csv': text, 'b.csv': text },
      { 'made/a.csv': [[minute(0), minute(1)]], 'made/c.csv': [[minute(0), minute(1)]] },
    )
    expect(readCorpus(directory).leftOut).toEqual(['made/b.csv', 'made/c.csv'])
  })

  it.each([
    ['a window between rows', { 'made/a.csv': [['2014-04-01 00:00:30', minute(1)]] }],
    ['a window that ends before it begins', { 'made/a.csv': [[minute(1), minute(0)]] }],
    ['a window that is no pair of times', { 'made/a.csv': [['soon', 'later']] }],
    [
      'windows that overlap',
      {
        'made/a.csv': [
          [minute(0), minute(1)],
          [minute(1), minute(2)],
        ],
      },
    ],
    ['no window at all', { 'made/a.csv': [] }],
    ['no labels of its files', { 'made/z.csv': [] }],
  ])('refuses %s', (_what, labels) => {
    write({ 'a.csv': csv([0, 1, 2].map(minute)) }, labels)
    expect(() => readCorpus(directory)).toThrow(CorpusError)
  })

  it('refuses rows without a time, by file and line', () => {
    write({ 'a.csv': csv([minute(0), 'noon']) }, { 'made/a.csv': [] })
    expect(() => readCorpus(directory)).toThrow(/a\.csv:3 has no time/)
  })
})

it('times are UTC, with or without seconds and fractions', () => {
  expect(utcMs('2014-04-10 07:15:00.250000')).toBe(Date.UTC(2014, 3, 10, 7, 15, 0, 250))
  expect(utcMs('2014-04-10 07:15')).toBe(Date.UTC(2014, 3, 10, 7, 15))
  expect(utcMs('10.4.2014')).toBeNaN()
})

describe('the sampling step', () => {
  const times = (steps: readonly number[]): number[] => {
    let at = 0
    return [0, ...steps.map(step => (at += step))]
  }
  const steps = (length: number, step: (i: number) => number) => Array.from({ length }, (_, i) => step(i))

  it('is the median of the first hundred rows; repeated times are no steps', () => {
    expect(samplingStepMs(times(steps(300, i => (i < 99 ? 5 : 60))))).toBe(5)
    expect(samplingStepMs(times(steps(99, i => (i % 3 === 0 ? 0 : 5))))).toBe(5)
  })

  it('stands gaps of whole steps and a little jitter', () => {
    expect(samplingStepMs(times(steps(99, i => (i % 4 === 0 ? 300 : 100 + (i % 2)))))).toBe(101)
  })

  it('is none where rows follow no step, or no time passes', () => {
    expect(samplingStepMs(times(steps(99, i => 100 + 37 * (i % 7))))).toBeUndefined()
    expect(samplingStepMs(times(steps(99, () => 0)))).toBeUndefined()
    expect(samplingStepMs([5])).toBeUndefined()
  })
})

it('times that go back are taken for the latest before', () => {
  expect(Array.from(forwardTimes(Float64Array.of(1, 3, 2, 3, 4)))).toEqual([1, 3, 3, 3, 4])
})

it('simulated series are the same for a seed, each with a window behind the probation', () => {
  const corpus = simulatedCorpus(1)
  expect(corpus.length).toBeGreaterThan(300)
  expect(simulatedCorpus(1)[17]).toEqual(corpus[17])
  expect(simulatedCorpus(2)[17]!.values).not.toEqual(corpus[17]!.values)
  for (const { rows, windows } of corpus) {
    expect(windows).toHaveLength(1)
    expect(windows[0]!.first).toBeGreaterThanOrEqual(probation(rows))
    expect(windows[0]!.last).toBeLessThan(rows)
  }
})

const main = fileURLToPath(new URL('../../../bench/nab/main.ts', import.meta.url))
const run = (...args: string[]) => spawnSync(process.execPath, [main, ...args], { encoding: 'utf8' })

describe('the program', () => {
  it('ends with 2 and says what is missing', () => {
    const { status, stderr } = run(join(directory, 'nowhere'))
    expect(status).toBe(2)
    expect(stderr).toContain('has no data')
    expect(run(directory, '--detector', 'nobody').stderr).toContain('no detector is called nobody')
    expect(run(directory, '--threshold', 'high').status).toBe(2)
    expect(run(directory, '--simulated', '1').status).toBe(2)
    expect(run('--simulated', 'one').stderr).toContain('--simulated takes a whole number')
  })

  it('finds a shift by 30 sigma at once and nothing else, and says so as JSON', () => {
    const u = seeded(3)
    const times = Array.from({ length: 1200 }, (_, i) => minute(i))
    const text = csv(times, i => String(gaussian(u) + (i >= 1000 && i < 1010 ? 30 : 0)))
    write({ 'a.csv': text }, { 'made/a.csv': [[minute(1000), minute(1050)]] })
    const { status, stdout } = run(directory, '--json', '--detector', 'arma', '--threshold', '5')
    expect(status).toBe(0)
    const { corpus, detectors, environment } = JSON.parse(stdout)
    expect(corpus).toEqual({ series: 1, windows: 1, rows: 1200, leftOut: [] })
    expect(environment.node).toBe(process.version)
    expect(detectors).toHaveLength(1)
    const [{ name, headline, best }] = detectors
    expect(name).toBe('arma')
    expect(headline).toMatchObject({ hits: 1, falsePositives: 0 })
    expect(headline.threshold).toBeCloseTo(5, 12)
    expect(headline.scores.standard).toBeCloseTo(100, 9)
    expect(best.standard.scores.standard).toBeCloseTo(100, 9)
  })
})

it('labels that are near are one event, which may be found for three rows more', () => {
  const rows = [...'0110000010000000011'].map(label => label === '1')
  expect(windowsOf(rows)).toEqual([
    { first: 1, last: 11 },
    { first: 17, last: 18 },
  ])
  expect(windowsOf([false, false])).toEqual([])
})
