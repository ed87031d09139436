/** `millrace init`: a small project to start from. */

import { existsSync } from 'node:fs'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import { type Command, EXIT } from './command.ts'
import { projectFiles } from './init/project-files.ts'
import { quoted } from './shell.ts'
import { parse, UsageError } from './usage.ts'

const help = `millrace init: a small project to start from

Writes a project into DIR: sample data, a pipeline that replays it as a stream, finds what is unusual, lands it in DuckDB
and draws it, a test of the pipeline, a notebook. Files that are there are never replaced.

usage: millrace init [DIR] [options]

options
  --package SPEC   what the project depends on for millrace (default: this version)

examples
  millrace init my-stream
  cd my-stream && npm install
  npm start
`

export const init: Command = {
  help,
  async run(args) {
    const { values, positionals } = parse(args, { package: { type: 'string' } })
    const [folder = '.', more] = positionals
    if (more !== undefined)
      throw new UsageError(`init takes one directory, got ${JSON.stringify(more)} as well`)
    const { version } = JSON.parse(await readFile(new URL('../../package.json', import.meta.url), 'utf8'))
    const files = projectFiles({
      name: packageName(basename(resolve(folder))),
      millrace: values.package ?? `^${version}`,
    })
    const taken = Object.keys(files).filter(path => existsSync(join(folder, path)))
    if (taken.length > 0) {
      throw new UsageError(
        `${folder === '.' ? 'the directory' : folder} has ${taken.slice(0, 3).join(', ')} already`,
        'name a directory that is new: millrace init my-stream',
      )
    }
    for (const [path, text] of Object.entries(files)) {
      await mkdir(dirname(join(folder, path)), { recursive: true })
      await writeFile(join(folder, path), text, { flag: 'wx' })
    }
    const steps = [...(folder === '.' ? [] : [`cd ${quoted(folder)}`]), 'npm install', 'npm start']
    process.stdout.write(
      `${Object.keys(files).length} files in ${folder}, of which src/pipeline.ts is the one to change\n\n  ${steps.join('\n  ')}\n`,
    )
    return EXIT.ok
  },
}

/** What npm takes for a name, made of a directory's. */
function packageName(folder: string): string {
  const name = folder
    .toLowerCase()
    .replaceAll(/[^a-z0-9-]+/g, '-')
    .replaceAll(/^-+|-+$/g, '')
  // npm installs no package into itself.
  return ['', 'millrace', 'echarts', 'typescript', 'node_modules'].includes(name)
    ? 'my-stream'
    : name.slice(0, 100)
}
