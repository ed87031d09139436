import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { entries } from './entries.ts'

interface Export {
  readonly name: string
  readonly kind: string
  /** The doc comment; undefined without one. */
  readonly comment: string | undefined
}

const DECLARATION = /^export (?:async )?(function\*?|const|class|interface|type) ([\w$]+)/gm

const withoutComments = (text: string): string => text.replace(/\/\*.*?\*\//gs, '')

/** Everything a module exports, followed to where it is declared. */
function exportsOf(path: string): Map<string, Export> {
  const text = readFileSync(path, 'utf8')
  const found = new Map<string, Export>()
  for (const [, list, from] of withoutComments(text).matchAll(
    /^export (\*|(?:type )?\{[^}]*\}) from '([^']+)'/gm,
  )) {
    const there = exportsOf(join(dirname(path), from!))
    if (list === '*') for (const [name, what] of there) found.set(name, what)
    for (const item of list!.match(/[\w$]+(?: as [\w$]+)?(?=\s*[,}])/g) ?? []) {
      const [name, as = name] = item.split(' as ') as [string, string?]
      const what = there.get(name)
      if (!what) throw new Error(`${path} exports ${name}, which ${from} does not declare`)
      found.set(as, what)
    }
  }
  for (const match of text.matchAll(DECLARATION)) {
    const [, kind, name] = match as unknown as [string, string, string]
    // Overloads share the comment of the first.
    if (found.has(name) && kind.startsWith('function')) continue
    const comment = /\/\*\*((?:(?!\*\/).)*)\*\/\s*$/s.exec(text.slice(0, match.index))?.[1]
    found.set(name, { name, kind, comment })
  }
  return found
}

describe.each(Object.entries(entries))('%s', (_, path) => {
  const all = [...exportsOf(path).values()]

  it('exports nothing without a doc comment', () => {
    expect(all.length).toBeGreaterThan(0)
    expect(all.filter(({ comment }) => comment === undefined).map(({ name }) => name)).toEqual([])
  })

  it('has an example for every function and class', () => {
    const needing = all.filter(({ kind }) => kind === 'class' || kind.startsWith('function'))
    expect(needing.filter(({ comment }) => !comment?.includes('@example')).map(({ name }) => name)).toEqual(
      [],
    )
  })

  it('has none that this test does not see', async () => {
    const seen = new Set(all.map(({ name }) => name))
    const values = Object.keys(await import(/* @vite-ignore */ path))
    expect(values.filter(name => !seen.has(name))).toEqual([])
  })
})
