/**
 * What a change must not cross: adding a verb, a function, an aggregate, a connector or a file format touches no more than
 * is proved here.
 */

import { globSync, readFileSync, writeFileSync } from 'node:fs'
import { join, relative, resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { FileFormat } from '../../src/connectors/duckdb/file-format.ts'
import { fileSource } from '../../src/connectors/duckdb/file-scan.ts'
import { textParam } from '../../src/connectors/duckdb/params.ts'
import { boundCall } from '../../src/core/expr/bound.ts'
import type { Expr } from '../../src/core/expr/expr.ts'
import { coerce } from '../../src/core/expr/functions/casts.ts'
import { type FunctionSpec, strict } from '../../src/core/expr/functions/contract.ts'
import { FUNCTIONS } from '../../src/core/expr/functions/index.ts'
import { declareNotations, show } from '../../src/core/expr/show.ts'
import { definitionOf } from '../../src/core/operators/index.ts'
import { schemaFrom } from '../../src/core/types/schema.ts'
import { col, count, Expression, max, read, replay } from '../../src/index.ts'
import { lowerExpr } from '../../src/sql/lower.ts'
import { temporaryDirectory } from '../connectors/duckdb/helpers.ts'
import { importsIn } from './read-imports.ts'

const src = resolve(import.meta.dirname, '../../src')
const sources = globSync('**/*.ts', { cwd: src }).sort()

const textOf = (file: string): string => readFileSync(join(src, file), 'utf8')

const importedBy = new Map(
  sources.map(file => [
    file,
    importsIn(textOf(file))
      .filter(({ specifier }) => specifier.startsWith('.'))
      .map(({ specifier }) => relative(src, resolve(src, file, '..', specifier))),
  ]),
)

/** The files that import one of these and are none of them. */
const importersOf = (files: readonly string[]): string[] =>
  sources.filter(file => !files.includes(file) && importedBy.get(file)!.some(path => files.includes(path)))

/** The files whose code, comments aside, has a text: a quoted name, or a word. */
const naming = (text: RegExp): string[] =>
  sources.filter(file => text.test(textOf(file).replace(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, '')))

describe('a verb', () => {
  /** The ends of a plan, `replay`, which sits right on a source, and what the planner puts beside them: structure. */
  const STRUCTURE = ['source', 'sink', 'replay', 'decode', 'encode']
  const verbs = sources.flatMap(file => {
    if (!file.startsWith('core/operators/')) return []
    const kinds = [...textOf(file).matchAll(/= defineOperator<\w+>\(\{\n {2}kind: '(\w+)'/g)].map(
      found => found[1]!,
    )
    return kinds.some(kind => !STRUCTURE.includes(kind)) ? [{ file, kinds }] : []
  })

  it('is found by its definition', () => {
    expect(verbs.flatMap(({ kinds }) => kinds)).toEqual(
      expect.arrayContaining(['agg', 'detect', 'explode', 'limit']),
    )
  })

  it.each(verbs)('$kinds is known to the registry and its methods alone', ({ file }) => {
    const others = importersOf([file]).filter(other => !other.startsWith('core/operators/'))
    expect(others.filter(other => !other.startsWith('core/dataset/'))).toEqual([])
    expect(importersOf([file])).toContain('core/operators/index.ts')
  })

  it('runs as kernel steps, as an operator, or not at all', () => {
    for (const kind of verbs.flatMap(({ kinds }) => kinds)) {
      const { steps, open, runtime } = definitionOf({ kind, inputs: [] })
      expect([steps, open, runtime].filter(Boolean), kind).toHaveLength(1)
    }
  })

  it('is nowhere asked for by its name', () => {
    const kinds = verbs.flatMap(({ kinds }) => kinds).join('|')
    const asked = new RegExp(`(?:node|body)\\.kind [!=]== '(?:${kinds})'`)
    expect(sources.filter(file => !file.startsWith('core/operators/') && asked.test(textOf(file)))).toEqual(
      [],
    )
  })
})

describe('a function', () => {
  it('is looked up where calls are bound, and nowhere else', () => {
    expect(importersOf(['core/expr/functions/index.ts'])).toEqual(['core/expr/bind.ts'])
  })

  it.each([
    ['intDiv', 'arithmetic'],
    ['between', 'comparison'],
    ['coalesce', 'nulls'],
    ['startsWith', 'text'],
    ['truncate', 'time'],
  ])('%s is named in its family and by its method alone', (name, family) => {
    expect(naming(new RegExp(`'${name}'`))).toEqual([
      'core/expr/builder.ts',
      `core/expr/functions/${family}.ts`,
    ])
  })

  /** A function that is not part of the package: what its own file would hold. */
  const hypot: FunctionSpec = {
    name: 'hypot',
    infix: '⊕',
    duckdb: { sql: ([a, b]) => `sqrt(${a} * ${a} + ${b} * ${b})` },
    bind: (args, call) =>
      boundCall(
        hypot,
        'float64',
        args.map(arg => coerce(arg, 'float64')),
        call,
      ),
    interpret: strict((_node, a: number, b: number) => Math.sqrt(a * a + b * b)),
    emit(node, emitter) {
      const { args, ...nulls } = emitter.strict(node)
      const [a, b] = args.map(arg => arg.value)
      return { value: emitter.constant(`Math.sqrt(${a} * ${a} + ${b} * ${b})`), ...nulls }
    },
  }

  it('needs its own file and a line in the registry to be shown, interpreted, compiled and sent to DuckDB', async () => {
    // The line: the registry is a map, and tells show() how its functions are written.
    const registry = FUNCTIONS as Map<string, FunctionSpec>
    registry.set(hypot.name, hypot)
    declareNotations([hypot])
    try {
      const call: Expr = { kind: 'call', fn: 'hypot', args: [col('x').expr, col('y').expr] }
      expect(show(call)).toBe('x ⊕ y')
      const data = read.rows(
        [
          { x: 3, y: 4 },
          { x: 5, y: 12 },
          { x: 1, y: null },
        ],
        {
          x: 'float64',
          y: 'float64',
        },
      )
      const query = data.with({ length: () => new Expression<number | null>(call) }).select('length')
      const expected = [{ length: 5 }, { length: 13 }, { length: null }]
      expect(await query.collect({ shards: 0 })).toEqual(expected)
      expect(await query.explain()).toContain('x ⊕ y')
      const lowered = lowerExpr(call, schemaFrom({ x: 'float64', y: 'float64' }))
      expect(lowered?.sql).toBe('sqrt("x" * "x" + "y" * "y")')
    } finally {
      registry.delete(hypot.name)
    }
  })
})

describe('an aggregate', () => {
  it.each([
    ['countDistinct', 'count-distinct'],
    ['stddev', 'variance'],
    ['corr', 'corr'],
  ])('%s is named in its file, in the table and by its factory alone', (name, file) => {
    expect(naming(new RegExp(`\\b${name}\\b`))).toEqual(
      ['core/dataset/aggregates.ts', `core/folds/${file}.ts`, 'core/folds/index.ts'].sort(),
    )
  })

  it('with options is known to the table alone', () => {
    expect(importersOf(['core/folds/quantile.ts'])).toEqual(['core/folds/index.ts'])
  })

  it('is opened by the table alone', () => {
    const folds = sources.filter(file => file.startsWith('core/folds/') && file !== 'core/folds/index.ts')
    expect(importersOf(folds)).toEqual(['core/folds/index.ts'])
  })
})

describe('a connector', () => {
  const connectors = [
    ['rows', 'connectors/memory/rows.ts'],
    ['iterables', 'connectors/memory/iterable.ts'],
    ['Arrow tables', 'connectors/memory/arrow.ts'],
    ['collecting', 'connectors/memory/collect.ts'],
    ['the console', 'connectors/console.ts'],
    ['DuckDB tables', 'connectors/duckdb/source.ts'],
    ['DuckDB sinks', 'connectors/duckdb/sink.ts'],
    ['Parquet', 'connectors/duckdb/parquet.ts'],
  ] as const

  it.each(connectors)('for %s is known to read.ts or sinks.ts alone', (_, file) => {
    const outside = importersOf([file]).filter(other => !/^(connectors|testing)\//.test(other))
    expect(outside).toHaveLength(1)
    expect(['read.ts', 'sinks.ts']).toContain(outside[0])
  })
})

/** Formats that are not part of the package: each needs its own file, here the few lines of its constant. */
describe('a file format', () => {
  const directory = temporaryDirectory()

  const separated = (delimiter: string): FileFormat => ({
    name: 'CSV',
    from: 'read_csv($1, header = true, delim = $2)',
    params: [textParam(delimiter)],
  })
  const jsonLines: FileFormat = {
    name: 'JSON',
    from: "read_json($1, format = 'newline_delimited', columns = { 'at': 'TIMESTAMP', 'city': 'VARCHAR', 'delay': 'INTEGER' })",
  }

  const flights = Array.from({ length: 5000 }, (_, i) => ({
    at: new Date(Date.UTC(2024, 0, 1) + ((i * 7919) % 5000) * 60_000),
    city: ['Houston', 'Austin', 'O\'Hare; "$1"'][i % 3]!,
    delay: i % 11 === 0 ? null : (i % 200) - 20,
  }))
  const isoOf = (date: Date) => date.toISOString().replace('T', ' ').slice(0, 19)
  const quoted = (text: string) => `"${text.replaceAll('"', '""')}"`

  function write(name: string, lines: readonly string[]): string {
    const path = join(directory, name)
    writeFileSync(path, `${lines.join('\n')}\n`)
    return path
  }
  const csv = (name: string, delimiter: string, rows: typeof flights) =>
    write(name, [
      ['at', 'city', 'delay'].join(delimiter),
      ...rows.map(({ at, city, delay }) => [isoOf(at), quoted(city), delay ?? ''].join(delimiter)),
    ])
  const json = (name: string, rows: typeof flights) =>
    write(
      name,
      rows.map(({ at, ...row }) => JSON.stringify({ at: isoOf(at), ...row })),
    )

  const SCHEMA = { at: 'timestamp', city: 'utf8', delay: 'int32' } as const

  const formats = [
    ['CSV with semicolons', () => fileSource(separated(';'), csv('a [1].csv', ';', flights))],
    [
      'CSV in two files',
      () =>
        fileSource(separated('\t'), [
          csv('1.tsv', '\t', flights.slice(0, 2000)),
          csv('2.tsv', '\t', flights.slice(2000)),
        ]),
    ],
    ['JSON lines', () => fileSource(jsonLines, json('a.json', flights))],
  ] as const

  describe.each(formats)('%s', (_, source) => {
    const open = () => read.source(source(), SCHEMA)

    it('gives the rows of its files in order', async () => {
      expect(await open().collect()).toEqual(flights)
    })

    it('filters and picks columns inside DuckDB', async () => {
      const late = open()
        .filter(r => r.delay.gt(150))
        .select('city', 'delay')
      expect(await late.explain()).toContain('[duckdb]')
      expect(await late.explain()).toContain('pushed into the scan')
      expect(await late.collect()).toEqual(
        flights
          .filter(({ delay }) => delay !== null && delay > 150)
          .map(({ city, delay }) => ({ city, delay })),
      )
    })

    it('is replayed in the order of a column', async () => {
      const replayed: number[] = []
      for await (const { at } of replay(open(), { time: 'at' }).limit(5000).rows())
        replayed.push(at!.getTime())
      expect(replayed).toEqual(flights.map(({ at }) => at.getTime()).sort((a, b) => a - b))
    })

    it('runs through the engine on threads', async () => {
      const grouped = await open()
        .groupBy('city')
        .agg({ n: count(), worst: max(r => r.delay) })
        .collect({ shards: 2 })
      const expected = Object.entries(Object.groupBy(flights, ({ city }) => city)).map(([city, rows]) => ({
        city,
        n: rows!.length,
        worst: Math.max(...rows!.map(({ delay }) => delay ?? -Infinity)),
      }))
      expect(grouped.map(row => ({ ...row, n: Number(row.n) }))).toEqual(expect.arrayContaining(expected))
    })
  })

  it('names itself in errors', async () => {
    const missing = fileSource(separated(','), join(directory, 'none.csv'))
    await expect(missing.schema()).rejects.toThrow('there is no file')
    const folder = fileSource({ ...separated(','), extensions: ['.tab'] }, directory)
    await expect(folder.schema()).rejects.toThrow('has no files that end in .tab')
    const narrow = read.source(
      fileSource(separated(','), csv('b.csv', ',', flights)) as ReturnType<typeof fileSource> & {
        bounded: true
      },
      { delay: 'int8' },
    )
    await expect(narrow.collect()).rejects.toThrow('column "delay" holds')
  })
})
