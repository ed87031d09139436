/** The first page of the site. */

const FEATURES = [
  [
    'One Dataset API',
    'Typed and lazy, over data that ends and data that does not. A wrong column does not compile.',
    'verbs/',
  ],
  [
    'Event time',
    'Windows, watermarks, late rows, changelogs, joins, patterns: the same rows whatever the threads and batches.',
    'time',
  ],
  [
    'Models while data flows',
    'ARMA, distributions and robust detectors score series and say why a value is unusual.',
    'models/detectors/',
  ],
  [
    'Everything people bring',
    'CSV, JSON, Parquet, Arrow, DuckDB, growing files, sockets, HTTP; exactly once into files and tables.',
    'connectors/',
  ],
  ['SQL at hand', 'Results land in DuckDB; sql`…` asks any dataset.', 'verbs/sql'],
  [
    'Pictures and notebooks',
    'Charts reduced in the threads, drawn to SVG, shown in TypeScript notebooks.',
    'plot',
  ],
] as const

/** @param readme the text of README.md, whose program the page shows */
export function homePage(readme: string): string {
  const program = /## Write your own[\s\S]*?(```ts[\s\S]*?```)/.exec(readme)?.[1] ?? ''
  const features = FEATURES.map(
    ([title, details, link]) =>
      `  - title: ${JSON.stringify(title)}\n    details: ${JSON.stringify(details)}\n    link: /${link}`,
  )
  return `---
layout: home
hero:
  name: Millrace
  text: Streams and batches on the threads of one machine
  tagline: A TypeScript toolkit. Arrow batches in shared memory, event-time windows, models that score data while it flows, results in DuckDB.
  actions:
    - { theme: brand, text: Get started, link: /getting-started }
    - { theme: alt, text: Verbs, link: /verbs/ }
    - { theme: alt, text: Reference, link: /reference/ }
features:
${features.join('\n')}
---

## A stream of three million flights

${program}
`
}
