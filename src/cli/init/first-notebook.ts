/** The notebook of a new project. */

import { formatNotebook } from '../notebook/notebook-file.ts'

const CELLS: readonly (readonly ['markdown' | 'code', string])[] = [
  [
    'markdown',
    `# A first look

Requests to three services, every five minutes of two weeks. Cells run in JupyterLab or VS Code with the kernel that
\`npx --yes deno@2 jupyter --install\` installs, and without either by
\`npx millrace notebook run notebooks/first-look.ipynb\`.`,
  ],
  [
    'code',
    `import { max, mean, read, sum, tumbling } from 'millrace'
import { schema, scored } from '../src/pipeline.ts'

const requests = read.csv('../data/requests.csv', schema)
requests`,
  ],
  ['markdown', 'By service:'],
  [
    'code',
    `requests.groupBy('service').agg({ requests: sum('requests'), most: max('requests'), latency: mean('latency_ms') })`,
  ],
  ['markdown', 'By hour:'],
  [
    'code',
    `const hourly = requests
  .watermark('at')
  .groupBy('service')
  .window(tumbling('1h'))
  .agg({ requests: sum('requests') })
await hourly.plot.line({ x: 'windowStart', y: 'requests', by: 'service', title: 'Requests by hour' })`,
  ],
  ['markdown', 'What the pipeline finds unusual, with its band:'],
  [
    'code',
    `const search = scored(requests).filter(r => r.service.eq('search').and(r.at.lt(new Date('2026-01-16'))))
await search
  .filter(r => r.at.gte(new Date('2026-01-13')))
  .plot.band({ x: 'at', y: 'requests', title: 'Requests to search' })`,
  ],
]

/** Without outputs: those come when it is run. */
export const firstNotebook = (): string =>
  formatNotebook({
    metadata: {},
    cells: CELLS.map(([type, source], i) => ({
      type,
      source,
      id: `cell-${i + 1}`,
      metadata: {},
      executionCount: null,
      outputs: [],
    })),
  })
