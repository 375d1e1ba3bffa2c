// The distribution of Keycloak, from Maven Central by Maven itself, in a cache of this checkout.
import { spawnSync } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { stripVTControlCharacters } from 'node:util'

export const keycloakVersion = '26.7.3'
const cache = fileURLToPath(new URL('../../../../node_modules/.cache/countersign-bench/keycloak/', import.meta.url))
const home = join(cache, `keycloak-${keycloakVersion}`)

export function hasKeycloak(): boolean {
  return existsSync(home)
}

/** Its folder, which must not be written to. It is fetched once: 150 MB. @throws Error if a tool is missing or fails */
export function fetchKeycloak(): string {
  if (hasKeycloak()) return home
  mkdirSync(cache, { recursive: true })
  const artifact = `org.keycloak:keycloak-quarkus-dist:${keycloakVersion}:zip`
  run('mvn', ['--quiet', '--batch-mode', 'dependency:copy', `-Dartifact=${artifact}`, `-DoutputDirectory=${cache}`])
  run('jar', ['xf', `keycloak-quarkus-dist-${keycloakVersion}.zip`])
  run('chmod', ['+x', join(home, 'bin', 'kc.sh')])
  return home
}

/** Why a test goes without it, for a machine that cannot reach Maven Central; false if it is there now. */
export function whyWithoutKeycloak(): string | false {
  try {
    fetchKeycloak()
    return false
  } catch (error) {
    return `needs Keycloak from Maven Central: ${(error as Error).message}`
  }
}

/** The same, prepared for its own database in a file: that takes half a minute, once. */
export function buildKeycloak(): string {
  const built = join(cache, `built-${keycloakVersion}`)
  if (existsSync(built)) return built
  const begun = `${built}-${process.pid}`
  cpSync(fetchKeycloak(), begun, { recursive: true })
  try {
    run(join(begun, 'bin', 'kc.sh'), ['build', '--db=dev-file', '--cache=local'])
    renameSync(begun, built)
  } catch (error) {
    rmSync(begun, { recursive: true, force: true })
    throw error
  }
  return built
}

/** A copy of a distribution in a folder, which imports a realm when it starts. @returns its command */
export function placeKeycloak(distribution: string, folder: string, realm: object): string {
  const copy = join(folder, 'keycloak')
  cpSync(distribution, copy, { recursive: true })
  mkdirSync(join(copy, 'data', 'import'), { recursive: true })
  writeFileSync(join(copy, 'data', 'import', 'realm.json'), JSON.stringify(realm))
  return join(copy, 'bin', 'kc.sh')
}

/** Of that command, once it is built. */
export function startArguments(port: number): string[] {
  const listen = ['--http-enabled=true', '--http-host=127.0.0.1', `--http-port=${port}`, '--hostname-strict=false']
  return ['start', '--optimized', '--import-realm', ...listen]
}

/** For a program that runs for a minute, it costs more to compile well than to run slowly. */
export const quickJava = { JAVA_OPTS_APPEND: '-XX:TieredStopAtLevel=1' }

function run(tool: string, args: readonly string[]): void {
  const { status, stderr, stdout, error } = spawnSync(tool, args, {
    cwd: cache,
    encoding: 'utf8',
    timeout: 240_000,
    env: { ...process.env, ...quickJava },
  })
  if (error) throw new Error(`"${tool}" is not on this machine, or did not end in time`, { cause: error })
  if (status !== 0) throw new Error(`"${tool}" failed: ${lastWords(stdout + stderr)}`)
}

/** Without colours, which Maven writes also where there is no terminal. */
function lastWords(output: string): string {
  const lines = stripVTControlCharacters(output).split('\n')
  return (lines.find((line) => line.startsWith('[ERROR]')) ?? lines.findLast((line) => line.trim() !== '') ?? '').slice(0, 300)
}
