import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { fittedTable } from '../../src/cli/print-rows.ts'
import { schemaText } from '../../src/cli/types.ts'
import { schemaFrom } from '../../src/core/types/schema.ts'
import { millrace, millraceEach } from './run-cli.ts'
import { scratch } from './sample.ts'

it('convert, head, types, describe and sql go from CSV to Parquet to a table', async () => {
  using dir = scratch()
  writeFileSync(dir.path('a b.csv'), 'city,delay\nHouston,75\nnull,\nAustin,5\n')
  const [csv, parquet] = [dir.path('a b.csv'), dir.path('out.parquet')]
  const [converted, head, types, described, selected, copied] = await millraceEach([
    ['convert', csv, parquet],
    ['head', parquet, '-n', '2'],
    ['types', csv],
    ['describe', parquet, '--json'],
    ['sql', `SELECT city FROM '${parquet}' WHERE delay > 9`, '--csv'],
    ['sql', `COPY (SELECT 1) TO '${dir.path('x.csv')}'`],
  ])
  expect(converted).toMatchObject({ code: 0, stdout: '', stderr: expect.stringMatching(/^3 rows in /) })
  expect(head).toEqual({
    code: 0,
    stderr: '',
    stdout: 'city     delay\n───────  ─────\nHouston     75\n"null"    null\n',
  })
  expect(types!.stdout).toBe("export const aB = {\n  city: 'utf8',\n  delay: 'int53',\n} as const\n")
  expect(JSON.parse(described!.stdout)).toHaveLength(2)
  expect(selected!.stdout).toBe('city\nHouston\n')
  expect(copied).toMatchObject({ code: 1, stderr: expect.stringContaining('SQL') })
})

it('the standard input has its format said, and a table of a database its name', async () => {
  using dir = scratch()
  writeFileSync(dir.path('rows.jsonl'), '{"a":1,"b":{"c":[1,2]}}\n')
  const into = dir.path('db.duckdb')
  const [converted, json, table] = await millraceEach([
    ['convert', dir.path('rows.jsonl'), `${into}:t`],
    ['head', `${into}:t`, '--json'],
    ['head', `${into}:t`],
  ])
  expect(converted!.code).toBe(0)
  expect(json!.stdout).toBe('[\n{"a":1,"b":{"c":[1,2]}}\n]\n')
  expect(table!.stdout).toContain('1  {c: [1, 2]}')
  const piped = await millrace(['head', '-', '--format', 'csv'], { stdin: 'x,y\n1,z\n' })
  expect(piped.stdout).toBe('x  y\n─  ─\n1  z\n')
  const wrong: [string[], string][] = [
    [['head', '-'], '--format csv'],
    [['head', into], 'SHOW TABLES'],
    [['head', 'file.xyz'], '--format'],
    [['head', 'a.csv', 'b.parquet'], 'several formats'],
    [['convert', 'a.csv'], 'millrace convert'],
    [['convert', 'a.parquet', 'out', '--to', 'json', '--follow'], '--follow reads csv, json and lines'],
  ]
  const answers = await millraceEach(wrong.map(([args]) => args))
  wrong.forEach(([, hint], i) => {
    expect(answers[i]).toMatchObject({ code: 2, stderr: expect.stringContaining(hint) })
  })
})

it('files are read as the options say, which are those of their format', async () => {
  using dir = scratch()
  const text = 'Bericht;;\n# Stand: März\nOrt;n\nKöln;1,5\nBonn;-\nUlm;2;3\n'
  writeFileSync(dir.path('a.csv'), Buffer.from(text, 'latin1'))
  const options = ['--encoding', 'latin1', '--skip', '1', '--comment', '#', '--null', '-', '--skip-bad']
  const [converted, skipping] = await millraceEach([
    ['convert', dir.path('a.csv'), dir.path('b.json'), ...options],
    ['head', dir.path('b.json'), '--skip', '1'],
  ])
  expect(converted).toMatchObject({
    code: 0,
    stderr: expect.stringMatching(/^1 row that cannot be read left out\n2 rows/),
  })
  expect(readFileSync(dir.path('b.json'), 'utf8')).toBe('{"Ort":"Köln","n":1.5}\n{"Ort":"Bonn","n":null}\n')
  expect(skipping).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('--skip is for CSV, and the files are json'),
  })
})

it('convert --follow does not end; stopped, it keeps the records that were whole', async () => {
  using dir = scratch()
  writeFileSync(dir.path('a.csv'), 'a,b\n1,x\n2,y\n3,')
  let stopped = false
  const args = ['convert', dir.path('a.csv'), dir.path('out'), '--to', 'json', '--follow', '--progress']
  const ended = await millrace(args, {
    // The first report is that of the first block.
    onStderr(_, child) {
      if (!stopped) stopped = child.kill('SIGINT')
    },
  })
  expect(ended).toMatchObject({ code: 0, stdout: '', stderr: expect.stringMatching(/^2 rows in /m) })
  const files = readdirSync(dir.path('out')).filter(name => name.endsWith('.json'))
  const text = files.map(name => readFileSync(dir.path(`out/${name}`), 'utf8')).join('')
  expect(text).toBe('{"a":1,"b":"x"}\n{"a":2,"b":"y"}\n')
})

it('a table fits the terminal: cells are cut, then columns are left out and named', () => {
  const schema = schemaFrom({ a: 'int32', text: 'utf8', b: 'int32', last: 'utf8' })
  const rows = [{ a: 1, text: 'x'.repeat(60), b: 22, last: 'y'.repeat(30) }]
  for (const columns of [200, 100, 60, 40, 24]) {
    const text = fittedTable(schema, rows, columns)
    for (const line of text.split('\n')) expect([...line].length).toBeLessThanOrEqual(columns)
  }
  expect(fittedTable(schema, rows, 24)).toContain('… and 1 more column: ')
})

it('schemas are TypeScript, whatever columns are called', () => {
  const schema = schemaFrom({
    'it\'s "x"': 'utf8',
    ['__proto__']: 'bool',
    l: [{ 'a b': 'int8' }],
    m: 'map<utf8, int8>',
  })
  const text = schemaText('s', schema)
  const made = new Function(`${text.replace('export const', 'const').replace(' as const', '')}; return s`)()
  expect(schemaFrom(made)).toEqual(schema)
})
