import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { MillraceError } from '../../src/index.ts'
import { band, Figure, line } from '../../src/plot/index.ts'
import { echartsFrom } from '../../src/plot/render/load-echarts.ts'
import { expectWellFormed } from './well-formed.ts'

const figure = line(
  [1, 2, 3].map(x => ({ x, y: x })),
  { x: 'x', y: 'y', title: 'a < b & c', theme: 'auto' },
)

it('is saved as what its name says', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-figures-'))
  try {
    const read = async (name: string) => {
      await figure.save(join(folder, name))
      return readFileSync(join(folder, name), 'utf8')
    }
    expectWellFormed(await read('a.svg'))
    const html = await read('a.HTML')
    expect(html).toContain('<title>a &lt; b &amp; c</title>')
    expect(html).not.toMatch(/<script|<link|src=/)
    expect(JSON.parse(await read('a.json'))).toEqual(JSON.parse(JSON.stringify(figure.toVegaLite())))
    await expect(figure.save(join(folder, 'a.png'))).rejects.toThrow(/save\(\) takes the path of a file/)
  } finally {
    rmSync(folder, { recursive: true })
  }
})

it('of an option of your own it draws SVG, and has no other form', () => {
  const own = new Figure({ title: { text: 'own' }, series: [] }, { width: 200, height: 100 })
  expectWellFormed(own.svg())
  expect(own.title).toBe('own')
  expect(() => own.toVegaLite()).toThrow(/has no other form/)
})

it('a theme that follows the reader is light, with the dark colours where these are preferred', () => {
  const svg = figure.svg()
  expect(svg).toContain('@media (prefers-color-scheme:dark)')
  expect(svg).toContain('[stroke="#2152a2"]{stroke:#3b85e4}')
  expect(line([{ x: 1, y: 2 }], { x: 'x', y: 'y' }).svg()).not.toContain('@media')
})

it('without echarts it says how to install it', () => {
  const absent = () => {
    throw new Error("Cannot find module 'echarts'")
  }
  expect(() => echartsFrom(absent)).toThrow(MillraceError)
  expect(() => echartsFrom(absent)).toThrow(
    expect.objectContaining({ code: 'MISSING_PACKAGE', hint: 'npm install echarts' }),
  )
})

it('reasons of alerts that would lie on each other are written once, and a unit that is the title once', () => {
  const rows = Array.from({ length: 240 }, (_, i) => ({
    ...{ at: new Date(i * 3_600_000), MW: i % 24, expected: 10, lower: 0, upper: 20 },
    ...{ anomaly: (i > 100 && i < 106) || i === 200, reason: 'spike' },
  }))
  const svg = band(rows, { x: 'at', y: 'MW', yUnit: 'MW', title: 'Load' }).svg()
  expect(svg.match(/>spike</g)).toHaveLength(2)
  expect(svg).toContain('>MW<')
  expect(svg).not.toContain('MW (MW)')
})
