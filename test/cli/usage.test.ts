import { beforeAll, expect, it } from 'vitest'
import { type Ended, millrace, millraceEach } from './run-cli.ts'

const noTrace = /^\s+at .*:\d+/m

it('prints commands, examples and exit codes', async () => {
  for (const { code, stdout, stderr } of await millraceEach([['--help'], ['-h'], ['help']])) {
    expect(code).toBe(0)
    expect(stderr).toBe('')
    for (const word of ['demo', 'detect', 'query', 'examples', 'exit codes']) expect(stdout).toContain(word)
  }
})

it('the help of each command has examples', async () => {
  const commands = ['demo', 'detect', 'query', 'head', 'convert', 'explain', 'sql', 'types', 'describe']
  const asked = await millraceEach(commands.map(command => [command, '--help']))
  const told = await millraceEach(commands.map(command => ['help', command]))
  for (const [i, command] of commands.entries()) {
    const { code, stdout } = asked[i]!
    expect(code).toBe(0)
    expect(stdout).toContain(`usage: millrace ${command}`)
    expect(stdout).toContain(`\nexamples\n  millrace ${command}`)
    expect(told[i]).toEqual({ code, stdout, stderr: '' })
  }
})

it('--version is that of the package', async () => {
  const { version } = (await import('../../package.json', { with: { type: 'json' } })).default
  expect(await millrace(['--version'])).toEqual({ code: 0, stdout: `${version}\n`, stderr: '' })
})

const WRONG: readonly (readonly [words: string[], message: string])[] = [
  [[], 'usage: millrace'],
  [['frob'], 'there is no command "frob"'],
  [['__proto__'], 'there is no command "__proto__"'],
  [['demo', '--speeed', 'max'], "Unknown option '--speeed'"],
  [['demo', 'flights.parquet'], 'demo takes no "flights.parquet"'],
  [['demo', '--speed', 'fast'], '--speed takes max or a positive number, got "fast"'],
  [['demo', '--alpha', '2'], '--alpha takes a rate between 0 and 1, got "2"'],
  [['demo', '--shards', '1.5'], '--shards takes a whole number'],
  [['query', 'f.duckdb'], 'query takes a DuckDB file and one SQL text'],
  [['query', 'f.duckdb', 'SELECT 1', '--json', '--csv'], 'cannot both be given'],
  [['detect'], 'detect takes at least one file'],
  [['detect', 'f.csv'], '--time is needed'],
  [['detect', 'f.parquet', '--time', 't'], '--window is needed'],
  [['detect', 'f.parquet', '--time', 't', '--window', 'an hour'], '--window: '],
  [
    ['detect', 'f.parquet', '--time', 't', '--window', '1h', '--model', 'oracle'],
    '--model is one of auto, arma,',
  ],
  [
    ['detect', 'f.parquet', '--time', 't', '--window', '1h', '--model', 'counts', '--season', 'summer'],
    '--season: ',
  ],
  [
    ['detect', 'f.parquet', '--time', 't', '--window', '1h', '--model', 'cusum', '--season', '1d'],
    '--season is not an option of --model cusum',
  ],
  [
    ['detect', 'f.parquet', '--time', 't', '--window', '1h', '--model', 'seasonalNaive'],
    '--season is needed',
  ],
  [['detect', 'f.parquet', '--time', 't', '--window', '1h', '--model', 'arma'], '--into is needed'],
  [
    ['detect', 'f.parquet', '--time', 't', '--window', '1h', '--model', 'arma', '--into', 'd.duckdb'],
    '--value is needed',
  ],
]

let answers: readonly Ended[]
beforeAll(async () => {
  answers = await millraceEach(WRONG.map(([words]) => words))
})

it.each(WRONG.map(([words, message], i) => [words, message, i] as const))(
  'called as %j it says what is wrong and exits with 2',
  (_, message, i) => {
    const { code, stdout, stderr } = answers[i]!
    expect(code).toBe(2)
    expect(stdout).toBe('')
    expect(stderr).toContain(message)
    expect(stderr).not.toMatch(noTrace)
  },
)

it('ends with the code that it has', async () => {
  expect((await millrace(['frob'])).code).toBe(2)
})

it('shows a stack trace only when asked to', async () => {
  const query = ['query', 'missing.duckdb', 'SELECT 1']
  expect((await millrace(query)).stderr).not.toMatch(noTrace)
  const { code, stderr } = await millrace([...query, '--verbose'])
  expect(code).toBe(1)
  expect(stderr).toMatch(noTrace)
})
