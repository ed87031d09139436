import { execFile } from 'node:child_process'
import { globSync, readFileSync, statSync } from 'node:fs'
import { promisify } from 'node:util'
import { expect, it } from 'vitest'
import { formatNotebook, parseNotebook } from '../../src/cli/notebook/notebook-file.ts'

it.each(globSync('notebooks/*.ipynb'))(
  '%s is in the form that format gives it, without errors, and small',
  path => {
    const text = readFileSync(path, 'utf8')
    const notebook = parseNotebook(text, path)
    expect(formatNotebook(notebook)).toBe(text)
    const outputs = notebook.cells.flatMap(cell => cell.outputs)
    expect(outputs.length).toBeGreaterThan(0)
    expect(outputs.filter(output => output.output_type === 'error')).toEqual([])
    expect(statSync(path).size).toBeLessThan(500_000)
  },
)

it('npm run notebooks says how the kernel is installed and notebooks are opened', async () => {
  const { stdout } = await promisify(execFile)(process.execPath, ['notebooks/open.ts', '--dry-run'])
  expect(stdout).toMatch(
    /^kernel +npx --yes deno@2 jupyter --install\npackage .*\nJupyterLab .*\nVS Code .*\n/,
  )
})
