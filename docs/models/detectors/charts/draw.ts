/**
 * Draws the charts of the pages beside it: `node docs/models/detectors/charts/draw.ts`. Series and model are those of a
 * page's first program: what it calls `rows` (with `at` and one column of numbers) and `model`.
 */
import { globSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { basename } from 'node:path'
import { type DetectorModel, type DetectorSpec, read } from '../../../../src/index.ts'
import { bandChart } from '../../../../src/plot/index.ts'

const here = new URL('.', import.meta.url)
/** How many of the last values are shown. */
const SHOWN = 240

interface Program {
  readonly rows: readonly { readonly at: Date; readonly [column: string]: Date | number | null }[]
  readonly model: DetectorSpec | DetectorModel
}

/** A page's series and model: its first program, up to `detect`. */
async function programOf(page: string): Promise<Program> {
  const text = readFileSync(page, 'utf8')
  const [, program] = /```ts\n([\s\S]*?)\nconst anomalies/.exec(text)!
  const source = (path: string) => JSON.stringify(new URL(`../../../../src/${path}`, here).href)
  const code = program!
    .replaceAll("'millrace/models'", source('models/index.ts'))
    .replaceAll("'millrace'", source('index.ts'))
  const file = new URL(`${basename(page, '.md')}.mts`, here)
  writeFileSync(file, `${code}\nexport { rows, model }\n`)
  try {
    return await import(file.href)
  } finally {
    rmSync(file)
  }
}

for (const page of globSync('../*.md', { cwd: here }).map(path => new URL(path, here).pathname)) {
  const name = basename(page, '.md')
  if (!readFileSync(page, 'utf8').includes(`](charts/${name}.svg)`)) continue
  const { rows, model } = await programOf(page)
  const column = Object.keys(rows[0]!).find(key => key !== 'at')!
  const scored = await read
    .rows(
      rows.map(row => ({ at: row.at, value: row[column] as number | null })),
      { at: 'timestamp', value: 'float64' },
    )
    .watermark('at')
    .detect('value', model, { by: [], every: '1h', alpha: 1e-3 })
    .collect()
  const shown = scored.slice(-SHOWN)
  const chart = bandChart({
    title: column,
    subtitle: `${name}: expected, and the band that it leaves once in a thousand values`,
    times: shown.map(row => row.at.getTime()),
    panels: [
      {
        name: column,
        observed: shown.map(row => row.value),
        expected: shown.map(row => row.expected),
        lower: shown.map(row => row.lower),
        upper: shown.map(row => row.upper),
        alerts: shown.map(row => row.anomaly === true),
      },
    ],
    width: 900,
    height: 340,
  })
  writeFileSync(new URL(`${name}.svg`, here), `${chart.svg()}\n`)
}
