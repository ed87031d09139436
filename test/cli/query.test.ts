import { expect, it } from 'vitest'
import { millrace, millraceEach } from './run-cli.ts'
import { scratch, sql } from './sample.ts'

it('prints the result as a table', async () => {
  using dir = scratch()
  await sql("CREATE TABLE t AS SELECT * FROM (VALUES (1, 'one'), (2, NULL)) v(n, word)", dir.path('f.duckdb'))
  const { code, stdout, stderr } = await millrace(['query', dir.path('f.duckdb'), 'FROM t ORDER BY n'])
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  expect(stdout).toBe('n  word\n─  ────\n1  one\n2  null\n')
})

it('values cannot move the cursor, and names cannot either', async () => {
  using dir = scratch()
  await sql('CREATE TABLE t (x INT)', dir.path('f.duckdb'))
  const { code, stdout } = await millrace([
    'query',
    dir.path('f.duckdb'),
    `SELECT chr(27) || '[2J' || chr(10) || '\${x}' AS "a${'\u001b'}[1m", '__proto__' AS "__proto__"`,
  ])
  expect(code).toBe(0)
  expect(stdout).not.toContain('\u001b')
  expect(stdout).toContain('\\x1b[2J\\n${x}')
  expect(stdout.split('\n')[0]).toMatch(/__proto__$/)
})

it('--json keeps every digit and every name', async () => {
  using dir = scratch()
  await sql('CREATE TABLE t (x INT)', dir.path('f.duckdb'))
  const { stdout } = await millrace([
    'query',
    dir.path('f.duckdb'),
    `SELECT 1 AS a, 9007199254740993 AS big, TIMESTAMP '2001-06-09 13:05:00.000001' AS at, DATE '2001-06-09' AS day,
       'NaN'::DOUBLE AS nan, NULL AS none, 'say "hi",' || chr(10) AS word, true AS "__proto__"`,
    '--json',
  ])
  expect(JSON.parse(stdout)).toEqual(
    JSON.parse(
      `[{"a":1,"big":"9007199254740993","at":"2001-06-09T13:05:00.000001","day":"2001-06-09","nan":"NaN","none":null,"word":"say \\"hi\\",\\n","__proto__":true}]`,
    ),
  )
})

it('--csv quotes what needs it and tells null from empty', async () => {
  using dir = scratch()
  await sql('CREATE TABLE t (x INT)', dir.path('f.duckdb'))
  const query = `SELECT 1 AS "a,b", 'say "hi"' AS word, NULL AS none, '' AS empty, 1.5::DOUBLE AS x`
  const { stdout } = await millrace(['query', dir.path('f.duckdb'), query, '--csv'])
  expect(stdout).toBe('"a,b",word,none,empty,x\n1,"say ""hi""",,"",1.5\n')
})

it('--limit says that there is more', async () => {
  using dir = scratch()
  await sql('CREATE TABLE t AS FROM range(10)', dir.path('f.duckdb'))
  const { stdout } = await millrace(['query', dir.path('f.duckdb'), 'FROM t', '--limit', '2'])
  expect(stdout.split('\n').slice(2)).toEqual(['    0', '    1', expect.stringContaining('more rows'), ''])
})

it('an empty result is no failure', async () => {
  using dir = scratch()
  await sql('CREATE TABLE t (x INT)', dir.path('f.duckdb'))
  const query = ['query', dir.path('f.duckdb'), 'FROM t']
  const [table, json] = await millraceEach([query, [...query, '--json']])
  expect(table).toMatchObject({ code: 0, stdout: expect.stringContaining('(no rows)') })
  expect(json).toMatchObject({ stdout: '[]\n' })
})

it('only reads: a file is neither made nor changed', async () => {
  using dir = scratch()
  await sql('CREATE TABLE t (x INT)', dir.path('f.duckdb'))
  const [missing, write] = await millraceEach([
    ['query', dir.path('none.duckdb'), 'SELECT 1'],
    ['query', dir.path('f.duckdb'), 'DROP TABLE t'],
  ])
  expect(missing).toMatchObject({ code: 1, stderr: expect.stringContaining('FILE_NOT_FOUND') })
  expect(write).toMatchObject({ code: 1, stderr: expect.stringContaining('read-only') })
})

it('bad SQL gets what DuckDB says of it', async () => {
  using dir = scratch()
  await sql('CREATE TABLE t (x INT)', dir.path('f.duckdb'))
  const { code, stderr } = await millrace(['query', dir.path('f.duckdb'), 'SELEC 1'])
  expect(code).toBe(1)
  expect(stderr).toContain('millrace: SQL: ')
  expect(stderr).toContain('syntax error')
})

it('--csv does not command the terminal', async () => {
  using dir = scratch()
  await sql('CREATE TABLE t (x INT)', dir.path('f.duckdb'))
  const command = `SELECT chr(27) || '[2J' AS a, chr(7) || ',' AS b, 'x' || chr(9) || chr(10) AS c, 1 AS "n${'\u009b'}"`
  const { code, stdout } = await millrace(['query', dir.path('f.duckdb'), command, '--csv'])
  expect(code).toBe(0)
  expect(stdout).toBe('a,b,c,n\\x9b\n\\x1b[2J,"\\x07,","x\t\n",1\n')
})

it('the SQL reads the file that was named, and no other', async () => {
  using dir = scratch()
  await sql('CREATE TABLE t AS SELECT 1 AS x', dir.path('f.duckdb'))
  await sql('CREATE TABLE t AS SELECT 1 AS x', dir.path('other.duckdb'))
  const other = dir.path('other.duckdb').replaceAll("'", "''")
  const commands = [
    `FROM read_text('${other}')`,
    `ATTACH '${other}'`,
    `COPY t TO '${other}.csv'`,
    'INSTALL httpfs',
    'SET enable_external_access = true',
    `SET autoload_known_extensions = true; FROM read_csv('${other}')`,
  ]
  const answers = await millraceEach(commands.map(command => ['query', dir.path('f.duckdb'), command]))
  answers.forEach(({ code, stderr }, i) => {
    expect([commands[i], code, stderr.slice(0, 14)]).toEqual([commands[i], 1, 'millrace: SQL:'])
  })
  const { stdout } = await millrace(['query', dir.path('f.duckdb'), "SET TimeZone = 'UTC'; FROM t"])
  expect(stdout).toBe('x\n─\n1\n')
})
