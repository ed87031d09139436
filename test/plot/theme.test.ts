import { expect, it } from 'vitest'
import { type Colors, DARK, LIGHT, VIRIDIS } from '../../src/plot/theme.ts'

type Rgb = readonly [number, number, number]

const linear = (hex: string): Rgb =>
  [1, 3, 5].map(at => {
    const value = Number.parseInt(hex.slice(at, at + 2), 16) / 255
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4
  }) as unknown as Rgb

const luminance = ([r, g, b]: Rgb): number => 0.2126 * r + 0.7152 * g + 0.0722 * b

/** WCAG's contrast, 1 to 21. */
function contrast(a: string, b: string): number {
  const [low, high] = [luminance(linear(a)), luminance(linear(b))].sort((x, y) => x - y)
  return (high! + 0.05) / (low! + 0.05)
}

/** How colours are seen, on linear light: Machado, Oliveira & Fernandes (2009), severity 1. */
const SEEN: Readonly<Record<string, readonly number[]>> = {
  'all three cones': [1, 0, 0, 0, 1, 0, 0, 0, 1],
  protanopia: [0.152286, 1.052583, -0.204868, 0.114503, 0.786281, 0.099216, -0.003882, -0.048116, 1.051998],
  deuteranopia: [0.367322, 0.860646, -0.227968, 0.280085, 0.672501, 0.047413, -0.01182, 0.04294, 0.968881],
  tritanopia: [1.255528, -0.076749, -0.178779, -0.078411, 0.930809, 0.147602, 0.004733, 0.691367, 0.3039],
}

const seenBy = (m: readonly number[], [r, g, b]: Rgb): Rgb =>
  [0, 3, 6].map(i => Math.min(1, Math.max(0, m[i]! * r + m[i + 1]! * g + m[i + 2]! * b))) as unknown as Rgb

/** Björn Ottosson's Oklab, in which distances are about those that are seen. */
function oklab([r, g, b]: Rgb): number[] {
  const l = Math.cbrt(0.4122214708 * r + 0.5363325363 * g + 0.0514459929 * b)
  const m = Math.cbrt(0.2119034982 * r + 0.6806995451 * g + 0.1073969566 * b)
  const s = Math.cbrt(0.0883024619 * r + 0.2817188376 * g + 0.6299787005 * b)
  return [
    0.2104542553 * l + 0.793617785 * m - 0.0040720468 * s,
    1.9779984951 * l - 2.428592205 * m + 0.4505937099 * s,
    0.0259040371 * l + 0.7827717662 * m - 0.808675766 * s,
  ]
}

const distance = (a: number[], b: number[]): number => Math.hypot(...a.map((x, i) => x - b[i]!))

const themes: [string, Colors][] = [
  ['light', LIGHT],
  ['dark', DARK],
]

it.each(themes)('%s: texts have a contrast of 4.5 to the background, marks one of 3', (_name, colors) => {
  for (const text of [colors.ink, colors.muted]) {
    expect(contrast(text, colors.background)).toBeGreaterThanOrEqual(4.5)
  }
  for (const mark of [...colors.series, colors.alert, colors.expected]) {
    expect(contrast(mark, colors.background), mark).toBeGreaterThanOrEqual(3)
  }
})

it.each(
  themes.flatMap(([name, colors]) =>
    Object.entries(SEEN).map(([vision, m]) => [name, vision, colors, m] as const),
  ),
)('%s: any two series can be told apart with %s', (_name, _vision, { series }, m) => {
  const seen = series.map(color => oklab(seenBy(m, linear(color))))
  for (const [i, a] of seen.entries()) {
    for (const [j, b] of seen.slice(0, i).entries()) {
      // Steps that are just noticed are about 0.02.
      expect(distance(a, b), `${series[i]} ${series[j]}`).toBeGreaterThan(0.09)
    }
  }
})

it.each(themes)('%s: an alert is not taken for the series or the band it stands on', (_name, colors) => {
  for (const m of Object.values(SEEN)) {
    const seen = (color: string) => oklab(seenBy(m, linear(color)))
    for (const other of [colors.series[0]!, colors.band, colors.expected]) {
      expect(distance(seen(colors.alert), seen(other)), other).toBeGreaterThan(0.09)
    }
  }
})

it.each(Object.entries(SEEN))('the colours of cells become lighter step by step with %s', (_vision, m) => {
  const lightness = VIRIDIS.map(color => oklab(seenBy(m, linear(color)))[0]!)
  for (const [i, value] of lightness.slice(1).entries()) expect(value).toBeGreaterThan(lightness[i]!)
})

it('each colour of a theme is used for one thing: the dark ones replace the light ones by value', () => {
  for (const [, { series, ...roles }] of themes) {
    const all = [...series, ...Object.values(roles)]
    expect(new Set(all).size).toBe(all.length)
  }
})
