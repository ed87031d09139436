/** Where things stand in a picture, in pixels: title, legend, panels with room for their labels. */

import { tickText } from '../axes.ts'
import type { Axis, Chart, LegendEntry, Panel } from '../chart.ts'
import { textWidth } from '../theme.ts'

export interface Box {
  readonly left: number
  readonly top: number
  readonly width: number
  readonly height: number
}

/** How the labels of categories stand below an axis. */
export interface CategoryLabels {
  /** Degrees. */
  readonly turned: number
  /** Every so many have a label. */
  readonly every: number
  /** Pixels that they take. */
  readonly height: number
}

export interface Layout {
  readonly legendTop: number
  readonly panels: readonly Box[]
  /** Of each panel, pixels between its left edge and that of its labels. */
  readonly labelWidths: readonly number[]
  readonly categoryLabels: readonly CategoryLabels[]
}

export const MARGIN = 24
export const TITLE_SIZE = 18
export const SUBTITLE_SIZE = 12.5
export const LABEL_SIZE = 11
export const AXIS_TITLE_SIZE = 12
const TITLE_TOP = 16
const LEGEND_ROW = 20
/** Room right of the panels for the last label of an axis, and for the scale of cells. */
const RIGHT = 28
const SCALE = 84
const X_TITLE = 20
const GAP = 20
/** Longer names of categories end in `…`. */
export const MOST_LETTERS = 24
export const TURN = 38

export const LEGEND_ITEM = 14
export const LEGEND_GAP = 18

/** Rows that the legend takes when it wraps at the picture's edge. */
function legendRows(legend: readonly LegendEntry[], width: number): number {
  if (legend.length === 0) return 0
  let rows = 1
  let at = 0
  for (const { name } of legend) {
    const wide = LEGEND_ITEM + 6 + textWidth(name, AXIS_TITLE_SIZE) + LEGEND_GAP
    if (at > 0 && at + wide > width) {
      rows++
      at = 0
    }
    at += wide
  }
  return rows
}

export const shortened = (name: string): string => {
  const letters = [...name]
  return letters.length > MOST_LETTERS ? `${letters.slice(0, MOST_LETTERS - 1).join('')}…` : name
}

/** The numbers that an axis has labels at. */
export function ticksOf({ min, max, step, ticks }: Axis): readonly number[] {
  if (ticks) return ticks
  if (step === undefined) return [min, max]
  const first = Math.ceil(min / step - 1e-9)
  const count = Math.floor(max / step + 1e-9) - first + 1
  return Array.from({ length: Math.min(1000, Math.max(0, count)) }, (_, i) =>
    Number(((first + i) * step).toPrecision(12)),
  )
}

const widest = (texts: readonly string[]): number =>
  texts.reduce((most, text) => Math.max(most, textWidth(text, LABEL_SIZE)), 0)

const labelWidth = ({ y }: Panel): number =>
  8 + (y.kind === 'category' ? widest(y.categories!.map(shortened)) : widest(ticksOf(y).map(tickText)))

function labelsBelow(axis: Axis, width: number): CategoryLabels {
  if (axis.kind !== 'category') return { turned: 0, every: 1, height: 16 }
  const names = axis.categories!.map(shortened)
  const wide = widest(names)
  if (axis.bare) return { turned: 0, every: 1, height: 16 }
  const slot = width / Math.max(1, names.length)
  if (wide + 6 <= slot) return { turned: 0, every: 1, height: 16 }
  // Short names, and numbers, are left out rather than turned.
  if (wide <= 26 || names.every(name => /^[-\d.,: ]+$/.test(name)))
    return { turned: 0, every: Math.ceil((wide + 8) / slot), height: 16 }
  const every = Math.max(1, Math.ceil(15 / slot))
  return { turned: TURN, every, height: 12 + Math.ceil(wide * Math.sin((TURN * Math.PI) / 180)) }
}

/** How high a picture should be whose panels have this height. */
export function heightFor(chart: Omit<Chart, 'height'>, panelHeight: number): number {
  const rows = rowsOf(chart)
  const { top, above, below } = verticals({ ...chart, height: 0 })
  const weights = rows.reduce((sum, row) => sum + weightOf(row), 0)
  return Math.ceil(top + rows.length * above + below.reduce((a, b) => a + b, 0) + weights * panelHeight)
}

const rowsOf = ({ panels, columns }: Omit<Chart, 'height'>): Panel[][] =>
  Array.from({ length: Math.ceil(panels.length / columns) }, (_, row) =>
    panels.slice(row * columns, (row + 1) * columns),
  )

const weightOf = (row: readonly Panel[]): number => Math.max(...row.map(({ weight = 1 }) => weight))

function horizontals(chart: Chart) {
  const { panels, columns, width, scale } = chart
  const own = Array.from({ length: columns }, (_, column) =>
    Math.max(0, ...panels.filter((_, i) => i % columns === column).map(labelWidth)),
  )
  const taken = own.reduce((a, b) => a + b, 0) + (columns - 1) * GAP
  const room = width - MARGIN - RIGHT - (scale ? SCALE : 0) - taken
  return { own, panelWidth: Math.max(40, room / columns) }
}

function verticals(chart: Chart) {
  const { panels, subtitle, legend, width } = chart
  const { panelWidth } = horizontals(chart)
  const legendTop = TITLE_TOP + 26 + (subtitle === undefined ? 0 : 20) + 4
  const afterLegend = legendTop + legendRows(legend, width - 2 * MARGIN) * LEGEND_ROW
  const above =
    14 +
    (panels.some(({ title }) => title !== undefined) ? 18 : 0) +
    (panels.some(({ y }) => y.title !== '') ? 18 : 0)
  const below = rowsOf(chart).map(row =>
    Math.max(...row.map(({ x }) => labelsBelow(x, panelWidth).height + (x.title === '' ? 0 : X_TITLE))),
  )
  return {
    legendTop,
    top: afterLegend,
    above,
    below: below.map((height, i) => height + (i === below.length - 1 ? 12 : 4)),
  }
}

/** Places everything. */
export function layoutOf(chart: Chart): Layout {
  const { panels, columns, height } = chart
  const { own, panelWidth } = horizontals(chart)
  const { legendTop, top, above, below } = verticals(chart)
  const rows = rowsOf(chart)
  const weights = rows.reduce((sum, row) => sum + weightOf(row), 0)
  const taken = top + rows.length * above + below.reduce((a, b) => a + b, 0)
  const unit = Math.max(30, (height - taken) / Math.max(1, weights))
  const boxes: Box[] = []
  let y = top
  for (const [r, row] of rows.entries()) {
    y += above
    let x = MARGIN
    for (let c = 0; c < row.length; c++) {
      x += own[c]!
      boxes.push({ left: x, top: y, width: panelWidth, height: weightOf(row) * unit })
      x += panelWidth + GAP
    }
    y += weightOf(row) * unit + below[r]!
  }
  return {
    legendTop,
    panels: boxes,
    labelWidths: panels.map((_, i) => own[i % columns]!),
    categoryLabels: panels.map(panel => labelsBelow(panel.x, panelWidth)),
  }
}
