/** Draws the chart of the page on charts: `node docs/charts/draw.ts` runs its program, which writes `load.svg` here. */
import { readFileSync, rmSync, writeFileSync } from 'node:fs'

const here = new URL('.', import.meta.url)
const source = (path: string) => JSON.stringify(new URL(`../../src/${path}`, here).href)
const [, program] = /```ts\n([\s\S]*?)```/.exec(readFileSync(new URL('../plot.md', here), 'utf8'))!
const code = program!
  .replaceAll("'millrace/plot'", source('plot/index.ts'))
  .replaceAll("'millrace'", source('index.ts'))
const file = new URL('plot.mts', here)
writeFileSync(file, code)
try {
  process.chdir(here.pathname)
  await import(file.href)
} finally {
  rmSync(file)
}
