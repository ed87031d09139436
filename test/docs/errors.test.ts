import { globSync, readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import * as millrace from '../../src/index.ts'
import { root } from './examples.ts'

/** How codes get into errors: as first argument, in a table of meanings, by a subclass, as the default of a helper. */
const SPELLINGS = [
  /new \w*Error\(\s*'([A-Z][A-Z\d_]+)'/g,
  /\bcode: '([A-Z][A-Z\d_]+)'/g,
  /\bsuper\(\s*'([A-Z][A-Z\d_]+)'/g,
  /\botherwise = '([A-Z][A-Z\d_]+)'/g,
  /\bexplain\([^;]*?,\s*'([A-Z][A-Z\d_]+)'\s*\)/g,
  /\bCODE = '([A-Z][A-Z\d_]+)'/g,
]

const sources = globSync('src/**/*.ts', { cwd: root })
  .sort()
  .map(path => ({
    path,
    // Comments name codes of errors that are thrown elsewhere.
    text: readFileSync(root + path, 'utf8').replace(/\/\*.*?\*\//gs, ''),
  }))

const thrown = new Set(
  sources.flatMap(({ text }) => SPELLINGS.flatMap(spelling => [...text.matchAll(spelling)].map(m => m[1]!))),
)
const page = readFileSync(`${root}docs/errors.md`, 'utf8')
const listed = [...page.matchAll(/^\| `([A-Z][A-Z\d_]+)` \| (.+) \| (.+) \|$/gm)].map(match => match[1]!)

it('docs/errors.md lists every code that is thrown, and none that is not', () => {
  expect(listed.toSorted()).toEqual([...thrown].sort())
})

it('every error is made with a code that can be found by reading', () => {
  // What passes a code on: helpers, and errors that come from another thread.
  const passesOn = /^(?:code|otherwise|CODE|reply\.code|error\.code)\b/
  const odd = sources.flatMap(({ path, text }) =>
    [...text.matchAll(/new (?:Plan|Data|Connector|Job|Model|Millrace)Error\(\s*([^\s,)]+)/g)]
      .map(match => match[1]!)
      .filter(first => !/^'[A-Z][A-Z\d_]+'$/.test(first) && !passesOn.test(first))
      .map(first => `${path}: ${first}`),
  )
  expect(odd).toEqual([])
})

it('codes that doc comments and pages name are thrown', () => {
  const said = [
    ...sources.flatMap(({ path }) => {
      const comments = readFileSync(root + path, 'utf8').match(/\/\*\*.*?\*\//gs) ?? []
      return comments
        .flatMap(comment => comment.match(/(?:@throws|\bErrors\b).*/s) ?? [])
        .map(text => ({ where: path, text }))
    }),
    ...globSync('docs/**/*.md', { cwd: root }).map(where => ({
      where,
      text: /## Errors\n(.*?)(?=\n## |$(?![\s\S]))/s.exec(readFileSync(root + where, 'utf8'))?.[1] ?? '',
    })),
  ]
  const wrong = said.flatMap(({ where, text }) =>
    [...text.matchAll(/`([A-Z][A-Z\d]*_[A-Z\d_]+|[A-Z]{5,})`/g)]
      .filter(match => !thrown.has(match[1]!))
      .map(match => `${where}: ${match[1]}`),
  )
  expect(wrong).toEqual([])
})

it('the classes of the page are exported', () => {
  const classes = [...page.matchAll(/^\| `(\w+Error)` \|/gm)].map(match => match[1]!)
  expect(classes).toHaveLength(5)
  for (const name of classes) expect(millrace).toHaveProperty(name)
})
