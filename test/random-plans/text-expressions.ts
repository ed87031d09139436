/** Functions of texts, over any text there is: places are counted in code points, here and in DuckDB. */

import type { Expression, Make } from './expression.ts'
import type { Random } from './random.ts'
import { textLiteral } from './sql-names.ts'

const PARTS = ['a', 'b', ' ', 'ü', '🦀', 'ß', 'é', "'", '%', '\\', '.', 'ab', '\u200d']
/** What DuckDB's engine and ours both have to read alike. */
const PATTERNS = ['a', '^a', '[^a-z]', '\\w+', '\\pL+', '.$', 'ü+', '(?i)B', '\\s', '[🦀ß]', 'a*', '(?:a|b).']
const LIKES = ['%a%', '_', '%ü', '_ %', '%🦀_', 'a%b', '%\\%', "%'%", '%']

const js = JSON.stringify

/** A call of a text's method. */
export function textCall(random: Random, x: Expression, make: Make): Expression {
  const text = (code: string, sql: string) => make(code, sql, { type: 'utf8' })
  const part = random.pick(PARTS)
  const [p, sql] = [textLiteral(part), x.sql]
  const calls: (() => Expression)[] = [
    () => make(".splitPart('a', 1)", `string_split(${sql}, 'a')[2]`, { type: 'utf8', nullable: true }),
    () => text('.upper()', `upper(${sql})`),
    () => text('.lower()', `lower(${sql})`),
    () => text(".concat('-', 'é')", `(${sql} || '-' || 'é')`),
    () => make(".coalesce('none')", `coalesce(${sql}, 'none')`, { type: 'utf8', nullable: false }),
    () => make('.length()', `length(${sql})`, { type: 'int32' }),
    () => make(".nullIf('a')", `nullif(${sql}, 'a')`, { nullable: true, type: 'utf8' }),
    () => make(`.startsWith(${js(part)})`, `starts_with(${sql}, ${p})`, { type: 'bool' }),
    () => make(`.endsWith(${js(part)})`, `ends_with(${sql}, ${p})`, { type: 'bool' }),
    () => make(`.indexOf(${js(part)})`, `instr(${sql}, ${p}) - 1`, { type: 'int32' }),
    () => text(`.replaceAll(${js(part)}, 'x')`, `replace(${sql}, ${p}, 'x')`),
    () => text(`.replace(${js(part)}, '')`, firstReplaced(sql, p, part)),
    () => text(`.trim(${js(`a${part}`)})`, `trim(${sql}, ${textLiteral(`a${part}`)})`),
    () => text(`.trimStart(${js(part)})`, `ltrim(${sql}, ${p})`),
    () => text(`.trimEnd(${js(part)})`, `rtrim(${sql}, ${p})`),
    () => text('.repeat(2)', `repeat(${sql}, 2)`),
    () => text('.slice(-2)', `right(${sql}, 2)`),
    () =>
      text(".padStart(4, 'ü')", `CASE WHEN length(${sql}) >= 4 THEN ${sql} ELSE lpad(${sql}, 4, 'ü') END`),
    () =>
      text(".padEnd(3, '🦀')", `CASE WHEN length(${sql}) >= 3 THEN ${sql} ELSE rpad(${sql}, 3, '🦀') END`),
    () => make('.md5()', `md5(${sql})`, { type: 'utf8' }),
    () => make('.sha256()', `sha256(${sql})`, { type: 'utf8' }),
    () => substring(random, sql, text),
    () => regexp(random, sql, make),
    () => like(random, sql, make),
    () => castOf(random, sql, make),
    () => make(`.split(${js(part)})`, `string_split(${sql}, ${p})`, { type: 'list<utf8>' }),
    () => reversed(sql, text),
  ]
  return random.pick(calls)()
}

const firstReplaced = (sql: string, p: string, part: string): string =>
  `CASE WHEN instr(${sql}, ${p}) = 0 THEN ${sql} ELSE substring(${sql}, 1, instr(${sql}, ${p}) - 1) || substring(${sql}, instr(${sql}, ${p}) + ${[...part].length}) END`

/** DuckDB's own `reverse` goes by clusters. */
const reversed = (sql: string, text: (code: string, sql: string) => Expression): Expression =>
  text(
    '.reverse()',
    `coalesce(array_to_string(list_transform(range(length(${sql}), 0, -1), lambda "~c": substring(${sql}, "~c", 1)), ''), CASE WHEN ${sql} IS NOT NULL THEN '' END)`,
  )

function substring(random: Random, sql: string, text: (code: string, sql: string) => Expression): Expression {
  const from = random.int(0, 3)
  const to = from + random.int(0, 3)
  return text(`.substring(${from}, ${to})`, `substring(${sql}, ${from + 1}, ${to - from})`)
}

function regexp(random: Random, sql: string, make: Make): Expression {
  const pattern = random.pick(PATTERNS)
  const [code, p] = [js(pattern), textLiteral(pattern)]
  return random.pick([
    () => make(`.regexpMatch(${code})`, `regexp_matches(${sql}, ${p})`, { type: 'bool' }),
    () =>
      make(
        `.regexpExtract(${code})`,
        `CASE WHEN regexp_matches(${sql}, ${p}) THEN regexp_extract(${sql}, ${p}) END`,
        { type: 'utf8', nullable: true },
      ),
    () =>
      make(`.regexpReplace(${code}, '<$0>')`, `regexp_replace(${sql}, ${p}, '<\\0>')`, {
        type: 'utf8',
      }),
    () =>
      make(`.regexpReplace(${code}, '', { all: true })`, `regexp_replace(${sql}, ${p}, '', 'g')`, {
        type: 'utf8',
      }),
  ])()
}

function like(random: Random, sql: string, make: Make): Expression {
  const pattern = random.pick(LIKES)
  return pattern.includes('\\')
    ? make(`.like(${js(pattern)}, { escape: '\\\\' })`, `(${sql} LIKE ${textLiteral(pattern)} ESCAPE '\\')`, {
        type: 'bool',
      })
    : make(`.like(${js(pattern)})`, `(${sql} LIKE ${textLiteral(pattern)})`, { type: 'bool' })
}

function castOf(random: Random, sql: string, make: Make): Expression {
  const [type, name] = random.pick([
    ['int32', 'INTEGER'],
    ['int64', 'BIGINT'],
    ['float64', 'DOUBLE'],
    ['bool', 'BOOLEAN'],
    ['date', 'DATE'],
    ['decimal(9, 2)', 'DECIMAL(9, 2)'],
  ] as const)
  return make(`.tryCast('${type}')`, `TRY_CAST(${sql} AS ${name})`, { type, nullable: true })
}
