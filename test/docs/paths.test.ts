import { existsSync, globSync, readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { projectFiles } from '../../src/cli/init/project-files.ts'
import { root } from './examples.ts'

const textOf = (page: string): string => readFileSync(root + page, 'utf8')

/** Files and folders of the project that a page names in backticks; `<name>` and `*` stand for some name. */
const named = (text: string): string[] =>
  [...text.matchAll(/`((?:src|test|docs|bench|examples|notebooks)\/[^\s`:]*)`/g)]
    .map(match => match[1]!)
    // Results of benchmarks are not kept.
    .filter(path => !path.startsWith('bench/results/'))

const exists = (path: string): boolean =>
  globSync(path.replaceAll(/<[^>]*>/g, '*').replace(/\/$/, ''), { cwd: root }).length > 0

it.each(globSync(['*.md', 'docs/**/*.md', 'examples/**/*.md'], { cwd: root }))(
  'the files that %s names exist',
  page => {
    const text = textOf(page)
    // Those that a page on extending adds, and those of the project that `init` writes.
    const added = [...text.matchAll(/^```ts file=(\S+)$/gm)].map(match => match[1]!)
    if (page === 'docs/getting-started.md')
      added.push(...Object.keys(projectFiles({ name: 'mine', millrace: '*' })))
    expect(named(text).filter(path => !added.includes(path) && !exists(path))).toEqual([])
  },
)

/** The paths of a drawn tree: a name a line, two spaces a level, then what is in it. */
function pathsOfTree(tree: string): string[] {
  const above: string[] = []
  return [...tree.matchAll(/^((?: {2})*)(\S+)/gm)].map(([, indent, name]) => {
    const depth = indent!.length / 2
    above.length = depth
    above.push(name!)
    return above.join('')
  })
}

it('the tree in CONTRIBUTING.md is the tree there is', () => {
  const [, tree] = /```text\n(src\/\n.*?)```/s.exec(textOf('CONTRIBUTING.md'))!
  const paths = pathsOfTree(tree!)
  expect(paths.filter(path => !existsSync(root + path))).toEqual([])
  const folders = ['src/*/', 'src/core/*/', 'src/models/*/'].flatMap(pattern =>
    globSync(pattern, { cwd: root }),
  )
  expect(folders.filter(folder => !paths.includes(folder.replace(/\/?$/, '/')))).toEqual([])
})
