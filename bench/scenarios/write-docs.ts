/** Puts tables into the page of the docs, and what falls short into the list that the long tests hold `auto` to. */
import { readFileSync, writeFileSync } from 'node:fs'
import { type Cells, missesOf } from './cells.ts'
import { choiceTable, faultsTable, groupTable, seriesTables, summary } from './markdown.ts'
import type { Size } from './measure.ts'

const PAGE = new URL('../../docs/models/detectors/scenarios.md', import.meta.url)
/** What falls short in the table: figures that must not get worse. */
export const SHORT_OF_GOAL = new URL('../../test/long/auto-scenarios.json', import.meta.url)

/** Figures by series, alpha and cell (see `Miss`). */
export type ShortOfGoal = Record<string, Record<number, Record<string, number>>>

/** Replaces what stands between the comments of a name. */
function put(page: string, name: string, text: string): string {
  const [begin, end] = [`<!-- begin ${name} -->`, `<!-- end ${name} -->`]
  const from = page.indexOf(begin)
  const to = page.indexOf(end)
  if (from < 0 || to < from) throw new Error(`no place for ${name} in ${PAGE.pathname}`)
  return `${page.slice(0, from + begin.length)}\n\n${text}\n\n${page.slice(to)}`
}

const measuredBy = ({ firstSeed, seeds, values }: Size): string =>
  `Seeds from ${firstSeed} on: ${seeds} of each fault; ${values} clean values among the first, and as many after them.`

/** The tables of one detector over all series. */
export function writeTables(all: readonly Cells[], size: Size): void {
  let page = readFileSync(PAGE, 'utf8')
  page = put(page, 'faults', faultsTable(all))
  page = put(page, 'tables', `${summary(all)} ${measuredBy(size)}\n\n${seriesTables(all)}`)
  writeFileSync(PAGE, page)
  const short: ShortOfGoal = {}
  for (const { series, alpha, cell, figure } of all.flatMap(missesOf)) {
    short[series] ??= {}
    short[series][alpha] ??= {}
    short[series][alpha][cell] = Math.round(1000 * figure) / 1000
  }
  writeFileSync(SHORT_OF_GOAL, `${JSON.stringify(short, null, 2)}\n`)
}

/** Which detector for which series. */
export function writeChoice(all: readonly Cells[], size: Size): void {
  const page = readFileSync(PAGE, 'utf8')
  const alpha = all[0]!.rates[0]!.alpha
  const text = `At alpha ${alpha}. ${measuredBy(size)}\n\n${groupTable(all)}\n\n${choiceTable(all)}`
  writeFileSync(PAGE, put(page, 'choice', text))
}
