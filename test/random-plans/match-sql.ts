/**
 * Patterns of rows in SQL. Each row is a letter that says which conditions it satisfies, the rows of a key are a text, and
 * the pattern is a regular expression over it: RE2 prefers, as `match` does, what a search with backtracking finds first.
 */

import type { Gap, MatchParameters, Measure, Step } from './match-verbs.ts'
import { type Column, columnOf, type Shape } from './plan.ts'
import { duckdbType, epochUs, quoted } from './sql-names.ts'
import { items, keySql, PLACE, type SqlInput, timelyRows } from './verb.ts'

/** The letters of rows that satisfy a condition, or that do not; conditions are bits, in the order of the steps. */
const letters = (steps: readonly Step[], wanted: (mask: number) => boolean): string =>
  Array.from({ length: 1 << steps.length }, (_, mask) => mask)
    .filter(wanted)
    .map(mask => String.fromCharCode(65 + mask))
    .join('')

/** What stands between two rows. @param not steps that no row in between is */
function gapPattern(steps: readonly Step[], gap: Gap, to: number, not: readonly number[]): string {
  if (gap === 'next') return ''
  const passed = gap === 'followedBy' ? [...not, to] : not
  const between = letters(steps, mask => passed.every(step => (mask & (1 << step)) === 0))
  return gap === 'followedBy' ? `[${between}]*` : `[${between}]*?`
}

/** The expression, and the steps whose rows are in its groups: before each the rows that were skipped. */
function patternOf(steps: readonly Step[]): { pattern: string; groups: readonly string[] } {
  const groups: string[] = []
  let not: number[] = []
  const parts = steps.map((step, k) => {
    if (step.negated) {
      not.push(k)
      return ''
    }
    const row = `[${letters(steps, mask => (mask & (1 << k)) !== 0)}]`
    const lazy = step.reluctant ? '?' : ''
    const least = Math.max(step.min, 1) - 1
    const most = step.max === null ? '' : step.max - 1
    const again = gapPattern(steps, step.between, k, [])
    const repeated = most === 0 ? '' : `(?:${again}${row}){${least},${most}}${lazy}`
    const part = `(${k === 0 ? '' : gapPattern(steps, step.gap, k, not)})(${row}${repeated})`
    groups.push(`skipped_${step.name}`, step.name)
    not = []
    return step.min === 0 ? `(?:${part})?${lazy}` : part
  })
  return { pattern: `^${parts.join('')}`, groups }
}

export function matchSql(parameters: MatchParameters, input: SqlInput): string {
  const { by, steps, withinMs, skip, measures } = parameters
  const { shape } = input
  const time = columnOf(shape, shape.eventTime!)
  const keys = by.map((_, i) => `"~k${i}"`)
  const partition = keys.length > 0 ? `PARTITION BY ${keys.join(', ')} ` : ''
  const same = (a: string, b: string) => keys.map(key => `${a}.${key} IS NOT DISTINCT FROM ${b}.${key}`)
  const { pattern, groups } = patternOf(steps)
  const list = groups.map(group => `'${group}'`).join(', ')
  const keyItems = by.map((key, i) => `, ${keySql(shape, key)} AS "~k${i}"`).join('')
  const timed = `SELECT *, ${epochUs(quoted(time.name), time.type)} AS "~t"${keyItems} FROM ${timelyRows(input)}`
  const order = `OVER (${partition}ORDER BY "~t", ${PLACE.order})`
  const mask = steps
    .map((step, k) => `(CASE WHEN ${conditionSql(step, order)} THEN ${1 << k} ELSE 0 END)`)
    .join(' + ')
  const within =
    withinMs === undefined
      ? `count(*) OVER (${partition || 'ORDER BY 1 RANGE BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING'})`
      : `count(*) OVER (${partition}ORDER BY "~t" RANGE BETWEEN UNBOUNDED PRECEDING AND ${withinMs * 1000} FOLLOWING)`
  const lettered = `SELECT *, row_number() ${order} AS "~i", chr((65 + ${mask})::INTEGER) AS "~c", ${within} AS "~to" FROM (${timed})`
  const texts = `SELECT ${[...keys, `string_agg("~c", '' ORDER BY "~i") AS "~s"`].join(', ')} FROM "~lettered"${keys.length > 0 ? ` GROUP BY ${keys.join(', ')}` : ''}`
  const searched = `SELECT lettered.*, regexp_extract(substring(texts."~s", lettered."~i", lettered."~to" - lettered."~i" + 1), '${pattern}', [${list}]) AS "~m" FROM "~lettered" lettered JOIN "~texts" texts ON ${[...same('lettered', 'texts'), 'true'].join(' AND ')}`
  const length = groups.map(group => `len("~m"."${group}")`).join(' + ')
  const resume = skip === 'toNext' ? '1' : resumeSql(skip, groups)
  const found = `SELECT *, ${length} AS "~n", greatest(CASE WHEN ${length} > 0 THEN ${resume} ELSE 1 END, 1) AS "~resume" FROM (${searched})`
  const begun = `SELECT ${[...keys, '"~i"', '"~resume"'].join(', ')} FROM "~found" WHERE "~i" = 1 UNION ALL SELECT ${[...keys, '"~i"', '"~resume"'].map(name => `hit.${name}`).join(', ')} FROM "~begun" begun JOIN "~found" hit ON ${[...same('begun', 'hit'), 'hit."~i" = begun."~i" + begun."~resume"'].join(' AND ')}`
  const cell = (row: string, name: string) =>
    `(SELECT any_value(${name}) FROM "~found" other WHERE ${[...same('other', 'hit'), `other."~i" = ${row}`].join(' AND ')})`
  const end = cell('hit."~i" + hit."~n" - 1', `other.${quoted(time.name)}`)
  const made = items([
    ...by.map((key, i): [string, string] => [`hit."~k${i}"`, key]),
    [`hit.${quoted(time.name)}`, 'matchStart'],
    [end, 'matchEnd'],
    ...measures.map((measure): [string, string] => [
      measureSql(measure, parameters, shape, groups, same),
      measure.name,
    ]),
  ])
  return `WITH RECURSIVE "~lettered" AS MATERIALIZED (${lettered}), "~texts" AS MATERIALIZED (${texts}), "~found" AS MATERIALIZED (${found}), "~begun" AS (${begun}) SELECT ${made}, row_number() OVER (ORDER BY hit.${PLACE.order}) AS ${PLACE.order}, NULL::BIGINT AS ${PLACE.seen}, '' AS ${PLACE.split} FROM "~begun" begun JOIN "~found" hit ON ${[...same('begun', 'hit'), 'hit."~i" = begun."~i"'].join(' AND ')} WHERE hit."~n" > 0`
}

function conditionSql({ condition }: Step, order: string): string {
  if (!condition) return 'true'
  if (condition.own) return condition.own.sql
  // Of such a pattern SQL is not asked.
  if (!condition.before) return 'true'
  const { column, test } = condition.before
  return `${quoted(column)} ${test === 'gt' ? '>' : '<='} lag(${quoted(column)}) ${order}`
}

/** How many rows before the first and the last one of a step, from where the match begins; null where it has none. */
function placesOf(name: string, groups: readonly string[]): { first: string; last: string } {
  const at = groups.indexOf(name)
  const before = groups.slice(0, at).map(group => `len("~m"."${group}")`)
  const own = `len("~m"."${name}")`
  const first = `CASE WHEN ${own} > 0 THEN ${before.join(' + ')} END`
  return { first, last: `(${first} + ${own} - 1)` }
}

/** How far the search goes on from where the match began. */
function resumeSql(skip: Exclude<MatchParameters['skip'], 'toNext'>, groups: readonly string[]): string {
  const past = groups.map(group => `len("~m"."${group}")`).join(' + ')
  if (skip === 'pastLast') return past
  const place = 'toFirst' in skip ? placesOf(skip.toFirst, groups).first : placesOf(skip.toLast, groups).last
  return `coalesce(${place}, ${past})`
}

function measureSql(
  { of, what, column }: Measure,
  { steps }: MatchParameters,
  shape: Shape,
  groups: readonly string[],
  same: (a: string, b: string) => string[],
): string {
  const place = placesOf(of, groups)
  const [first, last] = [place.first, place.last].map(sql => sql.replaceAll('"~m"', 'hit."~m"'))
  const bit = 1 << steps.findIndex(({ name }) => name === of)
  const select = (value: string, where: readonly string[]) =>
    `(SELECT ${value} FROM "~found" other WHERE ${[...same('other', 'hit'), ...where].join(' AND ')})`
  if (what === 'first' || what === 'last')
    return select(`any_value(other.${quoted(column!)})`, [
      `other."~i" = hit."~i" + ${what === 'first' ? first : last}`,
    ])
  const inside = [
    `other."~i" >= hit."~i" + ${first}`,
    `other."~i" <= hit."~i" + ${last}`,
    `(ascii(other."~c") - 65) & ${bit} <> 0`,
  ]
  if (what === 'count') return select('count(*)', inside)
  const { type } = columnOf(shape, column!) as Column
  const result = what === 'sum' ? 'BIGINT' : duckdbType(type)
  return `${select(`${what}(other.${quoted(column!)})`, inside)}::${result}`
}
