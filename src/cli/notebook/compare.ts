/** Whether a notebook shows what it showed before, and whether its pictures are pictures. */

import { type Cell, type Notebook, type Output, tagsOf } from './notebook-file.ts'

/**
 * What differs, by cell. Of cells tagged `volatile`, whose outputs have times or speeds in them, kinds of outputs are
 * compared and not what they say.
 */
export function differences(before: Notebook, after: Notebook): string[] {
  const shows = ({ cells }: Notebook) => cells.some(({ outputs }) => outputs.length > 0)
  if (shows(after) && !shows(before))
    return ['its cells show nothing yet to compare with: millrace notebook run writes what they show']
  return after.cells.flatMap((cell, index) => {
    const was = before.cells[index]!
    if (cell.type !== 'code' || seen(cell) === seen(was)) return []
    return [`cell ${index + 1} shows ${short(seen(cell))}, and showed ${short(seen(was))}`]
  })
}

const short = (text: string): string => (text.length > 300 ? `${text.slice(0, 299)}…` : text)

const seen = (cell: Cell): string =>
  JSON.stringify(cell.outputs.map(tagsOf(cell).includes('volatile') ? kind : content))

const kind = (output: Output): unknown => [
  output.output_type,
  'data' in output ? Object.keys(output.data).sort() : '',
]

function content(output: Output): unknown {
  if (output.output_type === 'stream') return [output.name, output.text]
  if (output.output_type === 'error') return [output.ename, output.evalue]
  return Object.entries(output.data).sort(([a], [b]) => (a < b ? -1 : 1))
}

/** What is wrong with the pictures that cells show: no marks, numbers that are none. */
export function pictureFaults({ cells }: Notebook): string[] {
  return cells.flatMap(({ outputs }, index) =>
    outputs.flatMap(output => {
      const svg = 'data' in output ? output.data['image/svg+xml'] : undefined
      const fault = typeof svg === 'string' ? svgFault(svg) : undefined
      return fault === undefined ? [] : [`cell ${index + 1}: its picture ${fault}`]
    }),
  )
}

/** What is wrong with an SVG, if anything. */
export function svgFault(svg: string): string | undefined {
  if (!/^\s*<svg[\s>][\s\S]*<\/svg>\s*$/.test(svg)) return 'is no SVG'
  const markup = svg.match(/<[^>]*>/g)?.join('') ?? ''
  if (/\s(?:d|[cr]?[xy]|r|width|height|points|transform)="[^"]*(?:NaN|Infinity|undefined)/.test(markup))
    return 'has numbers that are none'
  const marks = markup.match(/<(path|circle|rect|polyline|line|polygon)\b/g)?.length ?? 0
  // The background and an axis make three.
  return marks > 3 ? undefined : 'has no marks'
}
