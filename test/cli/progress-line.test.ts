import { expect, it } from 'vitest'
import { progressLine, progressText } from '../../src/cli/progress-line.ts'
import type { Progress } from '../../src/index.ts'

const progress: Progress = {
  rowsIn: 1_500_000,
  rowsTotal: 3_000_000,
  rowsOut: 0,
  rowsLate: 0,
  skipped: 0,
  late: [],
  scored: [],
  elapsedMs: 500,
  eventTimeMs: Date.UTC(2001, 2, 4, 5, 30),
  watermarkMs: Date.UTC(2001, 2, 4, 5, 20),
  done: false,
}

const screen = (isTTY: boolean, columns = 200) => {
  const written: string[] = []
  return { isTTY, columns, written, write: (text: string) => written.push(text) }
}

it('says rows, speed, event time, watermark and time left', () => {
  expect(progressText(progress)).toBe(
    '1,500,000 rows   3.0 M rows/s   at 2001-03-04 05:30   watermark 2001-03-04 05:20   50 %   1 s left',
  )
})

it('says what is known when little is', () => {
  const nothing = {
    rowsIn: 0,
    rowsOut: 0,
    rowsLate: 0,
    skipped: 0,
    late: [],
    scored: [],
    elapsedMs: 0,
    done: false,
  }
  expect(progressText(nothing)).toBe('0 rows   0 rows/s')
  const end = { ...progress, rowsIn: 3_000_000, watermarkMs: Number.POSITIVE_INFINITY, done: true }
  expect(progressText(end)).toMatch(/watermark end {3}100 %$/)
})

it('rewrites one line of a terminal, no wider than it is, and takes it away', () => {
  const terminal = screen(true, 20)
  const line = progressLine({ terminal })
  line.onProgress(progress)
  line.clear()
  line.clear()
  expect(terminal.written).toEqual(['\r\u001b[2K1,500,000 rows   3.', '\r\u001b[2K'])

  const unsized = screen(true, 0)
  progressLine({ terminal: unsized }).onProgress(progress)
  expect(unsized.written[0]).toContain('1,500,000 rows   3.0 M rows/s')
})

it('is silent where there is no terminal, unless asked', () => {
  const pipe = screen(false)
  const line = progressLine({ terminal: pipe })
  line.onProgress(progress)
  line.clear()
  expect(pipe.written).toEqual([])
  progressLine({ terminal: pipe, always: true }).onProgress(progress)
  expect(pipe.written).toEqual([`${progressText(progress)}\n`])
})
