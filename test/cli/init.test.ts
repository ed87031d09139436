import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { formatNotebook, parseNotebook } from '../../src/cli/notebook/notebook-file.ts'
import { read } from '../../src/index.ts'
import { millrace } from './run-cli.ts'

const folder = mkdtempSync(join(tmpdir(), 'millrace-init-'))
afterAll(() => rmSync(folder, { recursive: true }))

it('writes a project whose name npm takes and whose data is what its schema says', async () => {
  const target = join(folder, 'My Stream!')
  const { code, stdout } = await millrace(['init', target])
  expect(code).toBe(0)
  expect(stdout).toMatch(/npm install\n {2}npm start\n$/)
  expect(readdirSync(target).sort()).toContain('package.json')
  expect(JSON.parse(readFileSync(join(target, 'package.json'), 'utf8'))).toMatchObject({
    name: 'my-stream',
    type: 'module',
  })
  const csv = read.csv(join(target, 'data/requests.csv'), { at: 'timestamp[ms]', requests: 'int32' })
  expect(await csv.count()).toBe(3 * 14 * 288)
  const notebook = readFileSync(join(target, 'notebooks/first-look.ipynb'), 'utf8')
  expect(formatNotebook(parseNotebook(notebook, 'first-look.ipynb'))).toBe(notebook)
})

it('writes the pipeline that the first page of the documentation shows', async () => {
  const target = join(folder, 'shown')
  await millrace(['init', target])
  const page = readFileSync('docs/getting-started.md', 'utf8')
  expect(/^```ts pipeline\.ts\n(.*?)^```$/ms.exec(page)![1]).toBe(
    readFileSync(join(target, 'src/pipeline.ts'), 'utf8'),
  )
})

it('never replaces a file, nor writes a part', async () => {
  const target = join(folder, 'taken')
  await millrace(['init', target])
  writeFileSync(join(target, 'package.json'), 'mine')
  rmSync(join(target, 'README.md'))
  const { code, stderr } = await millrace(['init', target])
  expect([code, stderr]).toEqual([2, expect.stringContaining('has package.json')])
  expect(readFileSync(join(target, 'package.json'), 'utf8')).toBe('mine')
  expect(readdirSync(target)).not.toContain('README.md')
})

it('begins in a repository that was just made, whose files stay', async () => {
  const target = join(folder, `it's "ünï" 日本 $HOME`)
  mkdirSync(target)
  writeFileSync(join(target, 'README.md'), '# mine')
  writeFileSync(join(target, '.gitignore'), '*.log')
  const { code, stdout } = await millrace(['init', target])
  expect([code, stdout]).toEqual([
    0,
    expect.stringMatching(
      /^7 files in .*\n\.gitignore is yours and was kept: node_modules\/ and out\/ belong in it\n/,
    ),
  ])
  expect(stdout).toContain(`cd '${target.replace("'", `'\\''`)}'`)
  expect(readFileSync(join(target, 'README.md'), 'utf8')).toBe('# mine')
  expect(JSON.parse(readFileSync(join(target, 'package.json'), 'utf8')).name).toBe('it-s-n-home')
})

it.each([
  ['', 'the name of the directory is empty'],
  [import.meta.filename, `${import.meta.filename} is a file, not a directory`],
])('refuses %j', async (target, why) => {
  const { code, stderr } = await millrace(['init', target])
  expect([code, stderr]).toEqual([2, expect.stringContaining(why)])
})

it('says what the system refuses, which is no fault of ours', async () => {
  const file = join(folder, 'file')
  writeFileSync(file, '')
  const { code, stderr } = await millrace(['init', join(file, 'below')])
  expect([code, stderr]).toEqual([1, expect.stringMatching(/^millrace: SYSTEM: ENOTDIR: [^\n]*\n$/)])
})

it('names no project as something that it installs', async () => {
  const target = join(folder, 'echarts')
  await millrace(['init', target])
  expect(JSON.parse(readFileSync(join(target, 'package.json'), 'utf8')).name).toBe('my-stream')
})
