// What "npm run interop" installs of each language, by its own tools, into a cache that can be deleted at any time.
import { createHash } from 'node:crypto'
import { existsSync, globSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'

const folder = import.meta.dirname
export const installed = join(folder, '..', 'node_modules', '.cache', 'countersign-interop')
const inCache = (...path: string[]) => join(installed, ...path)
const here = (...path: string[]) => join(folder, ...path)

export type Command = readonly [program: string, ...rest: string[]]

export interface Installation {
  readonly language: string
  /** Says with which version it was run. */
  readonly version: Command
  /** A folder or files below interop/ that are installed or compiled. */
  readonly inputs?: string
  readonly steps: readonly Command[]
}

const withPip = (name: string): Installation => ({
  language: 'Python',
  version: ['python3', '--version'],
  inputs: `${name}/requirements.txt`,
  steps: [
    ['python3', '-m', 'venv', inCache(name)],
    [inCache(name, 'bin', 'pip'), 'install', '--quiet', '--disable-pip-version-check', '--requirement', here(name, 'requirements.txt')],
  ],
})

/** The jars of a pom.xml, and the programs of a folder compiled with them. */
const withMaven = (classPath: string, sources = classPath): Installation => ({
  language: 'Java',
  version: ['java', '--version'],
  inputs: `java/{${classPath}/pom.xml,${sources}/*.java}`,
  steps: [
    [
      ...(['mvn', '--quiet', '--batch-mode', '--file', here('java', classPath, 'pom.xml'), 'dependency:copy-dependencies'] as const),
      `-DoutputDirectory=${inCache('java', classPath)}`,
    ],
    [
      ...(['javac', '-cp', join(inCache('java', classPath), '*'), '-d', inCache('java', `${classPath}-classes`)] as const),
      ...globSync(here('java', sources, '*.java')),
    ],
  ],
})

/** Debian's packages; a run as root installs those that are missing. */
const withApt = (language: string, version: Command, ...packages: string[]): Installation => ({
  language,
  version,
  steps: [
    [
      'sh',
      '-c',
      `dpkg -s ${packages.join(' ')} >/dev/null 2>&1 || apt-get install -qq -y --no-install-recommends ${packages.join(' ')} >/dev/null`,
    ],
  ],
})

const kcadmVersion = '26.7.3'

export const installations = {
  javascript: {
    language: 'JavaScript',
    version: ['node', '--version'],
    inputs: 'javascript/*',
    // Modules are found from where a program lies.
    steps: [
      ['sh', '-c', `mkdir -p ${inCache('javascript')} && cp ${here('javascript')}/* ${inCache('javascript')}`],
      ['npm', 'install', '--silent', '--no-audit', '--no-fund', '--prefix', inCache('javascript')],
    ],
  },
  python: withPip('python'),
  pyjwt: withPip('pyjwt'), // small, because it is installed for the tests
  ansible: withPip('ansible'),
  go: {
    language: 'Go',
    version: ['go', 'version'],
    inputs: 'go/**',
    steps: [
      ['go', 'build', '-C', here('go'), '-o', `${inCache('go')}/`, './...'],
      ['go', 'build', '-C', here('go'), '-tags', 'route', '-o', inCache('go', 'route'), './oidc'],
    ],
  },
  nimbus: withMaven('nimbus'),
  spring6: withMaven('spring6', 'spring'),
  spring7: withMaven('spring7', 'spring'),
  http: withMaven('http'),
  keycloak: withMaven('keycloak'),
  quarkus: {
    language: 'Java',
    version: ['java', '--version'],
    inputs: 'java/quarkus/{pom.xml,src/**}',
    steps: [
      [
        ...(['mvn', '--quiet', '--batch-mode', '--file', here('java', 'quarkus', 'pom.xml'), 'package', '-DskipTests'] as const),
        `-DbuildFolder=${inCache('java', 'quarkus')}`,
      ],
    ],
  },
  rust: {
    language: 'Rust',
    version: ['cargo', '--version'],
    inputs: 'rust/{Cargo.*,src/**}',
    steps: [['cargo', 'build', '--quiet', '--locked', '--manifest-path', here('rust', 'Cargo.toml'), '--target-dir', inCache('rust')]],
  },
  php: withApt('PHP', ['php', '--version'], 'php-cli', 'php-curl'),
  apache: withApt('Apache', ['apache2', '-v'], 'apache2-bin', 'libapache2-mod-auth-openidc'),
  kcadm: {
    language: 'Java',
    version: ['java', '--version'],
    steps: [
      [
        ...(['mvn', '--quiet', '--batch-mode', 'dependency:copy'] as const),
        `-Dartifact=org.keycloak:keycloak-quarkus-dist:${kcadmVersion}:zip`,
        `-DoutputDirectory=${inCache('kcadm')}`,
      ],
      [
        ...(['unzip', '-q', '-o', inCache('kcadm', `keycloak-quarkus-dist-${kcadmVersion}.zip`), '*/bin/kcadm.sh'] as const),
        ...(['*/bin/client/*', '-d', inCache('kcadm')] as const),
      ],
    ],
  },
} as const satisfies Record<string, Installation>

export type InstallationName = keyof typeof installations

/** Where an installation says that it is complete, and of what. */
export const stampOf = (name: InstallationName) => inCache(`${name}.installed`)

export function digestOf(name: InstallationName): string {
  const { inputs, steps }: Installation = installations[name]
  const files = inputs === undefined ? [] : globSync(here(inputs)).filter((file) => statSync(file).isFile())
  const hash = createHash('sha256').update(JSON.stringify(steps.map((step) => step.map((part) => part.replaceAll(installed, '')))))
  for (const file of files.toSorted()) hash.update(readFileSync(file))
  return hash.digest('hex')
}

export function isInstalled(name: InstallationName): boolean {
  return existsSync(stampOf(name)) && readFileSync(stampOf(name), 'utf8') === digestOf(name)
}
