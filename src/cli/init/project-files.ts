/** The files of a new project, by path. */

import { firstNotebook } from './first-notebook.ts'
import { sampleRequests } from './sample-data.ts'

export interface Project {
  readonly name: string
  /** What package.json says of millrace: a version, or the path of a packed one. */
  readonly millrace: string
}

export function projectFiles(project: Project): Record<string, string> {
  return {
    'package.json': packageJson(project),
    'tsconfig.json': TSCONFIG,
    '.gitignore': 'node_modules/\nout/\n',
    'README.md': readme(project.name),
    'data/requests.csv': sampleRequests(),
    'src/pipeline.ts': PIPELINE,
    'src/main.ts': MAIN,
    'test/pipeline.test.ts': TEST,
    'notebooks/first-look.ipynb': firstNotebook(),
  }
}

const json = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`

const packageJson = ({ name, millrace }: Project): string =>
  json({
    name,
    version: '0.0.0',
    private: true,
    type: 'module',
    engines: { node: '>=22.22' },
    scripts: { start: 'node src/main.ts', test: 'vitest run', typecheck: 'tsc' },
    dependencies: { echarts: '^6.1.0', millrace },
    devDependencies: { '@types/node': '^24.0.0', typescript: '^6.0.0', vitest: '^4.0.0' },
  })

const TSCONFIG = json({
  compilerOptions: {
    target: 'es2024',
    lib: ['es2024', 'esnext.disposable', 'dom'],
    module: 'nodenext',
    types: ['node'],
    strict: true,
    noEmit: true,
    skipLibCheck: true,
    allowImportingTsExtensions: true,
    erasableSyntaxOnly: true,
    verbatimModuleSyntax: true,
  },
  include: ['src', 'test'],
})

const readme = (name: string): string => `# ${name}

\`npm start\` replays two weeks of requests as a stream, finds what is unusual, and leaves in \`out/\` a DuckDB file and a
picture. \`npm start -- --ui\` does so at half a day a second, with a page that shows it. \`npm test\` tests the pipeline,
\`npm run typecheck\` its types.

- \`src/pipeline.ts\`: what is computed. Change it first.
- \`src/main.ts\`: where rows come from and where they go.
- \`data/requests.csv\`: \`at,service,requests,latency_ms\`, every five minutes.
- \`notebooks/first-look.ipynb\`: the same data in a notebook, for Jupyter, VS Code or \`npx millrace notebook run\`.

Your own file: \`npx millrace types your.csv\` writes its schema, \`npx millrace head your.csv\` shows it.
The documentation is in \`node_modules/millrace/docs\`.
`

const PIPELINE = `import { type Bounds, counts, type Dataset, type RowOf } from 'millrace'

export const schema = {
  at: 'timestamp[ms]',
  service: 'utf8',
  requests: 'int32',
  latency_ms: 'float64',
} as const

/**
 * Every row with what was expected of it, service by service: a count with a daily season. The same for data that ends
 * and for a stream.
 */
export const scored = <B extends Bounds>(requests: Dataset<RowOf<typeof schema>, B>) =>
  requests
    .watermark('at', { outOfOrder: '10m' })
    .detect('requests', counts({ season: 'hourOfDay' }), { by: 'service', every: '5m', alpha: 1e-7 })
`

const MAIN = `import { mkdir, writeFile } from 'node:fs/promises'
import { duckdb, read, replay } from 'millrace'
import { bandChart } from 'millrace/plot'
import { schema, scored } from './pipeline.ts'

await mkdir('out', { recursive: true })

// History as a stream, at full speed; with --ui at half a day a second, and a page that shows it.
const live = process.argv.includes('--ui')
const speed = live ? 43_200 : 'max'
const requests = replay(read.csv('data/requests.csv', schema), { time: 'at', speed })
const job = await scored(requests).write(duckdb('out/requests.duckdb', 'scored')).start()
if (live) console.log('see', (await job.dashboard()).url)
await job.done

const landed = read.duckdb('out/requests.duckdb', 'scored')
await landed
  .filter(row => row.anomaly)
  .orderBy('at')
  .select('at', 'service', 'requests', 'expected', 'score')
  .show({ digits: 3 })

const day = await landed
  .filter(row => row.service.eq('checkout').and(row.at.gte(new Date('2026-01-16'))))
  .orderBy('at')
  .collect()
const chart = bandChart({
  title: 'Requests to checkout',
  subtitle: 'every five minutes, with the band that a value leaves once in ten million',
  times: day.map(row => row.at!.getTime()),
  panels: [
    {
      name: 'requests',
      observed: day.map(row => row.requests),
      expected: day.map(row => row.expected),
      lower: day.map(row => row.lower),
      upper: day.map(row => row.upper),
      alerts: day.map(row => row.anomaly === true),
    },
  ],
})
await writeFile('out/checkout.svg', chart.svg())
console.log('\\nout/checkout.svg shows it; ask more: npx millrace query out/requests.duckdb "FROM scored LIMIT 5"')
`

const TEST = `import { read } from 'millrace'
import { expect, it } from 'vitest'
import { schema, scored } from '../src/pipeline.ts'

/** Ten days of 100 requests or so; at the end as many as given. */
const days = (last: number) =>
  read.rows(
    Array.from({ length: 10 * 288 + 1 }, (_, i) => ({
      at: new Date(Date.UTC(2026, 0, 1) + i * 300_000),
      service: 'login',
      requests: i === 10 * 288 ? last : 90 + ((i * 7919) % 21),
      latency_ms: 40,
    })),
    schema,
  )

it.each([
  [98, 0],
  [300, 1],
  [0, 1],
])('of %i requests, %i anomalies', async (last, anomalies) => {
  expect(await scored(days(last)).filter(row => row.anomaly).count()).toBe(anomalies)
})
`
