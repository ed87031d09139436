/**
 * Finds every example of the project: fenced programs of README.md and the pages, `@example` blocks of doc comments,
 * `examples/`.
 *
 * How examples are written:
 *
 * - In a page, a ```ts fence is a whole program, imports included. A ```text fence right after it is what it prints.
 *   It runs in a directory that has `flights.parquet` (three million flights, of vega-datasets) and `flights.duckdb`
 *   (a table `hourly`). It may write there.
 * - In a doc comment an example may be a fragment. The names it neither imports nor declares come from its own file,
 *   else from the entry it is part of (`millrace`, `millrace/models`, `millrace/testing`), else from `preamble.ts`,
 *   which has some flights, a stream of them and the like.
 * - `expression // value` in a doc comment is a claim, and checked: a number, text, boolean or array of them, where
 *   `1.23…` is a number with further digits. `console.log(…) // text` is a claim about what is printed. Any other comment
 *   after an expression is for people.
 * - A dataset that is a whole statement of a fragment is planned, by `explain()`, so that its columns and types are
 *   checked without running it.
 * - A file in `examples/` is a program. It ends with a comment that says what it prints: `// Prints:` and the lines.
 * - ```ts rules.ts is a module of that name beside the programs, for them to name by `import.meta.resolve('./rules.ts')`.
 * - ```ts no-run is compiled but not run: it needs what a test does not have. The text around says why.
 */

import { globSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

export const root = fileURLToPath(new URL('../../', import.meta.url))

export interface Example {
  /** Where it is: `docs/verbs/filter.md:12`. */
  readonly at: string
  readonly kind: 'page' | 'comment' | 'program'
  /** As it is written. */
  readonly code: string
  /** What it says it prints. */
  readonly output: string | undefined
  readonly runs: boolean
  /** The name of a module that programs beside it may name. */
  readonly module?: string
}

/** Whether it reads the three million flights. */
export const isOfAllFlights = ({ kind, code }: Example): boolean =>
  kind !== 'comment' && /\bread\.parquet\('flights\.parquet'/.test(code)

const lineAt = (text: string, index: number): number => text.slice(0, index).split('\n').length

/** The programs of a page, and what they print. */
export function examplesOfPage(path: string): Example[] {
  const text = readFileSync(root + path, 'utf8')
  const fences = text.matchAll(/^```ts(?: (no-run|[\w-]+\.ts))?\n(.*?)^```$(?:\n\n```text\n(.*?)^```$)?/gms)
  return [...fences].map(match => ({
    at: `${path}:${lineAt(text, match.index)}`,
    kind: 'page',
    code: match[2]!,
    output: match[3],
    runs: match[1] === undefined,
    ...(match[1]?.endsWith('.ts') ? { module: match[1] } : {}),
  }))
}

function examplesOfComments(path: string): Example[] {
  const text = readFileSync(root + path, 'utf8')
  const found: Example[] = []
  for (const comment of text.matchAll(/^ *\/\*\*$.*?^ *\*\/$/gms)) {
    for (const block of comment[0].matchAll(/^ *\* @example\b(.*?)(?=^ *\* @|^ *\*\/$)/gms)) {
      const code = block[1]!
        .replace(/^\n/, '')
        .replace(/^ *\* ?/gm, '')
        .trim()
      found.push({
        at: `${path}:${lineAt(text, comment.index + block.index)}`,
        kind: 'comment',
        code: `${code}\n`,
        output: undefined,
        runs: true,
      })
    }
  }
  return found
}

function exampleProgram(path: string): Example {
  const code = readFileSync(root + path, 'utf8')
  const printed = /^\/\/ Prints:\n((?:\/\/.*\n)+)$/m.exec(code)?.[1]
  return { at: `${path}:1`, kind: 'program', code, output: printed?.replace(/^\/\/ ?/gm, ''), runs: true }
}

const files = (...patterns: string[]): string[] => globSync(patterns, { cwd: root }).sort()

/** Pages whose programs need the sources that the pages themselves change: see `extending.test.ts`. */
export const extendingPages = (): string[] => files('docs/extending/[!R]*.md')

/** All other pages. */
export const plainPages = (): string[] => {
  const extending = new Set(extendingPages())
  return files('*.md', 'docs/**/*.md', 'examples/**/*.md', 'notebooks/*.md').filter(
    page => !extending.has(page),
  )
}

/** All of them but those of {@link extendingPages}, in the order of their files. */
export function allExamples(): Example[] {
  return [
    ...plainPages().flatMap(examplesOfPage),
    ...files('src/**/*.ts').flatMap(examplesOfComments),
    ...files('examples/**/*.ts').map(exampleProgram),
  ]
}

/** The names of values that a file of `src` exports by itself. */
export const exportsOf = (path: string): string[] => {
  const text = readFileSync(root + path, 'utf8')
  const found = text.matchAll(/^export (?:async )?(?:function\*?|const|class|let) ([\w$]+)/gm)
  // A function with overloads is there several times.
  return [...new Set([...found].map(match => match[1]!))]
}

/** Where names of a fragment may come from, first come first served. */
export type Names = readonly { readonly from: string; readonly names: readonly string[] }[]

/** The example as a module: fragments get their imports (in one line before the first), and their claims are checked. */
export function moduleOf({ kind, code }: Example, available: Names): string {
  if (kind !== 'comment') return code
  const imported = [...code.matchAll(/^import (?:type )?\{([^}]*)\}/gm)].flatMap(match => wordsOf(match[1]!))
  const declared = [
    ...code.matchAll(/\b(?:const|let|function|class) (?:\{([^}]*)\}|\[([^\]]*)\]|([\w$]+))/g),
  ].flatMap(match => wordsOf(match[1] ?? match[2] ?? match[3]!))
  const own = new Set([...imported, ...declared])
  const used = new Set(
    [...withoutTexts(code).matchAll(/(?<![.\w$])[A-Za-z_$][\w$]*/g)].map(match => match[0]),
  )
  const imports = [`import { claim, printed, planned } from './checks.ts'`]
  for (const { from, names } of available) {
    const wanted = names.filter(name => used.has(name) && !own.has(name))
    for (const name of wanted) own.add(name)
    if (wanted.length > 0) imports.push(`import { ${wanted.join(', ')} } from ${JSON.stringify(from)}`)
  }
  const lines = code.split('\n').map((line, i, all) => checked(line, all[i + 1]))
  return `${imports.join('; ')}\n${lines.join('\n')}`
}

const wordsOf = (list: string): string[] => list.match(/[A-Za-z_$][\w$]*/g) ?? []

const withoutTexts = (code: string): string =>
  code.replace(/'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*"|\/\/.*$/gm, ' ')

const KEYWORD =
  /^(?:import|export|const|let|for|if|else|while|return|throw|try|function|class|async|\/\/|[{}\])])/

/** One line of a fragment with the check of what it says. */
function checked(line: string, next: string | undefined): string {
  const said = /^(\S.*?) +\/\/ (.*)$/.exec(line)
  const statement = said ? said[1]! : line
  if (/^\s|^$/.test(line) || KEYWORD.test(statement) || /^[\s.]/.test(next ?? '')) return line
  if (!balanced(statement)) return line
  if (said && /^console\.log\(.*\)$/.test(statement)) {
    return `printed(${JSON.stringify(said[2])}, ${statement.slice('console.log('.length, -1)})`
  }
  if (said && isValue(said[2]!)) return `claim(${JSON.stringify(said[2])}, ${statement})`
  if (/^[\w$.[\]]+ = /.test(statement)) return line
  return `await planned(${statement})`
}

function balanced(statement: string): boolean {
  const bare = withoutTexts(statement)
  return ['()', '[]', '{}'].every(([open, close]) => bare.split(open!).length === bare.split(close!).length)
}

const NUMBER = String.raw`[-−]?(?:\d+(?:\.\d+)?…?(?:e-?\d+)?|Infinity)`
const SCALAR = `(?:${NUMBER}|'[^']*'|true|false|null|undefined|NaN)`
const VALUE = new RegExp(String.raw`^(${SCALAR}|\[(?:${SCALAR}(?:, ${SCALAR})*)?\])(?=$|[,:;] )`)

/** The value that a comment begins with. */
export const valueIn = (comment: string): string | undefined => VALUE.exec(comment)?.[1]
const isValue = (comment: string): boolean => valueIn(comment) !== undefined
