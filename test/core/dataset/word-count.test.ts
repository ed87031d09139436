import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, it } from 'vitest'

it('the word count counts the same words, ended or not', async () => {
  const example = fileURLToPath(new URL('../../../examples/word-count.ts', import.meta.url))
  const { stdout } = await promisify(execFile)(process.execPath, [example])
  expect(stdout.split('\n').map(line => line.trim())).toEqual([
    'bounded:',
    'hello 5',
    'world 2',
    'flink 2',
    'data 1',
    'unbounded:',
    '2026-01-01 data 1',
    '2026-01-01 flink 2',
    '2026-01-01 hello 5',
    '2026-01-01 world 2',
    '',
  ])
})
