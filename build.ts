/**
 * Makes `dist` (or the folder named on the command line): declarations by tsc, and by esbuild one file per entry with what
 * they share in chunks. Loading a module costs Node about 0.6 ms however small it is, and there are more than a thousand.
 */

import { execFileSync } from 'node:child_process'
import { cpSync, globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build, type Plugin } from 'esbuild'

const root = fileURLToPath(new URL('./', import.meta.url))
const src = join(root, 'src')

/** What the package exports, and the files that commands, threads and processes start with. */
const ENTRIES = [
  'index.ts',
  'models/index.ts',
  'plot/index.ts',
  'live/index.ts',
  'testing.ts',
  'cli/main.ts',
  'cli/notebook/execute.ts',
  'workers/shard.ts',
  'workers/background-worker.ts',
  'models/arma/estimate/fit-worker.ts',
]

/**
 * Code is put in a chunk with what is reached from the same entries and `import()`s, of which there are a hundred: most chunks
 * would be a module or two. What these modules need comes with all, or all of a folder, and so is one chunk.
 */
const TOGETHER: readonly { readonly under: string; readonly modules: readonly string[] }[] = [
  {
    under: '',
    modules: [
      'core/options.ts',
      'core/batch/build.ts',
      'core/batch/compare.ts',
      'core/batch/format-table.ts',
      'core/batch/rows.ts',
      'core/batch/take.ts',
      'core/expr/literal.ts',
      'core/time/duration.ts',
    ],
  },
  { under: 'core/operators/', modules: ['core/operators/index.ts'] },
  { under: 'engines/', modules: ['core/operators/index.ts', 'workers/stage-runtime.ts'] },
  { under: 'workers/', modules: ['core/operators/index.ts', 'workers/stage-runtime.ts'] },
  {
    under: 'connectors/duckdb/',
    modules: [
      'connectors/duckdb/instances.ts',
      'connectors/duckdb/chunk-reader.ts',
      'connectors/duckdb/params.ts',
      'connectors/duckdb/short-query.ts',
      'connectors/duckdb/types.ts',
    ],
  },
]

/** Starts before it knows what is needed. */
const ALONE = 'cli/main.ts'

/** Read as text by the server of the live page, not imported. */
const AS_THEY_ARE = ['live/page']

/** By path from `src`: what is loaded by `import()`. */
const later = new Set(
  globSync('**/*.ts', { cwd: src }).flatMap(file =>
    [...readFileSync(join(src, file), 'utf8').matchAll(/\bimport\('(\.[^']+)'\)/g)].map(([, target]) =>
      join(dirname(file), target!),
    ),
  ),
)

function alsoImported(file: string): string {
  if (file === ALONE || !(later.has(file) || ENTRIES.includes(file))) return ''
  const modules = TOGETHER.flatMap(({ under, modules }) => (file.startsWith(under) ? modules : []))
  return modules.map(module => `import ${JSON.stringify(join(src, module))}\n`).join('')
}

/**
 * A module goes on saying where it is by its own path, in whichever file its code comes to lie: a mark in place of
 * `import.meta.url` is resolved when that is known.
 */
const sources: Plugin = {
  name: 'sources',
  setup(build) {
    build.onLoad({ filter: /\.ts$/ }, ({ path }) => {
      const file = relative(src, path)
      const place = file.replaceAll('\\', '/').replace(/\.ts$/, '.js')
      const text = readFileSync(path, 'utf8').replaceAll(
        'import.meta.url',
        `__place(${JSON.stringify(place)})`,
      )
      return { loader: 'ts', contents: `${text}\n${alsoImported(file)}` }
    })
  },
}

const resolvePlaces = (text: string, file: string): string =>
  text.replaceAll(/__place\("([^"]+)"\)/g, (_, place: string) => {
    const from = relative(dirname(file), join(outdir, place)).replaceAll('\\', '/')
    return `new URL(${JSON.stringify(from)}, import.meta.url).href`
  })

const outdir = resolve(process.argv[2] ?? join(root, 'dist'))
rmSync(outdir, { recursive: true, force: true })
execFileSync(
  process.execPath,
  [
    join(root, 'node_modules/typescript/bin/tsc'),
    '-p',
    join(root, 'tsconfig.build.json'),
    '--outDir',
    outdir,
  ],
  { stdio: 'inherit' },
)
for (const folder of AS_THEY_ARE) {
  for (const file of globSync(`${folder}/*.js`, { cwd: src })) cpSync(join(src, file), join(outdir, file))
}
const { outputFiles } = await build({
  entryPoints: ENTRIES.map(entry => join(src, entry)),
  outbase: src,
  outdir,
  bundle: true,
  splitting: true,
  chunkNames: 'chunks/[name]-[hash]',
  format: 'esm',
  platform: 'node',
  target: 'node22',
  packages: 'external',
  plugins: [sources],
  write: false,
  logLevel: 'warning',
})
for (const { path, text } of outputFiles) {
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, resolvePlaces(text, path))
}
