/** `millrace init`: a small project to start from. */

import { existsSync, statSync } from 'node:fs'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import { type Command, EXIT } from './command.ts'
import { projectFiles } from './init/project-files.ts'
import { quoted } from './shell.ts'
import { parse, UsageError } from './usage.ts'

const help = `millrace init: a small project to start from

Writes a project into DIR: sample data, a pipeline that replays it as a stream, finds what is unusual, lands it in DuckDB
and draws it, a test of the pipeline, a notebook. Files that are there are never replaced: a README.md and a .gitignore,
as those of a new repository, stay as they are; a directory with others of these files is refused.

usage: millrace init [DIR] [options]

options
  --package SPEC   what the project depends on for millrace (default: this version)

examples
  millrace init my-stream
  cd my-stream && npm install
  npm start
`

/** What a repository that was just made has, and a project can do without. */
const MAY_BE_THERE = ['README.md', '.gitignore']

export const init: Command = {
  help,
  async run(args) {
    const { values, positionals } = parse(args, { package: { type: 'string' } })
    const [folder = '.', more] = positionals
    if (more !== undefined)
      throw new UsageError(`init takes one directory, got ${JSON.stringify(more)} as well`)
    checkFolder(folder)
    const { version } = JSON.parse(await readFile(new URL('../../package.json', import.meta.url), 'utf8'))
    const files = projectFiles({
      name: packageName(basename(resolve(folder))),
      millrace: values.package ?? `^${version}`,
    })
    const there = Object.keys(files).filter(path => existsSync(join(folder, path)))
    const taken = there.filter(path => !MAY_BE_THERE.includes(path))
    if (taken.length > 0) {
      throw new UsageError(
        `${folder === '.' ? 'the directory' : folder} has ${taken.slice(0, 3).join(', ')} already`,
        'name a directory that is new: millrace init my-stream',
      )
    }
    const written = Object.entries(files).filter(([path]) => !there.includes(path))
    for (const [path, text] of written) {
      await mkdir(dirname(join(folder, path)), { recursive: true })
      await writeFile(join(folder, path), text, { flag: 'wx' })
    }
    const kept = there.map(path => keptNote(path, files[path]!)).join('')
    const steps = [...(folder === '.' ? [] : [`cd ${quoted(folder)}`]), 'npm install', 'npm start']
    process.stdout.write(
      `${written.length} files in ${folder}, of which src/pipeline.ts is the one to change\n${kept}\n  ${steps.join('\n  ')}\n`,
    )
    return EXIT.ok
  },
}

function checkFolder(folder: string): void {
  const hint = 'name a directory that is new: millrace init my-stream'
  if (folder === '') throw new UsageError('the name of the directory is empty', hint)
  if (statSync(folder, { throwIfNoEntry: false })?.isDirectory() === false)
    throw new UsageError(`${folder} is a file, not a directory`, hint)
}

const keptNote = (path: string, ours: string): string =>
  path === '.gitignore'
    ? `.gitignore is yours and was kept: ${ours.trim().split('\n').join(' and ')} belong in it\n`
    : `${path} is yours and was kept\n`

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
