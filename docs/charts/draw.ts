/** Draws the pictures of the page on them: `node docs/charts/draw.ts` runs its programs, which write them here. */
import { readFileSync, rmSync, writeFileSync } from 'node:fs'

const here = new URL('.', import.meta.url)
const source = (path: string) => JSON.stringify(new URL(`../../src/${path}`, here).href)
const page = readFileSync(new URL('../plot.md', here), 'utf8')
process.chdir(here.pathname)
for (const [i, [, program]] of [...page.matchAll(/```ts\n([\s\S]*?)```/g)].entries()) {
  // The first reads flights, which are not here.
  if (!program!.includes('.svg') || program!.includes('.parquet')) continue
  const code = program!
    .replaceAll("'millrace/plot'", source('plot/index.ts'))
    .replaceAll("'millrace/models'", source('models/index.ts'))
    .replaceAll("'millrace'", source('index.ts'))
  const file = new URL(`plot-${i}.mts`, here)
  writeFileSync(file, code)
  try {
    await import(file.href)
  } finally {
    rmSync(file)
  }
}
