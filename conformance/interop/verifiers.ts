// The verifiers of other languages: their programs, which docs/verify.md shows, and how to run them once they are installed.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

const folder = import.meta.dirname
/** What "npm run interop" installs; it can be deleted at any time. */
export const installed = join(folder, '..', '..', 'node_modules', '.cache', 'countersign-interop')
const python = join(installed, 'python', 'bin', 'python')
const classPath = [join(installed, 'java', 'classes'), join(installed, 'java', 'lib', '*')].join(':')
const withPython = (source: string) => ({ source, language: 'Python', command: [python, join(folder, source)] as const })
const withJava = (main: string) => ({ source: `${main}.java`, language: 'Java', command: ['java', '-cp', classPath, main] as const })

/** Written when everything of a language is installed. */
export const stampOf = (language: string) => join(installed, `${language}.installed`)

interface Verifier {
  readonly name: string
  readonly source: string
  readonly language: string
  /** Reads lines of issuer, audience, JWKS URL, type, algorithm and token; writes "ok" and the client id, or "refused" and why. */
  readonly command: readonly [string, ...string[]]
  /** Whether it reads metadata of an issuer, for the token "discover". */
  readonly discovers: boolean
}

export const verifiers: readonly Verifier[] = [
  {
    name: 'jose',
    source: 'verify_jose.mjs',
    language: 'JavaScript',
    command: [process.execPath, join(folder, 'verify_jose.mjs')],
    discovers: false,
  },
  { name: 'PyJWT', ...withPython('verify_pyjwt.py'), discovers: false },
  { name: 'Authlib', ...withPython('verify_authlib.py'), discovers: true },
  { name: 'Nimbus', ...withJava('VerifyNimbus'), discovers: true },
  { name: 'Spring Security', ...withJava('VerifySpring'), discovers: true },
  { name: 'go-oidc', source: 'go/main.go', language: 'Go', command: [join(installed, 'verify-go')], discovers: true },
]

const region = /^ *(?:\/\/|#) region docs[^\n]*\n(.*?)\n *(?:\/\/|#) endregion/gms

/** The parts of each program that the page shows, without their common indentation. */
export function programsOf(sources: readonly string[]): (readonly [source: string, programs: readonly string[]])[] {
  return sources.map((source) => {
    const text = readFileSync(join(folder, source), 'utf8')
    return [source, Array.from(text.matchAll(region), ([, program = '']) => unindent(program).trim())] as const
  })
}

function unindent(text: string): string {
  const lines = text.split('\n')
  const widths = lines.filter((line) => line.trim() !== '').map((line) => line.search(/\S/))
  const width = Math.min(...widths)
  return lines.map((line) => line.slice(width)).join('\n')
}
