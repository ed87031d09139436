import { execFileSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'

const pages = new URL('../../../docs/models/arma/', import.meta.url)
const source = new URL('../../../src/models/arma/index.ts', import.meta.url).href
const directory = mkdtempSync(join(tmpdir(), 'arma-docs-'))
afterAll(() => rmSync(directory, { recursive: true }))

describe('the examples of the pages print what the pages say', () => {
  for (const page of readdirSync(pages).filter(name => name.endsWith('.md') && name !== 'README.md')) {
    it(page, () => {
      const text = readFileSync(new URL(page, pages), 'utf8')
      const [, code, output] = /```ts\n([\s\S]*?)```\s+```text\n([\s\S]*?)```/.exec(text)!
      const file = join(directory, page.replace('.md', '.ts'))
      writeFileSync(file, code!.replace("'millrace/models'", `'${source}'`))
      expect(execFileSync(process.execPath, [file], { encoding: 'utf8' })).toBe(output)
    })
  }
})
