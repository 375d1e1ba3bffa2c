// The module of packages/web with the programs of docs/languages that call an API, and what builds them: the same files of interop/.
import { readFileSync } from 'node:fs'
import { programOf } from './page-programs.ts'

const files = {
  spring: 'interop/java/spring/CallSpring.java',
  springPom: 'interop/java/spring7/pom.xml',
  python: 'interop/python/call_httpx.py',
  go: 'interop/go/call/main.go',
  dotnet: 'interop/dotnet/Call.cs',
}

export const languageProgramsPath = 'packages/web/src/shared/language-programs.ts'

export function languagePrograms(): string {
  const members = Object.entries(files).map(([name, file]) => `  ${name}: ${inBackticks(programOf(readFileSync(file, 'utf8'), 'docs'))},`)
  return [
    '// Programs of docs/languages that call an API. Written by scripts/generate.ts.',
    '',
    'export const languagePrograms = {',
    ...members,
    '} as const',
    '',
  ].join('\n')
}

function inBackticks(text: string): string {
  return `\`${text.replaceAll(/[\\`]|\$(?=\{)/g, '\\$&')}\``
}
