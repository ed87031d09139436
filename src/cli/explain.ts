/** `millrace explain`: how a pipeline, files or SQL would run, and with `--analyze` how they did. */

import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { Dataset, PendingWrite } from '../index.ts'
import { type Command, EXIT } from './command.ts'
import { FILES_HELP, openFiles } from './files.ts'
import { READ_HELP, READ_OPTIONS, readingOf } from './read-options.ts'
import { numberIn, parse, UsageError } from './usage.ts'

const help = `millrace explain: prints how a pipeline, files or a query are run

A module (.ts, .js, .mjs) is imported; what it exports by default, or by the name after a #, is a dataset or what write() gives.
SQL is DuckDB's, as millrace sql runs it. ${FILES_HELP}

usage: millrace explain MODULE[#NAME] | FILE… | SQL [options]

options
  --analyze            runs it, writes nothing, and prints rows, batches, bytes and CPU under each line
  --shards N           worker threads (default: one a processor)
${READ_HELP}

examples
  millrace explain pipeline.ts --analyze
  millrace explain pipeline.ts#alerts
  millrace explain flights.parquet --analyze
  millrace explain "SELECT count(*) FROM 'flights.parquet'" --analyze
`

export const explain: Command = {
  help,
  async run(args) {
    const { values, positionals } = parse(args, {
      analyze: { type: 'boolean' },
      shards: { type: 'string' },
      ...READ_OPTIONS,
    })
    const [what, ...others] = positionals
    if (what === undefined)
      throw new UsageError('explain takes a module, files or SQL', 'millrace explain pipeline.ts --analyze')
    const { analyze = false } = values
    const shards = numberIn(values.shards, 'shards', { least: 0, most: 256, whole: true })
    const options = { analyze, ...(shards === undefined ? {} : { shards }) }
    if (others.length === 0 && isSql(what)) process.stdout.write(await explainedSql(what, analyze))
    else if (others.length === 0 && MODULE.test(what)) {
      const exported = await exportOf(what)
      process.stdout.write(`${await exported.explain(options)}\n`)
    } else {
      await using opened = await openFiles(positionals, readingOf(values), 'explain')
      process.stdout.write(`${await opened.dataset.explain(options)}\n`)
    }
    return EXIT.ok
  },
}

const MODULE = /\.[cm]?[jt]s(#\w+)?$/

const isSql = (text: string): boolean =>
  /^\s*(select|from|with|values|pivot|describe|summarize)\s/i.test(text)

/** @throws {UsageError} where the module exports nothing that could be explained */
async function exportOf(path: string): Promise<Dataset<any, any> | PendingWrite> {
  const [file, name] = path.split('#') as [string, string?]
  const module: Readonly<Record<string, unknown>> = await import(pathToFileURL(resolve(file)).href)
  const explains = (value: unknown) => value instanceof Dataset || value instanceof PendingWrite
  const named = Object.keys(module).filter(key => explains(module[key]))
  const chosen = name ?? (explains(module.default) || named.length === 0 ? 'default' : named[0]!)
  if (explains(module[chosen])) return module[chosen] as Dataset<any, any>
  throw new UsageError(
    `${file} exports no dataset${name === undefined ? '' : ` ${JSON.stringify(name)}`}`,
    named.length > 0
      ? `it exports ${named.join(', ')}: ${file}#${named[0]}`
      : 'export default flights.filter(…)',
  )
}

async function explainedSql(text: string, analyze: boolean): Promise<string> {
  const { queryFiles } = await import('../connectors/duckdb/query.ts')
  const { rowsOf } = await import('../core/batch/rows.ts')
  const { batches } = await queryFiles(`EXPLAIN ${analyze ? 'ANALYZE ' : ''}${text}`, { maxRows: 100 })
  return batches
    .flatMap(batch => rowsOf(batch))
    .map(row => `${String(row.explain_value)}\n`)
    .join('')
}
