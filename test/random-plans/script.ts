/** A plan as a program: what is run, and what is printed when it fails. */

import type { Dataset } from '../../src/index.ts'
import * as millrace from '../../src/index.ts'
import * as models from '../../src/models/index.ts'
import type { Cell, Edge, RandomPlan, SourceData } from './plan.ts'
import { verbOf } from './verbs.ts'

type AnyDataset = Dataset<any, any>

const nameOf = (plan: RandomPlan, node: number): string =>
  node < plan.sources.length ? `s${node}` : `n${node}`

const reference = (plan: RandomPlan, { node, port }: Edge): string =>
  nameOf(plan, node) + (port === 'late' ? '.late()' : '')

/** The verbs, one line each, and the list of what is written. */
export function codeOf(plan: RandomPlan): string {
  const lines = plan.nodes.map(({ verb, inputs, parameters }, i) => {
    const [first, ...others] = inputs.map(edge => reference(plan, edge))
    const call = verbOf(verb).code(parameters, others)
    const made = verb === 'replay' ? `replay(${first}${call})` : `${first}${call}`
    return `const ${nameOf(plan, plan.sources.length + i)} = ${made}`
  })
  return `${lines.join('\n')}\nconst written = [${plan.sinks.map(edge => reference(plan, edge)).join(', ')}]`
}

/** What is written, over these sources. */
export function datasetsOf(plan: RandomPlan, sources: readonly AnyDataset[]): AnyDataset[] {
  const scope = { ...millrace, models, ...Object.fromEntries(sources.map((source, i) => [`s${i}`, source])) }
  const names = Object.keys(scope)
  return new Function(...names, `${codeOf(plan)}\nreturn written`)(...Object.values(scope))
}

export const rowsOfSplit = ({ columns }: SourceData, rows: readonly (readonly Cell[])[]) =>
  rows.map(row => Object.fromEntries(columns.map(({ name }, c) => [name, row[c]])))

/** A program that runs the plan over itself and shows what came, in each of the ways. */
export function scriptOf(plan: RandomPlan, ends: 'bounded' | 'unbounded', ways: readonly object[]): string {
  const sources = plan.sources.map((source, i) => {
    const bounded = ends === 'bounded' || source.alwaysBounded
    const schema = `{ ${source.columns.map(({ name, type }) => `${JSON.stringify(name)}: '${type}'`).join(', ')} }`
    const splits = source.splits.map(
      rows =>
        `  [\n${rows.map(row => `    { ${source.columns.map(({ name }, c) => `${JSON.stringify(name)}: ${cellCode(row[c]!)}`).join(', ')} },\n`).join('')}  ],\n`,
    )
    return `const rows${i} = [\n${splits.join('')}]\nconst source${i} = () => read.source(scriptedSource(${schema}, rows${i}.map(rows => [{ rows }]), { bounded: ${bounded} }), ${schema}) as any`
  })
  const names = plan.sources.map((_, i) => `const s${i} = source${i}()\n`).join('')
  const body = `${names}${codeOf(plan)}`.replaceAll('\n', '\n  ')
  return `import * as millrace from 'millrace'
import * as models from 'millrace/models'
import { scriptedSource } from 'millrace/testing'
const { ${[...new Set(`read replay start memory lit when list struct count sum mean min max first last countDistinct variance stddev quantile corr covar mode argMin argMax approxCountDistinct any every join bitAnd bitOr bitXor tumbling sliding cumulate session countWindow globalWindow rowNumber rank denseRank ntile lag lead firstValue lastValue ewma robustZ cusum`.split(' '))].join(', ')} } = millrace as any
${sources.join('\n')}
const show = (_: string, value: unknown) => typeof value === 'bigint' ? value + 'n' : Object.is(value, -0) ? '-0' : Number.isNaN(value) ? 'NaN' : value
for (const options of ${JSON.stringify(ways)}) {
  ${body}
  const sinks = written.map(() => memory())
  const job = await start(written.map((dataset: any, i: number) => dataset.write(sinks[i])), options as any)
  await job.done
  console.log(JSON.stringify(options))
  sinks.forEach((sink, i) => console.log('  sink', i, sink.rows().map((row: any) => JSON.stringify(row, show)).join('\\n         ')))
}
`
}

function cellCode(cell: Cell): string {
  if (cell === null || typeof cell === 'boolean') return String(cell)
  if (typeof cell === 'bigint') return `${cell}n`
  if (typeof cell === 'number') return Object.is(cell, -0) ? '-0' : String(cell)
  if (typeof cell === 'string') return JSON.stringify(cell)
  if (cell instanceof Map) return `new Map(${JSON.stringify([...cell])})`
  return cell instanceof Date ? `new Date(${Number(cell)})` : JSON.stringify(cell)
}
