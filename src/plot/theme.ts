/**
 * Colours and fonts. Series have colours in the hues of Okabe and Ito's palette, darker or lighter than theirs: each has a
 * contrast of at least 3 to the background, and any two can be told apart by readers who see colours otherwise
 * (`test/plot/theme.test.ts` computes it). Cells have viridis, which goes evenly from dark to light.
 */

import type { Paint } from './chart.ts'

/** Hexadecimal colours, each of which is another. */
export interface Colors {
  readonly background: string
  readonly ink: string
  readonly muted: string
  readonly grid: string
  readonly band: string
  readonly expected: string
  readonly alert: string
  readonly series: readonly string[]
}

export const LIGHT: Colors = {
  background: '#ffffff',
  ink: '#1f2933',
  muted: '#5b6672',
  grid: '#e4e8ec',
  band: '#a9cbe3',
  expected: '#4f8fb8',
  alert: '#d1382c',
  series: ['#2152a2', '#943a00', '#5d9e91', '#b38d1b', '#724764', '#3175b3', '#996e00', '#727274'],
}

export const DARK: Colors = {
  background: '#14181d',
  ink: '#e6eaee',
  muted: '#9aa5b1',
  grid: '#2b323a',
  band: '#2d5a80',
  expected: '#7fb6dc',
  alert: '#ff8272',
  series: ['#3b85e4', '#cd5f49', '#9ddfbe', '#e1a117', '#a17699', '#38b2f8', '#f6d135', '#a8a9a9'],
}

export const VIRIDIS: readonly string[] = [
  ...['#440154', '#482878', '#3e4989', '#31688e', '#26828e'],
  ...['#1f9e89', '#35b779', '#6ece58', '#b5de2b', '#fde725'],
]

/** Without quotes: ECharts puts it into attributes as it is. */
export const FONT = 'system-ui, -apple-system, Segoe UI, Helvetica Neue, DejaVu Sans, sans-serif'

/** Pixels that a text takes, about: half a wide letter more than most fonts need. */
export const textWidth = (text: string, size: number): number => {
  let wide = 0
  for (const letter of text) wide += letter.codePointAt(0)! > 0x2e80 ? 1.05 : 0.56
  return Math.ceil(wide * size)
}

/** The beginning of a text, as much as has room. */
export function fitting(text: string, size: number, width: number): string {
  if (textWidth(text, size) <= width) return text
  const letters = [...text]
  while (letters.length > 0 && textWidth(`${letters.join('')}…`, size) > width) letters.pop()
  return `${letters.join('').trimEnd()}…`
}

/** After the last colour they come again: such series have dashes. */
export const colorOf = (colors: Colors, paint: Paint): string =>
  typeof paint === 'number' ? colors.series[paint % colors.series.length]! : colors[paint]

/**
 * Dark colours in place of the light ones where that is preferred. Renderers that know no media queries show the light
 * ones. Names are those of SVG's attributes, which style sheets go before.
 */
export function darkStyle(): string {
  const pairs = (['ink', 'muted', 'grid', 'band', 'expected', 'alert', 'background'] as const).map(
    role => [LIGHT[role], DARK[role]] as const,
  )
  const series = LIGHT.series.map((color, i) => [color, DARK.series[i]!] as const)
  const rules = [...pairs, ...series].map(
    ([from, to]) => `[fill="${from}"]{fill:${to}}[stroke="${from}"]{stroke:${to}}`,
  )
  return `<style>@media (prefers-color-scheme:dark){${rules.join('')}}</style>`
}
