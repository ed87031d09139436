/** Figures as a table for people. */

import type { Figure, Measured } from './measure.ts'

/** A figure there is an aim for. */
export interface Aim {
  readonly what: string
  readonly got: number
  readonly atLeast: number
  readonly unit: '×' | 'M rows/s'
}

export function table({ title, figures }: Measured): string {
  const peers = [...new Set(figures.flatMap(({ ratios }) => Object.keys(ratios)))]
  const rated = figures.some(({ mRowsPerSecond }) => mRowsPerSecond !== undefined)
  const head = [
    title,
    ...(rated ? ['M rows/s', 'best', 'CPU ms'] : ['ms', 'best']),
    ...peers.map(peer => `÷ ${peer}`),
  ]
  const body = figures.map(figure => [
    figure.name,
    ...(rated
      ? [digits(figure.mRowsPerSecond), digits(figure.rows / figure.bestMs / 1000), figure.cpuMs.toFixed(0)]
      : [figure.medianMs.toFixed(1), figure.bestMs.toFixed(1)]),
    ...peers.map(peer => ratio(figure, peer)),
  ])
  const widths = head.map((_, c) => Math.max(...[head, ...body].map(row => row[c]!.length)))
  return [head, ...body]
    .map(row => row.map((cell, c) => (c ? cell.padStart(widths[c]!) : cell.padEnd(widths[0]!))).join('   '))
    .join('\n')
}

const ratio = ({ ratios }: Figure, peer: string): string => ratios[peer]?.toFixed(2) ?? ''

const digits = (value: number | undefined): string =>
  value === undefined ? '' : value.toFixed(value < 10 ? 2 : value < 100 ? 1 : 0)

export function aimLine({ what, got, atLeast, unit }: Aim): string {
  const verdict = got >= atLeast ? 'reached' : 'SHORT  '
  return `${verdict}  ${what}: ${digits(got)} ${unit}, aim ${atLeast} ${unit}`
}

/** What a case came to beside a peer; NaN when either was not run. */
export const ratioOf = ({ figures }: Measured, name: string, peer: string): number =>
  figures.find(figure => figure.name === name)?.ratios[peer] ?? Number.NaN

/** Millions of rows a second of a case; NaN when it was not run. */
export const rateOf = ({ figures }: Measured, name: string): number =>
  figures.find(figure => figure.name === name)?.mRowsPerSecond ?? Number.NaN
