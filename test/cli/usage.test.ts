import { expect, it } from 'vitest'
import { millrace } from './run-cli.ts'

const noTrace = /^\s+at .*:\d+/m

it.each([[['--help']], [['-h']], [['help']]])('%j prints commands, examples and exit codes', async args => {
  const { code, stdout, stderr } = await millrace(args)
  expect(code).toBe(0)
  expect(stderr).toBe('')
  for (const word of ['demo', 'detect', 'query', 'examples', 'exit codes']) expect(stdout).toContain(word)
})

it.each(['demo', 'detect', 'query'])('%s --help has examples', async command => {
  const { code, stdout } = await millrace([command, '--help'])
  expect(code).toBe(0)
  expect(stdout).toContain(`usage: millrace ${command}`)
  expect(stdout).toContain(`\nexamples\n  millrace ${command}`)
  expect(await millrace(['help', command])).toEqual({ code, stdout, stderr: '' })
})

it('--version is that of the package', async () => {
  const { version } = (await import('../../package.json', { with: { type: 'json' } })).default
  expect(await millrace(['--version'])).toEqual({ code: 0, stdout: `${version}\n`, stderr: '' })
})

it.each([
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
])('called as %j it says what is wrong and exits with 2', async (args, message) => {
  const { code, stdout, stderr } = await millrace(args)
  expect(code).toBe(2)
  expect(stdout).toBe('')
  expect(stderr).toContain(message)
  expect(stderr).not.toMatch(noTrace)
})

it('shows a stack trace only when asked to', async () => {
  const query = ['query', 'missing.duckdb', 'SELECT 1']
  expect((await millrace(query)).stderr).not.toMatch(noTrace)
  const { code, stderr } = await millrace([...query, '--verbose'])
  expect(code).toBe(1)
  expect(stderr).toMatch(noTrace)
})
