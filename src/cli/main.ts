#!/usr/bin/env node
/**
 * The `millrace` command: reads arguments, calls the public API, prints results on stdout and everything else on stderr.
 *
 * Invariant: nothing is computed here that the API cannot do, and nothing heavy is loaded before it is needed, so that
 * `--help` and `query` start fast. May import everything but engines and workers.
 */

import './refuse-old-node.ts'

import { readFile } from 'node:fs/promises'
import module from 'node:module'
import { dirname } from 'node:path'
import { type Command, EXIT } from './command.ts'

// Node keeps compiled modules between runs: commands start in a third of the time. NODE_DISABLE_COMPILE_CACHE=1 says no.
const { directory } = module.enableCompileCache()
// So do the threads that it starts: each would compile, and in a clone strip of types, what its shard is made of.
if (directory !== undefined) process.env.NODE_COMPILE_CACHE ??= dirname(directory)

const COMMANDS: Readonly<Record<string, () => Promise<Command>>> = {
  __proto__: null as never,
  demo: async () => (await import('./demo.ts')).demo,
  head: async () => (await import('./head.ts')).head,
  describe: async () => (await import('./describe.ts')).describe,
  types: async () => (await import('./types.ts')).types,
  sql: async () => (await import('./sql.ts')).sql,
  convert: async () => (await import('./convert.ts')).convert,
  detect: async () => (await import('./detect.ts')).detect,
  explain: async () => (await import('./explain.ts')).explain,
  query: async () => (await import('./query.ts')).query,
  notebook: async () => (await import('./notebook.ts')).notebook,
  init: async () => (await import('./init.ts')).init,
}

const HELP = `millrace: batch and stream analytics on the threads of one machine

usage: millrace <command> [options]

commands
  demo      replays three million flights as a stream and finds the unusual hours
  head      the first rows of files
  describe  their columns in numbers
  types     their schema as TypeScript
  sql       runs SQL on files
  convert   writes the rows of files into another
  detect    scores series of files against a model
  explain   how a pipeline, files or SQL are run, and what that took
  query     runs SQL on a DuckDB file
  notebook  runs and checks TypeScript notebooks
  init      a small project to start from

options
  --help       help on a command: millrace detect --help
  --version    the version
  --verbose    stack traces of errors (also: MILLRACE_DEBUG=1)

examples
  millrace demo
  millrace head flights.parquet
  millrace convert flights.csv flights.parquet
  millrace sql "SELECT count(*) FROM 'flights.parquet'"
  millrace detect flights.parquet --time date --by origin --window 1h --model counts --into out/flights.duckdb
  millrace query out/flights.duckdb "SELECT count(*) FROM hourly"

exit codes
  0  done    1  failed    2  called wrongly    130  interrupted
`

/** Runs a command line without the program's name. Never throws; resolves to the exit code. */
async function main(args: readonly string[]): Promise<number> {
  const words = args.filter(arg => arg !== '--verbose')
  const verbose = words.length < args.length || Boolean(process.env.MILLRACE_DEBUG)
  const [name, ...rest] = words
  try {
    if (name === '--version' || name === '-v') {
      const { version } = JSON.parse(await readFile(new URL('../../package.json', import.meta.url), 'utf8'))
      process.stdout.write(`${version}\n`)
      return EXIT.ok
    }
    if (name === undefined || name === '--help' || name === '-h' || name === 'help') {
      const about = name === 'help' && rest[0] !== undefined ? await commandOf(rest[0]) : undefined
      const asked = name !== undefined
      const stream = asked ? process.stdout : process.stderr
      stream.write(about?.help ?? HELP)
      return asked ? EXIT.ok : EXIT.usage
    }
    const command = await commandOf(name)
    if (rest.includes('--help') || rest.includes('-h')) {
      process.stdout.write(command.help)
      return EXIT.ok
    }
    return await command.run(rest)
  } catch (error) {
    const { reportError } = await import('./report-error.ts')
    return reportError(error, name !== undefined && name in COMMANDS ? name : undefined, verbose)
  }
}

async function commandOf(name: string): Promise<Command> {
  const load = COMMANDS[name]
  if (load) return load()
  const { UsageError } = await import('./usage.ts')
  const { nearestName } = await import('../core/nearest-name.ts')
  const names = Object.keys(COMMANDS)
  const near = nearestName(name, names)
  throw new UsageError(
    `there is no command ${JSON.stringify(name)}`,
    `${near ? `did you mean ${near}? ` : ''}the commands are ${names.join(', ')}`,
  )
}

// A reader that has seen enough (`| head`) is no failure.
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error
    process.exit(EXIT.ok)
  })
}

process.exitCode = await main(process.argv.slice(2))
