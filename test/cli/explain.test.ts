import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { temporaryDirectory } from '../connectors/duckdb/helpers.ts'
import { millrace, millraceEach } from './run-cli.ts'

const index = new URL('../../src/index.ts', import.meta.url).href

it('explains modules, files and SQL, and says what running them took', async () => {
  const cwd = temporaryDirectory()
  const pipeline = `import { read } from ${JSON.stringify(index)}
export const large = read.rows([{ x: 1 }, { x: 3 }]).filter(r => r.x.gt(2))`
  writeFileSync(join(cwd, 'pipeline.ts'), pipeline)
  writeFileSync(join(cwd, 'data.csv'), 'x\n1\n2\n')
  const [analyzed, missing, file, sql] = await millraceEach(
    [
      ['explain', 'pipeline.ts', '--analyze'],
      ['explain', 'pipeline.ts#small'],
      ['explain', 'data.csv'],
      ['explain', "SELECT sum(x) FROM 'data.csv'", '--analyze'],
    ],
    { cwd },
  )
  expect(analyzed).toMatchObject({ code: 0, stderr: '' })
  expect(analyzed!.stdout).toMatch(/kernel: filter x > 2\n {4}→ 2 rows in, 1 out/)
  expect(missing).toMatchObject({ code: 2, stdout: '' })
  expect(missing!.stderr).toContain('pipeline.ts#large')
  expect(file!.stdout).toMatch(/^scan .*data\.csv/)
  expect(file!.stdout).not.toContain('→')
  expect(sql!.stdout).toMatch(/Total Time/)
})

it('shows the line of a module that is wrong, and the page of the error', async () => {
  const cwd = temporaryDirectory()
  writeFileSync(
    join(cwd, 'pipeline.ts'),
    `import { read } from ${JSON.stringify(index)}
export default read.rows([{ delay: 1 }]).filter(r =>
  r.dealy.gt(2),
)`,
  )
  const { code, stderr } = await millrace(['explain', 'pipeline.ts'], { cwd })
  expect(code).toBe(1)
  expect(stderr).toMatch(
    /^millrace: UNKNOWN_COLUMN: .*\n {2}HINT: did you mean "delay"\?.*\n {2}docs: .*errors\.md/,
  )
  expect(stderr).toMatch(/\n\n {2}pipeline\.ts:3\n {2}3 \| r\.dealy\.gt\(2\),\n {4}\| {3}\^{5}\n$/)
})

it('shows a job on a page that stays until it is interrupted', async () => {
  const cwd = temporaryDirectory()
  writeFileSync(join(cwd, 'data.csv'), 'x\n1\n2\n')
  let seen: Promise<string> | undefined
  const ended = await millrace(['convert', 'data.csv', 'data.parquet', '--ui', '--ui-port', '0'], {
    cwd,
    onStderr(text, child) {
      const url = /live page (\S+), until Ctrl-C/.exec(text)?.[1]
      if (!url || seen) return
      seen = fetch(`${url}/healthz`)
        .then(answer => answer.text())
        .finally(() => child.kill('SIGINT'))
    },
  })
  expect(ended.code).toBe(0)
  expect(JSON.parse((await seen)!)).toEqual({ status: 'ok', jobs: { convert: 'done' } })
})
