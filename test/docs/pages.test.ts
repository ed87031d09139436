import { existsSync, globSync, readFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { allExamples, root } from './examples.ts'

const pages = globSync(['*.md', 'docs/**/*.md', 'examples/**/*.md', 'notebooks/*.md'], { cwd: root })
const textOf = (page: string): string => readFileSync(root + page, 'utf8')

/** Targets of the links of a page that point into the project. */
const linksOf = (page: string): string[] =>
  [...textOf(page).matchAll(/\]\(([^)\s]+)\)/g)]
    .map(match => match[1]!.replace(/#.*/, ''))
    .filter(target => target !== '' && !/^[a-z]+:/.test(target))

it.each(pages)('the links of %s lead somewhere', page => {
  expect(linksOf(page).filter(target => !existsSync(join(root, dirname(page), target)))).toEqual([])
})

/** What a heading is linked by. */
const anchorsOf = (page: string): string[] =>
  [...textOf(page).matchAll(/^#+ (.*)$/gm)].map(match =>
    match[1]!
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s_-]/gu, '')
      .replaceAll(' ', '-'),
  )

it.each(pages)('the links of %s to headings lead to one', page => {
  const wrong = [...textOf(page).matchAll(/\]\(([^)\s#:]*)#([^)\s]+)\)/g)].filter(([, target, anchor]) => {
    const file = target === '' ? page : join(dirname(page), target!)
    return !anchorsOf(file).includes(anchor!)
  })
  expect(wrong.map(match => match[0])).toEqual([])
})

it('every page can be reached from docs/README.md', () => {
  const seen = new Set<string>()
  const visit = (page: string): void => {
    if (seen.has(page) || !page.endsWith('.md') || !existsSync(root + page)) return
    seen.add(page)
    for (const target of linksOf(page)) {
      const path = join(dirname(page), target)
      for (const to of [path, join(path, 'README.md'), join(path, 'index.md')]) visit(to)
    }
  }
  visit('docs/README.md')
  expect(pages.filter(page => /^(?:docs|examples)\//.test(page) && !seen.has(page))).toEqual([])
})

describe.each([
  'docs/verbs',
  'docs/connectors',
  'docs/cookbook',
  'docs/coming-from',
  'docs/models/distributions',
  'docs/models/arma',
  'docs/models/detectors',
  'docs/models/statistics',
])('pages of %s', folder => {
  it('have an example each', () => {
    const withExample = new Set(allExamples().map(({ at }) => at.split(':')[0]))
    const own = pages.filter(
      page => dirname(page) === folder && !/^(?:README|index)\.md$/.test(basename(page)),
    )
    expect(own.length).toBeGreaterThan(0)
    expect(own.filter(page => !withExample.has(page))).toEqual([])
  })
})
