/**
 * `npm run notebooks`: installs the Deno kernel, says what is missing, prints how notebooks are opened. With `--dry-run` it
 * installs nothing.
 */

import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'

const root = join(import.meta.dirname, '..')
const isDry = process.argv.includes('--dry-run')
const works = (command: string, ...args: string[]) =>
  spawnSync(command, args, { stdio: 'ignore' }).status === 0
const say = (text: string) => console.log(text)

const install = ['npx', '--yes', 'deno@2', 'jupyter', '--install'] as const
say(`kernel     ${install.join(' ')}`)
if (!isDry && spawnSync(install[0], install.slice(1), { stdio: 'inherit' }).status !== 0) {
  say('           failed: install Deno 2 by itself (https://deno.com), then `deno jupyter --install`')
  process.exitCode = 1
}
say(
  existsSync(join(root, 'dist/index.js'))
    ? 'package    dist is there; after changes: npm run build'
    : 'package    missing: npm run build, since notebooks import the built package',
)
say(
  works('jupyter', 'lab', '--version')
    ? 'JupyterLab jupyter lab notebooks/01-first-look.ipynb'
    : 'JupyterLab missing: pip install jupyterlab (or pipx), then jupyter lab notebooks/01-first-look.ipynb',
)
say(
  works('code', '--version')
    ? 'VS Code    code --install-extension ms-toolsai.jupyter, then code notebooks/01-first-look.ipynb, kernel Deno'
    : 'VS Code    not on the path: with its extension Jupyter open notebooks/01-first-look.ipynb, kernel Deno',
)
say('neither    npm run millrace -- notebook run notebooks/01-first-look.ipynb')
