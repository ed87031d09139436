/** The tables of functions and aggregates are the lists: pages and exports have what is in them, and nothing else. */

import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import * as factories from '../../src/core/dataset/aggregates.ts'
import * as ofNumbers from '../../src/core/dataset/aggregates-of-numbers.ts'
import * as ofValues from '../../src/core/dataset/aggregates-of-values.ts'
import { udf } from '../../src/core/dataset/udf.ts'
import { Expression, list, lit, random, struct, when } from '../../src/core/expr/builder.ts'
import { FUNCTIONS } from '../../src/core/expr/functions/index.ts'
import { foldNames, simpleFoldNames } from '../../src/core/folds/index.ts'

const root = resolve(import.meta.dirname, '../..')
const page = (path: string): string => readFileSync(join(root, path), 'utf8')
/** One cell of each row of the tables of a text. */
const cells = (text: string, column: number): string[] =>
  [...text.matchAll(/^\| (.*) \|$/gm)].map(([, row]) => row!.split(' | ')[column] ?? '')
const sorted = (names: Iterable<string>): string[] => [...new Set(names)].sort()

describe('aggregates', () => {
  it('are exported, one factory each', () => {
    // Those that are others with constants.
    const { median: _, countIf: __, ...own } = { ...factories, ...ofNumbers, ...ofValues }
    expect(Object.keys(own).sort()).toEqual(sorted(foldNames()))
  })

  it('are those of docs/aggregates.md', () => {
    const shown = cells(page('docs/aggregates.md'), 0).flatMap(cell => [...cell.matchAll(/`(\w+)\(/g)])
    expect(sorted(shown.map(match => match[1]!))).toEqual(sorted(foldNames()))
  })

  it('are those of the README', () => {
    const row = /^\| Aggregates \| ([^|]*) \|/m.exec(page('README.md'))![1]!
    expect(sorted([...row.matchAll(/`(\w+)`/g)].map(match => match[1]!))).toEqual(sorted(foldNames()))
  })

  it('are taken by the command line, where they need one column and no more', () => {
    const row = /^\| `--agg NAME` \| `([^`]*)`/m.exec(page('docs/cli.md'))![1]!
    expect(sorted(row.split(' '))).toEqual(sorted(simpleFoldNames()))
  })
})

describe('functions', () => {
  const names = sorted(FUNCTIONS.keys())

  it('are methods of an expression, when(), random() and udf()', () => {
    const methods = Object.getOwnPropertyNames(Expression.prototype).filter(name => name !== 'constructor')
    expect(sorted([...methods, when.name, random.name, udf.name, struct.name, list.name, lit.name])).toEqual(
      names,
    )
  })

  it('are those of docs/expressions.md', () => {
    const shown = cells(page('docs/expressions.md').split('## Functions')[1]!.split('\n## ')[0]!, 1)
    // `add sub mul`, `cast('float64')`, and of `.otherwise(value)`, which is no function, nothing.
    const code = shown.flatMap(cell => [...cell.matchAll(/`(\w[^`]*)`/g)]).map(match => match[1]!)
    const words = code.flatMap(text => (text.includes('(') ? [text.split('(')[0]!] : text.split(' ')))
    expect(sorted(words)).toEqual(names)
  })
})
