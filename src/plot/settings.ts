/** Options that all pictures have, checked, with their defaults; and the figure that panels make. */

import type { PlotOptions } from '../core/dataset/plot-options.ts'
import { checkNames, oneOf, text, whole } from '../core/options.ts'
import { timeZone } from '../core/types/time-zone.ts'
import type { Chart, LegendEntry, Panel, Theme } from './chart.ts'
import { clean, type Kind } from './columns.ts'
import { Figure } from './figure.ts'
import { heightFor } from './render/layout.ts'

export const PLOT_OPTIONS = [
  ...['title', 'subtitle', 'xTitle', 'yTitle', 'xUnit', 'yUnit'],
  ...['width', 'height', 'theme', 'log', 'zone'],
]

/** Names in the place of what was not given. */
export interface Defaults {
  readonly title: string
  readonly x: string
  readonly y: string
}

export interface Settings {
  readonly title: string
  readonly subtitle: string | undefined
  readonly xTitle: string
  readonly yTitle: string
  readonly width: number
  readonly height: number | undefined
  readonly theme: Theme
  readonly logX: boolean
  readonly logY: boolean
  readonly zone: string
  /** What clocks show at an instant, as if it were UTC. */
  readonly clockOf: (ms: number) => number
}

/**
 * @param names options besides those of all pictures
 * @throws {PlanError} `OPTION`, `TIME_ZONE`
 */
export function settingsOf(
  call: string,
  options: PlotOptions,
  names: readonly string[],
  defaults: Defaults,
  above: Function,
): Settings {
  checkNames(call, options, [...names, ...PLOT_OPTIONS], above)
  const {
    title,
    subtitle,
    xTitle,
    yTitle,
    xUnit,
    yUnit,
    width = 800,
    height,
    theme = 'light',
    log,
    zone,
  } = options
  for (const [name, given] of Object.entries({ title, subtitle, xTitle, yTitle, xUnit, yUnit }))
    if (given !== undefined) text(given, `${name} of ${call}()`, above)
  whole(width, `width of ${call}()`, 120, 10_000, above)
  if (height !== undefined) whole(height, `height of ${call}()`, 80, 20_000, above)
  oneOf(theme, `theme of ${call}()`, ['light', 'dark', 'auto'], above)
  if (log !== undefined) oneOf(log, `log of ${call}()`, ['x', 'y', 'xy'], above)
  const withUnit = (title: string, unit: string | undefined) =>
    clean(unit && unit !== title ? (title ? `${title} (${unit})` : unit) : title)
  const clock = zone === undefined ? undefined : timeZone(zone, above)
  return {
    title: clean(title ?? defaults.title),
    subtitle: subtitle === undefined ? undefined : clean(subtitle),
    xTitle: withUnit(xTitle ?? defaults.x, xUnit),
    yTitle: withUnit(yTitle ?? defaults.y, yUnit),
    ...{ width, height, theme },
    ...{ logX: log === 'x' || log === 'xy', logY: log === 'y' || log === 'xy' },
    zone: zone ?? 'UTC',
    clockOf: clock ? ms => clock.clockOf(ms) : ms => ms,
  }
}

/** The title of an axis, which says of times whose they are. */
export const timeTitle = (title: string, kind: Kind, zone: string): string =>
  kind === 'time' && title !== '' && !title.includes(`(${zone})`) ? `${title} (${zone})` : title

export interface FigureOf {
  readonly panels: readonly Panel[]
  readonly legend?: readonly LegendEntry[]
  readonly scale?: Chart['scale']
  /** Said after the subtitle: what was left out. */
  readonly notes?: readonly string[]
  readonly columns?: number
  /** Of a panel of weight 1, when no height was asked for. */
  readonly panelHeight?: number
}

/** Panels side by side, as many as are legible. */
export const columnsFor = (panels: number): number => (panels <= 1 ? 1 : panels <= 4 ? 2 : 3)

const PANEL_HEIGHTS = [280, 190, 140]

/** The width that a panel has, about. */
export const panelWidth = (settings: Settings, panels: number): number =>
  Math.max(60, (settings.width - 100) / columnsFor(panels))

/** Steps that the y axes of panels have room for. */
export const ySteps = (panels: number): number => (panels <= 1 ? 6 : 4)

/** The figure. */
export function figureOf(settings: Settings, of: FigureOf): Figure {
  const { panels, legend = [], scale, notes = [], columns = columnsFor(panels.length) } = of
  const { title, subtitle, width, theme } = settings
  const said = [...(subtitle ? [subtitle] : []), ...notes].join('; ')
  const chart = {
    ...{ title, panels: edgeTitles(panels, columns), columns, width, theme },
    legend: legend.length > 1 && panels.length > 0 ? legend : [],
    ...(said === '' ? {} : { subtitle: said }),
    ...(scale ? { scale } : {}),
  }
  const height = settings.height ?? heightFor(chart, of.panelHeight ?? PANEL_HEIGHTS[columns - 1] ?? 140)
  return Figure.of({ ...chart, height })
}

/** Titles of axes that all panels share stand at the left and at the bottom alone. */
function edgeTitles(panels: readonly Panel[], columns: number): readonly Panel[] {
  const [first] = panels
  const sameX = panels.every(({ x }) => x.title === first!.x.title)
  const sameY = panels.every(({ y }) => y.title === first!.y.title)
  return panels.map((panel, i) => ({
    ...panel,
    x: sameX && i + columns < panels.length ? { ...panel.x, title: '' } : panel.x,
    y: sameY && i % columns > 0 ? { ...panel.y, title: '' } : panel.y,
  }))
}
